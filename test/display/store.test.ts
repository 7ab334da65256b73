import { expect, test } from 'vitest';
import { TrafficStore, type Urgency } from '../../src/display/store.ts';
import {
  deltaMessage,
  exchange,
  exchangeMessage,
  HELLO,
  LOSSES,
  RECEIPT,
  SESSION,
  waiting,
  workingSession,
} from './traffic.ts';

function storeOf(messages: ReturnType<typeof workingSession>): TrafficStore {
  const store = new TrafficStore();
  for (const message of messages) store.push(message);
  return store;
}

test('the newest state of an exchange wins, rows stand in order of their numbers', () => {
  const store = storeOf([
    exchangeMessage(waiting(2)),
    exchangeMessage(waiting(1)),
    exchangeMessage(exchange(2)),
  ]);
  expect(store.exchanges.map(({ number, state }) => [number, state])).toEqual([
    [1, 'prefill'],
    [2, 'done'],
  ]);
});

test('totals count each exchange once, however often it is told', () => {
  const store = storeOf(workingSession());
  store.push(exchangeMessage(exchange(36, { usage: { input: 100, output: 10 }, cost: 0.001 })));
  store.push(exchangeMessage(exchange(36, { usage: { input: 200, output: 20 }, cost: 0.002 })));
  expect(store.totals).toEqual({
    requests: 3,
    running: 0,
    failed: 1,
    cancelled: 0,
    retries: 1,
    input: 13_300,
    cached: 12_500,
    output: 597,
    cost: expect.closeTo(0.0062),
    priced: 2,
    losses: 1,
  });
});

test('hints and emulations are no warnings', () => {
  const store = storeOf([exchangeMessage(exchange(1, { losses: LOSSES }))]);
  expect(LOSSES).toHaveLength(3);
  expect(store.totals.losses).toBe(1);
});

test('text, thinking and tool calls join into segments in the order they came', () => {
  const stream = storeOf(workingSession()).streamOf('x36');
  expect(stream?.segments).toEqual([
    { kind: 'reasoning', text: 'The delta frames lose their index when the parser is reset between frames.' },
    {
      kind: 'text',
      text: 'I will update the parser so that the delta frames keep their index. First I look at the failing test:',
    },
    { kind: 'tool', toolName: 'shell', text: '{"command":["sed","-n","1,200p","src/sse.ts"]' },
  ]);
});

test('rows are bounded: the oldest finished one goes, an unfinished one stays, totals keep both', () => {
  const store = new TrafficStore({ rows: 3 });
  store.push(exchangeMessage(waiting(1)));
  for (const number of [2, 3, 4, 5]) store.push(exchangeMessage(exchange(number)));
  expect(store.exchanges.map(({ number }) => number)).toEqual([1, 4, 5]);
  expect(store.totals.requests).toBe(5);

  store.push(exchangeMessage(exchange(2)));
  expect(store.exchanges.map(({ number }) => number)).toEqual([1, 4, 5]);
  expect(store.totals.requests).toBe(5);
});

test('of a long stream the end is kept', () => {
  const store = new TrafficStore({ streamLength: 100 });
  for (let number = 0; number < 100; number++) store.push(deltaMessage('x1', 'text', `${number} `));
  const [segment] = store.streamOf('x1')?.segments ?? [];
  expect(store.streamOf('x1')?.cut).toBe(true);
  expect(segment?.text).toMatch(/ 98 99 $/);
  expect(segment?.text.length).toBeLessThanOrEqual(100);
});

test('of many streams the newest are kept', () => {
  const store = new TrafficStore({ streams: 2 });
  for (const id of ['x1', 'x2', 'x3']) store.push(deltaMessage(id, 'text', 'hello'));
  expect(['x1', 'x2', 'x3'].map((id) => store.streamOf(id) !== undefined)).toEqual([false, true, true]);
});

test('a start, a change of state and an end are told at once, more of the same may wait', () => {
  const store = new TrafficStore();
  const told: Urgency[] = [];
  const unsubscribe = store.subscribe((urgency) => told.push(urgency));
  store.push(HELLO);
  store.push(exchangeMessage(waiting(1)));
  store.push(exchangeMessage(waiting(1, { requestBytes: 5 })));
  store.push(exchangeMessage(waiting(1, { state: 'streaming' })));
  store.push(deltaMessage('x1', 'text', 'first'));
  store.push(deltaMessage('x1', 'text', 'second'));
  store.push({ type: 'receipt', receipt: RECEIPT });
  store.close();
  expect(told).toEqual(['now', 'now', 'soon', 'now', 'now', 'soon', 'now', 'now']);
  expect(store.session).toEqual(SESSION);
  expect(store.receipt).toEqual(RECEIPT);

  unsubscribe();
  store.push(HELLO);
  expect(told).toHaveLength(8);
});
