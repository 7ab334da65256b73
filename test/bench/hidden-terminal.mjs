import { readdirSync, readFileSync } from 'node:fs';
import { spawn } from '@lydell/node-pty';

/** A terminal that nobody sees: it answers what every terminal answers, and reads as fast as it can. */
export class HiddenTerminal {
  #pty;
  #tail = '';
  #waiting;
  #ended;
  #kill = () => this.#pty.kill('SIGKILL');

  constructor(line, home) {
    const { CI, NO_COLOR, ...env } = process.env;
    this.#pty = spawn(process.execPath, line, {
      name: 'xterm-256color',
      cols: 200,
      rows: 50,
      env: { ...env, ...home },
      encoding: null,
    });
    process.on('exit', this.#kill);
    this.#ended = new Promise((resolve) => this.#pty.onExit(resolve));
    this.#pty.onData((bytes) => {
      this.#tail = (this.#tail + bytes.toString('latin1')).slice(-100_000);
      if (this.#tail.includes('\x1b[c')) {
        this.#tail = this.#tail.replace('\x1b[c', '');
        this.type('\x1b[?1;2c');
      }
      if (this.#waiting?.holds(this.#tail)) this.#waiting.resolve();
    });
  }

  type(keys) {
    this.#pty.write(keys);
  }

  /** Waits for something in what comes from now on; what came before counts only for the first wait. */
  until(holds) {
    return new Promise((resolve) => {
      this.#waiting = {
        holds,
        resolve: () => {
          this.#waiting = undefined;
          this.#tail = '';
          resolve();
        },
      };
      if (holds(this.#tail)) this.#waiting.resolve();
    });
  }

  /** Seconds that its threads, or the first one of them, have run (/proc/PID/task/TID/schedstat). */
  cpu(which = 'all') {
    const tasks = `/proc/${this.#pty.pid}/task`;
    const threads = which === 'main' ? [String(this.#pty.pid)] : readdirSync(tasks);
    return threads.reduce((sum, thread) => {
      const [nanoseconds] = readFileSync(`${tasks}/${thread}/schedstat`, 'utf8').split(' ');
      return sum + Number(nanoseconds) / 1e9;
    }, 0);
  }

  async end() {
    this.#pty.kill('SIGTERM');
    const timer = setTimeout(this.#kill, 3000);
    await this.#ended;
    clearTimeout(timer);
    process.off('exit', this.#kill);
  }
}
