import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { appeared, CLI, gone, type Machine, makeMachine } from '../../sessions/program.ts';
import { Screen } from '../screen.ts';
import { AGENT, type Agent, awaitAgent, started, startInShell } from './agent.ts';

const PREFIX = '\x1c';
const LAST = 'the last words of the agent';
/** All that an agent can leave on. */
const LEFT_ON =
  '\x1b[?1h\x1b=\x1b[?1003h\x1b[?1006h\x1b[?1004h\x1b[?2004h\x1b[>5u\x1b[>4;2m\x1b[3 q\x1b[?25l\x1b[2;5r\x1b[1;31m';

/** Waits until the terminal is as it was, and returns the exit code that the shell saw. */
async function restored(screen: Screen): Promise<number> {
  await screen.shows('settings as before');
  await screen.until((now) => now.restored, 'a restored terminal');
  return Number(/exit code (\d+), settings/.exec(screen.history)?.[1]);
}

/** What a person finds in the terminal afterwards, from top to bottom, each once. */
function expectInOrder({ history }: Screen, ...texts: readonly string[]): void {
  const places = texts.map((text) => history.indexOf(text));
  expect(places, history).not.toContain(-1);
  expect(places, history).toEqual([...places].sort((one, other) => one - other));
  for (const text of texts) expect(history.indexOf(text)).toBe(history.lastIndexOf(text));
}

/** Nothing but the record of the session is left of it. */
async function expectNoResidue({ state }: Machine): Promise<void> {
  const [name = ''] = await readdir(join(state, 'sessions'));
  const files = await readdir(join(state, 'sessions', name));
  expect(files.sort()).toEqual(['journal.jsonl', 'receipt.json', 'session.json']);
  expect(await readdir(join(state, 'run'))).toEqual([]);
}

test.each<[string, number, (agent: Agent, screen: Screen) => void]>([
  ['the agent ends', 0, (agent) => agent.tell({ exit: 0 })],
  ['the agent ends with an error', 7, (agent) => agent.tell({ exit: 7 })],
  ['the agent is killed', 137, (agent) => agent.tell({ kill: 'SIGKILL' })],
  ['SIGTERM', 143, ({ parent }) => void process.kill(parent, 'SIGTERM')],
  ['SIGHUP', 129, ({ parent }) => void process.kill(parent, 'SIGHUP')],
  ['SIGQUIT', 143, ({ parent }) => void process.kill(parent, 'SIGQUIT')],
  ['SIGINT, which is passed on', 130, ({ parent }) => void process.kill(parent, 'SIGINT')],
  ['the user ends the session', 143, (_, screen) => screen.type(`${PREFIX}qy`)],
])('%s: the terminal is as it was, with the last screen and the receipt in it', async (_, code, end) => {
  const { screen, agent, machine } = await startInShell({ columns: 100, rows: 30, says: { kitty: true } });
  await agent.shows(`\x1b[2J\x1b[H${LAST}${LEFT_ON}`);
  await screen.until(({ modes, cursor }) => modes.kitty === 5 && !cursor.visible);
  end(agent, screen);
  expect(await restored(screen)).toBe(code);
  expectInOrder(screen, 'what stood here before', LAST, 'requests', 'settings as before');
  await expectNoResidue(machine);
});

test('an agent that does not follow is ended by asking twice', async () => {
  const { screen, agent } = await startInShell();
  agent.tell({ ignore: 'SIGTERM' });
  await agent.shows('stubborn');
  screen.type(`${PREFIX}qy`);
  await agent.until(() => agent.signals.includes('SIGTERM'), 'the signal');
  screen.type(`${PREFIX}q`);
  expect(await restored(screen)).toBe(137);
});

test('an agent on the alternate screen leaves what it says after it, as it does alone', async () => {
  const { screen, agent } = await startInShell();
  await agent.shows('to be seen again\r\n\x1b[?1049h\x1b[2J\x1b[Hnot to be seen again');
  await screen.shows('not to be seen again');
  await agent.shows('\x1b[?1049lto resume, say so\r\n');
  agent.tell({ exit: 0 });
  expect(await restored(screen)).toBe(0);
  expectInOrder(screen, 'what stood here before', 'to be seen again', 'to resume', 'requests', 'settings as');
  expect(screen.history).not.toContain('not to be seen');
});

test('more than a screen stays in the scrollback, every line once and whole', async () => {
  const { screen, agent } = await startInShell({ columns: 120, rows: 30 });
  await agent.shows(Array.from({ length: 150 }, (_, row) => `line ${row}.`).join('\r\n'));
  await agent.shows(`\r\n${'long '.repeat(30)}end`);
  agent.tell({ exit: 0 });
  expect(await restored(screen)).toBe(0);
  const lines = Array.from({ length: 150 }, (_, row) => `line ${row}.`);
  expectInOrder(screen, 'what stood here before', ...lines, 'requests');
  // What the narrower pane had to break is one line again, broken where the terminal does it.
  expect(screen.history).toContain('long '.repeat(24).slice(0, 120));
});

test('llmup killed: its guard restores the terminal and ends the agent', async () => {
  const { screen, agent } = await startInShell({ says: { kitty: true } });
  await agent.shows(`\x1b[2J\x1b[H${LAST}${LEFT_ON}`);
  await screen.until(({ modes, cursor }) => modes.kitty === 5 && !cursor.visible);
  process.kill(agent.parent, 'SIGKILL');
  expect(await restored(screen)).toBe(137);
  await gone(agent.pid);
});

test('an error that nobody caught: told after the terminal is restored, the agent ended', async () => {
  const machine = await makeMachine();
  const fault = machine.path('fault.mjs');
  await writeFile(fault, `process.on('SIGUSR2', () => { throw new Error('a fault of the test'); });`);
  const env = { NODE_OPTIONS: `--import=file://${fault}` };
  const { screen, agent } = await startInShell({ machine, env, columns: 100, rows: 30 });
  await agent.shows(`\x1b[2J\x1b[H${LAST}${LEFT_ON}`);
  await screen.until(({ cursor }) => !cursor.visible);
  process.kill(agent.parent, 'SIGUSR2');
  expect(await restored(screen)).toBe(70);
  expectInOrder(screen, 'what stood here before', LAST, 'a fault of the test', 'settings as before');
  await gone(agent.pid);
});

test('the terminal is closed: everything ends in order', async () => {
  const machine = await makeMachine();
  const { words, agent: starting } = await awaitAgent(machine);
  // A shell that outlives its terminal tells how llmup ended: an aborted process would be 134.
  const script = `trap '' HUP; (trap - HUP; exec "$0" "$@"); echo $? >${machine.path('code')}`;
  const line = [CLI, 'codex', '--config', machine.config, '--client-bin', AGENT, '--', words];
  const screen = new Screen('/bin/sh', ['-c', script, process.execPath, ...line], {
    cwd: machine.workspace,
    env: machine.env,
  });
  onTestFinished(() => screen.kill());
  const agent = await started(screen, starting);
  await agent.shows('working');
  screen.close();
  expect(Number(await appeared(machine.path('code')))).toBe(129);
  await gone(agent.pid);
  await expectNoResidue(machine);
});

test('Ctrl-Z stops llmup and restores the terminal meanwhile; fg brings the picture back', async () => {
  const machine = await makeMachine();
  const { words, agent: starting } = await awaitAgent(machine);
  const screen = new Screen('bash', ['--norc', '--noprofile', '-i'], {
    cwd: machine.workspace,
    env: { ...machine.env, PS1: 'shell> ', PROMPT_COMMAND: '' },
  });
  onTestFinished(() => screen.kill());
  await screen.shows('shell>');
  const line = [
    process.execPath,
    CLI,
    'codex',
    '--config',
    machine.config,
    '--client-bin',
    AGENT,
    '--',
    words,
  ];
  screen.type(`${line.map((word) => `'${word}'`).join(' ')}\r`);
  const agent = await started(screen, starting);
  onTestFinished(() => {
    // A stopped job does not end with its shell.
    try {
      process.kill(agent.parent, 'SIGKILL');
    } catch {
      // It has ended, as it should.
    }
  });
  await agent.shows(`\x1b[2J\x1b[H${LAST}\x1b[?2004h\x1b[?1h`);
  await screen.until(({ text, modes }) => /coder/.test(text) && modes.applicationCursorKeysMode);
  await screen.shows(LAST);
  const before = screen.text;

  screen.type('\x1a');
  await screen.until(({ text }) => /Stopped/.test(text));
  expect(screen.modes).toMatchObject({ alternate: false, applicationCursorKeysMode: false });
  screen.type('echo "the shell is $((40 + 2))"\r');
  await screen.shows('the shell is 42');
  expect(screen.text).not.toContain(LAST);

  screen.type('fg\r');
  await screen.until(({ text }) => text === before, 'the same picture');
  await screen.until(({ modes }) => modes.applicationCursorKeysMode && modes.bracketedPasteMode);
  screen.type('typed on');
  await agent.reads('typed on');
  agent.tell({ exit: 7 });
  await screen.until(({ modes, text }) => !modes.alternate && text.includes('requests'));
  screen.type('echo "exit code $?"\r');
  await screen.shows('exit code 7');
});

test('Ctrl-Z where there is no shell to come back to changes nothing', async () => {
  const machine = await makeMachine();
  const { words, agent: starting } = await awaitAgent(machine);
  const line = [CLI, 'codex', '--config', machine.config, '--client-bin', AGENT, '--', words];
  const screen = new Screen(process.execPath, line, { cwd: machine.workspace, env: machine.env });
  onTestFinished(() => screen.kill());
  const agent = await started(screen, starting);
  await agent.shows('still here');
  await screen.shows('still here');
  screen.type('\x1a');
  await screen.until(({ bytes }) => bytes.includes('\x1b[?1049l'));
  await screen.until(({ text, modes }) => modes.alternate && text.includes('still here'));
  screen.type('x');
  await agent.reads('x');
});
