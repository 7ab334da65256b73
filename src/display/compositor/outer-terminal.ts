import { closeSync, writeSync } from 'node:fs';
import type { ReadStream, WriteStream } from 'node:tty';
import type { IModes } from '@xterm/headless';
import { TERMINAL_RESET } from '../../terminal-reset.ts';
import type { ChildModes } from './child-modes.ts';
import { PROBE, probeAnswered, readAbilities, type TerminalAbilities } from './probe.ts';

/** Modes of the real terminal that decide how its keys and mouse arrive. */
interface InputModes {
  readonly cursorKeys: boolean;
  readonly keypad: boolean;
  readonly paste: boolean;
  readonly focus: boolean;
  readonly mouse: IModes['mouseTrackingMode'];
  readonly kitty: number;
  readonly modifyOtherKeys: number;
  readonly cursorStyle: number;
}

const PLAIN: InputModes = {
  cursorKeys: false,
  keypad: false,
  paste: false,
  focus: false,
  mouse: 'none',
  kitty: 0,
  modifyOtherKeys: 0,
  cursorStyle: 0,
};

const MOUSE_MODE = { x10: 1000, vt200: 1000, drag: 1002, any: 1003 } as const;

/** The one owner of the user's terminal: nothing else writes to it while it is entered. */
export class OuterTerminal {
  readonly #input: ReadStream;
  readonly #output: WriteStream & { readonly fd: number };
  #modes: InputModes = PLAIN;
  #entered = false;
  #blocked = false;
  readonly #onExit = () => this.leave();

  /** @param onGone the terminal was closed under us. */
  constructor(
    input: ReadStream,
    output: WriteStream & { readonly fd: number },
    onDrain: () => void,
    onGone: () => void,
  ) {
    this.#input = input;
    this.#output = output;
    output.on('drain', () => {
      this.#blocked = false;
      onDrain();
    });
    output.on('error', onGone);
    input.on('error', onGone);
    input.on('end', onGone);
  }

  get columns(): number {
    return this.#output.columns || 80;
  }

  get rows(): number {
    return this.#output.rows || 24;
  }

  /** The terminal has not taken what it was given: a frame now would only queue. */
  get blocked(): boolean {
    return this.#blocked;
  }

  /** Raw mode, alternate screen, a kitty keyboard level of our own. Restored by {@link leave} on every way out. */
  enter(): void {
    if (this.#entered) return;
    this.#entered = true;
    process.on('exit', this.#onExit);
    this.#input.setRawMode(true);
    this.#input.resume();
    this.write('\x1b[?1049h\x1b[2J\x1b[H\x1b[>0u');
    this.#modes = PLAIN;
  }

  /** Synchronous, so that it works on the way out of the process, after an uncaught error too. */
  leave(): void {
    if (!this.#entered) return;
    this.#entered = false;
    process.off('exit', this.#onExit);
    try {
      writeAll(this.#output.fd, TERMINAL_RESET);
    } catch {
      process.once('exit', closeStandardStreams);
    }
    try {
      this.#input.setRawMode(false);
    } catch {
      // As above.
    }
    this.#input.pause();
  }

  write(text: string): void {
    if (!this.#output.write(text)) this.#blocked = true;
  }

  /**
   * Asks the terminal what it can do; a silent one is given up after `timeoutMs`. `read` is all that came
   * meanwhile: its answers, and what the user has typed already.
   */
  async probe(timeoutMs: number): Promise<{ readonly abilities: TerminalAbilities; readonly read: string }> {
    const read = await new Promise<string>((resolve) => {
      let text = '';
      const done = () => {
        clearTimeout(timer);
        this.#input.off('data', listen);
        resolve(text);
      };
      const listen = (data: string | Buffer) => {
        text += data.toString();
        if (probeAnswered(text)) done();
      };
      // Where this process itself was late, the answers are there, and read before the immediate.
      const timer = setTimeout(() => setImmediate(done), timeoutMs);
      this.#input.on('data', listen);
      this.write(PROBE);
    });
    return { abilities: readAbilities(read), read };
  }

  /**
   * Bytes that bring the real terminal's input modes to what the focused side wants: the child's own while it has
   * the focus, so that its keys need no re-encoding, and the panels' otherwise.
   */
  mirror(child: { readonly modes: IModes; readonly own: ChildModes } | undefined): string {
    const want: InputModes = child
      ? {
          cursorKeys: child.modes.applicationCursorKeysMode,
          keypad: child.modes.applicationKeypadMode,
          paste: child.modes.bracketedPasteMode,
          focus: child.modes.sendFocusMode,
          // The wheel scrolls the pane, and a click changes the focus, where the child does not want the mouse.
          mouse: child.modes.mouseTrackingMode === 'none' ? 'vt200' : child.modes.mouseTrackingMode,
          kitty: child.own.kittyFlags,
          modifyOtherKeys: child.own.modifyOtherKeys,
          cursorStyle: child.own.cursorStyle,
        }
      : { ...PLAIN, paste: true, mouse: 'vt200' };
    const have = this.#modes;
    this.#modes = want;
    let out = '';
    if (want.cursorKeys !== have.cursorKeys) out += want.cursorKeys ? '\x1b[?1h' : '\x1b[?1l';
    if (want.keypad !== have.keypad) out += want.keypad ? '\x1b=' : '\x1b>';
    if (want.paste !== have.paste) out += want.paste ? '\x1b[?2004h' : '\x1b[?2004l';
    if (want.focus !== have.focus) out += want.focus ? '\x1b[?1004h' : '\x1b[?1004l';
    if (want.mouse !== have.mouse) {
      out += '\x1b[?1000l\x1b[?1002l\x1b[?1003l';
      out += want.mouse === 'none' ? '\x1b[?1006l' : `\x1b[?${MOUSE_MODE[want.mouse]}h\x1b[?1006h`;
    }
    if (want.kitty !== have.kitty) out += `\x1b[=${want.kitty};1u`;
    if (want.modifyOtherKeys !== have.modifyOtherKeys) out += `\x1b[>4;${want.modifyOtherKeys}m`;
    if (want.cursorStyle !== have.cursorStyle) out += `\x1b[${want.cursorStyle} q`;
    return out;
  }
}

/**
 * Where the terminal is gone Node's own last act, putting its settings back, fails and aborts the process; it leaves
 * closed descriptors alone.
 */
function closeStandardStreams(): void {
  for (const fd of [0, 1, 2]) {
    try {
      closeSync(fd);
    } catch {
      // It was not open.
    }
  }
}

/** Writes it all, waiting out a terminal that is full: node's TTY file descriptors do not block. */
function writeAll(fd: number, text: string): void {
  let rest = Buffer.from(text);
  for (let tries = 0; rest.length > 0 && tries < 1000; tries++) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
}
