const OPEN = '<think>';
const CLOSE = '</think>';

/** A model that writes more blanks than this before a tag writes no tag. */
const MOST_BLANKS = 1000;

/** A piece of the content, told apart. */
export interface ThinkPiece {
  readonly reasoning: boolean;
  readonly text: string;
}

/**
 * Parts `<think>…</think>` at the head of the content from the answer after it, however the tags are cut. Tags
 * further on are text: a model that writes about them must not lose its words.
 */
export class ThinkTagSplitter {
  #state: 'head' | 'opened' | 'thinking' | 'gap' | 'answer' = 'head';
  #held = '';

  push(text: string): readonly ThinkPiece[] {
    if (this.#state === 'answer') return [{ reasoning: false, text }];
    const pieces: ThinkPiece[] = [];
    this.#held += text;
    if (this.#state === 'head') this.#head();
    if (this.#state === 'opened') this.#opened();
    if (this.#state === 'thinking') this.#thinking(pieces);
    this.#answer(pieces);
    return pieces;
  }

  /** What was held back for a tag that did not come. */
  end(): readonly ThinkPiece[] {
    const text = this.#held;
    this.#held = '';
    if (this.#state === 'gap' || this.#state === 'opened' || text === '') return [];
    return [{ reasoning: this.#state === 'thinking', text }];
  }

  #head(): void {
    const start = this.#held.trimStart();
    if (start.startsWith(OPEN)) {
      this.#state = 'opened';
      this.#held = start.slice(OPEN.length);
    } else if (!OPEN.startsWith(start) || this.#held.length > MOST_BLANKS) {
      this.#state = 'answer';
    }
  }

  /** Blank lines after the tag are no thought; some models write nothing else. */
  #opened(): void {
    this.#held = this.#held.trimStart();
    if (this.#held !== '') this.#state = 'thinking';
  }

  #thinking(pieces: ThinkPiece[]): void {
    const end = this.#held.indexOf(CLOSE);
    const upTo = end >= 0 ? end : this.#held.length - halfTag(this.#held);
    if (upTo > 0) pieces.push({ reasoning: true, text: this.#held.slice(0, upTo) });
    this.#held = this.#held.slice(end >= 0 ? end + CLOSE.length : upTo);
    if (end >= 0) this.#state = 'gap';
  }

  /** Blank lines between the tag and the answer belong to neither. */
  #answer(pieces: ThinkPiece[]): void {
    if (this.#state === 'gap') {
      this.#held = this.#held.trimStart();
      if (this.#held !== '') this.#state = 'answer';
    }
    if (this.#state !== 'answer' || this.#held === '') return;
    pieces.push({ reasoning: false, text: this.#held });
    this.#held = '';
  }
}

/** Length of the beginning of a closing tag at the end of the text. */
function halfTag(text: string): number {
  for (let length = Math.min(CLOSE.length - 1, text.length); length > 0; length--) {
    if (CLOSE.startsWith(text.slice(-length))) return length;
  }
  return 0;
}
