import { Unicode11Addon } from '@xterm/addon-unicode11';
import type { Terminal } from '@xterm/headless';
import xterm from '@xterm/headless';
import { type ChildModes, followModes, type Passthrough } from './child-modes.ts';
import type { TerminalAbilities } from './probe.ts';

/** Bytes waiting in the emulator above which the child is paused, and below which it goes on. */
const HIGH_WATER = 256 * 1024;
const LOW_WATER = 64 * 1024;

/** The part of a PTY that the pane needs; `@lydell/node-pty` has it. */
export interface Pty {
  readonly pid: number;
  write(data: string | Buffer): void;
  resize(columns: number, rows: number): void;
  pause(): void;
  resume(): void;
  kill(signal?: string): void;
  onData(listener: (data: Buffer) => void): unknown;
  onExit(listener: (exit: { exitCode: number; signal?: number }) => void): unknown;
}

export interface ChildPaneOptions {
  readonly pty: Pty;
  readonly columns: number;
  readonly rows: number;
  readonly abilities: TerminalAbilities;
  readonly passthrough: Passthrough;
  /** Something on the screen changed. */
  onDirty(): void;
  /** The child is gone, and all it wrote is on the screen. */
  onExit(exit: { exitCode: number; signal?: number }): void;
}

/** The agent: a PTY whose output an emulator turns into a screen. */
export class ChildPane {
  readonly terminal: Terminal;
  readonly modes: () => ChildModes;
  readonly #pty: Pty;
  #queued = 0;
  #paused = false;

  constructor(options: ChildPaneOptions) {
    this.#pty = options.pty;
    this.terminal = new xterm.Terminal({
      cols: options.columns,
      rows: options.rows,
      scrollback: 5000,
      allowProposedApi: true,
      // It would tell of a child's odd bytes on the console, which is the user's screen.
      logLevel: 'off',
      windowOptions: { getWinSizeChars: true },
    });
    this.terminal.loadAddon(new Unicode11Addon());
    this.terminal.unicode.activeVersion = '11';
    this.modes = followModes(this.terminal, options.abilities, {
      reply: (text) => this.send(text),
      passthrough: options.passthrough,
    });
    this.terminal.onData((text) => this.send(text));
    this.terminal.onBinary((text) => this.send(Buffer.from(text, 'binary')));
    this.terminal.onWriteParsed(options.onDirty);
    this.#pty.onData((data) => this.#receive(data));
    this.#pty.onExit((exit) => this.terminal.write('', () => options.onExit(exit)));
  }

  get pid(): number {
    return this.#pty.pid;
  }

  /** The child holds its frame back (mode 2026). */
  get holdsFrame(): boolean {
    return this.terminal.modes.synchronizedOutputMode;
  }

  /** Bytes to the child, as they are. */
  send(data: string | Buffer): void {
    try {
      this.#pty.write(data);
    } catch {
      // The child is gone; its exit is reported by onExit.
    }
  }

  /** Keys of the user: the emulator then shows the echo without its usual delay. */
  type(text: string): void {
    this.terminal.input(text, true);
  }

  resize(columns: number, rows: number): void {
    if (columns === this.terminal.cols && rows === this.terminal.rows) return;
    this.terminal.resize(columns, rows);
    try {
      this.#pty.resize(columns, rows);
    } catch {
      // Gone, as above.
    }
  }

  kill(signal: string): void {
    try {
      this.#pty.kill(signal);
    } catch {
      // Gone, as above.
    }
  }

  /** Feeds the emulator, and pauses the child while the emulator lags: its own buffer throws past 50 MB. */
  #receive(data: Buffer): void {
    this.#queued += data.length;
    this.terminal.write(data, () => {
      this.#queued -= data.length;
      if (this.#paused && this.#queued < LOW_WATER) {
        this.#paused = false;
        this.#pty.resume();
      }
    });
    if (!this.#paused && this.#queued > HIGH_WATER) {
      this.#paused = true;
      this.#pty.pause();
    }
  }
}
