import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { llmupPaths, type Paths } from '../../src/config/paths.ts';
import { isRunning, markProcess, SESSION_VARIABLE } from '../../src/sessions/processes.ts';
import {
  findSession,
  listSessions,
  newSessionId,
  recordDraft,
  registerSession,
  sweepSessions,
} from '../../src/sessions/registry.ts';
import type { SessionView } from '../../src/sessions/view.ts';
import { gone } from './program.ts';

let paths: Paths;
beforeEach(async () => {
  const home = await mkdtemp(join(tmpdir(), 'llmup-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  paths = llmupPaths({ LLMUP_HOME: home });
});

function view(id: string, startedAt = 1): SessionView {
  return {
    id,
    kind: 'session',
    client: 'codex',
    preset: 'p',
    workspace: '/w',
    proxyUrl: `http://127.0.0.1:${startedAt}`,
    pid: process.pid,
    startedAt,
    routes: [],
  };
}

/** A process that does nothing. */
async function idle(env: Record<string, string> = {}) {
  const child = spawn('sleep', ['600'], { env: { PATH: process.env.PATH ?? '', ...env }, stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const mark = await markProcess(child.pid ?? 0);
  if (!mark) throw new Error('it did not start');
  return mark;
}

/** What a killed llmup leaves: a record whose process is another one by now. */
async function leave(id: string, more: object): Promise<void> {
  const directory = join(paths.state, 'sessions', id);
  await mkdir(directory, { recursive: true });
  const llmup = { pid: process.pid, started: 'long ago' };
  const record = { view: view(id), host: hostname(), llmup, temporary: [], ...more };
  await writeFile(join(directory, 'session.json'), JSON.stringify(record));
}

test('ids sort by time', () => {
  const ids = [new Date('2026-01-02T03:04:05Z'), new Date('2026-01-02T03:04:06Z')].map(newSessionId);
  expect(ids[0]).toMatch(/^20260102-030405-[0-9a-f]{4}$/);
  expect([...ids].sort()).toEqual(ids);
});

test('sessions are listed newest first; a running one has its socket, an ended one its exit code', async () => {
  const old = await registerSession(paths, view('a', 1));
  await old.update({ socket: '/s/a' });
  await old.end(3);
  const running = await registerSession(paths, view('b', 2));
  await running.update({ socket: '/s/b' });
  await mkdir(join(paths.state, 'sessions', 'not-ours'));
  expect(await listSessions(paths)).toEqual([
    { view: view('b', 2), directory: running.directory, socket: '/s/b', running: true },
    { view: view('a', 1), directory: old.directory, socket: undefined, running: false, exitCode: 3 },
  ]);
});

test('changes noted at the same time are all there', async () => {
  const { update, directory } = await registerSession(paths, view('a'));
  const changes = Array.from({ length: 20 }, (_, index) => update({ socket: `/s/${index}` }));
  await Promise.all([...changes, update({ temporary: ['/t'] })]);
  const record: unknown = JSON.parse(await readFile(join(directory, 'session.json'), 'utf8'));
  expect(record).toMatchObject({ socket: '/s/19', temporary: ['/t'] });
});

test('a process with the number of a former one is not taken for it', async () => {
  const mark = await idle();
  expect(await isRunning(mark)).toBe(true);
  expect(await isRunning({ ...mark, started: '1' })).toBe(false);
  await leave('dead', { socket: '/s/dead' });
  expect(await listSessions(paths)).toMatchObject([{ running: false, socket: undefined }]);
});

test('a session is found by its id, by either end of it, and by its proxy’s URL', async () => {
  await registerSession(paths, view('20260101-000000-aaaa', 1));
  await registerSession(paths, view('20260101-000000-bbbb', 2));
  const sessions = await listSessions(paths);
  const found = (query: string) => findSession(sessions, query).view.startedAt;
  expect(found('20260101-000000-aaaa')).toBe(1);
  expect(found('bbbb')).toBe(2);
  expect(found('http://127.0.0.1:1/')).toBe(1);
  expect(() => found('20260101')).toThrow('several sessions match');
  expect(() => found('cccc')).toThrow('there is no session cccc');
});

test('what a killed llmup left is cleaned up: its client, its client’s children, its files', async () => {
  const client = await idle();
  const child = await idle({ [SESSION_VARIABLE]: 'killed' });
  const bystander = await idle({ [SESSION_VARIABLE]: 'another' });
  const [socket, home] = [join(paths.state, 'left.sock'), join(paths.state, 'left')];
  await mkdir(home, { recursive: true });
  await writeFile(socket, '');
  await leave('killed', { client, socket, temporary: [home] });
  await writeFile(recordDraft(join(paths.state, 'sessions', 'killed')), '{ "vi');
  await sweepSessions(paths);
  await Promise.all([gone(client.pid), gone(child.pid)]);
  expect(await readdir(paths.state)).toEqual(['sessions']);
  expect(await readdir(join(paths.state, 'sessions', 'killed'))).toEqual(['session.json']);
  expect(await isRunning(bystander)).toBe(true);
});

test('a stranger that has the number of a dead client is left alone', async () => {
  const stranger = await idle();
  await leave('killed', { client: { pid: stranger.pid, started: 'long ago' } });
  await sweepSessions(paths);
  await sleep(50);
  expect(await isRunning(stranger)).toBe(true);
});

test('a session on another machine with the same home is not judged by this one’s processes', async () => {
  const client = await idle();
  await leave('elsewhere', { host: 'another-machine', client });
  await sweepSessions(paths);
  expect(await isRunning(client)).toBe(true);
});

test('running sessions and ended ones are none of the sweep’s business', async () => {
  const file = join(paths.state, 'kept');
  const client = await idle();
  const running = await registerSession(paths, view('running'), [file]);
  await running.update({ client });
  await writeFile(file, '');
  await leave('ended', { ended: { at: 1 }, client, temporary: [file] });
  await sweepSessions(paths);
  expect(await readdir(paths.state)).toEqual(['kept', 'sessions']);
  expect(await isRunning(client)).toBe(true);
});
