import type { Passthrough } from './child-modes.ts';

/**
 * What the child asks of the real terminal beyond its screen, on its way there: with the next frame, so that a child
 * that floods cannot write to the terminal at its own pace. Of titles and bells one a frame is enough.
 */
export class Passage implements Passthrough {
  readonly #onWaiting: () => void;
  #title: string | undefined;
  #bell = false;
  #others = '';

  constructor(onWaiting: () => void) {
    this.#onWaiting = onWaiting;
  }

  title(text: string): void {
    this.#title = text;
    this.#onWaiting();
  }

  bell(): void {
    this.#bell = true;
    this.#onWaiting();
  }

  clipboard(payload: string): void {
    this.#pass(`52;${payload}`);
  }

  notification(payload: string): void {
    this.#pass(payload);
  }

  /** A control sequence of llmup's own. */
  own(sequence: string): void {
    this.#others += sequence;
    this.#onWaiting();
  }

  /** Everything that waits, as bytes for the terminal. */
  take(): string {
    const title = this.#title === undefined ? '' : `\x1b]2;${printable(this.#title)}\x07`;
    const bytes = title + this.#others + (this.#bell ? '\x07' : '');
    this.#title = undefined;
    this.#others = '';
    this.#bell = false;
    return bytes;
  }

  #pass(payload: string): void {
    this.#others += `\x1b]${printable(payload)}\x07`;
    this.#onWaiting();
  }
}

/** Text of a child on its way into a control string of ours must not end it. */
function printable(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, '');
}
