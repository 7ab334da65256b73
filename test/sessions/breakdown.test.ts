import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { Screen } from '../screens/screen.ts';
import { helloUpstream } from './chat-upstream.ts';
import { appeared, CLI, CLIENT, gone, type Machine, makeMachine } from './program.ts';

/** Runs llmup on a screen, in a Node whose further threads have a bug: they throw once a file is there. */
async function onScreen(machine: Machine, args: readonly string[], how = 'throw new Error(text)') {
  const [preload, trigger] = [machine.path('bug.cjs'), machine.path('now')];
  await writeFile(
    preload,
    `const { existsSync } = require('node:fs');
    if (!require('node:worker_threads').isMainThread) setInterval(() => {
      const text = 'a bug that says ' + process.env.MAIN_KEY;
      if (existsSync(${JSON.stringify(trigger)})) ${how};
    }, 10);`,
  );
  const screen = new Screen(process.execPath, [CLI, ...args], {
    columns: 120,
    rows: 40,
    cwd: machine.workspace,
    env: {
      ...machine.env,
      NODE_OPTIONS: `--require ${preload}`,
      LLM_UNIVERSAL_PROXY_KEY: 'key-of-the-clients',
    },
  });
  onTestFinished(() => screen.kill());
  return { screen, breakDown: () => writeFile(trigger, 'now') };
}

const session = (machine: Machine, words: string) => [
  'codex',
  '--config',
  machine.config,
  '--client-bin',
  CLIENT,
  '--',
  words,
];

/** What a session leaves in its directory, and what it leaves at all to be run. */
async function residue(machine: Machine): Promise<readonly string[]> {
  const [name = ''] = await readdir(join(machine.state, 'sessions'));
  return [
    ...(await readdir(join(machine.state, 'sessions', name))),
    ...(await readdir(join(machine.state, 'run'))),
  ];
}

test.each([
  ['throws', 'throw new Error(text)', 'a bug that says [redacted]'],
  ['ends', 'process.exit(3)', 'its thread ended with code 3'],
])(
  'the proxy of a drawn session %s: the client hangs up, then a message and exit 70',
  async (_, how, why) => {
    const machine = await makeMachine((await helloUpstream()).url);
    const words = `note=${machine.path('signals')} ask report=${machine.path('report')} hang`;
    const { screen, breakDown } = await onScreen(machine, session(machine, words), how);
    const { pid } = JSON.parse(await appeared(machine.path('report'))) as { pid: number };
    await screen.until(({ bytes }) => bytes.includes('\u001b[?1049h'), 'the screen of the session');
    await breakDown();
    expect(await screen.ended()).toBe(70);
    await gone(pid);
    expect(await readFile(machine.path('signals'), 'utf8')).toBe('SIGHUP\n');
    expect(screen.restored).toBe(true);
    expect(screen.text.replaceAll('\n', '')).toContain(`llmup: internal error: the proxy broke down: ${why}`);
    expect(screen.bytes).not.toContain(machine.env.MAIN_KEY);
    expect(await residue(machine)).toEqual(['journal.jsonl', 'session.json']);
  },
);

test('the proxy of `serve --ui` throws: the panels go, then a message and exit 70', async () => {
  const machine = await makeMachine();
  const args = ['serve', '--ui', '--config', machine.config, '--listen', '127.0.0.1:0'];
  const { screen, breakDown } = await onScreen(machine, args);
  await screen.shows('No request yet.');
  await breakDown();
  expect(await screen.ended()).toBe(70);
  expect(screen.restored).toBe(true);
  expect(screen.text).toContain('the proxy broke down: a bug that says [redacted]');
  expect(await readdir(join(machine.state, 'run'))).toEqual([]);
});

test('only who draws has such a thread: the proxy of `serve` shares the main one', async () => {
  const machine = await makeMachine();
  const args = ['serve', '--config', machine.config, '--listen', '127.0.0.1:0'];
  const { screen, breakDown } = await onScreen(machine, args);
  await screen.shows('listening on');
  await breakDown();
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(screen.text)?.[0] ?? '';
  await sleep(50);
  expect((await fetch(`${url}/health`)).status).toBe(200);
  screen.type('\u0003');
  expect(await screen.ended()).toBe(0);
});
