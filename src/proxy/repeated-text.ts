import type { SseFrame } from '../protocols/codec.ts';
import type { ReplyEvent } from '../protocols/reply.ts';

type TextEvent = Extract<ReplyEvent, { type: 'text' | 'reasoning' | 'tool-arguments' }>;

/** A stretch of a frame that is the same in every frame, and what stands behind it. */
interface Stretch {
  readonly literal: string;
  readonly hole: 'text' | 'number' | 'noise' | 'end';
}

/** What differs from frame to frame in a Responses stream, and means nothing. */
const MEANINGLESS = /("sequence_number"\s*:\s*)\d+|("obfuscation"\s*:\s*")[^"\\]*(?=")/g;

/**
 * Reads what nearly every frame of a stream is without parsing it: the frame before, but for its text. A frame that
 * has gone through the decoder teaches what stands around the text; the next one that differs in nothing else means
 * the same with another text. Parsing each costs a relay more than all else it does with a frame.
 */
export class RepeatedText {
  #stretches: readonly Stretch[] = [];
  #learned: TextEvent | undefined;
  /** The frame that taught, in front of its text and after it. */
  #before = '';
  #after = '';
  #event: string | undefined;
  /** The JSON of the texts that the decoder has not seen. */
  #unseen = '';
  /** The only event of the frame that is being decoded; undefined when there is none, or another beside it. */
  #only: TextEvent | undefined;
  #events = 0;

  /** Notes an event of the frame in the decoder. */
  see(event: ReplyEvent): void {
    this.#events += 1;
    this.#only = this.#events === 1 && isText(event) ? event : undefined;
  }

  /** The frame has been decoded. */
  learn({ data, event }: SseFrame): void {
    const only = this.#only;
    this.#only = undefined;
    this.#events = 0;
    this.#learned = undefined;
    if (!only || only.text === '') return;
    const literal = JSON.stringify(only.text);
    const at = data.indexOf(literal);
    // Standing there twice, it could be something else that changed.
    if (at === -1 || data.indexOf(literal, at + 1) !== -1) return;
    this.#learned = only;
    this.#before = data.slice(0, at + 1);
    this.#after = data.slice(at + literal.length - 1);
    this.#event = event;
    this.#stretches = [...stretchesOf(this.#before, 'text'), ...stretchesOf(this.#after, 'end')];
  }

  /** The event of a frame that is the last one but for its text. */
  match(data: string): TextEvent | undefined {
    if (!this.#learned) return undefined;
    let at = 0;
    let text = '';
    for (const { literal, hole } of this.#stretches) {
      if (!data.startsWith(literal, at)) return undefined;
      at += literal.length;
      if (hole === 'end') break;
      const end = hole === 'number' ? endOfNumber(data, at) : data.indexOf('"', at);
      if (end === -1) return undefined;
      if (hole === 'text') text = data.slice(at, end);
      at = end;
    }
    if (at !== data.length || text === '' || text.includes('\\')) return undefined;
    this.#unseen += text;
    return { ...this.#learned, text };
  }

  /** A frame that says all that the decoder has not seen. It is due before anything else is decoded. */
  unseen(): SseFrame | undefined {
    if (this.#unseen === '') return undefined;
    const data = this.#before + this.#unseen + this.#after;
    this.#unseen = '';
    return { data, event: this.#event };
  }
}

function isText(event: ReplyEvent): event is TextEvent {
  return event.type === 'text' || event.type === 'reasoning' || event.type === 'tool-arguments';
}

function stretchesOf(json: string, last: 'text' | 'end'): readonly Stretch[] {
  const stretches: Stretch[] = [];
  let from = 0;
  for (const found of json.matchAll(MEANINGLESS)) {
    const [whole, number, noise = ''] = found;
    const literal = json.slice(from, found.index) + (number ?? noise);
    stretches.push({ literal, hole: number === undefined ? 'noise' : 'number' });
    from = found.index + whole.length;
  }
  return [...stretches, { literal: json.slice(from), hole: last }];
}

function endOfNumber(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) >= 0x30 && text.charCodeAt(at) <= 0x39) at += 1;
  return at;
}
