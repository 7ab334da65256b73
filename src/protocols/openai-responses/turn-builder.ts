import type { Part, Turn } from '../conversation.ts';
import type { Phase } from '../reply.ts';

interface OpenTurn {
  readonly kind: 'assistant' | 'results';
  readonly parts: Part[];
  /** Of the message in an assistant's turn, once there is one. */
  message?: { readonly phase: Phase | undefined };
}

/**
 * Gathers the items of an input into turns. An assistant's turn is one step of the model: it ends at anything that
 * is not the assistant's, and at a message of another phase.
 */
export class TurnBuilder {
  readonly #turns: Turn[] = [];
  #open: OpenTurn | undefined;

  /** A message of anyone but the assistant: a turn of its own. */
  message(turn: Turn): void {
    this.#close();
    this.#turns.push(turn);
  }

  assistantMessage(parts: readonly Part[], phase: Phase | undefined): void {
    const before = this.#openFor('assistant').message;
    if (before && before.phase !== phase) this.#close();
    const open = this.#openFor('assistant');
    open.message = { phase };
    open.parts.push(...parts);
  }

  assistant(part: Part): void {
    this.#openFor('assistant').parts.push(part);
  }

  /** A tool's result, or what stands for one. */
  result(part: Part): void {
    this.#openFor('results').parts.push(part);
  }

  get turns(): readonly Turn[] {
    this.#close();
    return this.#turns;
  }

  #openFor(kind: OpenTurn['kind']): OpenTurn {
    if (this.#open?.kind === kind) return this.#open;
    this.#close();
    const open: OpenTurn = { kind, parts: [] };
    this.#open = open;
    return open;
  }

  #close(): void {
    const open = this.#open;
    this.#open = undefined;
    if (!open || open.parts.length === 0) return;
    const phase = open.message?.phase;
    this.#turns.push({
      role: open.kind === 'assistant' ? 'assistant' : 'user',
      parts: open.parts,
      ...(phase && { phase }),
    });
  }
}
