import { mkdir, readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CACHE } from './codex/installed.ts';
import { type FixtureHome, makeFixtureHome, processesOf } from './fixture-home.ts';

/** The first lines of the README, on a fresh machine: from a tarball in an empty directory to a finished task. */

let home: FixtureHome;
let env: Record<string, string>;
beforeAll(async () => {
  home = await makeFixtureHome();
  env = {
    PATH: process.env.PATH ?? '',
    HOME: home.path,
    LLMUP_TEST_MARK: home.mark,
    // Downloads of earlier runs are used again.
    npm_config_cache: join(homedir(), '.npm'),
    npm_config_userconfig: join(homedir(), '.npmrc'),
    XDG_DATA_HOME: join(CACHE, 'data'),
  };
});
afterAll(() => home.remove());

describe('the packed program in an empty directory', () => {
  it('runs a real Codex session on the demo, with no key', async () => {
    const checkout = new URL('../..', import.meta.url).pathname;
    const packed = join(home.path, 'packed');
    await mkdir(packed);
    await execa('npm', ['pack', '--ignore-scripts', '--pack-destination', packed], { cwd: checkout });
    const [tarball = ''] = await readdir(packed);
    const cwd = join(home.path, 'empty');
    await mkdir(cwd);
    await execa('npm', ['install', join(packed, tarball)], { cwd, env, extendEnv: false });

    const task = join(home.path, 'task');
    await mkdir(task);
    const result = await execa(
      join(cwd, 'node_modules', '.bin', 'llmup'),
      ['demo', 'codex', '--install', '--', 'exec', '--skip-git-repo-check', 'create hello.txt'],
      { cwd: task, env, extendEnv: false, stdin: 'ignore', reject: false },
    );
    expect(result.exitCode, result.stderr).toBe(0);
    expect(await readFile(join(task, 'hello.txt'), 'utf8')).not.toBe('');
    // stdout is Codex's alone: the last message; the receipt is on stderr.
    expect(result.stdout).not.toMatch(/receipt|requests|tokens/i);
    expect(result.stdout).toMatch(/hello\.txt/);
    expect(result.stderr).toMatch(/requests?/i);
    expect(await processesOf(home)).toEqual([]);
  }, 600_000);
});
