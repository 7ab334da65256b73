import { readdir, readFile, stat } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { call, say } from '../provider/reply-plan.ts';
import { PROVIDER_KEY, runCodex, startCodex, until } from './codex/run.ts';
import { type FixtureHome, makeFixtureHome, processesOf, snapshot } from './fixture-home.ts';

/** What a session leaves of itself on a machine: nothing that is not its own, and nothing secret. */

let home: FixtureHome;
beforeEach(async () => {
  home = await makeFixtureHome();
});
afterEach(() => home.remove());

const OWN = ['.codex', '.claude', '.claude.json', '.gemini'];
const isCanary = (path: string): boolean => OWN.some((own) => path === own || path.startsWith(`${own}/`));

describe.each(['chat', 'responses'] as const)('a session over %s', (upstream) => {
  it('changes nothing of the user’s agents, and puts all its own under one directory', async () => {
    const before = await snapshot(home.path);
    const result = await runCodex({
      upstream,
      home,
      prompt: 'do it',
      options: ['--record', 'full'],
      script: [
        { say: [call('exec_command', { cmd: 'env > env.txt; echo hi > hi.txt' })] },
        { say: [say('Done.')] },
      ],
    });
    expect(result).toMatchObject({ exitCode: 0, message: 'Done.' });
    const after = await snapshot(home.path);

    for (const [path, state] of before)
      if (isCanary(path)) expect([path, after.get(path)]).toEqual([path, state]);
    expect([...after.keys()].filter(isCanary)).toEqual([...before.keys()].filter(isCanary));

    const created = [...after.keys()].filter((path) => !before.has(path));
    const parents = ['.local', '.local/state', '.local/state/llmup'];
    const foreign = created.filter(
      (path) => !parents.includes(path) && !path.startsWith('.local/state/llmup/'),
    );
    // What the test and the agent's own command put there.
    const expected = /^(test-configs(\/.*)?|work\/(env|hi)\.txt)$/;
    expect(foreign.filter((path) => !expected.test(path))).toEqual([]);

    // The key is in no file: not in the journal with its bodies, not in the agent's home, not in what it ran.
    for (const path of created) expect(await holds(join(home.path, path), PROVIDER_KEY), path).toBe(false);
    expect(result.stdout + result.stderr).not.toContain(PROVIDER_KEY);
    // What outlives a session is private.
    for (const path of created.filter((one) => /^\.local\/state\/llmup\/sessions\//.test(one)))
      expect((await stat(join(home.path, path))).mode & 0o077, path).toBe(0);
    await until(async () => (await processesOf(home)).length === 0, 5);
  });
});

describe('a running session', () => {
  const start = () =>
    startCodex({ upstream: 'chat', home, prompt: 'do it', script: [{ say: [say('half')], end: 'hang' }] });
  const codexOf = async () => (await processesOf(home)).find(({ name }) => name === 'codex');

  it('gives its client no provider key', async () => {
    const session = await start();
    await until(() => session.scripted.turns.length === 1);
    expect(await leftovers()).not.toEqual([]);
    const client = await codexOf();
    const environment = await readFile(`/proc/${client?.pid}/environ`, 'utf8');
    expect(environment).toContain('LLMUP_PROXY_KEY=');
    expect(environment).not.toContain(PROVIDER_KEY);
    expect(environment).not.toContain('PRESET_ENDPOINT_API_KEY');
    const argv = await readFile(`/proc/${client?.pid}/cmdline`, 'utf8');
    const key = /LLMUP_PROXY_KEY=([^\0]+)/.exec(environment)?.[1] ?? '';
    expect(key.length).toBeGreaterThan(16);
    expect(argv).not.toContain(key);
    session.process.kill('SIGTERM');
    await session.result;
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGQUIT', 143],
  ] as const)('ends with all it started at %s', async (signal, code) => {
    const session = await start();
    await until(() => session.scripted.turns.length === 1);
    session.process.kill(signal);
    const result = await session.result;
    expect([result.exitCode, result.signal]).toEqual([code, undefined]);
    expect(await processesOf(home)).toEqual([]);
    await until(() => session.scripted.provider.aborted.length === 1, 2);
    expect(await leftovers()).toEqual([]);
  });

  it('ends when its client is killed', async () => {
    const session = await start();
    await until(() => session.scripted.turns.length === 1);
    const client = await codexOf();
    process.kill(client?.pid ?? 0, 'SIGKILL');
    expect((await session.result).exitCode).toBe(137);
    await until(async () => (await processesOf(home)).length === 0, 5);
    expect(await leftovers()).toEqual([]);
  });

  it('leaves no process when it is killed itself', async () => {
    const session = await start();
    await until(() => session.scripted.turns.length === 1);
    expect(await codexOf()).toBeDefined();
    session.process.kill('SIGKILL');
    await until(async () => (await processesOf(home)).length === 0, 8);
    await session.result;
    // The next one clears away what the killed one could not.
    const next = await runCodex({ upstream: 'chat', home, prompt: 'hi', script: [{ say: [say('Hi.')] }] });
    expect(next).toMatchObject({ exitCode: 0, message: 'Hi.' });
    expect(await leftovers()).toEqual([]);
  });
});

/** Files that only a running session may have: its runtime config, the client's catalog, its socket. */
async function leftovers(): Promise<string[]> {
  const state = join(home.path, '.local/state/llmup');
  const kept = [...(await snapshot(state)).keys()].filter((path) =>
    /^sessions\/[^/]+\/(codex-models\.json|config\.yaml)$|\.sock$/.test(path),
  );
  // A deep home leaves no room for a socket's path: it lies in a private directory below the temp directory.
  const ids = await readdir(join(state, 'sessions'));
  const sockets = await readdir(join(tmpdir(), `llmup-${userInfo().uid}`)).catch(() => []);
  return [...kept, ...sockets.filter((name) => ids.includes(name.replace(/\.sock$/, '')))];
}

async function holds(path: string, text: string): Promise<boolean> {
  if ((await stat(path)).isDirectory()) return (await readdir(path)).some((name) => name.includes(text));
  return (await readFile(path)).includes(text);
}
