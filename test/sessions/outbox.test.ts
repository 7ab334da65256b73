import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Outbox } from '../../src/sessions/outbox.ts';
import type { WatchMessage } from '../../src/sessions/view.ts';
import type { ExchangeDelta, ExchangeState } from '../../src/traffic/exchange.ts';
import { exchange as record } from '../traffic/exchanges.ts';

const exchange = (id: string, state: ExchangeState, attempts = 1): WatchMessage => ({
  type: 'exchange',
  exchange: record({ id, state, attempts }),
});
const delta = (exchangeId: string, text: string, kind: ExchangeDelta['kind'] = 'text'): WatchMessage => ({
  type: 'delta',
  delta: { exchangeId, kind, text },
});

/** An outbox, and what came out of it, batch by batch. `awake` handles each batch as it comes. */
function open({ awake, paceMs }: { readonly awake: boolean; readonly paceMs: number }) {
  const batches: (readonly WatchMessage[])[] = [];
  const outbox = new Outbox({
    paceMs,
    post: (messages) => {
      batches.push(messages);
      if (awake) outbox.taken();
    },
  });
  return { outbox, batches, all: () => batches.flat() };
}

/** Long enough never to pass in a test. */
const NEVER = 1_000_000;

test('a new exchange and each change of its state go out at once, the rest is told together later', async () => {
  const { outbox, batches } = open({ awake: true, paceMs: 5 });
  outbox.push(exchange('a', 'prefill'));
  expect(batches).toEqual([[exchange('a', 'prefill')]]);
  outbox.push(delta('a', 'Hel'));
  outbox.push(delta('a', 'lo'));
  outbox.push(exchange('a', 'prefill', 2));
  expect(batches).toHaveLength(1);
  while (batches.length < 2) await sleep(1);
  expect(batches[1]).toEqual([delta('a', 'Hello'), exchange('a', 'prefill', 2)]);
  outbox.push(delta('a', '!'));
  outbox.push(exchange('a', 'done'));
  expect(batches[2]).toEqual([delta('a', '!'), exchange('a', 'done')]);
});

test('text is joined by exchange and kind, and keeps its order; names of tools are never joined', () => {
  const { outbox, all } = open({ awake: true, paceMs: NEVER });
  const said = [
    delta('a', 'I think', 'reasoning'),
    delta('b', 'one'),
    delta('a', ' so', 'reasoning'),
    delta('a', 'Yes'),
    delta('b', ' two'),
    delta('a', 'list', 'tool-call'),
    delta('a', 'read', 'tool-call'),
    delta('a', '{"a":', 'tool-arguments'),
    delta('a', '1}', 'tool-arguments'),
  ];
  for (const message of said) outbox.push(message);
  outbox.end();
  expect(all()).toEqual([
    delta('a', 'I think so', 'reasoning'),
    delta('b', 'one two'),
    delta('a', 'Yes'),
    delta('a', 'list', 'tool-call'),
    delta('a', 'read', 'tool-call'),
    delta('a', '{"a":1}', 'tool-arguments'),
  ]);
});

test('a side that is busy is told little, and when it is back the newest state of every exchange', () => {
  const { outbox, batches } = open({ awake: false, paceMs: NEVER });
  const ids = Array.from({ length: 300 }, (_, index) => `x${index}`);
  for (const state of ['connecting', 'prefill', 'streaming', 'done'] as const) {
    for (const id of ids) outbox.push(exchange(id, state));
  }
  expect(batches.length).toBeLessThan(10);
  const before = batches.flat().length;
  outbox.taken();
  const newest = new Map(
    batches
      .flat()
      .flatMap((message) =>
        message.type === 'exchange' ? [[message.exchange.id, message.exchange.state]] : [],
      ),
  );
  expect(newest.size).toBe(300);
  expect(new Set(newest.values())).toEqual(new Set(['done']));
  expect(batches.flat().length - before).toBe(300);
});

test('a flood of text towards a busy side is bounded; the newest of it and every state survive', () => {
  const { outbox, all } = open({ awake: false, paceMs: NEVER });
  outbox.push(exchange('quiet', 'prefill'));
  for (let count = 0; count < 400; count += 1) {
    const id = `x${count}`;
    outbox.push(exchange(id, 'streaming'));
    for (let piece = 0; piece < 50; piece += 1) outbox.push(delta(id, `${piece},`.padStart(10_000, '.')));
  }
  outbox.end();
  const states = all().filter(({ type }) => type === 'exchange');
  expect(states).toHaveLength(401);
  const texts = all().flatMap((message) => (message.type === 'delta' ? [message.delta] : []));
  const length = texts.reduce((sum, { text }) => sum + text.length, 0);
  expect(length).toBeGreaterThan(100_000);
  // Of two hundred million characters.
  expect(length).toBeLessThan(3_000_000);
  expect(texts.at(-1)?.exchangeId).toBe('x399');
  expect(texts.at(-1)?.text.endsWith('.49,')).toBe(true);
});

test('a character is never cut in half', () => {
  const { outbox, all } = open({ awake: true, paceMs: NEVER });
  outbox.push(delta('a', '\u{1f600}'.repeat(64 * 1024)));
  outbox.push(delta('a', '.'));
  outbox.end();
  const [said] = all();
  const text = said?.type === 'delta' ? said.delta.text : '';
  expect(text.length).toBeGreaterThan(1000);
  // Half a character does not survive UTF-8.
  expect(Buffer.from(text).toString()).toBe(text);
});

test('the last words are said however busy the other side is', () => {
  const { outbox, batches, all } = open({ awake: false, paceMs: NEVER });
  for (let count = 0; count < 20; count += 1) outbox.push(exchange(`x${count}`, 'done'));
  expect(batches.length).toBeLessThan(10);
  outbox.end();
  expect(all()).toHaveLength(20);
});
