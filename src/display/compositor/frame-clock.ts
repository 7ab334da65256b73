/**
 * Decides when to paint: at most 60 frames a second, at once after a key so that its echo is not late, never while
 * the terminal is still taking the last frame.
 */
export class FrameClock {
  static readonly FRAME_MS = 1000 / 60;
  /** An echo is expected within this after a key. */
  static readonly ECHO_MS = 40;

  readonly #paint: () => void;
  #immediate: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #last = Number.NEGATIVE_INFINITY;
  #lastKey = Number.NEGATIVE_INFINITY;

  constructor(paint: () => void) {
    this.#paint = paint;
  }

  /** A key of the user went to the child. */
  key(): void {
    this.#lastKey = performance.now();
  }

  /** Whether a key was pressed within the last `ms`: panels wait for the echo. */
  typedWithin(ms: number): boolean {
    return performance.now() - this.#lastKey < ms;
  }

  /** Something is to be painted. */
  dirty(): void {
    if (this.#immediate) return;
    const now = performance.now();
    const due = this.#last + FrameClock.FRAME_MS - now;
    if (due <= 0 || (now - this.#lastKey < FrameClock.ECHO_MS && now - this.#last >= 2)) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#immediate = setImmediate(() => this.#run());
    } else {
      this.#timer ??= setTimeout(() => this.#run(), due);
    }
  }

  /** Looks again after `ms`. */
  later(ms: number): void {
    this.#timer ??= setTimeout(() => this.#run(), ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
    if (this.#immediate) clearImmediate(this.#immediate);
    this.#timer = undefined;
    this.#immediate = undefined;
  }

  #run(): void {
    this.#timer = undefined;
    this.#immediate = undefined;
    this.#last = performance.now();
    this.#paint();
  }
}
