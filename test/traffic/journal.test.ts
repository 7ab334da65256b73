import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openJournal } from '../../src/traffic/journal.ts';
import { exchange } from './exchanges.ts';

let directory: string;
let problems: string[];
const onProblem = (message: string) => problems.push(message);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'llmup-journal-'));
  problems = [];
});
afterEach(() => rm(directory, { recursive: true }));

async function linesOf(file: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(file, 'utf8');
  expect(text === '' || text.endsWith('\n')).toBe(true);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

test('one line per finished exchange, in order, private to the user', async () => {
  const file = join(directory, 'journal.jsonl');
  const journal = openJournal({ file, record: 'meta', onProblem });
  for (const state of ['queued', 'prefill', 'streaming', 'done'] as const)
    journal.onEvent?.({ type: 'exchange', exchange: exchange({ state }) });
  journal.onEvent?.({ type: 'delta', delta: { exchangeId: 'ex_1', kind: 'text', text: 'hello' } });
  const failed = exchange({ id: 'ex_2', state: 'failed', error: { kind: 'timeout', message: 'too slow' } });
  journal.onEvent?.({ type: 'exchange', exchange: failed });
  journal.onBodies?.({ exchangeId: 'ex_2', clientRequest: '{"secret":"of the user"}' }, 0);
  await journal.close();

  const lines = await linesOf(file);
  expect(lines).toEqual([
    { type: 'exchange', ...exchange() },
    { type: 'exchange', ...failed },
  ]);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(problems).toEqual([]);
});

test('bodies are written only when they were asked for', async () => {
  const file = join(directory, 'journal.jsonl');
  const journal = openJournal({ file, record: 'full', onProblem });
  journal.onEvent?.({ type: 'exchange', exchange: exchange() });
  journal.onBodies?.({ exchangeId: 'ex_1', clientRequest: '{"a":1}', clientReply: 'data: {}\n\n' }, 0);
  await journal.close();
  expect((await linesOf(file)).map((line) => line.type)).toEqual(['exchange', 'bodies']);
  expect((await linesOf(file))[1]).toMatchObject({ exchangeId: 'ex_1', clientReply: 'data: {}\n\n' });
});

test('off leaves no file at all', async () => {
  const journal = openJournal({ file: join(directory, 'journal.jsonl'), record: 'off', onProblem });
  journal.onEvent?.({ type: 'exchange', exchange: exchange() });
  await journal.close();
  expect(await readdir(directory)).toEqual([]);
});

test('a second journal on the same file appends', async () => {
  const file = join(directory, 'journal.jsonl');
  for (const id of ['ex_1', 'ex_2']) {
    const journal = openJournal({ file, record: 'meta', onProblem });
    journal.onEvent?.({ type: 'exchange', exchange: exchange({ id }) });
    await journal.close();
  }
  expect((await linesOf(file)).map((line) => line.id)).toEqual(['ex_1', 'ex_2']);
});

test('the end does not wait for more lines to write together', { timeout: 5000 }, async () => {
  const file = join(directory, 'journal.jsonl');
  const journal = openJournal({ file, record: 'meta', onProblem, paceMs: 60_000 });
  journal.onEvent?.({ type: 'exchange', exchange: exchange({ id: 'ex_1' }) });
  await vi.waitFor(async () => expect(await linesOf(file)).toHaveLength(1));
  for (const id of ['ex_2', 'ex_3']) journal.onEvent?.({ type: 'exchange', exchange: exchange({ id }) });
  await journal.close();
  expect((await linesOf(file)).map((line) => line.id)).toEqual(['ex_1', 'ex_2', 'ex_3']);
});

test('a full disk is told once, and the session goes on', async () => {
  const journal = openJournal({ file: '/dev/full', record: 'meta', onProblem });
  journal.onEvent?.({ type: 'exchange', exchange: exchange() });
  await journal.close();
  journal.onEvent?.({ type: 'exchange', exchange: exchange({ id: 'ex_2' }) });
  await journal.close();
  expect(problems).toEqual([
    'The journal ends here: no space left on device (/dev/full). The session goes on without it.',
  ]);
});

test('a place that cannot be written is told before anything happened', async () => {
  const file = join(directory, 'missing', 'journal.jsonl');
  const journal = openJournal({ file, record: 'meta', onProblem });
  await journal.close();
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain('no such file or directory');
  expect(problems[0]).toContain(file);
});

test('what a slow disk cannot take in time is left out, and the gap is in the journal', async () => {
  const file = join(directory, 'journal.jsonl');
  const line = JSON.stringify({ type: 'exchange', ...exchange() }).length + 1;
  const journal = openJournal({ file, record: 'meta', onProblem, maxQueueBytes: 2 * line });
  // All in one tick, so that the disk had no chance.
  for (let index = 0; index < 5; index++) journal.onEvent?.({ type: 'exchange', exchange: exchange() });
  await journal.close();
  expect((await linesOf(file)).map((entry) => entry.type)).toEqual(['exchange', 'exchange', 'gap']);
  expect((await linesOf(file))[2]).toEqual({ type: 'gap', lines: 3 });
});

test('close waits for everything that came before it', async () => {
  const file = join(directory, 'journal.jsonl');
  const journal = openJournal({ file, record: 'full', onProblem });
  for (let index = 0; index < 200; index++) {
    journal.onEvent?.({ type: 'exchange', exchange: exchange({ id: `ex_${index}` }) });
    journal.onBodies?.({ exchangeId: `ex_${index}`, clientRequest: 'x'.repeat(10_000) }, 0);
    if (index % 50 === 0) await new Promise(setImmediate);
  }
  await Promise.all([journal.close(), journal.close()]);
  const ids = (await linesOf(file)).map((entry) => entry.id ?? entry.exchangeId);
  expect(ids).toEqual(Array.from({ length: 400 }, (_, index) => `ex_${index >> 1}`));
});
