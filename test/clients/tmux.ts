import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

const run = promisify(execFile);

/** A terminal that is none of ours: a tmux server of its own, with one window, which nobody is attached to. */
export class TmuxScreen {
  readonly #socket = `llmup-test-${randomBytes(4).toString('hex')}`;
  readonly #env: Readonly<Record<string, string>>;

  private constructor(env: Readonly<Record<string, string>>) {
    this.#env = env;
  }

  static async open(
    line: readonly string[],
    options: {
      readonly columns: number;
      readonly rows: number;
      readonly cwd: string;
      /** All that its programs find, beside what tmux sets: nothing of what the tests themselves run in, such as `CI`. */
      readonly env: Readonly<Record<string, string>>;
      /** Whether the program is told that it runs in tmux. */
      readonly told?: boolean;
    },
  ): Promise<TmuxScreen> {
    const { columns, rows, cwd, env, told = false } = options;
    // The server of tmux gives its programs the environment that it was started in.
    const screen = new TmuxScreen({ PATH: process.env.PATH ?? '', ...env });
    const size = ['-x', String(columns), '-y', String(rows)];
    const start = told ? line : ['env', '-u', 'TMUX', ...line];
    await screen.#tmux('new-session', '-d', '-c', cwd, ...size, ...start);
    onTestFinished(() => screen.#end());
    await screen.#tmux('set', '-g', 'status', 'off');
    await screen.#tmux('resize-window', ...size);
    return screen;
  }

  /** What can be seen, a row each without blanks at its end. */
  async rows(): Promise<readonly string[]> {
    return (await this.#tmux('capture-pane', '-p')).split('\n').map((row) => row.trimEnd());
  }

  /** What each of its panes shows, left to right. */
  async panes(): Promise<readonly string[]> {
    const ids = (await this.#tmux('list-panes', '-F', '#{pane_id}')).split('\n').filter((id) => id !== '');
    return Promise.all(ids.map((id) => this.#tmux('capture-pane', '-p', '-t', id)));
  }

  async type(text: string): Promise<void> {
    await this.#tmux('send-keys', '-l', text);
  }

  async shows(text: string): Promise<void> {
    const deadline = Date.now() + 20_000;
    for (let rows = await this.rows(); !rows.join('\n').includes(text); rows = await this.rows()) {
      if (Date.now() > deadline)
        throw new Error(`no ${JSON.stringify(text)} on the screen:\n${rows.join('\n')}`);
      await sleep(50);
    }
  }

  async #end(): Promise<void> {
    // Its programs may have ended, and it with them.
    await this.#tmux('kill-server').catch(() => {});
  }

  async #tmux(...args: readonly string[]): Promise<string> {
    const line = ['-u', '-L', this.#socket, '-f', '/dev/null', ...args];
    return (await run('tmux', line, { env: this.#env })).stdout;
  }
}

/** Whether this machine has tmux. */
export async function hasTmux(): Promise<boolean> {
  return run('tmux', ['-V']).then(
    () => true,
    () => false,
  );
}
