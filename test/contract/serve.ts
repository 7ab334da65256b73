import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The built program; another build of it by the environment. */
export const CLI = process.env.LLMUP_TEST_CLI ?? new URL('../../dist/cli.js', import.meta.url).pathname;

/** A running `llmup serve`. */
export interface Serve {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** What it printed so far, both streams. */
  log(): string;
  /** Asks it to end. */
  close(): Promise<void>;
  /** Ends it without asking. */
  kill(): Promise<void>;
}

/** Starts `llmup serve` on a free port with the given config (JSON is YAML) and waits until it listens. */
export async function startServe(config: object, env: Readonly<Record<string, string>> = {}): Promise<Serve> {
  const home = await mkdtemp(join(tmpdir(), 'llmup-serve-'));
  const file = join(home, 'config.yaml');
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  const child = spawn(process.execPath, [CLI, 'serve', '--config', file, '--listen', '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '', HOME: home, ...env },
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => (log += data.toString()));
  const url = await listening(child, () => log);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
    await rm(home, { recursive: true, force: true });
  };
  return { url, log: () => log, close: () => end('SIGTERM'), kill: () => end('SIGKILL') };
}

async function listening(child: ChildProcess, log: () => string): Promise<string> {
  for (;;) {
    const url = /http:\/\/127\.0\.0\.1:[1-9]\d*/.exec(log())?.[0];
    if (url) return url;
    if (child.exitCode !== null) throw new Error(`llmup serve ended with ${child.exitCode}:\n${log()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
