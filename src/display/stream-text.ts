import type { ExchangeDelta } from '../traffic/exchange.ts';

/** What a reply said, in order, each piece of one kind. */
export interface StreamSegment {
  readonly kind: 'text' | 'reasoning' | 'tool';
  /** Of a tool its arguments. */
  readonly text: string;
  readonly toolName?: string;
}

/** What panels read of a stream. */
export interface StreamView {
  readonly segments: readonly StreamSegment[];
  /** The beginning was let go. */
  readonly cut: boolean;
}

/** A segment while it grows. */
interface OpenSegment {
  readonly kind: StreamSegment['kind'];
  text: string;
  readonly toolName?: string;
  readonly part: number | undefined;
}

/** The text of one exchange as it arrives, bounded: of a long one the newest part, since a stream is read at its end. */
export class StreamText implements StreamView {
  readonly #bound: number;
  #segments: OpenSegment[] = [];
  /** The newest segment of each part, where more of it goes: parts of one reply may arrive interleaved. */
  readonly #parts = new Map<number, OpenSegment>();
  #length = 0;
  #cut = false;

  /** @param bound characters kept */
  constructor(bound: number) {
    this.#bound = bound;
  }

  get segments(): readonly StreamSegment[] {
    return this.#segments;
  }

  get cut(): boolean {
    return this.#cut;
  }

  push(delta: ExchangeDelta): void {
    const { kind, text, part } = delta;
    if (kind === 'tool-call') this.#open({ kind: 'tool', text: '', toolName: text, part });
    else this.#append(kind === 'tool-arguments' ? 'tool' : kind, text, part);
    this.#length += text.length;
    if (this.#length > this.#bound) this.#trim();
  }

  /** What it holds at this moment, whatever comes later. */
  freeze(): StreamView {
    const segments = this.#segments.map(({ kind, text, toolName }) =>
      toolName === undefined ? { kind, text } : { kind, text, toolName },
    );
    return { segments, cut: this.#cut };
  }

  #open(segment: OpenSegment): void {
    this.#segments.push(segment);
    if (segment.part !== undefined) this.#parts.set(segment.part, segment);
  }

  /** Adds to the part's own segment, else to the last one if it is of that kind. */
  #append(kind: StreamSegment['kind'], text: string, part: number | undefined): void {
    const own = part === undefined ? this.#segments.at(-1) : this.#parts.get(part);
    if (own?.kind === kind) own.text += text;
    else this.#open({ kind, text, part });
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
      if (segment.part !== undefined && this.#parts.get(segment.part) === segment)
        this.#parts.delete(segment.part);
    }
    this.#segments = this.#segments.slice(gone);
    const first = this.#segments[0];
    if (first && surplus > 0) {
      const before = first.text.length;
      first.text = first.text.slice(surplus);
      this.#length -= before - first.text.length;
    }
    this.#cut = true;
  }
}
