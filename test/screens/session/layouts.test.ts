import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { makeMachine } from '../../sessions/program.ts';
import type { Screen } from '../screen.ts';
import { type Agent, type StartedSession, startSession } from './agent.ts';
import { pacedUpstream } from './paced-upstream.ts';

const PREFIX = '\x1c';

/** A picture that shows where its edges are: a clipped or moved one is another. */
async function drawBox(agent: Agent): Promise<void> {
  const [columns = 0, rows = 0] = (agent.sizes.at(-1) ?? '').split('x').map(Number);
  const line = (text: string, fill: string, end: string) =>
    `${text}${fill.repeat(Math.max(0, columns - text.length - end.length))}${end}`;
  const middle = Array.from({ length: Math.max(0, rows - 2) }, () => line('|', ' ', '|'));
  const lines = [line(`+ ${columns}x${rows} `, '-', '+'), ...middle, line('+', '-', '+')];
  await agent.shows(`\x1b[2J${lines.map((text, row) => `\x1b[${row + 1};1H${text}`).join('')}`);
}

/** All of the picture can be seen, which may take the agent more than one frame. */
function hasBox({ rows }: Screen, size: string): boolean {
  const height = Number(size.split('x')[1]);
  return rows[0]?.startsWith(`+ ${size} -`) === true && rows[height - 1]?.startsWith('+-') === true;
}

/** Draws, and waits until it can be seen. */
async function shown({ screen, agent }: StartedSession, size: string): Promise<void> {
  await agent.has(size);
  await drawBox(agent);
  await screen.until((now) => hasBox(now, size), `the picture of ${size}`);
}

/** The screen without what differs from run to run. */
function still({ text }: Screen): string {
  const rows = text
    .replace(/\d{6,8}-\d{4,6}-[\w-]+/g, '261101-1000-abcd')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:40000')
    .split('\n')
    .map((row) => row.replace(/\d\d:\d\d:\d\d/, '10:00:00').replace(/ \d\d:\d\d /, ' 10:00 '));
  return `${rows.join('\n')}\n`;
}

test('every layout gives the agent its part; a resize there and back leaves the same picture', async () => {
  const session = await startSession({ columns: 120, rows: 40 });
  const { screen, agent } = session;
  await shown(session, '74x39');
  await screen.until(({ text }) => text.includes('Routes'));

  const steps: readonly [keys: string, size: string, panels: boolean][] = [
    ['1', '120x39', false],
    ['3', '120x24', true],
    ['<', '120x22', true],
    ['>', '120x24', true],
    ['2', '74x39', true],
    ['>', '80x39', true],
    ['<', '74x39', true],
  ];
  for (const [key, size, panels] of steps) {
    screen.type(`${PREFIX}${key}`);
    await shown(session, size);
    await screen.until(({ text }) => text.includes('Routes') === panels);
  }
  screen.type(`${PREFIX}4`);
  await screen.until(({ text }) => !text.includes('+ 74x39'));
  expect(screen.text).toContain('panels');
  // The cycle goes on from there.
  screen.type(`${PREFIX} `);
  await shown(session, '120x39');
  screen.type(`${PREFIX}2`);
  await shown(session, '74x39');

  const before = still(screen);
  for (const [columns, rows, size] of [
    [80, 24, '80x23'],
    [20, 5, '20x5'],
    [20, 6, '20x5'],
    [1, 1, '1x1'],
    [120, 40, '74x39'],
  ] as const) {
    screen.resize(columns, rows);
    if (columns === 1) {
      await agent.until(() => agent.sizes.at(-1) !== '20x5', 'another size');
      continue;
    }
    await shown(session, size);
    if (columns === 80) await screen.shows('no room for right');
  }
  await screen.until((now) => still(now) === before, 'the same screen as before');
  expect(screen.wrapped).toBe(false);
  expectWholeFrames(screen);
});

/** Everything that is drawn lies in a synchronized frame, and frames do not overlap. */
function expectWholeFrames({ bytes }: Screen): void {
  const entered = bytes.indexOf('\x1b[?1049h');
  const frames = bytes.slice(entered).split(/(\x1b\[\?2026[hl])/);
  let inside = false;
  for (const piece of frames) {
    if (piece === '\x1b[?2026h') {
      expect(inside).toBe(false);
      inside = true;
    } else if (piece === '\x1b[?2026l') {
      inside = false;
    } else if (!inside) {
      // Between frames: nothing that moves the cursor to a row, and so nothing that is drawn.
      expect(piece).not.toMatch(/\x1b\[[2-9]\d*;\d+H/);
    }
  }
}

test('keys typed while a dialog is open are nobody’s; a dialog is never drawn over', async () => {
  const upstream = await pacedUpstream();
  const session = await startSession({ columns: 120, rows: 40, machine: await makeMachine(upstream.url) });
  const { screen, agent } = session;
  await shown(session, '74x39');
  for (const [open, text] of [
    ['?', 'Keys after Ctrl-\\'],
    ['q', 'End the session?'],
  ]) {
    screen.type(`${PREFIX}${open}`);
    await screen.shows(text ?? '');
    screen.type('nobody sees this\r');
    await screen.until((now) => !now.text.includes(text ?? ''));
    await screen.shows('+ 74x39 -');
    agent.expectNothingRead();
  }
  // The panels below a dialog go on, and do not come through.
  screen.type(`${PREFIX}4`);
  await screen.until((now) => !now.text.includes('+ 74x39'));
  screen.type(`${PREFIX}?`);
  await screen.shows('Keys after Ctrl-\\');
  const dialog = screen.rows.slice(0, 39);
  const answer = agent.ask('hello');
  const reply = await upstream.request();
  reply.text('a text that streams');
  reply.end();
  await answer;
  await screen.until(({ rows }) => rows[39]?.includes('1 req') === true);
  expect(screen.rows.slice(0, 39)).toEqual(dialog);
  screen.type('x');
  await screen.shows('a text that streams');
  agent.expectNothingRead();

  // Leaving the panels brings the agent back.
  screen.type('q');
  await screen.shows('+ 74x39 -');
  screen.type('z');
  await agent.reads('z');

  screen.type(`${PREFIX}q`);
  await screen.shows('End the session?');
  screen.type('y');
  expect(await screen.ended()).toBe(143);
  expect(screen.restored).toBe(true);
});

test('the focus moves to the panels and back, and keys with it', async () => {
  const session = await startSession({ columns: 120, rows: 40 });
  const { screen, agent } = session;
  await shown(session, '74x39');
  await screen.shows('Ctrl-\\ tab  moves the keys here');
  screen.type(`${PREFIX}\t`);
  await screen.until(({ cursor }) => !cursor.visible);
  await screen.shows('q to the agent');
  screen.type('?');
  await screen.until(({ text }) => text.includes('this list'));
  screen.type('?');
  await screen.until(({ text }) => !text.includes('this list'));
  screen.type('q');
  await screen.until(({ cursor }) => cursor.visible);
  screen.type('to the agent');
  await agent.reads('to the agent');
  // A terminal that becomes too narrow takes the panels away, and the focus comes back.
  screen.type(`${PREFIX}\t`);
  await screen.until(({ cursor }) => !cursor.visible);
  screen.resize(80, 24);
  await shown(session, '80x23');
  screen.resize(60, 15);
  await shown(session, '60x14');
  screen.type(`${PREFIX}?`);
  await screen.shows('more below');
  screen.type('jjjjjjjjj');
  await screen.shows('this list');
  screen.type('x');
  await shown(session, '60x14');
  screen.type('again');
  await agent.reads('again');
});

test('scrolling back: by the wheel and by keys, steady while the agent writes on, ended by a key', async () => {
  const { screen, agent } = await startSession({ columns: 80, rows: 24 });
  const rows = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, at) => `row ${from + at}`).join('\r\n');
  await agent.shows(rows(0, 100));
  await screen.shows('row 99');
  screen.type('\x1b[<64;5;5M');
  await screen.until(({ rows: [first] }) => first === 'row 74');
  expect(screen.cursor.visible).toBe(false);
  screen.type(`${PREFIX}\x1b[5~`);
  await screen.until(({ rows: [first] }) => first === 'row 63');
  expect(screen.text).toContain('scrolled back 14');
  await agent.shows(`\r\n${rows(100, 120)}`);
  await screen.shows('scrolled back 34');
  expect(screen.rows[0]).toBe('row 63');
  screen.type(`${PREFIX}\x1b[6~`);
  await screen.until(({ rows: [first] }) => first === 'row 74');
  screen.type('k');
  await agent.reads('k');
  await screen.until(({ rows: [first] }) => first === 'row 97');

  // On the alternate screen there is nothing to scroll back to: the wheel is arrow keys, as in other terminals.
  screen.type('\x1b[<64;5;5M');
  await screen.until(({ rows: [first] }) => first === 'row 94');
  await agent.shows('\x1b[?1049h\x1b[Hfull screen');
  await screen.until(({ text, cursor }) => text.includes('full screen') && cursor.visible);
  screen.type('\x1b[<65;5;5M');
  await agent.reads('\x1b[B\x1b[B\x1b[B');
});

test('a frame that the agent holds back is not shown half, and not for ever', async () => {
  const { screen, agent } = await startSession({ columns: 80, rows: 24 });
  await agent.shows('\x1b[?2026h\x1b[2J\x1b[Hfirst half');
  await agent.shows(' second half');
  await agent.shows('\x1b[?2026l');
  await screen.shows('first half second half');
  await agent.shows('\x1b[?2026h\r\nnever ended');
  await screen.shows('never ended');
});

test('--ascii uses no other characters, NO_COLOR no colours; the agent’s own stay', async () => {
  const { screen, agent } = await startSession({
    columns: 120,
    rows: 40,
    options: ['--ascii'],
    env: { NO_COLOR: '1' },
  });
  await screen.shows('Routes');
  screen.type(`${PREFIX}?`);
  await screen.shows('Keys after');
  expect(screen.text).toMatch(/^[\x20-\x7e\n]*$/);
  expect(screen.cells().filter((cell) => / (palette|rgb)\d/.test(cell))).toEqual([]);
  screen.type('x');
  await agent.shows('\x1b[2J\x1b[H\x1b[31mréd\x1b[0m');
  await screen.shows('réd');
  expect(screen.cells()[0]).toContain('palette1');
});

/** Layouts by their key, at the sizes they are reviewed at. */
const REVIEWED = [
  [120, 40, 'right', '2', '74x39'],
  [120, 40, 'bottom', '3', '120x24'],
  [120, 40, 'panels', '4', '120x39'],
  [120, 40, 'full', '1', '120x39'],
  [80, 24, 'full', '1', '80x23'],
  [80, 24, 'bottom', '3', '80x14'],
  [80, 24, 'panels', '4', '80x23'],
  [200, 50, 'right', '2', '124x49'],
] as const;

/** Screens over which the help is reviewed too. */
const HELP = new Set([
  'session-right-120x40',
  'session-panels-120x40',
  'session-full-80x24',
  'session-right-200x50',
]);

test('the reviewed screens: each layout with a turn in it, and help over it', async () => {
  const upstream = await pacedUpstream();
  const machine = await makeMachine(upstream.url);
  const session = await startSession({ columns: 120, rows: 40, machine });
  const { screen, agent } = session;
  const answer = agent.ask('hello');
  const reply = await upstream.request();
  reply.text('Let me look at the failing test first. 失敗したテストを見ます。');
  // Of a reply that took no time no rate is told.
  await sleep(120);
  reply.call('shell', '{"command":', '"npm test"}');
  reply.end('tool_calls');
  await answer;
  await screen.until(({ text }) => text.includes('npm test') && text.includes('1.2k in 34 out'));
  const steady = () => withoutTimes(still(screen)).replace(machine.directory, fill(machine.directory));

  for (const [columns, rows, layout, key, size] of REVIEWED) {
    screen.resize(columns, rows);
    screen.type(`${PREFIX}${key}`);
    await agent.has(size);
    await drawBox(agent);
    await screen.until((now) => hasBox(now, size) === (layout !== 'panels'));
    await screen.until(({ text }) => text.includes('npm test') === (layout !== 'full'));
    const name = `session-${layout}-${columns}x${rows}`;
    await expect(steady()).toMatchFileSnapshot(`../${name}.txt`);
    screen.type(`${PREFIX}?`);
    await screen.shows('Keys after');
    if (HELP.has(name)) await expect(steady()).toMatchFileSnapshot(`../${name}-help.txt`);
    screen.type('x');
    await screen.until(({ text }) => !text.includes('Keys after'));
  }
  screen.type(`${PREFIX}q`);
  await screen.shows('End the session?');
  await expect(steady()).toMatchFileSnapshot('../session-end-200x50.txt');
  expect(screen.wrapped).toBe(false);
});

/** As long a path, the same on every machine. */
function fill(path: string): string {
  return '/tmp/llmup-'.padEnd(path.length, '0').slice(0, path.length);
}

/** Durations and rates of this run, without moving what stands beside them. */
function withoutTimes(text: string): string {
  return text
    .replace(/ +\d+(?=( +1\.2k)?( +–)? +34 )/g, (rate) => '0'.padStart(rate.length))
    .replace(
      /(\d+) tok\/s(.*?)( {3,}|…)/g,
      (_, rate: string, between: string, gap: string) =>
        `0 tok/s${between}${gap}${' '.repeat(rate.length - 1)}`,
    )
    .replace(/( *)(\d[\d.]*m?s)\b( *)/g, (found: string, before: string, time: string, after: string) =>
      before.length > 1
        ? `${'0s'.padStart(before.length + time.length)}${after}`
        : `${before}0s`.padEnd(found.length),
    )
    .replace(/ {2}[0-9a-f]{4}(?= {2})/g, '  a1f3');
}
