import { type IPty, spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';

export interface ScreenOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly cwd?: string;
  /** On top of this process's environment, from which what changes the drawing is removed. */
  readonly env?: Readonly<Record<string, string>>;
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
  readonly #terminal: InstanceType<typeof xterm.Terminal>;
  readonly #pty: IPty;
  #exit: { readonly exitCode: number; readonly signal?: number } | undefined;
  #bytes = '';
  #unread = 0;

  constructor(file: string, args: readonly string[], options: ScreenOptions = {}) {
    const { columns: cols = 80, rows = 24, cwd = process.cwd(), env = {} } = options;
    this.#terminal = new xterm.Terminal({ cols, rows, allowProposedApi: true });
    const inherited = Object.entries(process.env).filter(([name]) => !DRAWING.includes(name));
    this.#pty = spawn(file, [...args], {
      cols,
      rows,
      cwd,
      name: env.TERM ?? 'xterm-256color',
      env: { ...Object.fromEntries(inherited), LANG: 'C.UTF-8', ...env },
    });
    this.#pty.onData((bytes) => {
      this.#bytes += bytes;
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
      (_, row) => active.getLine(active.viewportY + row)?.translateToString(true) ?? '',
    );
  }

  get text(): string {
    return this.rows.join('\n').trimEnd();
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
      // DECTCEM: the emulator tells no mode of it, the last switch does.
      this.#bytes.lastIndexOf('\u001b[?25h') >= this.#bytes.lastIndexOf('\u001b[?25l')
    );
  }

  /** Whether the emulator has read everything, and no synchronized frame is half written: a person sees no others. */
  get #whole(): boolean {
    const [begun, done] = ['\u001b[?2026h', '\u001b[?2026l'].map((mark) => this.#bytes.lastIndexOf(mark));
    return this.#unread === 0 && (begun ?? 0) <= (done ?? 0);
  }

  /** Waits until something can be seen. */
  async until(holds: (screen: Screen) => boolean, what = 'what was expected'): Promise<void> {
    const deadline = Date.now() + 15_000;
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
