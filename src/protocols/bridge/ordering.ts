import type { Part, ToolCallPart, ToolResultPart, Turn } from '../conversation.ts';
import type { Ledger } from './ledger.ts';

/** What a target asks of call ids. */
export interface CallIdRules {
  /** In characters; longer ids are replaced by a stable short one. */
  readonly maxLength: number;
}

/**
 * Puts a history into the order that every provider enforces: each tool call is answered, and answered in the turn
 * right after it, in call order. Consecutive assistant turns become one. What stood between a call and its result
 * comes after the result. A call without a result, or a result without its call, becomes text.
 *
 * In the turns returned, a turn with tool results holds nothing else and follows the assistant turn of its calls;
 * call ids are present and unique.
 */
export function arrangeTurns(turns: readonly Turn[], ids: CallIdRules, ledger: Ledger): readonly Turn[] {
  const history = new History(ledger);
  turns.forEach((turn, position) => {
    history.add(turn, `messages[${position}]`);
  });
  return history.turns(new CallIds(ids));
}

/** The text that stands for an instruction where the target cannot take a system turn. */
export function markedInstruction(text: string): string {
  return `<system_instruction>\n${text}\n</system_instruction>`;
}

interface Slot {
  readonly call: ToolCallPart;
  readonly path: string;
  readonly block: Block;
  result?: ToolResultPart;
}

/** An assistant turn with what answers it. */
interface Block {
  readonly type: 'assistant';
  readonly position: number;
  readonly parts: (Exclude<Part, ToolCallPart> | Slot)[];
  readonly meta: Omit<Turn, 'parts'>;
  answered: boolean;
}

type Item = Block | { readonly type: 'turn'; readonly position: number; readonly turn: Turn };

class History {
  readonly #ledger: Ledger;
  readonly #items: Item[] = [];
  /** Calls that wait for their result, by id. */
  readonly #waiting = new Map<string, Slot[]>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  add(turn: Turn, path: string): void {
    const { parts, ...meta } = turn;
    const rest: Part[] = [];
    const orphans: Part[] = [];
    for (const [at, part] of parts.entries()) {
      if (part.type === 'tool-result') orphans.push(...this.#answer(part, `${path}.parts[${at}]`));
      else rest.push(part);
    }
    if (rest.length > 0) {
      if (meta.role === 'assistant' || rest.some(isCall))
        this.#assistant({ ...meta, role: 'assistant' }, rest, path);
      else this.#items.push({ type: 'turn', position: this.#items.length, turn: { ...meta, parts: rest } });
    }
    if (orphans.length > 0) {
      const orphan: Turn = { role: 'user', parts: orphans };
      this.#items.push({ type: 'turn', position: this.#items.length, turn: orphan });
    }
  }

  turns(ids: CallIds): readonly Turn[] {
    const turns: Turn[] = [];
    for (const item of this.#items) {
      if (item.type === 'turn') {
        turns.push(item.turn);
        continue;
      }
      const results: ToolResultPart[] = [];
      const parts = item.parts.map((part): Part => {
        if (!isSlot(part)) return part;
        if (!part.result) return this.#unanswered(part);
        const id = ids.next(part.call.id);
        results.push({ ...part.result, callId: id });
        return { ...part.call, id };
      });
      turns.push({ ...item.meta, parts });
      if (results.length > 0) turns.push({ role: 'user', parts: results });
    }
    return turns;
  }

  #assistant(meta: Omit<Turn, 'parts'>, parts: readonly Part[], path: string): void {
    const last = this.#items.at(-1);
    const merges = last?.type === 'assistant' && !last.answered;
    const block: Block = merges
      ? last
      : { type: 'assistant', position: this.#items.length, parts: [], meta, answered: false };
    if (!merges) this.#items.push(block);
    for (const [at, part] of parts.entries()) {
      if (part.type !== 'tool-call') {
        block.parts.push(part);
        continue;
      }
      const slot: Slot = { call: part, path: `${path}.parts[${at}]`, block };
      block.parts.push(slot);
      const waiting = this.#waiting.get(part.id);
      if (waiting) waiting.push(slot);
      else this.#waiting.set(part.id, [slot]);
    }
  }

  /** Gives a result to its call: the latest turn that waits for this id, and there the first call. */
  #answer(result: ToolResultPart, path: string): readonly Part[] {
    const waiting = this.#waiting.get(result.callId) ?? [];
    const latest = waiting.at(-1)?.block;
    const at = waiting.findIndex((slot) => slot.block === latest);
    const slot = waiting[at];
    if (!slot) return this.#orphan(result, path);
    waiting.splice(at, 1);
    slot.result = result;
    slot.block.answered = true;
    if (slot.block.position !== this.#items.length - 1) {
      this.#ledger.once({
        path,
        from: 'tool result after other turns',
        to: 'tool result right after its call',
        action: 'emulated',
        topic: 'content',
        reason: 'Providers want every tool call answered at once; what stood between was moved behind it.',
      });
    }
    return [];
  }

  #orphan(result: ToolResultPart, path: string): readonly Part[] {
    this.#ledger.add({
      path,
      from: 'tool result without its call',
      to: 'text',
      action: 'emulated',
      topic: 'tools',
      reason: 'A tool result whose call is not in the history is refused by providers; it is sent as text.',
    });
    const head: Part = { type: 'text', text: `[Result of the earlier tool call ${result.callId}]` };
    return [head, ...result.content];
  }

  #unanswered({ call, path }: Slot): Part {
    this.#ledger.add({
      path,
      from: 'tool call without a result',
      to: 'text',
      action: 'emulated',
      topic: 'tools',
      reason: 'A tool call that was never answered is refused by providers; it is sent as text.',
    });
    return { type: 'text', text: `[Called ${call.name} with ${call.arguments}, without a result]` };
  }
}

/** Gives out ids that are present, short enough and used once. */
class CallIds {
  readonly #rules: CallIdRules;
  readonly #used = new Set<string>();
  /** How often each id was asked for. */
  readonly #copies = new Map<string, number>();

  constructor(rules: CallIdRules) {
    this.#rules = rules;
  }

  next(id: string): string {
    const base = this.#shorten(id === '' ? 'call' : id);
    let copy = this.#copies.get(base) ?? 1;
    let chosen = base;
    while (this.#used.has(chosen)) {
      const suffix = `_${++copy}`;
      chosen = base.slice(0, this.#rules.maxLength - suffix.length) + suffix;
    }
    this.#copies.set(base, copy);
    this.#used.add(chosen);
    return chosen;
  }

  /** Keeps the end, where ids differ. */
  #shorten(id: string): string {
    return id.length <= this.#rules.maxLength ? id : id.slice(-this.#rules.maxLength);
  }
}

function isCall(part: Part): boolean {
  return part.type === 'tool-call';
}

function isSlot(part: Exclude<Part, ToolCallPart> | Slot): part is Slot {
  return 'call' in part;
}
