import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import type { Receipt } from '../../src/traffic/receipt.ts';
import { helloUpstream } from './chat-upstream.ts';
import { CLI, CLIENT, KEY, llmup, llmupCodex, type Machine, makeMachine } from './program.ts';

/** What the client of the tests reports of its start. */
interface Report {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly catalog?: { readonly models: readonly { readonly slug: string }[] };
}

async function report(machine: Machine): Promise<Report> {
  return JSON.parse(await readFile(machine.path('report'), 'utf8')) as Report;
}

/** Every path below a directory, sorted. */
async function tree(directory: string): Promise<readonly string[]> {
  return (await readdir(directory, { recursive: true })).sort();
}

async function onlySession(machine: Machine): Promise<string> {
  const [name = '', ...more] = await readdir(join(machine.state, 'sessions'));
  expect(more).toEqual([]);
  return join(machine.state, 'sessions', name);
}

test('a session: the client speaks through the proxy, stdout is its own, the receipt is on stderr', async () => {
  const provider = await helloUpstream();
  const machine = await makeMachine(provider.url);
  const result = await llmupCodex(machine, 'ask');
  expect(result).toMatchObject({ exitCode: 0 });
  expect(result.stdout).toMatch(/^event: response\.created/);
  expect(result.stdout).toContain('Hello ');
  expect(result.stdout).not.toContain('llmup:');
  expect(result.stderr).toMatch(/llmup: Codex CLI 0\.169\.0 on coder → MAIN:model-a · session /);
  expect(result.stderr).toMatch(/requests +1\n.*tokens +12 in · 2 out/s);
  expect(provider.requests[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
  expect(provider.requests[0]?.body).toMatchObject({ model: 'model-a' });
});

test('afterwards: journal and receipt stay, private; runtime config, catalog and socket are gone', async () => {
  const provider = await helloUpstream();
  const machine = await makeMachine(provider.url);
  await llmupCodex(machine, `ask report=${machine.path('report')}`);
  const directory = await onlySession(machine);
  expect(await readdir(directory)).toEqual(['journal.jsonl', 'receipt.json', 'session.json']);
  for (const name of await readdir(directory))
    expect((await stat(join(directory, name))).mode & 0o777).toBe(0o600);
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  const receipt = JSON.parse(await readFile(join(directory, 'receipt.json'), 'utf8')) as Receipt;
  expect(receipt).toMatchObject({ requests: 1, failed: 0, exitCode: 0, usage: { input: 12, output: 2 } });
  const journal = (await readFile(join(directory, 'journal.jsonl'), 'utf8')).trim().split('\n');
  expect(journal.map((line) => (JSON.parse(line) as { state?: string }).state)).toEqual(['done']);
  expect(await readdir(join(machine.state, 'run'))).toEqual([]);
});

test('the provider’s key reaches neither the client nor any file', async () => {
  const provider = await helloUpstream();
  const machine = await makeMachine(provider.url);
  const env = { ...machine.env, COPY_OF_KEY: KEY, OPENAI_API_KEY: 'another-provider-key' };
  await llmupCodex(machine, `ask report=${machine.path('report')}`, ['--record', 'full'], { env });
  const seen = JSON.stringify(await report(machine));
  expect(seen).not.toContain(KEY);
  expect(seen).not.toContain('another-provider-key');
  const found = execFileSync('sh', [
    '-c',
    `grep -rl -e "${KEY}" -e another-provider-key "${machine.home}" || true`,
  ]);
  expect(found.toString()).toBe('');
});

test('the client gets the session’s wiring: its home, its key, loopback, every alias', async () => {
  const machine = await makeMachine();
  const env = { ...machine.env, CODEX_HOME: machine.path('mine'), OPENAI_BASE_URL: 'http://elsewhere' };
  await llmupCodex(machine, `report=${machine.path('report')}`, ['-m', 'writer'], { env });
  const { argv, env: given, directory, catalog } = await report(machine);
  expect(given.CODEX_HOME).toBe(join(machine.state, 'homes/codex/llmup'));
  expect(given.LLMUP_PROXY_KEY).toMatch(/^[\w-]{43}$/);
  expect(given).not.toHaveProperty('OPENAI_BASE_URL');
  expect(given.NO_PROXY).toBe('127.0.0.1,localhost,::1');
  expect(argv).toContain('model="writer"');
  expect(directory).toBe(machine.workspace);
  expect(catalog?.models.map(({ slug }) => slug)).toEqual(['writer', 'coder']);
  expect(existsSync(machine.path('mine'))).toBe(false);
});

test('nothing of the user’s own is touched, and everything new is in llmup’s directories', async () => {
  const machine = await makeMachine();
  for (const file of [
    '.codex/config.toml',
    '.codex/auth.json',
    '.claude/settings.json',
    '.claude.json',
    '.gemini/x',
  ]) {
    await mkdir(join(machine.home, file, '..'), { recursive: true });
    await writeFile(join(machine.home, file), `canary of ${file}`);
  }
  const state = async () =>
    Promise.all(
      (await tree(machine.home))
        .filter((path) => !path.startsWith('.local'))
        .map(async (path) => {
          const file = join(machine.home, path);
          const { mtimeMs, mode, size } = await stat(file);
          return [path, mtimeMs, mode, size, (await stat(file)).isFile() ? await readFile(file, 'utf8') : ''];
        }),
    );
  const before = await state();
  await llmupCodex(machine, 'say=hi');
  expect(await state()).toEqual(before);
  expect((await tree(machine.home)).filter((path) => /^\.local\/(?!state(\/llmup|$))/.test(path))).toEqual(
    [],
  );
});

test('two sessions at once share a client home and nothing else', async () => {
  const provider = await helloUpstream();
  const machine = await makeMachine(provider.url);
  const results = await Promise.all(
    ['one', 'two'].map((name) => llmupCodex(machine, `ask report=${machine.path(name)}`)),
  );
  expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  const [one, two] = await Promise.all(
    ['one', 'two'].map(async (name) => JSON.parse(await readFile(machine.path(name), 'utf8')) as Report),
  );
  expect(one?.env.CODEX_HOME).toBe(two?.env.CODEX_HOME);
  expect(one?.env.LLMUP_PROXY_KEY).not.toBe(two?.env.LLMUP_PROXY_KEY);
  expect(await readdir(join(machine.state, 'sessions'))).toHaveLength(2);
});

test('--ephemeral throws the client’s home away, --isolate gives it a HOME of its own', async () => {
  const machine = await makeMachine();
  const words = `report=${machine.path('report')}`;
  const result = await llmupCodex(machine, words, ['--ephemeral', '--isolate']);
  expect(result.exitCode).toBe(0);
  const { env } = await report(machine);
  expect(env.HOME?.startsWith(env.CODEX_HOME ?? '-')).toBe(true);
  expect(env.XDG_CONFIG_HOME).toBe(join(env.HOME ?? '', '.config'));
  expect(env.CODEX_HOME?.startsWith(join(machine.state, 'sessions'))).toBe(true);
  expect(existsSync(env.CODEX_HOME ?? '')).toBe(false);
  expect(existsSync(join(machine.state, 'homes'))).toBe(false);
});

test('--record off leaves no trace of the session', async () => {
  const provider = await helloUpstream();
  const machine = await makeMachine(provider.url);
  const result = await llmupCodex(machine, 'ask', ['--record', 'off']);
  expect(result.stderr).toMatch(/requests +1/);
  expect(await readdir(join(machine.state, 'sessions'))).toEqual([]);
});

test('--quiet says nothing; --json makes the receipt one line', async () => {
  const machine = await makeMachine();
  expect((await llmupCodex(machine, 'say=hi', ['--quiet'])).stderr).toBe('');
  const { stderr } = await llmupCodex(machine, 'say=hi', ['--json']);
  expect(JSON.parse(String(stderr).trim().split('\n').at(-1) ?? '')).toMatchObject({
    requests: 0,
    exitCode: 0,
  });
});

test('-w sets the workspace, by its real path, and relative arguments keep their meaning', async () => {
  const machine = await makeMachine();
  await mkdir(machine.path('elsewhere'));
  await symlink(machine.path('elsewhere'), machine.path('link'));
  await llmupCodex(machine, `report=${machine.path('report')}`, ['-w', '../link']);
  const { argv, directory } = await report(machine);
  expect(directory).toBe(machine.workspace);
  expect(argv[argv.indexOf('-C') + 1]).toBe(machine.path('elsewhere'));
  expect(argv).toContain(`projects={"${machine.path('elsewhere')}"={trust_level="trusted"}}`);
});

test('--print-env starts nothing, writes nothing and shows no key', async () => {
  const machine = await makeMachine();
  const env = { ...machine.env, OPENAI_API_KEY: 'another-provider-key' };
  const result = await llmupCodex(machine, `report=${machine.path('report')}`, ['--print-env', '--json'], {
    env,
  });
  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  expect(result.stdout).not.toContain(KEY);
  const shown = JSON.parse(String(result.stdout)) as Record<string, unknown>;
  expect(shown).toMatchObject({
    args: expect.arrayContaining(['model="coder"', 'exec']),
    env: {
      set: { LLMUP_PROXY_KEY: '[hidden]', CODEX_HOME: join(machine.state, 'homes/codex/llmup') },
      removed: ['MAIN_KEY', 'OPENAI_API_KEY'],
    },
    files: [
      { path: expect.stringMatching(/config\.yaml$/) },
      { path: expect.stringMatching(/codex-models\.json$/) },
    ],
  });
  expect(existsSync(machine.path('report'))).toBe(false);
  expect(await tree(machine.home)).toEqual([]);
  const text = await llmupCodex(machine, 'say=hi', ['--print-env']);
  expect(text.stdout).toMatch(/-c 'model="coder"' \\\n/);
});

test('workspace files that say otherwise are named in one line', async () => {
  const machine = await makeMachine();
  await mkdir(join(machine.workspace, '.codex'));
  await writeFile(join(machine.workspace, '.codex/config.toml'), 'model_provider = "mine"\n');
  await writeFile(join(machine.workspace, '.env'), 'OPENAI_BASE_URL=http://elsewhere\n');
  const { stderr, exitCode } = await llmupCodex(machine, 'say=hi');
  expect(exitCode).toBe(0);
  const lines = String(stderr)
    .split('\n')
    .filter((line) => line.includes('.codex/config.toml'));
  expect(lines).toEqual([expect.stringMatching(/\(model_provider\) and \.env \(OPENAI_BASE_URL\)/)]);
});

test('a client that asks no model needs no variables and leaves no record', async () => {
  const machine = await makeMachine();
  const { MAIN_KEY: _unset, ...env } = machine.env;
  const args = [
    'codex',
    '--config',
    machine.config,
    '--client-bin',
    CLIENT,
    '--',
    'mcp',
    `report=${machine.path('report')}`,
  ];
  const result = await llmup(machine, args, { env });
  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  expect((await report(machine)).argv.slice(2)).toEqual(['mcp', `report=${machine.path('report')}`]);
  expect(await readdir(join(machine.state, 'sessions'))).toEqual([]);
});

test('input on a pipe reaches the client, from a program and from a shell however late', async () => {
  const machine = await makeMachine();
  const fromProgram = { stdin: 'pipe', input: 'from a program' } as const;
  const pipeline = `(sleep 1.5; echo late) | "$0" "$@"`;
  const args = [
    CLI,
    'codex',
    '--config',
    machine.config,
    '--client-bin',
    CLIENT,
    '--',
    'exec',
    `stdin=${machine.path('late')}`,
  ];
  await Promise.all([
    llmupCodex(machine, `stdin=${machine.path('direct')}`, [], fromProgram),
    execa('sh', ['-c', pipeline, process.execPath, ...args], {
      env: machine.env,
      extendEnv: false,
      cwd: machine.workspace,
    }),
  ]);
  expect(await readFile(machine.path('direct'), 'utf8')).toBe('from a program');
  expect(await readFile(machine.path('late'), 'utf8')).toBe('late\n');
});

test('a pipe that a program leaves open in silence does not hold up a client that has its prompt', async () => {
  const machine = await makeMachine();
  const result = await llmupCodex(machine, `stdin=${machine.path('nothing')} say=done`, [], {
    stdin: 'pipe',
  });
  expect(result.stdout).toBe('done');
  expect(result.stderr).toContain('nothing came on stdin');
});

test('a disk that fills while journalling costs the journal, not the session', async () => {
  const provider = await helloUpstream();
  const machine = await makeMachine(provider.url);
  // Files can grow to a few kilobytes and no further, which to a writer is what a full disk is.
  const limited = ['-c', 'ulimit -f 16; exec "$@"', 'sh', process.execPath, CLI];
  const words = Array.from({ length: 12 }, () => 'ask').join(' ');
  const args = [
    'codex',
    '--config',
    machine.config,
    '--client-bin',
    CLIENT,
    '--record',
    'full',
    '--',
    'exec',
    words,
  ];
  const result = await execa('sh', [...limited, ...args], {
    cwd: machine.workspace,
    env: machine.env,
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
  });
  expect(result.exitCode).toBe(0);
  expect(result.stdout.match(/event: response\.completed/g)).toHaveLength(12);
  expect(result.stderr.match(/The journal ends here/g)).toHaveLength(1);
  expect(result.stderr).toMatch(/requests +12/);
});
