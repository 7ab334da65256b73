import { expect, onTestFinished, test } from 'vitest';
import { BODIES, BODY_LOSSES } from '../display/bodies.ts';
import { exchange, exchangeMessage, workingSession } from '../display/traffic.ts';
import { CLI } from '../sessions/program.ts';
import { type LiveSession, openLiveSession } from './live-session.ts';
import { Screen } from './screen.ts';

function watch(session: LiveSession, columns: number, rows: number): Screen {
  const screen = new Screen(process.execPath, [CLI, 'watch', session.view.id], {
    columns,
    rows,
    env: session.env,
  });
  onTestFinished(() => screen.kill());
  return screen;
}

/** A working session whose exchange 34 can be looked into, and an older one that has ended. */
async function workplace(): Promise<LiveSession> {
  const session = await openLiveSession({ id: '20260115-100500-a1f3' }, [BODIES]);
  const old = await openLiveSession(
    { id: '20260114-090000-9d20', preset: 'openai', alias: 'gpt-5', startedAt: Date.now() - 90_000_000 },
    [],
    session.env as Parameters<typeof openLiveSession>[2],
  );
  await old.end();
  session.say(
    ...workingSession(Date.now()).filter(({ type }) => type !== 'hello'),
    exchangeMessage(exchange(34, { losses: BODY_LOSSES, attempts: 2 })),
  );
  return session;
}

/** The screen without the clocks that run in it. */
function still(screen: Screen): string {
  const rows = screen.rows.map((row) =>
    row
      .replace(/1h\d\dm/, '1h02m')
      .replace(/\S+ ago +│/, (age) => `${'3m ago'.padEnd(age.length - 1)}│`)
      .replace(/\d\d:\d\d:\d\d(?= ▶)/, '10:11:00')
      .replace(/(▶ streaming.* )\d[\d.]+s( │)/, '$14.00s$2'),
  );
  return `${rows.join('\n').trimEnd()}\n`;
}

for (const [columns, rows] of [
  [80, 24],
  [120, 40],
  [200, 50],
] as const) {
  test(`each panel at ${columns}x${rows}`, async () => {
    const session = await workplace();
    const screen = watch(session, columns, rows);
    const size = `${columns}x${rows}`;
    const snapshot = (name: string) => expect(still(screen)).toMatchFileSnapshot(`panel-${name}-${size}.txt`);
    await screen.shows('src/sse.ts');
    await snapshot('routes');
    screen.type('5');
    await screen.shows('ttft p50');
    await snapshot('upstreams');
    screen.type('7');
    await screen.shows('Log 2');
    await snapshot('log');
    screen.type('6');
    await screen.shows('1 running');
    await snapshot('sessions');

    screen.type('1g\r');
    await screen.shows('coding agent working');
    await screen.shows('Detail of 34');
    await snapshot('detail');
    screen.type('\u001b[D');
    await screen.shows('custom tool');
    await snapshot('changes');
    screen.type('\u001b[D');
    await screen.shows('response.completed');
    screen.type('jz');
    await screen.shows('"item_id"');
    await snapshot('frames');
    screen.type('?');
    await screen.shows('fold or unfold');
    await snapshot('help');
  });
}
