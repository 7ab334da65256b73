import { createRequire } from 'node:module';
import { type IPty, spawn } from '@lydell/node-pty';
import type { Terminal as HeadlessTerminal } from '@xterm/headless';

// A CommonJS package whose named export Node does not see.
const { Terminal } = createRequire(import.meta.url)('@xterm/headless') as {
  readonly Terminal: typeof HeadlessTerminal;
};

/** A program on a real terminal, read back from the screen. */
export interface TerminalSession {
  readonly pid: number;
  /** The screen's text, lines trimmed at their end. */
  screen(): string;
  /** Whether the terminal is as it was: no mouse, no paste mode, no second screen. */
  restored(): boolean;
  write(text: string): void;
  /** Types a line as a person does: Codex takes text and a return in one burst for a paste. */
  type(text: string): Promise<void>;
  /** Waits until the screen shows it. */
  shows(text: string | RegExp, seconds?: number): Promise<void>;
  readonly exit: Promise<number>;
  kill(signal: string): void;
}

export function startTerminal(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): TerminalSession {
  const [cols, rows] = [120, 40];
  const terminal = new Terminal({ cols, rows, allowProposedApi: true, scrollback: 2000 });
  const pty: IPty = spawn(program, [...args], { name: 'xterm-256color', cols, rows, ...options });
  pty.onData((data) => terminal.write(data));
  // Answers to the program's questions about the terminal.
  const answers = terminal.onData((data) => pty.write(data));
  const exit = new Promise<number>((resolve) =>
    pty.onExit(({ exitCode, signal }) => {
      answers.dispose();
      resolve(signal ? 128 + signal : exitCode);
    }),
  );
  const screen = (): string => {
    const { active } = terminal.buffer;
    const lines: string[] = [];
    for (let row = 0; row < rows; row += 1)
      lines.push(active.getLine(active.baseY + row)?.translateToString(true) ?? '');
    return lines.join('\n');
  };
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  const shows = async (text: string | RegExp, seconds = 15): Promise<void> => {
    const end = performance.now() + seconds * 1000;
    while (!(typeof text === 'string' ? screen().includes(text) : text.test(screen()))) {
      if (performance.now() > end) throw new Error(`no ${String(text)} on the screen:\n${screen()}`);
      await pause(20);
    }
  };
  return {
    pid: pty.pid,
    screen,
    restored: () =>
      terminal.buffer.active.type === 'normal' &&
      terminal.modes.mouseTrackingMode === 'none' &&
      !terminal.modes.bracketedPasteMode &&
      !terminal.modes.sendFocusMode,
    write: (text) => pty.write(text),
    type: async (text) => {
      pty.write(text);
      await shows(text);
      await pause(350);
      pty.write('\r');
    },
    shows,
    exit,
    kill: (signal) => pty.kill(signal),
  };
}
