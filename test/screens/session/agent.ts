import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import { CLI, type Machine, makeMachine } from '../../sessions/program.ts';
import { Screen, type ScreenOptions } from '../screen.ts';

export const AGENT = new URL('../../fixtures/terminal-child.mjs', import.meta.url).pathname;

const TOOL = {
  type: 'function',
  name: 'shell',
  strict: false,
  parameters: { type: 'object', properties: { command: { type: 'string' } } },
};

/** What the program in the pane tells. */
interface Report {
  readonly pid?: number;
  readonly parent?: number;
  readonly tty?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly argv?: readonly string[];
  readonly columns?: number;
  readonly rows?: number;
  readonly input?: string;
  readonly signal?: string;
  readonly written?: boolean;
}

/** The program in the pane, in the test's hands. */
export class Agent {
  readonly #reports: Report[] = [];
  readonly #socket: Socket;
  #written = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {});
    createInterface({ input: socket }).on('line', (line) => {
      const report = JSON.parse(line) as Report;
      if (report.written) this.#written++;
      this.#reports.push(report);
    });
  }

  get pid(): number {
    return this.#reports.find(({ pid }) => pid !== undefined)?.pid ?? 0;
  }

  /** The process that started it. */
  get parent(): number {
    return this.#reports.find(({ parent }) => parent !== undefined)?.parent ?? 0;
  }

  get env(): Readonly<Record<string, string>> {
    return this.#reports.find(({ env }) => env)?.env ?? {};
  }

  /** Whether it was started in a terminal. */
  get tty(): boolean {
    return this.#reports.some(({ tty }) => tty);
  }

  /** Asks the model what Codex would; resolves once the answer has ended. */
  async ask(text: string): Promise<string> {
    const argv = this.#reports.find((report) => report.argv)?.argv ?? [];
    const baseUrl = /base_url="([^"]*)"/.exec(argv.join(' '))?.[1];
    const response = await fetch(`${baseUrl}/responses`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.env.LLMUP_PROXY_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'coder', input: text, stream: true, store: false, tools: [TOOL] }),
    });
    return response.text();
  }

  /** Every byte it has read, as latin1. */
  get input(): string {
    return this.#reports.map(({ input }) => Buffer.from(input ?? '', 'base64').toString('latin1')).join('');
  }

  /** The sizes it was given, `80x24`. */
  get sizes(): readonly string[] {
    return this.#reports.flatMap(({ columns, rows }) =>
      columns === undefined ? [] : [`${columns}x${rows}`],
    );
  }

  get signals(): readonly string[] {
    return this.#reports.flatMap(({ signal }) => signal ?? []);
  }

  /** Forgets what it has read. */
  forget(): void {
    for (let at = this.#reports.length - 1; at >= 0; at--)
      if (this.#reports[at]?.input) this.#reports.splice(at, 1);
  }

  /** Writes to its terminal; resolves once the terminal has it. */
  async write(text: string | Buffer): Promise<void> {
    const before = this.#written;
    this.tell({ write: Buffer.from(text as string).toString('base64') });
    await this.until(() => this.#written > before, 'the agent to write');
  }

  /** Writes, and waits until its terminal has taken it in. @returns what the terminal answered. */
  async shows(text: string | Buffer): Promise<string> {
    this.forget();
    // Whatever was begun is cut off; a status report is answered by every terminal, and the text may ask for some.
    const bytes = Buffer.concat([Buffer.from(text as string), Buffer.from('\x18\x1b[5n')]);
    const asked = bytes.toString('latin1').split('\x1b[5n').length;
    await this.write(bytes);
    await this.until(() => this.input.split('\x1b[0n').length >= asked, 'an answer of the terminal');
    const answer = this.input.slice(0, -4);
    this.forget();
    return answer;
  }

  async flood(text: string | Buffer, ms: number): Promise<void> {
    const before = this.#written;
    this.tell({ flood: { text: Buffer.from(text as string).toString('base64'), ms } });
    await this.until(() => this.#written > before, 'the end of the flood');
  }

  tell(deed: Readonly<Record<string, unknown>>): void {
    this.#socket.write(`${JSON.stringify(deed)}\n`);
  }

  /** Waits until it has read these bytes, and nothing else. */
  async reads(expected: string): Promise<void> {
    const bytes = Buffer.from(expected).toString('latin1');
    await this.until(() => this.input.length >= bytes.length, `${JSON.stringify(expected)} to be read`);
    expect(this.input).toBe(bytes);
    this.forget();
  }

  /** Nothing was typed at it. */
  expectNothingRead(): void {
    expect(this.input).toBe('');
  }

  async has(size: string): Promise<void> {
    await this.until(() => this.sizes.at(-1) === size, `the size ${size}`);
  }

  async ready(): Promise<void> {
    await this.until(() => this.sizes.length > 0, 'the agent to start');
  }

  /** Waits for something it tells. */
  async until(holds: () => boolean, what: string): Promise<void> {
    const deadline = Date.now() + (Number(process.env.UNTIL) || 15_000);
    while (!holds()) {
      if (Date.now() > deadline) {
        throw new Error(
          `waited in vain for ${what}; read ${JSON.stringify(this.input.slice(0, 200))}, ${this.sizes}`,
        );
      }
      await sleep(5);
    }
  }
}

/** A place where an agent reports; `words` is its argument. */
export async function awaitAgent(machine: Machine): Promise<{ words: string; agent: Promise<Agent> }> {
  const path = join(machine.directory, `a${Math.random().toString(36).slice(2, 8)}`);
  const server = createServer();
  server.listen(path);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const agent = once(server, 'connection').then(async ([socket]) => {
    onTestFinished(() => void (socket as Socket).destroy());
    const found = new Agent(socket as Socket);
    await found.ready();
    return found;
  });
  return { words: `relay=${path}`, agent };
}

export interface SessionSetup extends ScreenOptions {
  /** Options of `llmup codex`. */
  readonly options?: readonly string[];
  readonly machine?: Machine;
  readonly cli?: string;
  /** Keys that are pressed once llmup has taken the terminal, before the agent is there. */
  readonly typed?: string;
}

export interface StartedSession {
  readonly screen: Screen;
  readonly agent: Agent;
  readonly machine: Machine;
}

/** `llmup codex` in a terminal, with the agent of the tests in it. */
export async function startSession(setup: SessionSetup = {}): Promise<StartedSession> {
  const { options = [], machine = await makeMachine(), cli = CLI, typed = '', ...rest } = setup;
  const { words, agent } = await awaitAgent(machine);
  const args = [cli, 'codex', '--config', machine.config, '--client-bin', AGENT, ...options, '--', words];
  const screen = new Screen(process.execPath, args, {
    cwd: machine.workspace,
    ...rest,
    env: { ...machine.env, ...rest.env },
  });
  onTestFinished(() => screen.kill());
  if (typed) {
    await screen.until(({ modes }) => modes.alternate);
    screen.type(typed);
  }
  return { screen, machine, agent: await started(screen, agent) };
}

/**
 * `llmup codex` in a shell in a terminal. The shell tells before what it is asked to, and after it the exit code,
 * and that the terminal has its settings back once it has.
 */
export async function startInShell(setup: SessionSetup = {}): Promise<StartedSession> {
  const { options = [], machine = await makeMachine(), cli = CLI, ...rest } = setup;
  const { words, agent } = await awaitAgent(machine);
  const script = [
    'echo "what stood here before"; before=$(stty -g)',
    '"$0" "$@"',
    'code=$?; while [ "$(stty -g)" != "$before" ]; do sleep 0.02; done',
    'echo "exit code $code, settings as before"; cat',
  ].join('\n');
  const line = [cli, 'codex', '--config', machine.config, '--client-bin', AGENT, ...options, '--', words];
  const screen = new Screen('/bin/sh', ['-c', script, process.execPath, ...line], {
    cwd: machine.workspace,
    ...rest,
    env: { ...machine.env, ...rest.env },
  });
  onTestFinished(() => screen.kill());
  return { screen, machine, agent: await started(screen, agent) };
}

/** The same program alone in a terminal of its own. */
export async function startAlone(machine: Machine, options: ScreenOptions): Promise<StartedSession> {
  const { words, agent } = await awaitAgent(machine);
  const screen = new Screen(process.execPath, [AGENT, words], options);
  onTestFinished(() => screen.kill());
  return { screen, machine, agent: await started(screen, agent) };
}

/** Says what was on the screen where an agent did not start. */
export async function started(screen: Screen, agent: Promise<Agent>): Promise<Agent> {
  let found: Agent | undefined;
  void agent.then((one) => {
    found = one;
  });
  const deadline = Date.now() + (Number(process.env.UNTIL) || 15_000);
  while (!found) {
    if (screen.exit || Date.now() > deadline)
      throw new Error(`no agent started; the screen was:\n${screen.text}`);
    await sleep(5);
  }
  return found;
}
