import type { ExchangeDelta } from '../traffic/exchange.ts';

/** Characters of one running exchange that are remembered, of which views show the end. */
const MAX_TEXT = 64 * 1024;
/** Pieces of a text that may lie apart: each keeps more alive than its own characters. */
const MAX_PIECES = 64;

interface Stretch {
  readonly delta: ExchangeDelta;
  texts: string[];
  length: number;
}

/** What an exchange has said so far, for whoever comes later: words that belong together in one, and of much the end. */
export class Said {
  readonly #stretches: Stretch[] = [];
  #length = 0;

  add(delta: ExchangeDelta): void {
    const last = this.#stretches.at(-1);
    const { length } = delta.text;
    if (last && isContinued(last.delta, delta)) {
      last.texts.push(delta.text);
      last.length += length;
      if (last.texts.length > MAX_PIECES) last.texts = [last.texts.join('')];
    } else {
      this.#stretches.push({ delta, texts: [delta.text], length });
    }
    this.#length += length;
    // In halves, so that an append stays cheap.
    if (this.#length > 2 * MAX_TEXT) this.#drop(this.#length - MAX_TEXT);
  }

  get deltas(): readonly ExchangeDelta[] {
    return this.#stretches.map(({ delta, texts }) => ({ ...delta, text: texts.join('') }));
  }

  /** Drops characters from the front. */
  #drop(characters: number): void {
    let left = characters;
    for (let first = this.#stretches[0]; first && first.length <= left; first = this.#stretches[0]) {
      left -= first.length;
      this.#length -= first.length;
      this.#stretches.shift();
    }
    const [first] = this.#stretches;
    if (!first || left === 0) return;
    const rest = first.texts.join('').slice(left);
    // Not half a character in front.
    const text = /^[\udc00-\udfff]/.test(rest) ? rest.slice(1) : rest;
    this.#length -= first.length - text.length;
    first.texts = [text];
    first.length = text.length;
  }
}

/** The text of a tool call is a name. */
function isContinued(before: ExchangeDelta, next: ExchangeDelta): boolean {
  return before.kind === next.kind && before.part === next.part && next.kind !== 'tool-call';
}
