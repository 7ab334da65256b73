import type { ExchangeDelta } from '../traffic/exchange.ts';

/** What a reply said, in order, each piece of one kind. */
export interface StreamSegment {
  readonly kind: 'text' | 'reasoning' | 'tool';
  /** Of a tool its arguments. */
  readonly text: string;
  readonly toolName?: string;
}

/** The text of one exchange as it arrives, bounded: of a long one the newest part, since a stream is read at its end. */
export class StreamText {
  readonly #bound: number;
  #segments: StreamSegment[] = [];
  #length = 0;
  #cut = false;

  /** @param bound characters kept */
  constructor(bound: number) {
    this.#bound = bound;
  }

  get segments(): readonly StreamSegment[] {
    return this.#segments;
  }

  /** The beginning was let go. */
  get cut(): boolean {
    return this.#cut;
  }

  push(delta: ExchangeDelta): void {
    switch (delta.kind) {
      case 'tool-call':
        this.#segments.push({ kind: 'tool', text: '', toolName: delta.text });
        break;
      case 'tool-arguments':
        this.#append('tool', delta.text);
        break;
      case 'text':
      case 'reasoning':
        this.#append(delta.kind, delta.text);
        break;
    }
    this.#length += delta.text.length;
    if (this.#length > this.#bound) this.#trim();
  }

  #append(kind: StreamSegment['kind'], text: string): void {
    const last = this.#segments.at(-1);
    if (last?.kind === kind) this.#segments[this.#segments.length - 1] = { ...last, text: last.text + text };
    else this.#segments.push({ kind, text });
  }

  /** Lets go of the beginning, down to three quarters so that it is not done for every delta. */
  #trim(): void {
    let surplus = this.#length - Math.floor(this.#bound * 0.75);
    let gone = 0;
    for (const segment of this.#segments) {
      const size = segment.text.length + (segment.toolName?.length ?? 0);
      if (size > surplus) break;
      surplus -= size;
      this.#length -= size;
      gone++;
    }
    this.#segments = this.#segments.slice(gone);
    const first = this.#segments[0];
    if (first && surplus > 0) {
      const text = first.text.slice(surplus);
      this.#length -= first.text.length - text.length;
      this.#segments[0] = { ...first, text };
    }
    this.#cut = true;
  }
}
