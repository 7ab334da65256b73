import { StringDecoder } from 'node:string_decoder';
import { type IPty, spawn } from '@lydell/node-pty';
import type { Terminal } from '@xterm/headless';
import { adoptPty } from '../../src/display/compositor/adopt-pty.ts';
import type { Pty } from '../../src/display/compositor/child-pane.ts';
import { cellsOf, emulator } from '../display/compositor/cells.ts';

export interface ScreenOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly cwd?: string;
  /** On top of this process's environment, from which what changes the drawing is removed. */
  readonly env?: Readonly<Record<string, string>>;
  /** What this terminal says of itself; it is silent on what is left out. */
  readonly says?: TerminalAnswers;
}

export interface TerminalAnswers {
  /** `rgb:ffff/ffff/ffff`. */
  readonly foreground?: string;
  readonly background?: string;
  /** It has the kitty keyboard protocol. */
  readonly kitty?: boolean;
}

/** A part of the screen, in cells. */
interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Variables that decide how programs draw: a test sets those it means. */
const DRAWING = [
  'CI',
  'CONTINUOUS_INTEGRATION',
  'NO_COLOR',
  'FORCE_COLOR',
  'COLORTERM',
  'LC_ALL',
  'LC_CTYPE',
];

/** A real program in a real PTY, its output read back through a terminal emulator: what a person would see. */
export class Screen {
  readonly #terminal: Terminal;
  readonly #library: IPty;
  readonly #pty: Pty;
  #exit: { readonly exitCode: number; readonly signal?: number } | undefined;
  #bytes = '';
  #unread = 0;
  /** Kitty keyboard flags, a stack for each screen. */
  readonly #kitty = { normal: [0], alternate: [0] };
  #cursorStyle = 0;
  #cursorVisible = true;
  #title = '';
  #bells = 0;
  readonly #clipboard: string[] = [];

  constructor(file: string, args: readonly string[], options: ScreenOptions = {}) {
    const { columns: cols = 80, rows = 24, cwd = process.cwd(), env = {} } = options;
    this.#terminal = emulator(cols, rows);
    this.#behave(options.says ?? {});
    const inherited = Object.entries(process.env).filter(([name]) => !DRAWING.includes(name));
    this.#library = spawn(file, [...args], {
      cols,
      rows,
      cwd,
      name: env.TERM ?? 'xterm-256color',
      encoding: null,
      env: { ...Object.fromEntries(inherited), LANG: 'C.UTF-8', ...env },
    });
    this.#pty = adoptPty(this.#library);
    const decoder = new StringDecoder();
    this.#pty.onData((bytes) => {
      this.#bytes += decoder.write(bytes);
      this.#unread++;
      this.#terminal.write(bytes, () => this.#unread--);
    });
    // Programs ask their terminal things; a terminal answers.
    this.#terminal.onData((answer) => this.#pty.write(answer));
    this.#pty.onExit((exit) => {
      this.#exit = exit;
    });
  }

  get exit(): { readonly exitCode: number; readonly signal?: number } | undefined {
    return this.#exit;
  }

  /** Everything the program wrote. */
  get bytes(): string {
    return this.#bytes;
  }

  get pid(): number {
    return this.#pty.pid;
  }

  /** Keys, as a terminal would send them. */
  type(keys: string): void {
    this.#pty.write(keys);
  }

  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  /** The rows that can be seen, without blanks at their ends. */
  get rows(): readonly string[] {
    const { active } = this.#terminal.buffer;
    return Array.from(
      { length: this.#terminal.rows },
      (_, row) =>
        active
          .getLine(active.viewportY + row)
          ?.translateToString(true)
          .trimEnd() ?? '',
    );
  }

  get text(): string {
    return this.rows.join('\n').trimEnd();
  }

  /** The screen and what was scrolled out of it: what a person finds by scrolling up. */
  get history(): string {
    const { active } = this.#terminal.buffer;
    const rows = Array.from({ length: active.length }, (_, row) => active.getLine(row));
    return rows
      .map((row) => row?.translateToString(true) ?? '')
      .join('\n')
      .trimEnd();
  }

  /** Whether some row was too long and went on in the next. */
  get wrapped(): boolean {
    const { active } = this.#terminal.buffer;
    return Array.from({ length: active.length }, (_, row) => active.getLine(row)?.isWrapped).includes(true);
  }

  /** Every cell of an area with its colours and attributes, as comparable strings. */
  cells(area?: Area): readonly string[] {
    return cellsOf(this.#terminal, area);
  }

  get cursor(): {
    readonly x: number;
    readonly y: number;
    readonly visible: boolean;
    readonly style: number;
  } {
    const { cursorX: x, cursorY: y } = this.#terminal.buffer.active;
    return { x, y, visible: this.#cursorVisible, style: this.#cursorStyle };
  }

  get modes() {
    const { modes } = this.#terminal;
    return {
      ...modes,
      kitty: this.#kittyFlags,
      alternate: this.#terminal.buffer.active.type === 'alternate',
    };
  }

  get title(): string {
    return this.#title;
  }

  get bells(): number {
    return this.#bells;
  }

  /** What was written to the clipboard, as it was sent. */
  get clipboard(): readonly string[] {
    return this.#clipboard;
  }

  /** Whether nothing that a full-screen program switches on is still on. */
  get restored(): boolean {
    const { modes, buffer } = this.#terminal;
    return (
      buffer.active.type === 'normal' &&
      modes.mouseTrackingMode === 'none' &&
      !modes.bracketedPasteMode &&
      !modes.sendFocusMode &&
      !modes.applicationCursorKeysMode &&
      !modes.applicationKeypadMode &&
      !modes.synchronizedOutputMode &&
      this.#kittyFlags === 0 &&
      this.#cursorStyle === 0 &&
      this.#cursorVisible
    );
  }

  get #kittyFlags(): number {
    return this.#kitty[this.#terminal.buffer.active.type].at(-1) ?? 0;
  }

  /** What terminals do and the emulator does not. */
  #behave({ foreground, background, kitty = false }: TerminalAnswers): void {
    const { parser } = this.#terminal;
    const stack = () => this.#kitty[this.#terminal.buffer.active.type];
    for (const [code, colour] of [
      [10, foreground],
      [11, background],
    ] as const) {
      parser.registerOscHandler(code, (data) => {
        if (data === '?' && colour) this.#pty.write(`\u001b]${code};${colour}\u001b\\`);
        return true;
      });
    }
    parser.registerOscHandler(52, (data) => this.#clipboard.push(data) > 0);
    parser.registerCsiHandler({ intermediates: ' ', final: 'q' }, ([style]) => {
      this.#cursorStyle = Number(style);
      return false;
    });
    // DECTCEM, DECSTR, RIS: the emulator keeps this to itself.
    for (const [final, visible] of [
      ['h', true],
      ['l', false],
    ] as const) {
      parser.registerCsiHandler({ prefix: '?', final }, (modes) => {
        if (modes.includes(25)) this.#cursorVisible = visible;
        return false;
      });
    }
    const show = () => {
      this.#cursorVisible = true;
      return false;
    };
    parser.registerCsiHandler({ intermediates: '!', final: 'p' }, show);
    parser.registerEscHandler({ final: 'c' }, () => {
      this.#cursorStyle = 0;
      return show();
    });
    this.#terminal.onTitleChange((title) => {
      this.#title = title;
    });
    this.#terminal.onBell(() => {
      this.#bells++;
    });
    if (!kitty) return;
    parser.registerCsiHandler({ prefix: '?', final: 'u' }, () => {
      this.#pty.write(`\u001b[?${this.#kittyFlags}u`);
      return true;
    });
    parser.registerCsiHandler({ prefix: '>', final: 'u' }, ([flags]) => stack().push(Number(flags)) > 0);
    parser.registerCsiHandler({ prefix: '<', final: 'u' }, ([count]) => {
      for (let left = Number(count) || 1; left > 0 && stack().length > 1; left--) stack().pop();
      return true;
    });
    parser.registerCsiHandler({ prefix: '=', final: 'u' }, ([flags]) => {
      stack()[stack().length - 1] = Number(flags);
      return true;
    });
  }

  /** Whether the emulator has read everything, and no synchronized frame is half written: a person sees no others. */
  get #whole(): boolean {
    const [begun, done] = ['\u001b[?2026h', '\u001b[?2026l'].map((mark) => this.#bytes.lastIndexOf(mark));
    return this.#unread === 0 && (begun ?? 0) <= (done ?? 0);
  }

  /** Waits until something can be seen. */
  async until(holds: (screen: Screen) => boolean, what = 'what was expected'): Promise<void> {
    const deadline = Date.now() + (Number(process.env.UNTIL) || 15_000);
    while (!(this.#whole && holds(this))) {
      if (Date.now() > deadline) throw new Error(`${what} did not come; the screen was:\n${this.text}`);
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  }

  /** Waits for a text. */
  async shows(text: string): Promise<void> {
    await this.until(({ text: seen }) => seen.includes(text), JSON.stringify(text));
  }

  /** Waits until it has ended, and all of its output has been read. */
  async ended(): Promise<number> {
    await this.until(({ exit }) => exit !== undefined, 'the end of the program');
    await new Promise<void>((resolve) => this.#terminal.write('', resolve));
    return this.exit?.exitCode ?? -1;
  }

  /** Closes the terminal, as a window is closed. */
  close(): void {
    (this.#library as unknown as { destroy(): void }).destroy();
  }

  /** Ends the program if it still runs. */
  kill(): void {
    if (this.#exit) return;
    try {
      process.kill(this.#pty.pid, 'SIGKILL');
    } catch {
      // It ended meanwhile.
    }
  }
}
