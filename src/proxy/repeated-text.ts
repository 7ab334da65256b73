import type { SseFrame } from '../protocols/codec.ts';
import type { ReplyEvent } from '../protocols/reply.ts';

export type TextEvent = Extract<ReplyEvent, { type: 'text' | 'reasoning' | 'tool-arguments' }>;

/** A stretch of a frame that is the same in every frame, and what stands behind it. */
interface Stretch {
  readonly literal: string;
  readonly hole: 'text' | 'number' | 'noise' | 'end';
}

/** What differs from frame to frame in a Responses stream, and means nothing. */
const MEANINGLESS = /("sequence_number"\s*:\s*)\d+|("obfuscation"\s*:\s*")[^"\\]*(?=")/g;

/** Frames that may teach in vain: in a stream that numbers or measures each frame, learning is wasted. */
const MAX_VAIN_LESSONS = 16;

/** Characters that the decoder may lag behind: texts that wait for it keep the frames alive that they were cut out of. */
const MAX_UNSEEN = 16 * 1024;

/**
 * Reads what nearly every frame of a stream is without parsing it: the frame before, but for its text. A frame that
 * has gone through the decoder teaches what stands around the text; the next one that differs in nothing else means
 * the same with another text. Parsing each costs more than all else that is done with a frame.
 */
export class RepeatedText {
  readonly #kinds: ReadonlySet<ReplyEvent['type']>;
  #stretches: readonly Stretch[] = [];
  #learned: TextEvent | undefined;
  /** The data of the frame that taught, in front of its text and after it. */
  #before = '';
  #after = '';
  #event: string | undefined;
  /** The JSON of the texts that the decoder has not seen. */
  #unseen = '';
  /** The only event of the frame that is being decoded; undefined when there is none, or another beside it. */
  #only: TextEvent | undefined;
  #events = 0;
  #vainLessons = 0;

  /** @param kinds of the events whose texts may be read without the decoder */
  constructor(kinds: readonly TextEvent['type'][]) {
    this.#kinds = new Set(kinds);
  }

  /** Notes an event of the frame in the decoder. */
  see(event: ReplyEvent): void {
    this.#events += 1;
    this.#only = this.#events === 1 && isText(event) && this.#kinds.has(event.type) ? event : undefined;
  }

  /** The frame has been decoded. `text` is what the next one will be compared by: its bytes, or its data. */
  learn(text: string, { data, event }: SseFrame): void {
    const only = this.#only;
    this.#only = undefined;
    this.#events = 0;
    this.#learned = undefined;
    if (!only || only.text === '' || this.#vainLessons === MAX_VAIN_LESSONS) return;
    const literal = JSON.stringify(only.text);
    const at = data.indexOf(literal);
    // Standing there twice, it could be something else that changed.
    if (at === -1 || data.indexOf(literal, at + 1) !== -1) return;
    const start = text.indexOf(data);
    // The data of a frame may stand in several lines.
    if (start === -1) return;
    this.#vainLessons += 1;
    this.#learned = only;
    this.#before = data.slice(0, at + 1);
    this.#after = data.slice(at + literal.length - 1);
    this.#event = event;
    this.#stretches = [
      ...stretchesOf(text.slice(0, start) + this.#before, 'text'),
      ...stretchesOf(this.#after + text.slice(start + data.length), 'end'),
    ];
  }

  /** The text of a frame that is the one that taught but for that. */
  match(frame: string): string | undefined {
    if (!this.#learned) return undefined;
    let at = 0;
    let text = '';
    for (const { literal, hole } of this.#stretches) {
      if (!standsAt(frame, literal, at)) return undefined;
      at += literal.length;
      if (hole === 'end') break;
      const end = hole === 'number' ? endOfNumber(frame, at) : frame.indexOf('"', at);
      if (end === -1) return undefined;
      if (hole === 'text') text = frame.slice(at, end);
      at = end;
    }
    if (at !== frame.length || text === '' || text.includes('\\')) return undefined;
    this.#vainLessons = 0;
    this.#unseen += text;
    return text;
  }

  /** What the decoder would make of the frames that matched, by their text. */
  eventOf(text: string): TextEvent | undefined {
    return this.#learned && { ...this.#learned, text };
  }

  /** Whether the decoder lags so far behind that it should be told now. */
  get isFarAhead(): boolean {
    return this.#unseen.length > MAX_UNSEEN;
  }

  /** A frame that says all that the decoder has not seen. It is due before anything else is decoded. */
  unseen(): SseFrame | undefined {
    if (this.#unseen === '') return undefined;
    const data = this.#before + this.#unseen + this.#after;
    this.#unseen = '';
    return { data, event: this.#event };
  }
}

/** Whether an event says a text and nothing else. */
function isText(event: ReplyEvent): event is TextEvent {
  if (event.type === 'text') return event.logprobs === undefined;
  return event.type === 'reasoning' || event.type === 'tool-arguments';
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

/** `startsWith`, which compares character by character; this takes a quarter of its time. */
function standsAt(text: string, literal: string, at: number): boolean {
  return text.lastIndexOf(literal, at) === at;
}

function endOfNumber(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) >= 0x30 && text.charCodeAt(at) <= 0x39) at += 1;
  return at;
}
