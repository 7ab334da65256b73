import { completeSurrogates, endsInHalf } from '../bridge/surrogates.ts';

/** A text that arrives in pieces, and once more as a whole: gives out what is new, never half a character. */
export class RunningText {
  /** Everything read so far. */
  #text = '';
  /** The end of it that waits for its other half. */
  #held = '';

  get text(): string {
    return this.#text;
  }

  /** Takes a piece; returns what can be passed on, often exactly the piece. */
  add(piece: string): string {
    this.#text += piece;
    if (this.#held === '' && !endsInHalf(piece)) return piece;
    const [whole, half] = completeSurrogates(this.#held + piece);
    this.#held = half;
    return whole;
  }

  /** Takes the whole text; returns what no piece brought. Nothing, if the two contradict each other. */
  complete(whole: string | undefined): string {
    if (whole === undefined || !whole.startsWith(this.#text)) return '';
    return this.add(whole.slice(this.#text.length));
  }

  /** What was held back for its other half, once no more will come. */
  end(): string {
    const rest = this.#held;
    this.#held = '';
    return rest;
  }
}
