import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { resolveCredentials } from '../../src/config/credentials.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { llmupPaths } from '../../src/config/paths.ts';
import { startInlineTraffic } from '../../src/sessions/inline-traffic.ts';
import { startTraffic, type TrafficHost, type TrafficOptions } from '../../src/sessions/traffic-host.ts';
import { startTrafficThread } from '../../src/sessions/traffic-thread.ts';
import type { WatchMessage } from '../../src/sessions/view.ts';
import { connectWatchSocket } from '../../src/sessions/watch-socket.ts';
import { type Script, startProvider } from '../provider/provider.ts';
import { chunk, DONE, FINISH, HELLO_FRAMES, USAGE } from '../proxy/test-proxy.ts';
import { makeMachine } from './program.ts';

/** The thread's built entry. */
const ENTRY = new URL('../../dist/traffic-worker.js', import.meta.url);
const CLIENT_KEY = 'key-of-the-client-of-this-test';
const PROVIDER_KEY = 'provider-key-of-this-test';

const hosts: readonly [string, (options: TrafficOptions) => Promise<TrafficHost | undefined>][] = [
  ['on this thread', startInlineTraffic],
  ['on a thread of its own', (options) => startTrafficThread(options, ENTRY)],
];

interface Changes {
  readonly record?: TrafficOptions['record'];
  readonly port?: number;
}

/** What a host is started with, for a provider that follows `script`. */
async function prepare(script: Script, { record = 'meta', port = 0 }: Changes = {}) {
  const provider = await startProvider(script);
  onTestFinished(() => provider.close());
  const machine = await makeMachine();
  const directory = machine.path('session');
  await mkdir(directory);
  const config = parseConfig(
    JSON.stringify({
      upstreams: { MAIN: { api_root: `${provider.url}/v1`, provider_key_env: 'MAIN_KEY' } },
      model_aliases: { coder: 'MAIN:model-a' },
      timers: { retries: 0, grace_secs: 0.2 },
    }),
    'test.yaml',
  );
  const notes: string[] = [];
  const options: TrafficOptions = {
    proxy: {
      config,
      credentials: resolveCredentials(config, new Map([['MAIN_KEY', PROVIDER_KEY]])),
      listen: { host: '127.0.0.1', port },
      auth: { mode: 'proxy_key', key: CLIENT_KEY },
      env: {},
    },
    view: {
      id: '20260101-000000-abcd',
      kind: 'session',
      preset: 'p',
      workspace: '/w',
      pid: process.pid,
      startedAt: Date.now(),
      routes: [],
    },
    paths: llmupPaths({ LLMUP_HOME: machine.path('llmup') }),
    record,
    keepBodies: true,
    directory,
    say: (line) => notes.push(line),
  };
  return { options, directory, notes, provider };
}

/** What somebody who follows a host has been told. */
function follow(host: Pick<TrafficHost, 'subscribe'>) {
  const told: WatchMessage[] = [];
  const unsubscribe = host.subscribe((message) => told.push(message));
  const states = () => told.flatMap((one) => (one.type === 'exchange' ? [one.exchange.state] : []));
  return {
    told,
    unsubscribe,
    states,
    /** The text of a reply, however it was cut into pieces. */
    text: () => told.map((one) => (one.type === 'delta' ? one.delta.text : '')).join(''),
    id: () => told.flatMap((one) => (one.type === 'exchange' ? [one.exchange.id] : []))[0] ?? '',
    until: async (holds: () => boolean) => {
      while (!holds()) await sleep(2);
    },
  };
}

function ask(url: string, content = 'hello'): Promise<Response> {
  return fetch(`${url}/openai/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${CLIENT_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'coder', stream: true, messages: [{ role: 'user', content }] }),
  });
}

async function started(
  start: (options: TrafficOptions) => Promise<TrafficHost | undefined>,
  options: TrafficOptions,
): Promise<TrafficHost> {
  const host = await start(options);
  if (!host) throw new Error('no thread could be started');
  onTestFinished(async () => void (await host.finish()));
  return host;
}

describe.each(hosts)('a proxy %s', (_, start) => {
  test('an exchange is told of before its provider answers, then what it says, then its end', async () => {
    let release: () => void = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { options } = await prepare(async () => {
      await released;
      return { frames: HELLO_FRAMES };
    });
    const host = await started(start, options);
    const seen = follow(host);
    expect(seen.told).toEqual([
      { type: 'hello', version: 1, session: { ...options.view, proxyUrl: host.url } },
    ]);
    const answer = ask(host.url);
    await seen.until(() => seen.states().includes('prefill'));
    release();
    expect(await (await answer).text()).toContain('[DONE]');
    await seen.until(() => seen.states().at(-1) === 'done');
    expect(seen.states().indexOf('streaming')).toBeGreaterThan(seen.states().indexOf('prefill'));
    expect(seen.text()).toBe('Hello');
    const last = seen.told.at(-1);
    expect(last).toMatchObject({ exchange: { usage: { input: 10, output: 5 }, modelAsked: 'coder' } });
  });

  test('journal and receipt are written, the receipt is told, and the socket goes', async () => {
    const { options, directory } = await prepare(() => ({ frames: HELLO_FRAMES }));
    const host = await started(start, options);
    const seen = follow(host);
    const viewer = connectWatchSocket(host.socket ?? '');
    const viewed = follow(viewer);
    await viewed.until(() => viewed.told.length > 0);
    await (await ask(host.url)).text();
    await viewed.until(() => viewed.states().at(-1) === 'done');
    const [receipt] = await Promise.all([host.finish({ exitCode: 7 }), host.finish()]);
    expect(receipt).toEqual({
      sessionId: options.view.id,
      durationMs: expect.any(Number),
      requests: 1,
      failed: 0,
      cancelled: 0,
      retries: 0,
      usage: { input: 10, output: 5 },
      unpriced: 0,
      losses: [],
      errors: [],
      exitCode: 7,
      journal: join(directory, 'journal.jsonl'),
    });
    expect(JSON.parse(await readFile(join(directory, 'receipt.json'), 'utf8'))).toEqual(receipt);
    const lines = (await readFile(join(directory, 'journal.jsonl'), 'utf8')).trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual(['exchange']);
    expect(seen.told.at(-1)).toEqual({ type: 'receipt', receipt });
    await viewer.closed;
    expect(viewed.told.at(-1)).toEqual({ type: 'receipt', receipt });
    expect(existsSync(host.socket ?? '')).toBe(false);
    await expect(ask(host.url)).rejects.toThrow();
  });

  test('requests that still run at the end are in the receipt; without an end there is none', async () => {
    const { options, provider } = await prepare(() => ({ frames: [chunk({ content: 'Hel' }), 600_000] }));
    const host = await started(start, options);
    const answer = ask(host.url).then((response) => response.text());
    while (provider.requests.length === 0) await sleep(2);
    expect(await host.finish({})).toMatchObject({ requests: 1, usage: {} });
    expect(await answer).toContain('shutting_down');
    const { options: more } = await prepare(() => ({ frames: HELLO_FRAMES }));
    expect(await (await started(start, more)).finish()).toBeUndefined();
  });

  test('bodies of an exchange can be asked for, whatever is recorded, and hold no key', async () => {
    const quoting: Script = ({ headers }) => ({
      frames: [chunk({ content: `you sent ${headers.authorization}` }), FINISH, USAGE, DONE],
    });
    const { options } = await prepare(quoting, { record: 'off' });
    const host = await started(start, options);
    const seen = follow(host);
    await (await ask(host.url, `what is behind ${CLIENT_KEY}?`)).text();
    await seen.until(() => seen.states().at(-1) === 'done');
    const bodies = await host.bodies(seen.id());
    expect(bodies).toMatchObject({ exchangeId: seen.id() });
    expect(bodies?.clientRequest).toContain('what is behind [redacted]?');
    expect(bodies?.upstreamRequest).toContain('model-a');
    expect(bodies?.upstreamReply).toContain('you sent Bearer [redacted]');
    expect(bodies?.clientReply).toContain('you sent Bearer [redacted]');
    expect(await host.bodies('another')).toBeUndefined();
    await host.finish();
    expect(existsSync(join(options.directory ?? '', 'journal.jsonl'))).toBe(false);
  });

  test('a viewer at the socket asks for bodies; whatever else it says is passed over', async () => {
    const { options } = await prepare(() => ({ frames: HELLO_FRAMES }));
    const host = await started(start, options);
    const [viewer, other] = [connectWatchSocket(host.socket ?? ''), connectWatchSocket(host.socket ?? '')];
    const [seen, seenByOther] = [follow(viewer), follow(other)];
    await (await ask(host.url)).text();
    await Promise.all([seen, seenByOther].map((one) => one.until(() => one.states().at(-1) === 'done')));
    const raw = createConnection(host.socket ?? '');
    onTestFinished(() => void raw.destroy());
    let heard = '';
    raw.on('data', (bytes) => {
      heard += String(bytes);
    });
    const strange = [
      '',
      'null',
      '[]',
      '{"type":"finish"}',
      '{"type":"bodies"}',
      '{"type":"bodies","id":7}',
      '}{',
    ];
    raw.write(`${strange.join('\n')}\n${'x'.repeat(100_000)}\n`);
    raw.write(`{"type":"bodies","id":"nothing"}\n{"type":"bodies","id":"${seen.id()}"}\n`);
    while (!heard.includes('"clientReply"')) await sleep(2);
    const answers = heard
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string })
      .filter(({ type }) => type === 'bodies');
    const bodies = await host.bodies(seen.id());
    expect(answers).toEqual([
      { type: 'bodies', id: 'nothing' },
      { type: 'bodies', id: seen.id(), bodies },
    ]);
    expect(await Promise.all([viewer.bodies(seen.id()), viewer.bodies('nothing')])).toEqual([
      bodies,
      undefined,
    ]);
    await host.finish();
    await other.closed;
    expect(await viewer.bodies(seen.id())).toBeUndefined();
    expect(seenByOther.told.map(({ type }) => type)).not.toContain('bodies');
  });

  test('a listener that left is told nothing more; one that comes is told hello and what follows', async () => {
    const { options } = await prepare(() => ({ frames: HELLO_FRAMES }));
    const host = await started(start, options);
    const early = follow(host);
    early.unsubscribe();
    await (await ask(host.url)).text();
    const late = follow(host);
    await (await ask(host.url)).text();
    await late.until(() => late.states().at(-1) === 'done');
    expect(early.told).toHaveLength(1);
    expect(late.told[0]).toMatchObject({ type: 'hello' });
    expect(
      new Set(late.told.flatMap((one) => (one.type === 'exchange' ? [one.exchange.number] : []))),
    ).toEqual(new Set([2]));
  });

  test('a port that is taken: exit 5, with what to do', async () => {
    const { options, provider } = await prepare(() => ({ frames: [] }));
    const port = Number(new URL(provider.url).port);
    const { proxy } = options;
    const taken = start({ ...options, proxy: { ...proxy, listen: { host: '127.0.0.1', port } } });
    await expect(taken).rejects.toMatchObject({
      name: 'UserError',
      exitCode: 5,
      message: `port ${port} on 127.0.0.1 is already in use`,
      hints: expect.arrayContaining([expect.stringContaining('127.0.0.1:0')]),
    });
  });

  test('a journal that cannot be written is told once, and the proxy goes on', async () => {
    const { options, directory, notes } = await prepare(() => ({ frames: HELLO_FRAMES }));
    await mkdir(join(directory, 'journal.jsonl'));
    const host = await started(start, options);
    expect(await (await ask(host.url)).text()).toContain('[DONE]');
    await host.finish({});
    expect(notes).toEqual([expect.stringMatching(/The journal ends here: .*directory/)]);
  });
});

test('where no thread can be started, this one does it, and says so', async () => {
  const { options, notes } = await prepare(() => ({ frames: HELLO_FRAMES }));
  // Beside the sources there is no built entry.
  const host = await started((all) => startTraffic(all, true), options);
  expect(await (await ask(host.url)).text()).toContain('[DONE]');
  expect(notes).toEqual([expect.stringMatching(/shares a thread with the screen.*traffic-worker\.js/)]);
});
