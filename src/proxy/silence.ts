/** In how many steps a silence is measured: it is told at most one step late. */
const STEPS = 4;

/**
 * Calls back each time nothing has happened for a while. Noting that something did costs nothing, unlike setting a
 * timer anew with every piece of every stream.
 */
export class Silence {
  readonly #callback: () => void;
  readonly #timer: NodeJS.Timeout;
  #steps = 0;
  #isPaused = false;

  constructor(milliseconds: number, callback: () => void) {
    this.#callback = callback;
    this.#timer = setInterval(() => this.#step(), Math.max(1, milliseconds / STEPS));
  }

  /** Something happened. */
  broken(): void {
    this.#steps = 0;
  }

  /** From here on silence is no wonder. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#steps = 0;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #step(): void {
    if (this.#isPaused) return;
    this.#steps += 1;
    if (this.#steps < STEPS) return;
    this.#steps = 0;
    this.#callback();
  }
}
