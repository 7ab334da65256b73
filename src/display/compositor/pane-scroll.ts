import type { IMarker, Terminal } from '@xterm/headless';

/** How far a pane is scrolled back. What is shown stays where it is while the child writes on. */
export class PaneScroll {
  readonly #terminal: Terminal;
  readonly #onMoved: () => void;
  /** The first line shown; absent shows the live screen. */
  #first: IMarker | undefined;

  constructor(terminal: Terminal, onMoved: () => void) {
    this.#terminal = terminal;
    this.#onMoved = onMoved;
    // Each screen has lines of its own.
    terminal.buffer.onBufferChange(() => this.to(0));
  }

  /** Lines between the first one shown and the first of the live screen. */
  get back(): number {
    // A marker is gone when its line has left the buffer: the oldest one is shown then.
    return this.#first ? Math.max(0, this.#terminal.buffer.active.baseY - Math.max(0, this.#first.line)) : 0;
  }

  /** @param lines upwards when positive. */
  by(lines: number): void {
    this.to(Math.max(0, Math.min(this.#terminal.buffer.active.baseY, this.back + lines)));
  }

  /** @param back lines above the live screen; 0 goes back to it. */
  to(back: number): void {
    if (back === this.back) return;
    this.#first?.dispose();
    // A marker is placed relative to the cursor.
    const offset = -(this.#terminal.buffer.active.cursorY + back);
    this.#first = back > 0 ? this.#terminal.registerMarker(offset) : undefined;
    this.#onMoved();
  }
}
