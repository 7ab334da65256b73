import { describe, expect, it } from 'vitest';
import { CUT, type Frame, type Provider, type Script } from '../provider/provider.ts';
import {
  CHAT_PATH,
  chatRequest,
  chunk,
  DONE,
  type Extra,
  event,
  FINISH,
  frameData,
  HELLO_FRAMES,
  HELLO_JSON,
  PROVIDER_KEY,
  RESPONSES_END,
  RESPONSES_HANDSHAKE,
  RESPONSES_PATH,
  RESPONSES_TEXT,
  responsesRequest,
  startPair,
  type TestProxy,
  USAGE,
} from './test-proxy.ts';

let provider: Provider;
let proxy: TestProxy;

async function start(script: Script, extra: Extra = {}): Promise<void> {
  ({ provider, proxy } = await startPair(script, extra));
}

const STREAM = chatRequest({ stream: true, stream_options: { include_usage: true } });
const RESPONSES_STREAM = responsesRequest({ model: 'responses', stream: true });

describe('a relayed request', () => {
  it('is the client’s own bytes but for the model, the usage we ask for and the alias’s parameters', async () => {
    await start(() => ({ json: HELLO_JSON }), {
      aliases: {
        chat: {
          target: 'CHAT:chat-model',
          params: { default: { temperature: 0.5, top_k: 40 }, override: { extra: { a: 1 } } },
        },
      },
    });
    const body =
      '{ "model" : "chat","messages":[{"role":"user","content":"\\u00e9 \\ud800"}],"temperature":1.0,"seed":1152921504606846976,"extra":{"b":2}}';
    await proxy.post(CHAT_PATH, body);
    expect(provider.requests[0]?.raw.toString()).toBe(
      body
        .replace('"chat"', '"chat-model"')
        .replace('{"b":2}', '{"b":2,"a":1}')
        .replace(/\}$/, ',"top_k":40}'),
    );
  });

  it('is just as much the client’s own when it is long, and when it has to be sent again', async () => {
    await start((_, index) => (index === 0 ? { status: 503, json: {} } : { json: HELLO_JSON }));
    const text = '\\u00e9 é "\\'.repeat(100_000);
    const parts = [
      `{"messages":[{"role":"user","content":${JSON.stringify(text)}}],"model":"`,
      `","stop":null}`,
    ];
    await proxy.post(CHAT_PATH, parts.join('chat'));
    const sent = Buffer.from(parts.join('chat-model'));
    expect(provider.requests).toHaveLength(2);
    for (const { raw, headers } of provider.requests) {
      expect(raw.equals(sent)).toBe(true);
      expect(headers['content-length']).toBe(String(sent.length));
      expect(headers).not.toHaveProperty('transfer-encoding');
    }
  });

  it('carries our credentials and none of the client’s headers that are not for the provider', async () => {
    await start(() => ({ json: HELLO_JSON }), { chat: { headers: { 'X-Team': 'blue' } } });
    await proxy.post(`${CHAT_PATH}?key=client-key-for-tests-1&feature=on`, chatRequest(), {
      headers: {
        cookie: 'a=b',
        'x-stainless-lang': 'js',
        'x-api-key': 'client-key-for-tests-1',
        'idempotency-key': 'once',
      },
    });
    const [request] = provider.requests;
    expect(request?.path).toBe('/v1/chat/completions?feature=on');
    expect(request?.headers).toMatchObject({
      authorization: `Bearer ${PROVIDER_KEY}`,
      'accept-encoding': 'identity',
      'idempotency-key': 'once',
      'x-team': 'blue',
    });
    for (const name of ['cookie', 'x-stainless-lang', 'x-api-key'])
      expect(request?.headers).not.toHaveProperty(name);
  });

  it('asks for usage and takes the chunk out again', async () => {
    await start(() => ({ frames: HELLO_FRAMES }));
    const answer = await proxy.post(CHAT_PATH, chatRequest({ stream: true }));
    expect(await answer.text()).toBe(HELLO_FRAMES.filter((frame) => frame !== USAGE).join(''));
    expect(provider.requests[0]?.body).toMatchObject({ stream_options: { include_usage: true } });
    expect(proxy.last().usage).toEqual({ input: 10, output: 5 });
  });

  it('does not ask an upstream for usage that does not know how', async () => {
    await start(() => ({ frames: HELLO_FRAMES }), { chat: { quirks: { stream_options: false } } });
    await (await proxy.post(CHAT_PATH, chatRequest({ stream: true }))).text();
    expect(provider.requests[0]?.body).not.toHaveProperty('stream_options');
  });

  it('gets the alias’s output limit where it has none of its own', async () => {
    await start(() => ({ json: HELLO_JSON }), {
      aliases: { chat: { target: 'CHAT:chat-model', limits: { max_output_tokens: 99 } } },
    });
    await proxy.post(CHAT_PATH, chatRequest());
    await proxy.post(CHAT_PATH, chatRequest({ max_completion_tokens: 7 }));
    expect(provider.requests[0]?.body).toMatchObject({ max_tokens: 99 });
    expect(provider.requests[1]?.body).not.toHaveProperty('max_tokens');
  });

  it('with media that the alias does not take is refused before the upstream is asked', async () => {
    await start(() => ({ json: HELLO_JSON }), {
      aliases: { chat: { target: 'CHAT:chat-model', surface: { modalities: { input: ['text'] } } } },
    });
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
    const answer = await proxy.post(
      CHAT_PATH,
      chatRequest({ messages: [{ role: 'user', content: [image] }] }),
    );
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { message: expect.stringMatching(/image/) } });
    expect(provider.requests).toHaveLength(0);
    expect((await proxy.post(CHAT_PATH, chatRequest())).status).toBe(200);
  });
});

describe('a relayed stream', () => {
  it('arrives byte for byte, however it was cut into pieces', async () => {
    const odd = [
      ': keep-alive\r\n\r\n',
      chunk({ role: 'assistant', content: '' }).replaceAll('\n', '\r\n'),
      'data: {"id":"chatcmpl-1",\ndata: "model":"served-model","choices":[{"index":0,"delta":{"content":"é😀"}}],"x":1.0}\n\n',
      'event: unknown\ndata: {"note":"\\u0000"}\n\n',
      ...HELLO_FRAMES.slice(1),
    ];
    const bytes = Buffer.from(odd.join(''));
    for (const size of [1, 7, 64, bytes.length]) {
      const frames: Frame[] = [];
      for (let at = 0; at < bytes.length; at += size) frames.push(bytes.subarray(at, at + size));
      await start(() => ({ frames }));
      const answer = await proxy.post(CHAT_PATH, STREAM);
      expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
      expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
      expect(proxy.last()).toMatchObject({ state: 'done', finish: 'stop', usage: { input: 10, output: 5 } });
      if (size !== bytes.length) {
        await proxy.close();
        await provider.close();
      }
    }
  });

  it('of Responses arrives byte for byte', async () => {
    const frames = [...RESPONSES_HANDSHAKE, ...RESPONSES_TEXT, ...RESPONSES_END];
    await start(() => ({ frames }));
    const answer = await proxy.post(RESPONSES_PATH, RESPONSES_STREAM);
    expect(await answer.text()).toBe(frames.join(''));
    expect(proxy.last()).toMatchObject({
      state: 'done',
      upstreamProtocol: 'responses',
      model: 'responses-model',
      modelServed: 'served-model',
      usage: { input: 10, output: 5 },
    });
  });

  it.each([
    ['text', 'response.output_text', 'text', { type: 'message', role: 'assistant', content: [] }],
    ['reasoning', 'response.reasoning_summary_text', 'text', { type: 'reasoning', summary: [] }],
    [
      'tool-arguments',
      'response.function_call_arguments',
      'arguments',
      { type: 'function_call', call_id: 'call_1', name: 'shell', arguments: '' },
    ],
  ])('of Responses is watched as it comes, each word once: %s', async (kind, type, whole, item) => {
    const words = ['{ "one"', '\\', ' two', ' three', ' four', ' five', ' five', ' é😀', ' 6', ' 7 }'];
    const place = { item_id: 'item_1', output_index: 0, content_index: 0, summary_index: 0 };
    const frames = [
      event('response.output_item.added', 2, { output_index: 0, item: { id: 'item_1', ...item } }),
      ...words.map((delta, index) =>
        event(`${type}.delta`, 3 + index, { ...place, delta, obfuscation: 'x'.repeat(index) }),
      ),
      event(`${type}.done`, 13, { ...place, [whole]: words.join('') }),
    ];
    const end = event('response.completed', 14, {
      response: { id: 'resp_up', status: 'completed', output: [] },
    });
    await start(() => ({ frames: [...RESPONSES_HANDSHAKE, ...frames, end] }));
    await (await proxy.post(RESPONSES_PATH, RESPONSES_STREAM)).text();
    // Words that came together may be told together.
    const watched = proxy.deltas.filter((delta) => delta.kind === kind).map(({ text }) => text);
    expect(watched.join('')).toBe(words.join(''));
  });

  it('does not wait for an upstream that keeps its connection open after the end', async () => {
    await start(() => ({ frames: [...RESPONSES_HANDSHAKE, ...RESPONSES_TEXT, ...RESPONSES_END, 60_000] }));
    const answer = await proxy.post(RESPONSES_PATH, RESPONSES_STREAM);
    expect(await answer.text()).toContain('response.completed');
  });

  it('that was cut ends in the protocol’s own failure, without the half frame', async () => {
    const half = chunk({ content: 'lost' }).slice(0, 30);
    await start(() => ({ frames: [...HELLO_FRAMES.slice(0, 2), half, 20, CUT] }));
    const text = await (await proxy.post(CHAT_PATH, STREAM)).text();
    const passed = HELLO_FRAMES.slice(0, 2).join('');
    expect(text.startsWith(passed)).toBe(true);
    expect(frameData(text.slice(passed.length))).toEqual([
      { error: expect.objectContaining({ message: expect.stringContaining('CHAT') }) },
    ]);
    expect(text).not.toContain('[DONE]');
    expect(proxy.last()).toMatchObject({ state: 'failed', status: 200 });
    expect(provider.requests).toHaveLength(1);
  });

  it('of Responses that was cut ends in response.failed with the next number', async () => {
    await start(() => ({ frames: [...RESPONSES_HANDSHAKE, ...RESPONSES_TEXT, 20, CUT] }));
    const text = await (await proxy.post(RESPONSES_PATH, RESPONSES_STREAM)).text();
    const data = frameData(text) as { type: string; sequence_number: number }[];
    expect(data.map(({ sequence_number }) => sequence_number)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(data.at(-1)).toMatchObject({
      type: 'response.failed',
      response: { id: 'resp_up', status: 'failed' },
    });
    expect(data.filter(({ type }) => type === 'response.created')).toHaveLength(1);
  });

  it('that ends without its terminal, but whole, is completed', async () => {
    await start(() => ({ frames: [...HELLO_FRAMES.slice(0, 3), FINISH] }));
    const text = await (await proxy.post(CHAT_PATH, STREAM)).text();
    expect(text).toBe([...HELLO_FRAMES.slice(0, 3), FINISH, DONE].join(''));
    expect(proxy.last().state).toBe('done');
  });

  it('that fails inside keeps the upstream’s words and loses the key it echoes', async () => {
    const error = `data: ${JSON.stringify({ error: { message: `overloaded, key ${PROVIDER_KEY}`, code: 'x' } })}\n\n`;
    await start(() => ({ frames: [...HELLO_FRAMES.slice(0, 2), error] }));
    const text = await (await proxy.post(CHAT_PATH, STREAM)).text();
    expect(frameData(text).at(-1)).toMatchObject({
      error: { message: 'overloaded, key [redacted]', code: 'x' },
    });
    expect(text).not.toContain(PROVIDER_KEY);
    expect(JSON.stringify(proxy.states)).not.toContain(PROVIDER_KEY);
  });

  it('stops at a frame beyond the limit', async () => {
    await start(() => ({ frames: [...HELLO_FRAMES.slice(0, 2), `data: ${'x'.repeat(500)}`, 20, '\n\n'] }), {
      config: { resource_limits: { max_sse_frame_bytes: 300 } },
    });
    const text = await (await proxy.post(CHAT_PATH, STREAM)).text();
    expect(frameData(text).at(-1)).toMatchObject({
      error: { message: expect.stringMatching(/max_sse_frame_bytes/) },
    });
  });

  it('stops at one event too many', async () => {
    await start(() => ({ frames: HELLO_FRAMES }), { config: { resource_limits: { stream_max_events: 3 } } });
    const text = await (await proxy.post(CHAT_PATH, STREAM)).text();
    expect(frameData(text).at(-1)).toMatchObject({
      error: { message: expect.stringMatching(/stream_max_events/) },
    });
  });

  it('gets heartbeats while its upstream is silent, before the first byte and between frames', async () => {
    await start(() => ({ frames: [80, ...HELLO_FRAMES.slice(0, 2), 80, ...HELLO_FRAMES.slice(2)] }), {
      timers: { heartbeat_after_secs: 0.02 },
    });
    const text = await (await proxy.post(CHAT_PATH, STREAM)).text();
    const [before = '', after = ''] = text.split(HELLO_FRAMES[1] ?? '');
    expect(before).toMatch(/^:.*\n\n/);
    expect(after).toMatch(/^:.*\n\n/);
    expect(text.replace(/^:.*\n\n/gm, '')).toBe(HELLO_FRAMES.join(''));
  });

  it('of Responses gets heartbeats that are events, after a beginning, once', async () => {
    await start(() => ({ frames: [80, ...RESPONSES_HANDSHAKE, ...RESPONSES_TEXT, 80, ...RESPONSES_END] }), {
      timers: { heartbeat_after_secs: 0.02 },
    });
    const text = await (await proxy.post(RESPONSES_PATH, RESPONSES_STREAM)).text();
    const data = frameData(text) as { type: string; sequence_number: number }[];
    expect(data[0]?.type).toBe('response.created');
    expect(data.filter(({ type }) => type === 'response.created')).toHaveLength(1);
    expect(data.at(-1)?.type).toBe('response.completed');
    const numbers = data.map(({ sequence_number }) => sequence_number);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    const texts = text.indexOf('output_text.delta');
    expect(text.lastIndexOf('response.in_progress')).toBeGreaterThan(texts);
    expect(text).toContain([...RESPONSES_TEXT].join(''));
    // Only the id in it is the one that the heartbeat began with.
    const id = /"id":"(resp_[^"]+)"/.exec(text)?.[1] ?? '';
    expect(text).toContain([...RESPONSES_END].join('').replaceAll('resp_up', id));
  });

  it('holds the upstream back for a slow client, and its idle timer with it', async () => {
    const big = chunk({ content: 'x'.repeat(100_000) });
    await start(
      () => ({ frames: [HELLO_FRAMES[0] ?? '', ...Array.from({ length: 200 }, () => big), FINISH, DONE] }),
      { config: { resource_limits: { stream_idle_timeout_secs: 0.05 } } },
    );
    const answer = await proxy.post(CHAT_PATH, STREAM);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const text = await answer.text();
    expect(text.length).toBeGreaterThan(20_000_000);
    expect(text.endsWith(DONE)).toBe(true);
    expect(proxy.last().state).toBe('done');
  });
});

describe('a relayed whole reply', () => {
  it('of a response that is made in the background is its provider’s, asked for once', async () => {
    const queued = { id: 'resp_bg', object: 'response', status: 'queued', background: true, output: [] };
    await start(() => ({ json: queued }));
    const answer = await proxy.post(
      RESPONSES_PATH,
      responsesRequest({ model: 'responses', background: true }),
    );
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual(queued);
    expect(provider.requests).toHaveLength(1);
    expect(proxy.last().state).toBe('done');
  });

  it('arrives byte for byte and is read for the record', async () => {
    const text = `${JSON.stringify(HELLO_JSON).replace(/\}$/, ',"x":1.0}')}\n`;
    await start(() => ({
      text,
      contentType: 'application/json',
      headers: { 'x-request-id': 'req-7', 'set-cookie': 'a=b' },
    }));
    const answer = await proxy.post(CHAT_PATH, chatRequest());
    expect(await answer.text()).toBe(text);
    expect(answer.headers.get('x-request-id')).toBe('req-7');
    expect(answer.headers.get('set-cookie')).toBeNull();
    expect(answer.headers.get('x-llmup-exchange')).toBe(proxy.last().id);
    expect(proxy.last()).toMatchObject({ state: 'done', finish: 'stop', usage: { input: 10, output: 5 } });
  });

  it('comes as a stream from an upstream that only streams', async () => {
    await start(() => ({ frames: HELLO_FRAMES }), { chat: { quirks: { stream_only: true } } });
    const answer = await proxy.post(CHAT_PATH, chatRequest());
    expect(provider.requests[0]?.body).toMatchObject({ stream: true });
    expect(await answer.json()).toMatchObject({
      object: 'chat.completion',
      model: 'chat',
      choices: [{ message: { content: 'Hello' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 10, completion_tokens: 5 },
    });
  });

  it('is streamed when a stream was asked for', async () => {
    await start(() => ({ json: HELLO_JSON }));
    const text = await (await proxy.post(CHAT_PATH, STREAM)).text();
    const data = frameData(text) as { choices?: { delta?: { content?: string } }[] }[];
    expect(data.map((one) => one.choices?.[0]?.delta?.content ?? '').join('')).toBe('Hello');
    expect(data.at(-1)).toBe('[DONE]');
  });
});

describe('what is stored at a Responses provider', () => {
  it('is passed on to the one upstream that has it', async () => {
    await start((request) => ({ json: { id: 'resp_1', path: request.path } }));
    const get = (path: string) =>
      fetch(`${proxy.url}${path}`, { headers: { authorization: 'Bearer client-key-for-tests-1' } });
    const answer = await get('/openai/v1/responses/resp_1?include=a');
    expect(await answer.json()).toEqual({ id: 'resp_1', path: '/v1/responses/resp_1?include=a' });
    expect((await get('/openai/v1/responses/..%2Fmodels')).status).toBe(404);
    await proxy.post('/openai/v1/responses/compact', { model: 'responses', input: [] });
    expect(provider.requests.at(-1)?.body).toEqual({ model: 'responses-model', input: [] });
    expect(provider.requests.at(-1)?.headers.authorization).toBe(`Bearer ${PROVIDER_KEY}`);
  });

  it('cannot be asked for where no upstream, or more than one, speaks Responses', async () => {
    await start(() => ({ json: {} }), { chat: { format: 'openai-responses' } });
    const get = await fetch(`${proxy.url}/v1/responses/resp_1`, {
      headers: { authorization: 'Bearer client-key-for-tests-1' },
    });
    expect(get.status).toBe(400);
    expect(JSON.stringify(await get.json())).toMatch(/"CHAT\\", \\"RESPONSES/);
  });
});
