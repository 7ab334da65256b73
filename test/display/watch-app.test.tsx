import { cleanup, render } from 'ink-testing-library';
import { afterEach, expect, test } from 'vitest';
import { WatchApp } from '../../src/display/panels/watch-app.tsx';
import type { RedrawPace } from '../../src/display/redraw.ts';
import { TrafficStore } from '../../src/display/store.ts';
import { createTheme } from '../../src/display/theme.ts';
import { plainFrame, untilFrame } from './frames.ts';
import { deltaMessage, exchange, exchangeMessage, HELLO, LOSSES, RECEIPT, waiting } from './traffic.ts';

const KEYS = { up: '\u001b[A', down: '\u001b[B', end: '\u001b[F', tab: '\t', escape: '\u001b' };
const QUICK: RedrawPace = { streaming: 1, event: 1, clock: 50 };
const UNICODE = createTheme({}, { LANG: 'C.UTF-8' });

afterEach(cleanup);

function watching(pace: RedrawPace = QUICK) {
  const store = new TrafficStore();
  store.push(HELLO);
  for (const number of [1, 2, 3]) {
    store.push(exchangeMessage(exchange(number, { losses: number === 2 ? LOSSES : [] })));
    store.push(deltaMessage(`x${number}`, 'text', `said in ${number}`));
  }
  let quits = 0;
  const app = render(
    <WatchApp
      store={store}
      size={{ columns: 80, rows: 24 }}
      theme={UNICODE}
      onQuit={() => {
        quits += 1;
      }}
      pace={pace}
    />,
  );
  return {
    store,
    frames: app.frames,
    shows: (text: string) => untilFrame(app.lastFrame, (frame) => frame.includes(text)),
    type: (keys: string) => app.stdin.write(keys),
    quits: () => quits,
  };
}

test('the newest exchange is followed until another one is chosen, and again at the end of the list', async () => {
  const { store, shows, type } = watching();
  await shows('said in 3');
  type(KEYS.up);
  await shows('said in 2');
  store.push(exchangeMessage(waiting(4)));
  expect(await shows('Routes 4')).toContain('said in 2');

  type('jj');
  await shows('Waiting for the first byte');
  store.push(exchangeMessage(waiting(5)));
  store.push(deltaMessage('x5', 'text', 'said in 5'));
  await shows('said in 5');
});

test('f holds what is in view, and lets go of it', async () => {
  const { store, shows, type } = watching();
  await shows('said in 3');
  type('f');
  await shows('held at 3');
  store.push(exchangeMessage(waiting(4)));
  expect(await shows('Routes 4')).toContain('said in 3');
  type('f');
  await shows('Waiting for the first byte');
});

test('text appears as it streams, tool calls with their arguments', async () => {
  const { store, shows } = watching();
  store.push(exchangeMessage(waiting(4, { state: 'streaming' })));
  store.push(deltaMessage('x4', 'text', 'Let me '));
  await shows('Let me');
  store.push(deltaMessage('x4', 'text', 'look.'));
  await shows('Let me look.');
  store.push(deltaMessage('x4', 'tool-call', 'shell'));
  store.push(deltaMessage('x4', 'tool-arguments', '{"command":'));
  await shows('{"command":');
  store.push(deltaMessage('x4', 'tool-arguments', '["ls"]}'));
  expect(await shows('{"command":["ls"]}')).toContain('⚙ shell');
});

test('the waiting time runs while nothing arrives', async () => {
  const { store, shows } = watching();
  store.push(exchangeMessage(waiting(4, { startedAt: Date.now() - 5000 })));
  await shows('prefill 5s');
  await shows('prefill 6s');
});

test('streaming text does not draw a frame for each delta', async () => {
  const { store, frames, shows } = watching({ streaming: 300, event: 1, clock: 60_000 });
  store.push(exchangeMessage(waiting(4, { state: 'streaming' })));
  store.push(deltaMessage('x4', 'text', 'first '));
  await shows('first');
  const before = frames.length;
  for (let word = 0; word < 200; word++) {
    store.push(deltaMessage('x4', 'text', '.'));
    if (word % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  store.push(deltaMessage('x4', 'text', 'last'));
  await shows('last');
  expect(frames.length - before).toBeLessThan(10);
});

test('l shows losses in the place of the stream, esc goes back in steps, ? shows the keys', async () => {
  const { shows, type } = watching();
  await shows('said in 3');
  type(`${KEYS.up}`);
  await shows('said in 2');
  type('l');
  await shows('reasoning signature');
  type(KEYS.escape);
  await shows('select');
  type(KEYS.escape);
  await shows('said in 2');
  type('?');
  await shows('Losses: what translation changed');
  type(KEYS.escape);
  expect(await shows('said in 2')).not.toContain('Losses: what translation');
});

test('with the keys on the stream, up and down scroll it, and it stays where it is while text goes on', async () => {
  const { store, shows, type } = watching();
  store.push(exchangeMessage(waiting(4, { state: 'streaming' })));
  store.push(
    deltaMessage('x4', 'text', Array.from({ length: 40 }, (_, line) => `line ${line + 1}.`).join('\n')),
  );
  await shows('line 40.');
  type(KEYS.tab);
  await shows('scroll');
  type('g');
  await shows('line 1.');
  type(KEYS.down);
  await shows('line 10.');
  store.push(deltaMessage('x4', 'text', '\nline 41.'));
  store.push(exchangeMessage(waiting(5)));
  const scrolled = await shows('Routes 5');
  expect(scrolled).toContain('line 10.');
  expect(scrolled).not.toContain('line 1.');
  type(KEYS.end);
  await shows('line 41.');
});

test('more losses than fit are scrolled', async () => {
  const { store, shows, type } = watching();
  const [loss] = LOSSES;
  if (!loss) throw new Error('no loss to repeat');
  const losses = Array.from({ length: 30 }, (_, index) => ({ ...loss, path: `tools[${index}].strict` }));
  store.push(exchangeMessage(exchange(4, { losses })));
  type('l');
  await shows('tools[0].strict');
  await shows('20 more lines');
  await shows('scroll');
  type(KEYS.end);
  await shows('tools[29].strict');
  type(KEYS.escape);
  await shows('select');
});

test('the end of the session shows its receipt, and q quits', async () => {
  const { store, shows, type, quits } = watching();
  await shows('said in 3');
  store.push({ type: 'receipt', receipt: RECEIPT });
  store.close();
  const end = await shows('session ended');
  expect(end).toContain('418,300 in');
  expect(quits()).toBe(0);
  type('q');
  await untilFrame(
    () => String(quits()),
    (count) => count === '1',
  );
});

test('every frame is of the size of the terminal', async () => {
  const { frames, shows } = watching();
  await shows('said in 3');
  for (const frame of frames) {
    const rows = plainFrame(frame).split('\n');
    expect(rows).toHaveLength(24);
    expect(Math.max(...rows.map((row) => row.length))).toBeLessThanOrEqual(80);
  }
});
