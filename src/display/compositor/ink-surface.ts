import { PassThrough, Writable } from 'node:stream';
import { type Instance, render } from 'ink';
import type { ReactElement } from 'react';

/**
 * A virtual terminal for Ink: it draws into rows of text, which the compositor puts where it wants, and reads keys
 * that the compositor hands it. Ink never sees the real terminal.
 */
export class InkSurface {
  readonly #stdout: Writable & { columns: number; rows: number; isTTY: boolean };
  readonly #stdin: PassThrough;
  #instance: Instance | undefined;
  #rows: readonly string[] = [];

  constructor(width: number, height: number, onFrame: () => void) {
    const output = new Writable({
      write: (chunk, _encoding, done) => {
        this.#rows = String(chunk).split('\n');
        onFrame();
        done();
      },
    });
    this.#stdout = Object.assign(output, { columns: width, rows: height, isTTY: true });
    this.#stdin = Object.assign(new PassThrough({ encoding: 'utf8' }), {
      isTTY: true,
      setRawMode: () => this.#stdin,
      ref: () => this.#stdin,
      unref: () => this.#stdin,
    });
  }

  /** The frame last drawn, a string with colours a row. */
  get rows(): readonly string[] {
    return this.#rows;
  }

  draw(element: ReactElement): void {
    if (this.#instance) {
      this.#instance.rerender(element);
      return;
    }
    this.#instance = render(element, {
      stdout: this.#stdout as unknown as NodeJS.WriteStream,
      stdin: this.#stdin as unknown as NodeJS.ReadStream,
      // Every frame whole and without cursor movement: the compositor does the diffing.
      debug: true,
      patchConsole: false,
      exitOnCtrlC: false,
    });
  }

  resize(width: number, height: number): void {
    this.#stdout.columns = width;
    this.#stdout.rows = height;
    this.#stdout.emit('resize');
  }

  keys(text: string): void {
    this.#stdin.write(text);
  }

  close(): void {
    this.#instance?.unmount();
    this.#instance = undefined;
    this.#rows = [];
  }
}
