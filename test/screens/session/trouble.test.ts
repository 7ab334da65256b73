import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { CLI, CLIENT, type Machine, makeMachine } from '../../sessions/program.ts';
import { Screen } from '../screen.ts';
import { startSession } from './agent.ts';
import { pacedUpstream } from './paced-upstream.ts';

const PREFIX = '\x1c';

/** The built program where it finds no library for terminals, or the given one. */
async function programWithout(machine: Machine, library?: string): Promise<string> {
  const root = machine.path('copy');
  await cp(dirname(CLI), join(root, 'dist'), { recursive: true });
  await cp(join(dirname(CLI), '../presets'), join(root, 'presets'), { recursive: true });
  await writeFile(join(root, 'package.json'), '{"type":"module"}');
  if (library !== undefined) {
    const place = join(root, 'node_modules/@lydell/node-pty');
    await mkdir(place, { recursive: true });
    await writeFile(
      join(place, 'package.json'),
      '{"name":"@lydell/node-pty","type":"module","main":"index.js"}',
    );
    await writeFile(join(place, 'index.js'), library);
  }
  return join(root, 'dist/cli.js');
}

test.each([
  ['is not installed', undefined, 'the library for panes is not installed'],
  [
    'cannot open one',
    'export function spawn() { throw new Error("forkpty(3) failed."); }',
    'forkpty(3) failed.',
  ],
])(
  'a library for panes that %s: the agent has the terminal, and a line says so',
  async (_, library, hint) => {
    const machine = await makeMachine();
    const cli = await programWithout(machine, library);
    const { screen, agent } = await startSession({ machine, cli });
    expect(agent.tty).toBe(true);
    await screen.shows(hint);
    await agent.has('80x24');
    screen.type('to the agent');
    await agent.reads('to the agent');
    agent.tell({ exit: 6 });
    expect(await screen.ended()).toBe(6);
    expect(screen.restored).toBe(true);
    expect(screen.text).toContain('requests');
  },
);

test.each([
  ['TERM=dumb', 80, 24, { TERM: 'dumb' }, undefined],
  ['xterm', 50, 12, { TERM: 'xterm' }, 'the terminal is smaller than 60x15'],
  ['a CI job', 80, 24, { CI: 'true' }, 'CI is set; --display compositor'],
])('%s at %ix%i: no panes, and nothing drawn', async (_, columns, rows, env, hint) => {
  const { screen, agent } = await startSession({ columns, rows, env });
  await agent.has(`${columns}x${rows}`);
  if (hint) expect(screen.text.replaceAll('\n', '')).toContain(hint);
  agent.tell({ exit: 0 });
  expect(await screen.ended()).toBe(0);
  expect(screen.bytes).not.toContain('\x1b[?1049h');
});

test('a terminal of a CI job has its panes when they are asked for', async () => {
  const { screen, agent } = await startSession({
    columns: 120,
    env: { CI: 'true' },
    options: ['--display', 'compositor'],
  });
  await screen.shows('Routes');
  screen.resize(110, 30);
  await agent.until(() => agent.sizes.at(-1)?.endsWith('x29') === true, 'the new size');
  await screen.until(() => screen.rows[29]?.includes('coder') === true, 'the status bar in the last row');
  agent.tell({ exit: 0 });
  expect(await screen.ended()).toBe(0);
});

test('a terminal of an unknown kind is drawn on, and an agent that ends at once leaves its words', async () => {
  const machine = await makeMachine();
  const args = [CLI, 'codex', '--config', machine.config, '--client-bin', CLIENT, '--', 'say=bye exit=3'];
  const screen = new Screen(process.execPath, args, {
    cwd: machine.workspace,
    env: { ...machine.env, TERM: 'no-such-terminal' },
  });
  onTestFinished(() => screen.kill());
  expect(await screen.ended()).toBe(3);
  expect(screen.bytes).toContain('\x1b[?1049h');
  expect(screen.restored).toBe(true);
  expect(screen.text).toMatch(/^bye$/m);
  expect(screen.text).toContain('requests');
});

test('an agent that floods its terminal while a reply streams: keys, panels and proxy go on', async () => {
  const upstream = await pacedUpstream();
  const machine = await makeMachine(upstream.url);
  const { screen, agent } = await startSession({ columns: 120, rows: 40, machine });
  await agent.shows('before');
  const panels = () => screen.rows.map((row) => row.slice(74)).join('\n');
  const flood = agent.flood(
    '\x1b[32my\x1b[0m\x07\x1b]2;title\x07 flooding the screen with lines\r\n'.repeat(200),
    1200,
  );
  await screen.shows('flooding');
  const answer = agent.ask('hello');
  const reply = await upstream.request();
  reply.text('through the flood');
  await screen.until(() => panels().includes('through the flood'), 'the reply in the panel');
  screen.type('keys');
  await agent.until(() => agent.input.includes('keys'), 'keys in the flood');
  screen.type(`${PREFIX}1`);
  await agent.until(() => agent.sizes.at(-1) === '120x39', 'another layout');
  reply.end();
  expect(await answer).toContain('through the flood');
  await flood;
  // A bell a frame at most, however many were rung.
  expect(screen.bells).toBeLessThan(500);
  await agent.shows('\x1b[2J\x1b[Hafter the flood');
  await screen.shows('after the flood');
});

test('an agent that writes much and ends at once: not a line of its end is lost', async () => {
  const machine = await makeMachine();
  const agent = machine.path('agent');
  const script = 'case "$*" in *--version*) echo codex-cli 0.169.0 ;; *) seq 1 300000 ;; esac';
  await writeFile(agent, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const args = [CLI, 'codex', '--config', machine.config, '--client-bin', agent];
  const screen = new Screen(process.execPath, args, { cwd: machine.workspace, env: machine.env });
  onTestFinished(() => screen.kill());
  expect(await screen.ended()).toBe(0);
  expect(screen.text).toContain('299998\n299999\n300000\nllmup · ');
});

test('a flood of bytes that are no text breaks nothing', async () => {
  const { screen, agent } = await startSession();
  const noise = Buffer.from(Array.from({ length: 20_000 }, (_, at) => (at * 7919 + (at >> 8) * 31) % 256));
  await agent.flood(noise, 300);
  await agent.shows('\x1b\\\x1bc\x1b[2J\x1b[Hstill here');
  await screen.shows('still here');
  expect(screen.bytes).not.toContain('xterm.js');
  screen.type(`${PREFIX}?`);
  await screen.shows('Keys after');
  screen.type('x');
  await screen.shows('still here');
});

test('an agent that does not read its keyboard: a paste waits, llmup’s own keys work', async () => {
  const { screen, agent } = await startSession();
  await agent.shows('\x1b[?2004h');
  await screen.until(({ modes }) => modes.bracketedPasteMode);
  agent.tell({ deaf: true });
  await agent.write('deaf');
  const paste = `\x1b[200~${'x'.repeat(1_000_000)}\x1b[201~`;
  screen.type(paste);
  screen.type(`${PREFIX}?`);
  await screen.shows('Keys after');
  screen.type('x');
  await screen.until(({ text }) => !text.includes('Keys after'));
  agent.tell({ hear: true });
  await agent.reads(paste);
});

test('two viewers see the same session; without its socket it goes on, and a third is told', async () => {
  const upstream = await pacedUpstream();
  const machine = await makeMachine(upstream.url);
  const { screen, agent } = await startSession({ machine });
  await agent.shows('working');
  const view = () => {
    const viewer = new Screen(process.execPath, [CLI, 'watch'], { env: machine.env, columns: 100, rows: 30 });
    onTestFinished(() => viewer.kill());
    return viewer;
  };
  const viewers = [view(), view()];
  await Promise.all(viewers.map((viewer) => viewer.shows('Routes')));
  const answer = agent.ask('hello');
  const reply = await upstream.request();
  reply.text('for everyone');
  await Promise.all(viewers.map((viewer) => viewer.shows('for everyone')));
  reply.end();
  await answer;
  viewers[0]?.type('q');
  expect(await viewers[0]?.ended()).toBe(0);

  const run = join(machine.state, 'run');
  for (const name of await readdir(run)) await rm(join(run, name), { recursive: true });
  await agent.shows('\r\nstill working');
  await screen.shows('still working');
  const late = view();
  expect(await late.ended()).not.toBe(0);
  expect(late.text).toMatch(/^llmup: /m);

  agent.tell({ exit: 0 });
  expect(await screen.ended()).toBe(0);
  expect(screen.restored).toBe(true);
  expect(screen.text).toMatch(/requests +1$/m);
});
