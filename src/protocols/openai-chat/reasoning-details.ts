import { isObject, type JsonObject } from '../bridge/fields.ts';
import { TOO_DEEP, writeJson } from '../bridge/json.ts';

/**
 * OpenRouter's (and MiniMax's) `reasoning_details`: pieces of reasoning with their proofs, to be sent back whole.
 *
 * https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning-blocks
 */
export interface ReadableDetails {
  readonly text: string;
  /** What it says is a summary, not the reasoning itself. */
  readonly summary: boolean;
}

/** What a person can read of the details. */
export function readableDetails(details: readonly unknown[]): ReadableDetails {
  let text = '';
  let summary = false;
  for (const detail of details) {
    if (!isObject(detail)) continue;
    if (typeof detail.text === 'string') text += detail.text;
    else if (typeof detail.summary === 'string') {
      text += detail.summary;
      summary = true;
    }
  }
  return { text, summary };
}

/** Joins details that arrive in pieces: those of one type and one `index` that follow each other are one. */
export class DetailsCollector {
  #details: JsonObject[] = [];

  add(details: readonly unknown[]): void {
    for (const detail of details) {
      if (!isObject(detail)) continue;
      const last = this.#details.at(-1);
      if (last && continues(last, detail)) this.#details[this.#details.length - 1] = join(last, detail);
      else this.#details.push(detail);
    }
  }

  /** Everything so far as JSON, and starts anew; `undefined` when there is nothing. */
  take(): string | undefined {
    if (this.#details.length === 0) return undefined;
    const data = writeJson(this.#details);
    this.#details = [];
    return data === TOO_DEEP ? undefined : data;
  }
}

/** Encrypted details come whole; each is one of its own. */
function continues(last: JsonObject, next: JsonObject): boolean {
  if (last.type !== next.type || next.type === 'reasoning.encrypted') return false;
  return typeof next.index === 'number' && last.index === next.index;
}

function join(last: JsonObject, next: JsonObject): JsonObject {
  const joined: Record<string, unknown> = { ...last };
  for (const [key, value] of Object.entries(next)) {
    if (value === null || value === undefined) continue;
    const before = joined[key];
    const grows = (key === 'text' || key === 'summary') && typeof value === 'string';
    joined[key] = grows && typeof before === 'string' ? before + value : value;
  }
  return joined;
}
