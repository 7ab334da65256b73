import type { ReplyEvent } from '../protocols/reply.ts';

type TextEvent = Extract<ReplyEvent, { type: 'text' }>;

/**
 * Reads what nearly every frame of a stream is without parsing it: the frame before, but for its text. A frame that
 * has gone through the decoder teaches what stands around the text; the next one that differs in nothing else means
 * the same with another text. Parsing each costs a relay more than all else it does with a frame.
 */
export class RepeatedText {
  #before = '';
  #after = '';
  #index = -1;
  /** The only event of the frame that is being decoded; undefined when there is none, or another beside it. */
  #only: TextEvent | undefined;
  #events = 0;

  /** Notes an event of the frame in the decoder. */
  see(event: ReplyEvent): void {
    this.#events += 1;
    this.#only = this.#events === 1 && event.type === 'text' ? event : undefined;
  }

  /** The frame has been decoded. */
  learn(data: string): void {
    const event = this.#only;
    this.#only = undefined;
    this.#events = 0;
    this.#index = -1;
    if (!event || event.text === '') return;
    const literal = JSON.stringify(event.text);
    const at = data.indexOf(literal);
    // Standing there twice, it could be something else that changed.
    if (at === -1 || data.indexOf(literal, at + 1) !== -1) return;
    this.#before = data.slice(0, at + 1);
    this.#after = data.slice(at + literal.length - 1);
    this.#index = event.index;
  }

  /** The event of a frame that is the last one but for its text. */
  match(data: string): TextEvent | undefined {
    const start = this.#before.length;
    const end = data.length - this.#after.length;
    if (this.#index === -1 || end <= start) return undefined;
    // Slices compare as memory does; `startsWith` walks character by character.
    if (data.slice(0, start) !== this.#before || data.slice(end) !== this.#after) return undefined;
    const text = data.slice(start, end);
    if (text.includes('"') || text.includes('\\')) return undefined;
    return { type: 'text', index: this.#index, text };
  }
}
