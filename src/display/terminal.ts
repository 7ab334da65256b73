import { PassThrough, Writable } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import { type Instance, render } from 'ink';
import { createElement, type ReactElement } from 'react';
import { RowSink } from './lines.tsx';
import { rowBytes } from './row-bytes.ts';

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** The user's terminal: real ones, or what a test puts in their place. */
export interface TerminalIo {
  readonly stdin: ReadStream;
  readonly stdout: WriteStream;
}

const ENTER = '\x1b[?1049h\x1b[?25l\x1b[2J\x1b[H';
const LEAVE = '\x1b[?2026l\x1b[0m\x1b[?25h\x1b[?1049l';
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15 } as const;

/**
 * A full-screen view on the alternate screen. Ink runs on streams in memory; this class alone touches the real
 * terminal: it writes the rows that changed, in one synchronized frame, hands the keys over, and restores everything
 * on each way out, signals and crashes included.
 */
export class FullScreen {
  readonly #io: TerminalIo;
  readonly #draw: (size: TerminalSize) => ReactElement;
  readonly #virtualStdout: Writable & { columns: number; rows: number };
  readonly #virtualStdin: PassThrough;
  readonly #ink: Instance;
  #wanted: readonly string[] = [];
  #shown: (string | undefined)[] = [];
  #blocked = false;
  /** The terminal shows this view. */
  #entered = true;
  #closed = false;
  #end: (exitCode: number) => void = () => {};

  /**
   * Settles when the user's terminal or a signal ends the view, with the exit code for it (128+n); rejects when
   * drawing failed. A view that ends by itself calls {@link close}.
   */
  readonly ended: Promise<number>;

  constructor(io: TerminalIo, draw: (size: TerminalSize) => ReactElement) {
    this.#io = io;
    this.#draw = draw;
    const { stdin, stdout } = io;
    const { columns, rows } = this.size;
    this.#virtualStdout = Object.assign(
      // Ink's own frames are empty.
      new Writable({ write: (_chunk, _encoding, done) => done() }),
      { columns, rows, isTTY: true },
    );
    this.#virtualStdin = Object.assign(new PassThrough({ encoding: 'utf8' }), {
      isTTY: true,
      setRawMode: () => this.#virtualStdin,
      ref: () => this.#virtualStdin,
      unref: () => this.#virtualStdin,
    });

    stdout.write(ENTER);
    process.on('exit', this.#restore);
    process.on('uncaughtExceptionMonitor', this.#restore);
    stdin.setRawMode(true);
    stdin.on('data', this.#onKeys);
    stdin.resume();
    stdout.on('resize', this.#onResize);
    stdout.on('drain', this.#onDrain);

    this.#ink = render(this.#whole(), {
      // A stream in memory that says it is a terminal; Ink asks no more of it than this.
      stdout: this.#virtualStdout as unknown as NodeJS.WriteStream,
      stdin: this.#virtualStdin as unknown as NodeJS.ReadStream,
      // Every frame at once: the difference is made here.
      debug: true,
      exitOnCtrlC: false,
      patchConsole: false,
    });
    this.ended = new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#ink.waitUntilExit().then(() => {}, reject);
    });
    for (const signal of Object.keys(SIGNALS)) process.on(signal, this.#onSignal);
    // The terminal is gone: there is nobody left to draw for.
    stdin.on('end', this.#onGone);
    stdin.on('error', this.#onGone);
    stdout.on('error', this.#onGone);
  }

  get size(): TerminalSize {
    return { columns: this.#io.stdout.columns || 80, rows: this.#io.stdout.rows || 24 };
  }

  /** Draws anew what the view shows by now. */
  redraw(): void {
    if (!this.#closed) this.#ink.rerender(this.#whole());
  }

  /** Writes a sequence that is none of the picture, such as a text for the clipboard. */
  send(sequence: string): void {
    if (this.#entered) this.#io.stdout.write(sequence);
  }

  /** Gives the terminal back as it was. Safe to call twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#restore();
    const { stdin, stdout } = this.#io;
    process.off('exit', this.#restore);
    process.off('uncaughtExceptionMonitor', this.#restore);
    for (const signal of Object.keys(SIGNALS)) process.off(signal, this.#onSignal);
    stdin.off('data', this.#onKeys);
    stdin.off('end', this.#onGone);
    stdin.off('error', this.#onGone);
    // A stream left reading would take the first keys of whatever runs next in this terminal.
    stdin.pause();
    stdout.off('resize', this.#onResize);
    stdout.off('drain', this.#onDrain);
    stdout.off('error', this.#onGone);
    this.#ink.unmount();
  }

  readonly #restore = (): void => {
    if (!this.#entered) return;
    this.#entered = false;
    try {
      this.#io.stdout.write(LEAVE);
      this.#io.stdin.setRawMode(false);
    } catch {
      // The terminal is closed: there is nothing to restore.
    }
  };

  readonly #onKeys = (keys: Buffer | string): void => {
    this.#virtualStdin.write(keys);
  };

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.#restore();
    this.#end(128 + (SIGNALS[signal as keyof typeof SIGNALS] ?? 0));
  };

  readonly #onGone = (): void => {
    this.#end(128 + SIGNALS.SIGHUP);
  };

  readonly #onResize = (): void => {
    // Terminals move what they show when they are resized: draw all of it again.
    this.#shown = [];
    Object.assign(this.#virtualStdout, this.size);
    this.#virtualStdout.emit('resize');
    this.#ink.rerender(this.#whole());
  };

  readonly #onDrain = (): void => {
    this.#blocked = false;
    this.#paint();
  };

  #whole(): ReactElement {
    return createElement(RowSink.Provider, { value: this.#take }, this.#draw(this.size));
  }

  readonly #take = (rows: readonly string[]): void => {
    this.#wanted = rows;
    this.#paint();
  };

  /** Writes the rows that differ from what the terminal shows; nothing while it has not taken the last frame. */
  #paint(): void {
    if (!this.#entered || this.#blocked) return;
    const { rows } = this.size;
    let bytes = '';
    for (let row = 0; row < rows; row++) {
      const wanted = this.#wanted[row] ?? '';
      if (this.#shown[row] === wanted) continue;
      this.#shown[row] = wanted;
      bytes += `\x1b[${row + 1};1H\x1b[0m\x1b[2K${rowBytes(wanted)}`;
    }
    if (bytes === '') return;
    this.#blocked = !this.#io.stdout.write(`\x1b[?2026h${bytes}\x1b[0m\x1b[?2026l`);
  }
}
