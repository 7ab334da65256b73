import { PassThrough, Writable } from 'node:stream';
import { type Instance, render } from 'ink';
import { createElement, type ReactElement } from 'react';
import { RowSink } from '../lines.tsx';

/**
 * A virtual terminal for Ink: what it shows comes out as rows, which the compositor puts where it wants, and it reads
 * keys that the compositor hands it. Ink never sees the real terminal.
 */
export class InkSurface {
  readonly #stdout: Writable & { columns: number; rows: number; isTTY: boolean };
  readonly #stdin: PassThrough;
  #instance: Instance | undefined;
  readonly #take: (rows: readonly string[]) => void;
  #rows: readonly string[] = [];

  constructor(width: number, height: number, onFrame: () => void) {
    this.#take = (rows) => {
      this.#rows = rows;
      onFrame();
    };
    // Ink's own frames are empty.
    const output = new Writable({ write: (_chunk, _encoding, done) => done() });
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
    const whole = createElement(RowSink.Provider, { value: this.#take }, element);
    if (this.#instance) {
      this.#instance.rerender(whole);
      return;
    }
    this.#instance = render(whole, {
      stdout: this.#stdout as unknown as NodeJS.WriteStream,
      stdin: this.#stdin as unknown as NodeJS.ReadStream,
      // Every frame at once: when to paint is the compositor's affair.
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
