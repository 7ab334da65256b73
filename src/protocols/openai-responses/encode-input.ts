import type { Ledger } from '../bridge/ledger.ts';
import { arrangeTurns } from '../bridge/ordering.ts';
import { placedParts } from '../bridge/placed-part.ts';
import type { ToolNames } from '../bridge/tool-names.ts';
import type { Target } from '../codec.ts';
import type { Part, ToolResultPart, Turn } from '../conversation.ts';
import { encodeAssistant } from './encode-assistant.ts';
import { encodeParts, verbatimItem } from './encode-content.ts';
import type { InputItem, InputPart } from './wire.ts';

/** What is needed beside the turns. */
export interface InputContext {
  readonly target: Target;
  readonly names: ToolNames;
  readonly ledger: Ledger;
}

/** The conversation in this protocol's two places for it. */
interface EncodedInput {
  readonly instructions?: string;
  readonly input: readonly InputItem[];
}

/** The API's limit of a `call_id`. */
const CALL_ID = { maxLength: 64 };

/**
 * Writes turns as input items. Leading `system` turns become `instructions`, where every server looks for them (some
 * demand the field); whatever else instructs, wherever it stands, stays an item, since its role and place count.
 */
export function encodeInput(turns: readonly Turn[], context: InputContext): EncodedInput {
  const arranged = arrangeTurns(turns, CALL_ID, context.ledger);
  const body = arranged.findIndex((turn) => !isPlainSystem(turn));
  const leading = arranged.slice(0, Math.max(body, 0));
  const instructions = leading.map(textOf).filter((text) => text !== '');
  const writer = new InputWriter(context);
  for (const [at, turn] of arranged.slice(leading.length).entries())
    writer.turn(turn, `turns[${leading.length + at}]`);
  return {
    ...(instructions.length > 0 && { instructions: instructions.join('\n\n') }),
    input: withoutDangling(writer.items, context.ledger),
  };
}

function isPlainSystem({ role, parts }: Turn): boolean {
  return role === 'system' && parts.every((part) => part.type === 'text');
}

function textOf({ parts }: Turn): string {
  return parts.flatMap((part) => (part.type === 'text' && part.text !== '' ? [part.text] : [])).join('\n\n');
}

class InputWriter {
  readonly items: InputItem[] = [];
  readonly #context: InputContext;
  /** Calls of custom tools, whose results have a type of their own. */
  readonly #custom = new Set<string>();

  constructor(context: InputContext) {
    this.#context = context;
  }

  turn(turn: Turn, path: string): void {
    if (turn.name !== undefined) this.#noteName(path);
    if (turn.role === 'assistant') {
      this.#assistant(turn, path);
      return;
    }
    const results = turn.parts.filter((part) => part.type === 'tool-result');
    if (results.length > 0) this.#results(results, path);
    // A later instruction is the developer's: `system` belongs to the head.
    else this.#message(turn.role === 'user' ? 'user' : 'developer', turn.parts, path);
  }

  #assistant(turn: Turn, path: string): void {
    const { items, media } = encodeAssistant(turn, path, this.#context);
    for (const item of items) if (item.type === 'custom_tool_call') this.#custom.add(item.call_id);
    this.items.push(...items);
    this.#message('user', media, path);
  }

  #message(role: 'user' | 'developer', parts: readonly Part[], path: string): void {
    for (const part of parts) {
      const item = verbatimItem(part);
      if (item) this.items.push(item);
    }
    const said = placedParts(parts, path).filter(({ part }) => !verbatimItem(part));
    const content = encodeParts(said, this.#context.ledger);
    if (content.length > 0) this.items.push({ type: 'message', role, content });
  }

  #results(results: readonly ToolResultPart[], path: string): void {
    const sounds: InputPart[] = [];
    for (const [at, result] of results.entries()) {
      const parts = encodeParts(placedParts(result.content, `${path}.parts[${at}]`), this.#context.ledger);
      const audio = parts.filter((part) => part.type === 'input_audio');
      if (audio.length > 0) this.#noteAudio(`${path}.parts[${at}]`);
      sounds.push(...audio);
      this.items.push({
        type: this.#custom.has(result.callId) ? 'custom_tool_call_output' : 'function_call_output',
        call_id: result.callId,
        output: outputOf(
          parts.filter((part) => part.type !== 'input_audio'),
          result.isError === true,
        ),
      });
    }
    if (sounds.length > 0) this.items.push({ type: 'message', role: 'user', content: sounds });
  }

  #noteName(path: string): void {
    this.#context.ledger.once({
      path: `${path}.name`,
      from: 'name of a participant',
      to: '',
      action: 'dropped',
      topic: 'hint',
      reason: 'Messages of the Responses API have no name.',
    });
  }

  #noteAudio(path: string): void {
    this.#context.ledger.once({
      path,
      from: 'audio in a tool result',
      to: 'audio in a user message after it',
      action: 'emulated',
      topic: 'content',
      reason: 'The output of a call holds text, images and files.',
    });
  }
}

/** A string where all is text; a list is a newer form that not every server knows. */
function outputOf(parts: readonly InputPart[], failed: boolean): string | readonly InputPart[] {
  const all: readonly InputPart[] = failed
    ? [{ type: 'input_text', text: '[The tool reported an error]' }, ...parts]
    : parts;
  const texts = all.flatMap((part) => (part.type === 'input_text' ? [part.text] : []));
  return texts.length === all.length ? texts.join('\n') : all;
}

/** Reasoning is refused without what it led to (a call, a message), which a healed history may lack. */
function withoutDangling(items: readonly InputItem[], ledger: Ledger): readonly InputItem[] {
  let followed = false;
  const kept = items.toReversed().filter((item) => {
    if (item.type === 'reasoning') return followed;
    followed = item.type === 'message' ? item.role === 'assistant' : !item.type.endsWith('_output');
    return true;
  });
  if (kept.length < items.length) {
    ledger.once({
      path: 'turns',
      from: 'reasoning that led to nothing',
      to: '',
      action: 'dropped',
      topic: 'hint',
      reason: 'The Responses API takes reasoning only together with what followed it.',
    });
  }
  return kept.reverse();
}
