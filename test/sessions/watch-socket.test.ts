import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { llmupPaths } from '../../src/config/paths.ts';
import type { SessionView, WatchMessage } from '../../src/sessions/view.ts';
import {
  connectWatchSocket,
  openWatchSocket,
  type WatchSocketOptions,
} from '../../src/sessions/watch-socket.ts';
import { TrafficBus } from '../../src/traffic/bus.ts';
import type { ExchangeState, TrafficEvent } from '../../src/traffic/exchange.ts';
import type { Receipt } from '../../src/traffic/receipt.ts';
import { exchange as exchangeRecord } from '../traffic/exchanges.ts';

const view: SessionView = {
  id: '20260101-000000-abcd',
  kind: 'session',
  client: 'codex',
  preset: 'p',
  alias: 'coder',
  workspace: '/w',
  proxyUrl: 'http://127.0.0.1:1',
  pid: 1,
  startedAt: 1,
  routes: [],
};
const receipt: Receipt = {
  sessionId: view.id,
  durationMs: 1,
  requests: 1,
  failed: 0,
  cancelled: 0,
  retries: 0,
  usage: {},
  unpriced: 0,
  losses: [],
  errors: [],
};

const exchange = (id: string, state: ExchangeState): TrafficEvent => ({
  type: 'exchange',
  exchange: exchangeRecord({ id, state }),
});

const delta = (exchangeId: string, text: string): TrafficEvent => ({
  type: 'delta',
  delta: { exchangeId, kind: 'text', text },
});

async function open(more: Partial<WatchSocketOptions> = {}) {
  const home = await mkdtemp(join(tmpdir(), 'llmup-'));
  const bus = new TrafficBus();
  const socket = await openWatchSocket({ view, bus, paths: llmupPaths({ LLMUP_HOME: home }), ...more });
  onTestFinished(async () => {
    await socket.finish();
    await rm(home, { recursive: true, force: true });
  });
  return { bus, socket };
}

/** A viewer: what it has been told so far, and the wait for more. */
function viewer(path: string) {
  const source = connectWatchSocket(path);
  const told: WatchMessage[] = [];
  source.subscribe((message) => told.push(message));
  const until = async (count: number) => {
    while (told.length < count) await sleep(5);
    return told;
  };
  return { told, until, source };
}

test('every viewer is told who speaks, then what happens, then the receipt', async () => {
  const { bus, socket } = await open();
  const viewers = [viewer(socket.path), viewer(socket.path)];
  for (const { until } of viewers) await until(1);
  const events = [exchange('a', 'prefill'), delta('a', 'Hel'), delta('a', 'lo €'), exchange('a', 'done')];
  for (const event of events) bus.onEvent(event);
  await socket.finish(receipt);
  for (const { told, source } of viewers) {
    await source.closed;
    expect(told).toEqual([
      { type: 'hello', version: 1, session: view },
      ...events,
      { type: 'receipt', receipt },
    ]);
  }
});

test('who comes later is told the newest state of each exchange, and what running ones have said', async () => {
  const { bus, socket } = await open();
  const said = [exchange('a', 'prefill'), delta('a', 'gone'), exchange('b', 'prefill'), delta('b', 'kept')];
  for (const event of [...said, exchange('a', 'done'), exchange('b', 'streaming')]) bus.onEvent(event);
  const { until } = viewer(socket.path);
  expect((await until(4)).slice(1)).toEqual([
    exchange('a', 'done'),
    exchange('b', 'streaming'),
    delta('b', 'kept'),
  ]);
});

test('a viewer that connects in the middle of a burst misses nothing and hears nothing twice', async () => {
  const { bus, socket } = await open();
  const first = viewer(socket.path);
  await first.until(1);
  bus.onEvent(exchange('a', 'streaming'));
  const second = viewer(socket.path);
  for (let index = 0; index < 200; index += 1) {
    bus.onEvent(delta('a', String(index)));
    if (index % 20 === 0) await sleep(1);
  }
  const numbers = (told: readonly WatchMessage[]) =>
    told.flatMap((message) => (message.type === 'delta' ? [Number(message.delta.text)] : []));
  const all = Array.from({ length: 200 }, (_, index) => index);
  expect(numbers(await first.until(202))).toEqual(all);
  expect(numbers(await second.until(202))).toEqual(all);
});

test('only the newest 500 exchanges are remembered', async () => {
  const { bus, socket } = await open();
  for (let index = 0; index < 600; index += 1) bus.onEvent(exchange(`x${index}`, 'done'));
  const told = await viewer(socket.path).until(501);
  expect(told).toHaveLength(501);
  expect(told[1]).toEqual(exchange('x100', 'done'));
});

test('a viewer that does not read is dropped, others go on', async () => {
  const { bus, socket } = await open({ maxViewerBytes: 100_000 });
  const asleep = createConnection(socket.path);
  onTestFinished(() => void asleep.destroy());
  const dropped = new Promise<void>((resolve) => asleep.once('close', () => resolve()));
  asleep.on('error', () => {});
  const awake = viewer(socket.path);
  await awake.until(1);
  const big = 'x'.repeat(50_000);
  for (let index = 0; index < 60; index += 1) {
    bus.onEvent(delta('none', big));
    await awake.until(index + 2);
  }
  asleep.resume();
  await dropped;
  expect(awake.told).toHaveLength(61);
});

test('the socket is the user’s alone, and gone at the end', async () => {
  const { socket } = await open();
  expect((await stat(socket.path)).mode & 0o777).toBe(0o600);
  expect((await stat(join(socket.path, '..'))).mode & 0o777).toBe(0o700);
  await Promise.all([socket.finish(receipt), socket.finish()]);
  await expect(stat(socket.path)).rejects.toThrow('ENOENT');
  await connectWatchSocket(socket.path).closed;
});

test('where the runtime directory’s path is too long for a socket, a short one is used', async () => {
  const deep = join(tmpdir(), 'd'.repeat(80));
  const { socket } = await open({ paths: llmupPaths({ LLMUP_HOME: deep }) });
  expect(Buffer.byteLength(socket.path)).toBeLessThanOrEqual(100);
  const { until } = viewer(socket.path);
  expect(await until(1)).toHaveLength(1);
});
