import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Screen } from '../screens/screen.ts';
import { CLI } from '../sessions/program.ts';
import { installedCodex } from './codex/installed.ts';
import { makeFixtureHome, processesOf } from './fixture-home.ts';

const [PREFIX, TAB, ENTER, ESCAPE, LEFT] = ['\x1c', '\t', '\r', '\x1b', '\x1b[D'];
const SECRET = 'sk-typed-in-the-first-minutes';

test('a new user, with the keyboard alone: pick, enter a key, start the demo, look around, quit', async () => {
  const home = await makeFixtureHome();
  onTestFinished(() => home.remove());
  const screen = new Screen(process.execPath, [CLI], {
    columns: 140,
    rows: 44,
    cwd: home.workspace,
    env: {
      PATH: `${dirname(await installedCodex())}:${process.env.PATH}`,
      HOME: home.path,
      LLMUP_HOME: join(home.path, 'llmup'),
      LLMUP_TEST_MARK: home.mark,
      OPENAI_API_KEY: '',
    },
  });
  onTestFinished(() => screen.kill());

  // A preset that lacks a key: it is asked for, and typed without being shown.
  await screen.shows('▸ demo');
  expect(screen.text).toMatch(/Codex CLI +0\.169\.0 +● found/);
  screen.type('/');
  await screen.shows('keep the filter');
  screen.type('openai');
  await screen.shows('▸ openai');
  screen.type(ENTER);
  await screen.until(({ text }) => text.includes('/openai ─'));
  screen.type('e');
  await screen.shows('kept in memory only');
  screen.type(SECRET);
  await screen.shows('•'.repeat(SECRET.length));
  screen.type(ESCAPE);
  await screen.until(({ text }) => !text.includes('•'));

  // Then the demo after all.
  screen.type(ESCAPE);
  await screen.until(({ text }) => text.includes('▸ openai') && !text.includes('/openai'));
  screen.type('G');
  await screen.shows('▸ demo');
  screen.type(ENTER);
  await screen.until(({ text }) => text.includes('Ask Codex to do anything'), 'the agent');
  expect(screen.text).toContain('No request yet.');

  // A task with tools, seen on both sides.
  for (const key of 'create hello.txt') screen.type(key);
  await screen.shows('create hello.txt');
  await new Promise((resolve) => setTimeout(resolve, 300));
  screen.type(ENTER);
  await screen.until(({ text }) => /⚙ [a-z_]+/.test(text), 'a tool call in Stream');
  await screen.shows('Done: hello.txt is written');
  expect(await readFile(join(home.workspace, 'hello.txt'), 'utf8')).toContain('Hello');

  // What went over the wire, and what became of it.
  screen.type(`${PREFIX}${TAB}`);
  await screen.shows('q to the agent');
  screen.type(ENTER);
  await screen.shows('"model": "demo"');
  screen.type(LEFT);
  await screen.shows('Responses → Chat Completions');
  screen.type('q');
  await screen.shows('moves the keys here');

  for (const [key, layout] of [
    ['1', 'full'],
    ['3', 'bottom'],
    ['4', 'panels'],
    ['2', 'right'],
  ] as const) {
    screen.type(`${PREFIX}${key}`);
    await screen.until(({ rows }) => new RegExp(`│ ${layout}\\b`).test(rows[43] ?? ''), layout);
  }
  await screen.shows('Done: hello.txt is written');

  screen.type(`${PREFIX}q`);
  await screen.shows('End the session?');
  screen.type('y');
  await screen.ended();
  expect(screen.restored).toBe(true);
  expect(screen.text).toContain('Done: hello.txt is written');
  expect(screen.text).toMatch(/requests +\d+\n +tokens +[\d,]+ in/);
  expect(screen.bytes).not.toContain(SECRET);
  expect(await processesOf(home)).toEqual([]);
});
