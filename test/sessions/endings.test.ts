import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Receipt } from '../../src/traffic/receipt.ts';
import { endlessUpstream } from './chat-upstream.ts';
import { appeared, CLIENT, gone, llmup, llmupCodex, type Machine, makeMachine } from './program.ts';

/** The pid the client of the tests reported of itself. */
async function clientPid(machine: Machine): Promise<number> {
  return (JSON.parse(await appeared(machine.path('report'))) as { pid: number }).pid;
}

async function receipt(machine: Machine): Promise<Receipt> {
  const [name = ''] = await readdir(join(machine.state, 'sessions'));
  return JSON.parse(await readFile(join(machine.state, 'sessions', name, 'receipt.json'), 'utf8')) as Receipt;
}

/** Nothing but the journal, the receipt and the record of the session is left. */
async function expectNoResidue(machine: Machine): Promise<void> {
  const [name = ''] = await readdir(join(machine.state, 'sessions'));
  const files = await readdir(join(machine.state, 'sessions', name));
  expect(files.filter((file) => !['journal.jsonl', 'receipt.json', 'session.json'].includes(file))).toEqual(
    [],
  );
  expect(await readdir(join(machine.state, 'run'))).toEqual([]);
}

test('the client’s own exit code passes through', async () => {
  const machine = await makeMachine();
  expect(await llmupCodex(machine, 'exit=7')).toMatchObject({ exitCode: 7 });
  expect(await receipt(machine)).toMatchObject({ exitCode: 7 });
});

test('a client that a signal ended: 128+n, a receipt all the same, and none of its children left', async () => {
  const machine = await makeMachine();
  const result = await llmupCodex(machine, `child=${machine.path('child')} kill=SIGKILL`);
  expect(result.exitCode).toBe(137);
  expect(result.stderr).toMatch(/exit code 137\n +requests +none/);
  await gone(Number(await readFile(machine.path('child'), 'utf8')));
  await expectNoResidue(machine);
});

test('an ordinary end leaves alone what the client chose to leave running', async () => {
  const machine = await makeMachine();
  await llmupCodex(machine, `child=${machine.path('child')}`);
  const pid = Number(await readFile(machine.path('child'), 'utf8'));
  expect(process.kill(pid, 'SIGKILL')).toBe(true);
});

test.each([
  ['SIGTERM', 143],
  ['SIGHUP', 129],
  ['SIGQUIT', 143],
] as const)('%s to llmup ends the client and everything with it', async (signal, exitCode) => {
  const machine = await makeMachine();
  const running = llmupCodex(machine, `child=${machine.path('child')} report=${machine.path('report')} hang`);
  const pid = await clientPid(machine);
  running.kill(signal);
  expect(await running).toMatchObject({ exitCode });
  await gone(pid);
  await gone(Number(await readFile(machine.path('child'), 'utf8')));
  await expectNoResidue(machine);
  expect(await receipt(machine)).not.toHaveProperty('exitCode');
});

test('a client that does not follow is ended after the grace period', async () => {
  const machine = await makeMachine();
  const running = llmupCodex(machine, `ignore=SIGTERM report=${machine.path('report')} hang`);
  const pid = await clientPid(machine);
  running.kill('SIGTERM');
  expect(await running).toMatchObject({ exitCode: 137 });
  await gone(pid);
});

test('without a terminal SIGINT is passed on once, and the client decides', async () => {
  const machine = await makeMachine();
  const running = llmupCodex(
    machine,
    `note=${machine.path('signals')} report=${machine.path('report')} hang`,
  );
  await clientPid(machine);
  running.kill('SIGINT');
  expect(await appeared(machine.path('signals'))).toBe('SIGINT\n');
  running.kill('SIGTERM');
  await running;
  expect(await readFile(machine.path('signals'), 'utf8')).toBe('SIGINT\nSIGTERM\n');
});

test('llmup killed: the guard ends the client and its children and removes what must not stay', async () => {
  const machine = await makeMachine();
  const running = llmupCodex(
    machine,
    `child=${machine.path('child')} report=${machine.path('report')} hang`,
    ['--ephemeral'],
  );
  const pid = await clientPid(machine);
  const { env } = JSON.parse(await readFile(machine.path('report'), 'utf8')) as {
    env: Record<string, string>;
  };
  expect(existsSync(env.CODEX_HOME ?? '')).toBe(true);
  running.kill('SIGKILL');
  await running;
  await gone(pid);
  await gone(Number(await readFile(machine.path('child'), 'utf8')));
  for (;;)
    if (!existsSync(env.CODEX_HOME ?? '') && (await readdir(join(machine.state, 'run'))).length === 0) break;
  await expectNoResidue(machine);
});

test('a request that was running when the client died counts as cancelled', async () => {
  const provider = await endlessUpstream();
  const machine = await makeMachine(provider.url);
  const running = llmupCodex(machine, 'ask');
  while (provider.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  running.kill('SIGTERM');
  await running;
  expect(await receipt(machine)).toMatchObject({ requests: 1, cancelled: 1 });
  expect(provider.aborted).toHaveLength(1);
});

test.each([
  [
    'no such program',
    ['--client-bin', '/nonexistent/codex'],
    /--client-bin \/nonexistent\/codex: no such program/,
  ],
  ['not on PATH', [], /Codex CLI is not installed.*--install/s],
] as const)('client missing (%s): exit 4, what to do, nothing left', async (_, more, message) => {
  const machine = await makeMachine();
  const env = { ...machine.env, PATH: machine.directory };
  const result = await llmup(machine, ['codex', '--config', machine.config, '--ephemeral', ...more], { env });
  expect(result).toMatchObject({ exitCode: 4, stderr: expect.stringMatching(message), stdout: '' });
  expect(await readdir(join(machine.state, 'sessions')).catch(() => [])).toEqual([]);
});

test('a client that is too old, or no client at all, is refused with its version', async () => {
  const machine = await makeMachine();
  const old = machine.path('old');
  await writeFile(old, '#!/bin/sh\necho codex-cli 0.98.1\n', { mode: 0o755 });
  const broken = machine.path('broken');
  await writeFile(broken, '#!/bin/sh\necho "cannot execute" >&2; exit 1\n', { mode: 0o755 });
  const run = (bin: string) => llmup(machine, ['codex', '--config', machine.config, '--client-bin', bin]);
  expect(await run(old)).toMatchObject({
    exitCode: 4,
    stderr: expect.stringMatching(/0\.98\.1; llmup needs 0\.160\.0 or newer.*--install/s),
  });
  expect(await run(broken)).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('cannot execute') });
});

test.each([
  ['missing', 'nowhere', 'there is no such directory'],
  ['a file', '../llmup.yaml', 'it is a file'],
])('workspace %s: exit 3', async (_, workspace, message) => {
  const machine = await makeMachine();
  const result = await llmupCodex(machine, 'say=hi', ['-w', workspace]);
  expect(result).toMatchObject({ exitCode: 3, stdout: '', stderr: expect.stringContaining(message) });
});

test('arguments that fight the session: exit 2 before anything is started, each named with its remedy', async () => {
  const machine = await makeMachine();
  const args = ['codex', '--config', machine.config, '--client-bin', CLIENT, '--'];
  const result = await llmup(machine, [...args, '--oss', 'exec', '-c', 'model_provider=mine', 'hi']);
  expect(result).toMatchObject({ exitCode: 2, stdout: '' });
  expect(result.stderr).toMatch(/--oss: .*-c model_provider=…: .*name the endpoint as an upstream/s);
  expect(existsSync(machine.state)).toBe(false);
});

test('-m among the client’s arguments chooses the alias; an unknown one is refused with the nearest', async () => {
  const machine = await makeMachine();
  const args = ['codex', '--config', machine.config, '--client-bin', CLIENT, '--', 'exec'];
  await llmup(machine, [...args, '-m', 'writer', `report=${machine.path('report')}`]);
  const { argv } = JSON.parse(await readFile(machine.path('report'), 'utf8')) as { argv: readonly string[] };
  expect(argv).toContain('model="writer"');
  expect(await llmup(machine, [...args, '-m', 'writers', 'hi'])).toMatchObject({
    exitCode: 3,
    stderr: expect.stringMatching(/"writers".*writer/s),
  });
});

test('a place where nothing can be written is named: exit 3, and the client does not start', async () => {
  const machine = await makeMachine();
  const env = { ...machine.env, LLMUP_HOME: join(machine.config, 'below-a-file') };
  const result = await llmupCodex(machine, `report=${machine.path('report')}`, [], { env });
  expect(result).toMatchObject({
    exitCode: 3,
    stderr: expect.stringMatching(/below-a-file.* not a directory.*LLMUP_HOME/s),
  });
  expect(existsSync(machine.path('report'))).toBe(false);
});

test('missing variables are listed at once: exit 3', async () => {
  const machine = await makeMachine();
  const { MAIN_KEY: _unset, ...env } = machine.env;
  const result = await llmupCodex(machine, 'say=hi', [], { env });
  expect(result).toMatchObject({ exitCode: 3, stdout: '', stderr: expect.stringContaining('MAIN_KEY') });
});
