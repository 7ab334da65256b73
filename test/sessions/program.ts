import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { execa, type Options } from 'execa';
import { onTestFinished } from 'vitest';

/** The built program; another build of it by the environment. */
export const CLI = process.env.LLMUP_TEST_CLI ?? new URL('../../dist/cli.js', import.meta.url).pathname;
/** The client of the tests. */
export const CLIENT = new URL('../fixtures/codex.mjs', import.meta.url).pathname;

/** A user's machine: a home of its own, a workspace, and a config with one upstream. */
export interface Machine {
  readonly directory: string;
  readonly home: string;
  readonly workspace: string;
  readonly config: string;
  readonly state: string;
  readonly env: Record<string, string>;
  /** A path in it that nothing uses. */
  path(name: string): string;
}

export const KEY = 'sk-provider-key-of-the-test';

/** @param upstream its URL without a path */
export async function makeMachine(upstream = 'http://127.0.0.1:9'): Promise<Machine> {
  const directory = await mkdtemp(join(tmpdir(), 'llmup-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
  const [home, workspace, config] = ['home', 'work', 'llmup.yaml'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  await execa('mkdir', [home, workspace]);
  await writeFile(
    config,
    [
      'upstreams:',
      '  MAIN:',
      `    api_root: ${upstream}/v1`,
      '    format: openai-completion',
      '    provider_key_env: MAIN_KEY',
      'model_aliases:',
      '  coder: { target: "MAIN:model-a", limits: { context_window: 100000, max_output_tokens: 20000 } }',
      '  writer: MAIN:model-b',
      'timers: { grace_secs: 0.3 }',
    ].join('\n'),
  );
  return {
    directory,
    home,
    workspace,
    config,
    state: join(home, '.local/state/llmup'),
    env: { HOME: home, PATH: process.env.PATH ?? '', MAIN_KEY: KEY },
    path: (name) => join(directory, name),
  };
}

/** Starts `llmup codex` with the client of the tests; `words` say what it does. */
export function llmupCodex(
  machine: Machine,
  words: string,
  more: readonly string[] = [],
  options: Options = {},
) {
  const args = ['codex', '--config', machine.config, '--client-bin', CLIENT, ...more, '--', 'exec', words];
  return llmup(machine, args, options);
}

export function llmup(machine: Machine, args: readonly string[], options: Options = {}) {
  return execa(process.execPath, [CLI, ...args], {
    cwd: machine.workspace,
    env: machine.env,
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    ...options,
  });
}

/** A file's text, once it is there and not empty. */
export async function appeared(file: string): Promise<string> {
  for (;;) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (text !== '') return text;
    await sleep(10);
  }
}

/** Waits until a process is gone; a zombie counts as gone. */
export async function gone(pid: number): Promise<void> {
  while (await lives(pid)) await sleep(10);
}

async function lives(pid: number): Promise<boolean> {
  // Fails once there is no such process.
  const { stdout } = await promisify(execFile)('ps', ['-o', 'stat=', '-p', String(pid)]).catch(() => ({
    stdout: '',
  }));
  return stdout.trim() !== '' && !stdout.trim().startsWith('Z');
}
