import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { geometry } from '../../../src/display/compositor/layout.ts';
import { Screen } from '../../screens/screen.ts';
import { pacedUpstream } from '../../screens/session/paced-upstream.ts';
import { makeFixtureHome } from '../fixture-home.ts';
import { ALIAS, codexCommand } from './run.ts';

/** The main job, as its user sees it: Codex and its traffic side by side, while a turn with a tool call runs. */

test('a Codex turn on a Chat upstream: its row, its text and its tool call while it runs, the receipt after it', async () => {
  // Codex asks for a title of its own besides, whenever it likes.
  const upstream = await pacedUpstream((body) =>
    body.includes('json_schema') ? '{"title":"A title"}' : undefined,
  );
  const home = await makeFixtureHome();
  onTestFinished(() => home.remove());
  const run = {
    upstream: 'chat',
    script: [],
    alias: {},
    command: [],
    options: ['--layout', 'right'],
  } as const;
  const { args, env } = await codexCommand(run, upstream.url, home);
  const [columns, rows] = [150, 44];
  const screen = new Screen(process.execPath, args, { columns, rows, cwd: home.workspace, env });
  onTestFinished(() => screen.kill());
  const { pane } = geometry(columns, rows, 'right');
  const left = () => screen.rows.map((row) => row.slice(0, pane.width)).join('\n');
  const right = () => screen.rows.map((row) => row.slice(pane.width)).join('\n');
  const status = () => screen.rows[rows - 1] ?? '';

  await screen.shows('Ask Codex to do anything');
  screen.type('make a file');
  await screen.until(() => left().includes('› make a file'), 'what was typed');
  // Codex takes a return in one burst with text for a paste.
  await new Promise((resolve) => setTimeout(resolve, 350));
  screen.type('\r');

  const first = await upstream.request();
  await screen.until(() => /prefill/.test(right()), 'the row of a request that waits');
  expect(right()).toMatch(/prefill.*upstream/);
  first.text('I will write it ');
  await screen.until(() => right().includes('I will write it'), 'the text in the panel');
  await screen.until(() => left().includes('I will write it'), 'the text in Codex');
  await screen.until(() => status().includes('streaming'), 'the state in the status bar');
  first.text('with the shell.');
  await screen.until(() => right().includes('with the shell.'), 'more text');
  first.call('exec_command', '{"cmd":"echo from the model', ' > made.txt"}');
  await screen.until(() => right().includes('from the model'), 'the tool call in the panel');
  expect(right()).toContain('exec_command');
  first.end('tool_calls');

  const second = await upstream.request();
  expect(await readFile(join(home.workspace, 'made.txt'), 'utf8')).toBe('from the model\n');
  await screen.until(() => left().includes('made.txt'), 'the command in Codex');
  second.text('The file is there.');
  second.end();
  await screen.until(() => left().includes('The file is there.'), 'the answer in Codex');
  await screen.until(
    () => /3 req/.test(status()) && !/streaming/.test(status()),
    'all of it in the status bar',
  );

  const again = setInterval(() => screen.type('\x03'), 400);
  try {
    expect(await screen.ended()).toBe(0);
  } finally {
    clearInterval(again);
  }
  expect(screen.restored).toBe(true);
  expect(screen.history).toContain('codex resume');
  expect(screen.history).toMatch(/requests +3\b/);
  expect(screen.history).toMatch(/tokens +3,600 in/);
  expect(screen.history).toContain(ALIAS);
});
