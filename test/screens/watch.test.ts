import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import {
  deltaMessage,
  exchange,
  exchangeMessage,
  LOSSES,
  RECEIPT,
  waiting,
  workingSession,
} from '../display/traffic.ts';
import { CLI } from '../sessions/program.ts';
import { emptyHome, type LiveSession, openLiveSession } from './live-session.ts';
import { Screen, type ScreenOptions } from './screen.ts';

const ESCAPE = '\u001b';

function watch(session: LiveSession, options: ScreenOptions = {}, args: readonly string[] = []): Screen {
  const screen = new Screen(process.execPath, [CLI, 'watch', ...args], {
    ...options,
    env: { ...session.env, ...options.env },
  });
  onTestFinished(() => screen.kill());
  return screen;
}

/** The screen without what runs in it: the session's age, and the start and the duration of what is streaming. */
function still(screen: Screen): string {
  const running = (row: string) =>
    row.replace(/\d\d:\d\d:\d\d/, '10:11:00').replace(/\d[\d.]+s │$/, '4.00s │');
  const rows = screen.rows.map((row) => (row.includes('▶ streaming') ? running(row) : row));
  return `${rows
    .join('\n')
    .trimEnd()
    .replace(/1h\d\dm/, '1h02m')}\n`;
}

for (const [columns, rows] of [
  [80, 24],
  [120, 40],
] as const) {
  test(`a working session at ${columns}x${rows}`, async () => {
    const session = await openLiveSession();
    session.say(...workingSession(Date.now()));
    const screen = watch(session, { columns, rows });
    await screen.shows('src/sse.ts');
    await expect(still(screen)).toMatchFileSnapshot(`watch-${columns}x${rows}.txt`);

    screen.type(`${ESCAPE}[A`);
    await screen.shows('held at 35');
    screen.type('k');
    await screen.shows('held at 34');
    if (rows < 30) screen.type('l');
    await screen.shows('reasoning signature');
    await expect(still(screen)).toMatchFileSnapshot(`watch-losses-${columns}x${rows}.txt`);

    screen.type('?');
    await screen.shows('follow the newest exchange');
    await expect(still(screen)).toMatchFileSnapshot(`watch-help-${columns}x${rows}.txt`);
    screen.type(ESCAPE);
    await screen.until(({ text }) => !text.includes('follow the newest exchange'));

    session.say(exchangeMessage(exchange(36)));
    screen.type('1f');
    await session.end(RECEIPT);
    await screen.shows('session ended');
    await expect(still(screen)).toMatchFileSnapshot(`watch-receipt-${columns}x${rows}.txt`);

    screen.type('q');
    expect(await screen.ended()).toBe(0);
    expect(screen.restored).toBe(true);
    // On the normal screen, where it stays.
    expect(screen.text).toContain('418,300 in');
    expect(screen.text).not.toContain('Routes');
  });
}

test('two viewers see an exchange wait, think, speak and end, each at its own size', async () => {
  const session = await openLiveSession();
  const screens = [watch(session, { columns: 80, rows: 24 }), watch(session, { columns: 120, rows: 40 })];
  const all = (text: string) => Promise.all(screens.map((screen) => screen.shows(text)));
  await all('No request yet.');
  session.say(exchangeMessage(waiting(1, { startedAt: Date.now() })));
  // The clock runs; which second is seen depends on the machine.
  await Promise.all(screens.map((screen) => screen.until(({ text }) => /prefill [1-9]\d*s/.test(text))));
  session.say(
    exchangeMessage(waiting(1, { state: 'thinking', startedAt: Date.now() })),
    deltaMessage('x1', 'reasoning', 'Hm, what would the user want?'),
  );
  await all('Hm, what would');
  session.say(
    exchangeMessage(waiting(1, { state: 'streaming', startedAt: Date.now() })),
    deltaMessage('x1', 'text', '你好 🚀, I am'),
  );
  await all('I am');
  session.say(deltaMessage('x1', 'text', ' here.'));
  await all('I am here.');
  session.say(
    deltaMessage('x1', 'tool-call', 'apply_patch'),
    deltaMessage('x1', 'tool-arguments', '*** Begin Patch'),
  );
  await all('*** Begin Patch');
  session.say(exchangeMessage(exchange(1, { losses: LOSSES })));
  await all('577 tokens');
  for (const screen of screens) {
    for (const row of screen.rows.slice(1, -2)) expect(row).toMatch(/[│╮╯]$/);
  }
});

test('resizing draws the screen anew, down to nothing and back', async () => {
  const session = await openLiveSession();
  session.say(...workingSession(Date.now()));
  const screen = watch(session);
  await screen.shows('src/sse.ts');
  const before = still(screen);
  screen.resize(120, 40);
  await screen.shows('Losses of 36');
  screen.resize(20, 5);
  await screen.until(({ text }) => !text.includes('Routes') && text.includes('3 requests'));
  screen.resize(80, 24);
  await screen.until((now) => still(now) === before, 'the same screen as before');
});

test('frames are synchronized, and only rows that changed are written', async () => {
  const session = await openLiveSession();
  session.say(...workingSession(Date.now()));
  const screen = watch(session);
  await screen.shows('src/sse.ts');
  const before = screen.bytes.length;
  session.say(deltaMessage('x36', 'tool-arguments', ',"workdir":"."}'));
  await screen.shows('workdir');
  const frame = screen.bytes.slice(before);
  expect(frame.startsWith('\u001b[?2026h')).toBe(true);
  expect(frame.endsWith('\u001b[?2026l')).toBe(true);
  expect(frame).not.toContain('Routes');
});

test('what a model says cannot touch the terminal', async () => {
  const session = await openLiveSession();
  session.say(
    exchangeMessage(waiting(1, { state: 'streaming', alias: 'opus\u001b[2J', startedAt: Date.now() })),
    deltaMessage('x1', 'text', '\u001b[?1049l\u001b[2J\u001b]0;owned\u0007\u001b[?1000hafter'),
  );
  const screen = watch(session);
  await screen.shows('after');
  expect(screen.text).toContain('␛[?1049l␛[2J');
  expect(screen.bytes).not.toContain('\u001b]0;');
  expect(screen.bytes).not.toContain('\u001b[?1000h');
});

test('every signal restores the terminal', async () => {
  const session = await openLiveSession();
  const ends = { SIGTERM: 143, SIGHUP: 129, SIGQUIT: 131, SIGINT: 130 } as const;
  await Promise.all(
    Object.entries(ends).map(async ([signal, exitCode]) => {
      const screen = watch(session);
      await screen.shows('No request yet.');
      process.kill(screen.pid, signal);
      expect(await screen.ended()).toBe(exitCode);
      expect(screen.restored).toBe(true);
    }),
  );
});

test('a session that dies is told, and what was seen stays until q', async () => {
  const session = await openLiveSession();
  session.say(...workingSession(Date.now()));
  const screen = watch(session);
  await screen.shows('src/sse.ts');
  await session.end();
  await screen.shows('ended without a receipt');
  screen.type('\t');
  await screen.shows('look at the failing test:');
  screen.type('q');
  expect(await screen.ended()).toBe(0);
});

test('--ascii and NO_COLOR are honoured', async () => {
  const session = await openLiveSession();
  session.say(...workingSession(Date.now()), deltaMessage('x36', 'text', '你好'));
  const screen = watch(session, { env: { NO_COLOR: '1' } }, ['--ascii']);
  await screen.shows('src/sse.ts');
  await screen.shows('????');
  expect(screen.bytes).toMatch(/^[\u0000-\u007f]*$/);
  expect(screen.bytes).not.toMatch(/\u001b\[3\d/);
});

test('without a terminal it prints a line for each finished exchange, then the receipt', async () => {
  const session = await openLiveSession();
  session.say(exchangeMessage(exchange(1)));
  const viewer = execa(process.execPath, [CLI, 'watch'], { env: session.env });
  let told = '';
  const first = new Promise<void>((resolve) => {
    viewer.stdout.on('data', (data: Buffer) => {
      told += data.toString();
      if (told.includes('request 1,')) resolve();
    });
  });
  await first;
  session.say(exchangeMessage(waiting(2)), exchangeMessage(exchange(2)));
  await session.end(RECEIPT);
  const { stdout, exitCode } = await viewer;
  expect(exitCode).toBe(0);
  expect(stdout.split('\n').slice(0, 3)).toEqual([
    'session a1f3, codex 0.169.0 in /home/ada/src/app, preset glm-coding',
    expect.stringMatching(/^request 1, opus to glm-5\.2, ok, 0\.4 seconds to first token, 577 tokens/),
    expect.stringMatching(/^request 2, opus to glm-5\.2, ok/),
  ]);
  expect(stdout).toContain('418,300 in');
  expect(stdout).not.toContain('\u001b');
});

test('a session is named by a part of its id or by its URL', async () => {
  const session = await openLiveSession({ id: '20260115-100500-a1f3', proxyUrl: 'http://127.0.0.1:41533' });
  await Promise.all(
    ['a1f3', '20260115', 'http://127.0.0.1:41533/'].map(async (target) => {
      const screen = watch(session, {}, [target]);
      await screen.shows('No request yet.');
      screen.type('q');
      expect(await screen.ended()).toBe(0);
    }),
  );
});

test('with nothing to watch it says so, and how to start something', async () => {
  const env = await emptyHome();
  const run = (...args: string[]) => execa(process.execPath, [CLI, 'watch', ...args], { env, reject: false });
  const none = await run();
  expect(none.exitCode).toBe(2);
  expect(none.stderr).toContain('no session is running');
  expect(none.stderr).toContain('llmup demo codex');
  const unknown = await run('b77c');
  expect(unknown.exitCode).toBe(2);
  expect(unknown.stderr).toContain('b77c');
});
