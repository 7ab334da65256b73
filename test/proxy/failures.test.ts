import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Answer, CUT, HANG, type Provider, type Script, startProvider } from '../provider/provider.ts';
import {
  CHAT_PATH,
  CLIENT_KEY,
  chatRequest,
  chunk,
  DONE,
  type Extra,
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
  until,
} from './test-proxy.ts';

let provider: Provider;
let proxy: TestProxy;

async function start(script: Script, extra: Extra = {}): Promise<void> {
  ({ provider, proxy } = await startPair(script, extra));
}

/** Answers in order, the last one for ever. */
function inOrder(...answers: readonly [Answer, ...Answer[]]): Script {
  return (_, index) => answers[index] ?? answers[answers.length - 1] ?? answers[0];
}

function error(
  status: number,
  message: string,
  more: object = {},
  headers: Record<string, string> = {},
): Answer {
  return { status, headers, json: { error: { message, type: 'error', param: null, code: null, ...more } } };
}

const OVERLOADED = error(503, 'overloaded');
const HELLO: Answer = { frames: HELLO_FRAMES };
const RESPONSES_HELLO: Answer = { frames: [...RESPONSES_HANDSHAKE, ...RESPONSES_TEXT, ...RESPONSES_END] };
const STREAM = chatRequest({ stream: true });

/** A stream of each kind of pair, and an upstream's good answer to it. */
const STREAMS = [
  ['chat>chat', CHAT_PATH, STREAM, HELLO],
  ['responses>chat', RESPONSES_PATH, responsesRequest({ stream: true }), HELLO],
  [
    'responses>responses',
    RESPONSES_PATH,
    responsesRequest({ model: 'responses', stream: true }),
    RESPONSES_HELLO,
  ],
  ['chat>responses', CHAT_PATH, chatRequest({ model: 'responses', stream: true }), RESPONSES_HELLO],
] as const;

describe.each(STREAMS)('before content, in %s', (_, path, body, hello) => {
  it.each([
    ['an overload', OVERLOADED],
    ['a rate limit', error(429, 'slow down')],
    ['a conflict', error(409, 'try again')],
    ['a 500', error(500, 'oops')],
    ['a 529', error(529, 'overloaded')],
    ['a connection that breaks', { frames: [CUT] }],
    [
      'an overload in the stream',
      { frames: [`data: {"error":{"message":"overloaded","code":"overloaded"}}\n\n`] },
    ],
  ] as const)('%s is tried again', async (_name, answer) => {
    await start(inOrder(answer as Answer, hello));
    const text = await (await proxy.post(path, body)).text();
    expect(text).toContain('lo');
    expect(provider.requests).toHaveLength(2);
    expect(proxy.last()).toMatchObject({ state: 'done', attempts: 2, status: 200 });
    expect(proxy.states.map(({ state }) => state)).toContain('retrying');
  });

  it('a stream that dies in its handshake leaves no trace', async () => {
    const handshake = path === CHAT_PATH && body === STREAM ? HELLO_FRAMES.slice(0, 1) : [];
    await start(inOrder({ frames: [...handshake, 10, CUT] }, hello));
    const text = await (await proxy.post(path, body)).text();
    expect(text.match(/"role":"assistant"/g)?.length ?? 0).toBeLessThanOrEqual(path === CHAT_PATH ? 1 : 9);
    expect(text.match(/"response.created"/g)?.length ?? 0).toBeLessThanOrEqual(1);
    expect(proxy.last()).toMatchObject({ state: 'done', attempts: 2 });
  });

  it('what lasts is passed on with its status, and not tried again', async () => {
    await start(inOrder(error(400, 'bad tools'), hello));
    const answer = await proxy.post(path, body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { message: expect.stringContaining('bad tools') } });
    expect(provider.requests).toHaveLength(1);
  });

  it('tries end', async () => {
    await start(() => OVERLOADED);
    const answer = await proxy.post(path, body);
    expect(answer.status).toBe(503);
    expect(provider.requests).toHaveLength(3);
    expect(proxy.last()).toMatchObject({ state: 'failed', attempts: 3, status: 503 });
  });

  it('a client that leaves ends a wait for the next try', async () => {
    await start(() => OVERLOADED, { timers: { retry_base_secs: 30, retry_max_secs: 60 } });
    const leave = new AbortController();
    const asked = proxy.post(path, body, { signal: leave.signal });
    await until(() => proxy.states.some(({ state }) => state === 'retrying'), 'a retry');
    leave.abort();
    await expect(asked).rejects.toThrow();
    await until(() => proxy.last().state === 'cancelled', 'the end of the exchange');
    expect(provider.requests).toHaveLength(1);
  });
});

describe('a retry', () => {
  it('waits for as long as the upstream asks', async () => {
    await start(inOrder(error(429, 'slow down', {}, { 'retry-after-ms': '60' }), { json: HELLO_JSON }), {
      timers: { retry_max_secs: 1 },
    });
    expect((await proxy.post(CHAT_PATH, chatRequest())).status).toBe(200);
    const [first, second] = provider.requests;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(60);
  });

  it('is left to the client when the upstream asks for longer than it may wait', async () => {
    await start(() => error(429, 'slow down', {}, { 'retry-after': '30' }));
    const answer = await proxy.post(CHAT_PATH, chatRequest());
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '30']);
    expect(provider.requests).toHaveLength(1);
  });

  it('is not made for a quota that is used up, nor against the upstream’s advice', async () => {
    await start(inOrder(error(429, 'You exceeded your current quota', { code: 'insufficient_quota' })));
    expect((await proxy.post(CHAT_PATH, chatRequest())).status).toBe(429);
    expect(provider.requests).toHaveLength(1);
    await proxy.close();
    await provider.close();
    await start(() => error(503, 'no', {}, { 'x-should-retry': 'false' }));
    expect((await proxy.post(CHAT_PATH, chatRequest())).status).toBe(503);
    expect(provider.requests).toHaveLength(1);
  });

  it('follows a heartbeat without beginning anew', async () => {
    for (const [, path, body, hello] of STREAMS) {
      const good = 'frames' in hello ? hello.frames : [];
      await start(inOrder({ frames: [60, CUT] }, { frames: good }), {
        timers: { heartbeat_after_secs: 0.015 },
      });
      const text = await (await proxy.post(path, body)).text();
      expect(text.match(/"type":"response.created"/g) ?? []).toHaveLength(path === CHAT_PATH ? 0 : 1);
      expect(proxy.last()).toMatchObject({ state: 'done', attempts: 2 });
      await proxy.close();
      await provider.close();
    }
    await start(() => HELLO);
  });

  it('is told within the stream when it fails after a heartbeat', async () => {
    for (const [, path, body] of STREAMS) {
      await start(() => ({ frames: [60, CUT] }), { timers: { heartbeat_after_secs: 0.015, retries: 0 } });
      const answer = await proxy.post(path, body);
      expect(answer.status).toBe(200);
      const last = frameData(await answer.text()).at(-1);
      if (path === CHAT_PATH) expect(last).toMatchObject({ error: { message: expect.any(String) } });
      else expect(last).toMatchObject({ type: 'response.failed' });
      await proxy.close();
      await provider.close();
    }
    await start(() => HELLO);
  });
});

describe.each(STREAMS)('a client that leaves, in %s', (_, path, body) => {
  it('ends the upstream’s request before its first byte', async () => {
    await start(() => new Promise<Answer>(() => {}));
    const leave = new AbortController();
    const asked = proxy.post(path, body, { signal: leave.signal });
    await until(() => provider.requests.length === 1, 'the upstream’s request');
    leave.abort();
    await expect(asked).rejects.toThrow();
    await until(() => provider.aborted.length === 1, 'the end of the upstream’s request');
    await until(() => proxy.last().state === 'cancelled', 'the record');
  });

  it('ends the upstream’s request in the middle of its stream', async () => {
    const begun =
      path === CHAT_PATH && body !== STREAM
        ? [...RESPONSES_HANDSHAKE, ...RESPONSES_TEXT]
        : HELLO_FRAMES.slice(0, 3);
    const frames =
      'model' in body && body.model === 'responses' ? [...RESPONSES_HANDSHAKE, ...RESPONSES_TEXT] : begun;
    await start(() => ({ frames: [...frames, HANG] }));
    const leave = new AbortController();
    const answer = await proxy.post(path, body, { signal: leave.signal });
    const reader = answer.body?.getReader();
    await reader?.read();
    leave.abort();
    await until(() => provider.aborted.length === 1, 'the end of the upstream’s request');
    await until(() => proxy.last().state === 'cancelled', 'the record');
  });
});

describe('a client that leaves', () => {
  it('ends the upstream’s request for a whole reply', async () => {
    await start(() => new Promise<Answer>(() => {}));
    const leave = new AbortController();
    const asked = proxy.post(CHAT_PATH, chatRequest(), { signal: leave.signal });
    await until(() => provider.requests.length === 1, 'the upstream’s request');
    leave.abort();
    await expect(asked).rejects.toThrow();
    await until(() => provider.aborted.length === 1, 'the end of the upstream’s request');
  });
});

describe('timers', () => {
  it('end an upstream that does not answer', async () => {
    await start(() => new Promise<Answer>(() => {}), { config: { upstream_timeout_secs: 0.03 } });
    const answer = await proxy.post(CHAT_PATH, STREAM);
    expect(answer.status).toBe(504);
    expect(await answer.json()).toMatchObject({
      error: { message: expect.stringMatching(/CHAT.*upstream_timeout/) },
    });
    await until(() => provider.aborted.length === 1, 'the end of the upstream’s request');
    expect(provider.requests).toHaveLength(1);
  });

  it('end a stream that falls silent', async () => {
    await start(() => ({ frames: [...HELLO_FRAMES.slice(0, 3), HANG] }), {
      config: { resource_limits: { stream_idle_timeout_secs: 0.03 } },
    });
    const relayed = await (await proxy.post(CHAT_PATH, STREAM)).text();
    expect(frameData(relayed).at(-1)).toMatchObject({
      error: { message: expect.stringMatching(/stream_idle/) },
    });
    const translated = await (await proxy.post(RESPONSES_PATH, responsesRequest({ stream: true }))).text();
    expect(frameData(translated).at(-1)).toMatchObject({
      type: 'response.failed',
      response: { error: { message: expect.stringMatching(/stream_idle/) } },
    });
  });

  it('end a stream that goes on for too long, and a whole reply', async () => {
    await start(
      () => ({
        frames: [
          ...HELLO_FRAMES.slice(0, 3),
          ...Array.from({ length: 100 }, () => [10, chunk({ content: '.' })]).flat(),
        ],
      }),
      {
        config: { resource_limits: { stream_max_duration_secs: 0.1 } },
        timers: { unary_timeout_secs: 0.05 },
      },
    );
    const text = await (await proxy.post(CHAT_PATH, STREAM)).text();
    expect(frameData(text).at(-1)).toMatchObject({
      error: { message: expect.stringMatching(/stream_max_duration/) },
    });
    expect((await proxy.post(CHAT_PATH, chatRequest())).status).toBe(504);
  });
});

describe('limits', () => {
  it('bound what a translated reply may grow to', async () => {
    const frames = [
      HELLO_FRAMES[0] ?? '',
      ...Array.from({ length: 50 }, () => chunk({ content: 'x'.repeat(100) })),
      FINISH,
      DONE,
    ];
    await start(() => ({ frames }), {
      config: { resource_limits: { max_accumulated_stream_state_bytes: 1000 } },
    });
    const text = await (await proxy.post(RESPONSES_PATH, responsesRequest({ stream: true }))).text();
    expect(frameData(text).at(-1)).toMatchObject({ type: 'response.failed' });
    expect(text).toContain('max_accumulated_stream_state_bytes');
  });

  it('bound frames and events of a translated stream', async () => {
    const long = `data: ${'x'.repeat(500)}`;
    await start(
      inOrder(
        { frames: [...HELLO_FRAMES.slice(0, 2), long, 10] },
        { frames: [...HELLO_FRAMES.slice(0, 2), ': \n\n'.repeat(5), ...HELLO_FRAMES.slice(2)] },
      ),
      {
        config: { resource_limits: { max_sse_frame_bytes: 300, stream_max_events: 4 } },
      },
    );
    const ask = async () => (await proxy.post(RESPONSES_PATH, responsesRequest({ stream: true }))).text();
    expect(await ask()).toContain('max_sse_frame_bytes');
    expect(await ask()).toContain('stream_max_events');
  });

  it('bound a whole reply, compressed or not', async () => {
    const large = { ...HELLO_JSON, padding: 'x'.repeat(100_000) };
    await start(
      inOrder(
        { json: large },
        { frames: [gzipSync(JSON.stringify(large))], headers: { 'content-encoding': 'gzip' } },
      ),
      { config: { resource_limits: { max_non_stream_response_bytes: 10_000 } } },
    );
    for (let round = 0; round < 2; round++) {
      const answer = await proxy.post(CHAT_PATH, chatRequest());
      expect(answer.status).toBe(502);
      expect(await answer.json()).toMatchObject({
        error: { message: expect.stringMatching(/larger than 10000/) },
      });
    }
    expect(provider.requests).toHaveLength(2);
  });
});

describe('an upstream that answers something else', () => {
  it.each([
    ['HTML', { text: `<html><title>Welcome ${PROVIDER_KEY}</title></html>` }, /text\/html: <html>.*Welcome/],
    ['nothing', { text: '', contentType: 'application/json' }, /empty body/],
    ['words', { text: 'hello', contentType: 'text/plain' }, /text\/plain: hello/],
    ['broken JSON', { text: '{"id":', contentType: 'application/json' }, /application\/json/],
    ['a redirect', { status: 302, headers: { location: 'http://x' }, text: '' }, /status 302/],
  ] as const)('%s is a 502 that names it', async (_, answer, message) => {
    await start(() => answer as Answer);
    for (const [path, body] of [
      [CHAT_PATH, chatRequest()],
      [CHAT_PATH, STREAM],
      [RESPONSES_PATH, responsesRequest()],
      [RESPONSES_PATH, responsesRequest({ stream: true })],
    ] as const) {
      const given = await proxy.post(path, body);
      expect(given.status).toBe(502);
      const text = await given.text();
      expect(JSON.parse(text)).toMatchObject({ error: { message: expect.stringMatching(message) } });
      expect(text).toMatch(/CHAT/);
      expect(text).not.toContain(PROVIDER_KEY);
    }
    expect(provider.requests).toHaveLength(4);
  });

  it('that is not there is named with its address', async () => {
    await start(() => HELLO);
    await provider.close();
    const answer = await proxy.post(CHAT_PATH, STREAM);
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({
      error: { message: expect.stringMatching(/"CHAT" \(http:\/\/127.*refused the connection/) },
    });
    expect(proxy.last().attempts).toBe(3);
    provider = await startProvider(() => HELLO);
  });

  it('compressed is read all the same', async () => {
    const stream = gzipSync(HELLO_FRAMES.join(''));
    const halves = [stream.subarray(0, 40), 5, stream.subarray(40)];
    await start((request) =>
      (request.body as { stream?: boolean }).stream
        ? { frames: halves, headers: { 'content-encoding': 'gzip' } }
        : { frames: [gzipSync(JSON.stringify(HELLO_JSON))], headers: { 'content-encoding': 'gzip' } },
    );
    expect(await (await proxy.post(CHAT_PATH, chatRequest())).json()).toEqual(HELLO_JSON);
    const text = await (await proxy.post(CHAT_PATH, STREAM)).text();
    expect(text).toContain('Hel');
    expect(text.endsWith(DONE)).toBe(true);
  });

  it('that refuses our key is a fault of the config: which upstream, which variable', async () => {
    await start(() => error(401, `Incorrect API key provided: ${PROVIDER_KEY}`, { code: 'invalid_api_key' }));
    const answer = await proxy.post(CHAT_PATH, chatRequest());
    const text = await answer.text();
    expect(answer.status).toBe(401);
    expect(text).toMatch(/CHAT.*TEST_PROVIDER_KEY/);
    expect(text).toContain('Incorrect API key provided: [redacted]');
    expect(text).not.toContain(PROVIDER_KEY);
    expect(JSON.stringify(proxy.states)).not.toContain(PROVIDER_KEY);
    expect(proxy.last().error?.kind).toBe('upstream-authentication');
  });

  it('that echoes a key in a code or a field’s name is told without it', async () => {
    const more = { code: `bad-${PROVIDER_KEY}`, param: `messages.${PROVIDER_KEY}` };
    await start(() => error(400, 'no', more));
    for (const body of [chatRequest(), STREAM, responsesRequest({ model: 'chat' })]) {
      const path = 'input' in body ? RESPONSES_PATH : CHAT_PATH;
      const text = await (await proxy.post(path, body)).text();
      expect(text).toContain('bad-[redacted]');
      expect(text).not.toContain(PROVIDER_KEY);
    }
    expect(JSON.stringify(proxy.states)).not.toContain(PROVIDER_KEY);
  });

  it('that refuses the client’s own key says so, and the key is in no record', async () => {
    const key = 'key-that-a-caller-brings';
    await start(() => error(401, `no such key: ${key}`), {
      options: { auth: { mode: 'client_provider_key' }, recordBodies: true },
    });
    const headers = { authorization: `Bearer ${key}` };
    const answer = await proxy.post(CHAT_PATH, chatRequest({ user: key }), { headers });
    expect(provider.requests[0]?.headers.authorization).toBe(`Bearer ${key}`);
    expect(answer.status).toBe(401);
    expect(await answer.text()).toMatch(/CHAT.*refused the client's own key.*no such key: \[redacted\]/);
    expect(proxy.bodies).toHaveLength(1);
    expect(JSON.stringify([proxy.states, proxy.bodies])).not.toContain(key);
  });

  it('begins with a byte order mark is understood', async () => {
    await start((request) =>
      (request.body as { stream?: boolean }).stream
        ? { frames: ['\uFEFF', 5, ...HELLO_FRAMES] }
        : { text: `\uFEFF${JSON.stringify(HELLO_JSON)}`, contentType: 'application/json' },
    );
    const said = HELLO_JSON.choices[0]?.message.content;
    for (const stream of [true, false]) {
      const answer = await proxy.post(RESPONSES_PATH, responsesRequest({ model: 'chat', stream }));
      expect(answer.status).toBe(200);
      expect(await answer.text()).toContain(`"text":"${said}"`);
    }
    expect(await (await proxy.post(CHAT_PATH, chatRequest())).json()).toEqual(HELLO_JSON);
  });

  it.each([401, 402, 403, 413, 422])(
    'with %i is answered to Codex as what it does not send again',
    async (status) => {
      await start(() => error(status, 'no'));
      const ask = (headers: Record<string, string>) =>
        proxy.post(RESPONSES_PATH, responsesRequest(), { headers });
      const answer = await ask({ originator: 'codex_exec' });
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ error: { message: expect.stringContaining('no') } });
      expect(proxy.last()).toMatchObject({ status: 400, error: { upstreamStatus: status } });
      expect((await ask({ 'user-agent': 'OpenAI/JS 6.0' })).status).toBe(status);
    },
  );
});

describe('healing', () => {
  const refusing: Script = (request) => {
    const body = request.body as Record<string, unknown>;
    if ('parallel_tool_calls' in body)
      return error(400, "Unsupported parameter: 'parallel_tool_calls'", { param: 'parallel_tool_calls' });
    return body.stream ? HELLO : { json: HELLO_JSON };
  };
  const TOOLS = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }];

  it('sends the request again without the field that was refused, and remembers', async () => {
    await start(refusing);
    const body = chatRequest({ tools: TOOLS, parallel_tool_calls: true, seed: 1 });
    const raw = JSON.stringify(body).replace(/"seed":\d+/, '"seed":1152921504606846976');
    expect((await proxy.post(CHAT_PATH, raw)).status).toBe(200);
    expect((await proxy.post(CHAT_PATH, raw)).status).toBe(200);
    expect(provider.requests).toHaveLength(3);
    expect(provider.requests[1]?.raw.toString()).toContain('"seed":1152921504606846976');
    expect(provider.requests[2]?.raw.toString()).toContain('"seed":1152921504606846976');
    expect(proxy.last().losses).toMatchObject([{ path: 'parallel_tool_calls', action: 'dropped' }]);
  });

  it('heals a translated request too', async () => {
    await start(refusing, { chat: { quirks: { parallel_tool_calls_field: true } } });
    const body = responsesRequest({
      stream: true,
      parallel_tool_calls: true,
      tools: [{ type: 'function', name: 'f', parameters: { type: 'object' } }],
    });
    expect(await (await proxy.post(RESPONSES_PATH, body)).text()).toContain('response.completed');
    expect(proxy.last().state).toBe('done');
  });

  it('gives up on a body that stays refused', async () => {
    await start(() => error(400, "Unsupported parameter: 'temperature'", { param: 'temperature' }));
    const answer = await proxy.post(CHAT_PATH, chatRequest({ temperature: 0.5 }));
    expect(answer.status).toBe(400);
    expect(provider.requests).toHaveLength(2);
  });

  it('does not drop in strict mode what strict mode keeps', async () => {
    await start(() => error(400, "Unsupported parameter: 'temperature'", { param: 'temperature' }), {
      options: { strict: true },
    });
    expect((await proxy.post(CHAT_PATH, chatRequest({ temperature: 0.5 }))).status).toBe(400);
    expect(provider.requests).toHaveLength(1);
  });
});

describe('closing', () => {
  it('lets what runs finish within the grace', async () => {
    await start(() => ({ frames: [...HELLO_FRAMES.slice(0, 3), 40, ...HELLO_FRAMES.slice(3)] }));
    const answer = await proxy.post(CHAT_PATH, STREAM);
    const closing = proxy.close(5000);
    expect((await answer.text()).endsWith(DONE)).toBe(true);
    await closing;
    await expect(proxy.post(CHAT_PATH, STREAM)).rejects.toThrow();
  });

  it.each([CHAT_PATH, RESPONSES_PATH, '/openai/v1/responses/input_tokens'])(
    'does not wait for a request to %s that never arrives whole',
    async (path) => {
      await start(() => HELLO);
      const socket = connect(proxy.port, '127.0.0.1');
      let answer = '';
      socket.on('data', (chunk) => {
        answer += chunk;
      });
      const head = `POST ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${CLIENT_KEY}`;
      socket.write(`${head}\r\nexpect: 100-continue\r\ncontent-length: 100\r\n\r\n{"model`);
      await until(() => answer.includes('100 Continue'), 'the wait for the body');
      await proxy.close(20);
      await until(() => answer.includes('shutting down'), 'the answer');
      expect(answer).toContain('HTTP/1.1 503 ');
      expect(provider.requests).toHaveLength(0);
    },
  );

  it('cuts what does not, honestly', async () => {
    await start(() => ({ frames: [...HELLO_FRAMES.slice(0, 3), HANG] }));
    const answer = await proxy.post(CHAT_PATH, STREAM);
    const closing = proxy.close(20);
    const text = await answer.text();
    expect(frameData(text).at(-1)).toMatchObject({
      error: { message: expect.stringMatching(/shutting down/) },
    });
    await closing;
    await until(() => provider.aborted.length === 1, 'the end of the upstream’s request');
    expect(proxy.last().state).toBe('failed');
  });
});

it('the client’s key goes nowhere', async () => {
  await start(() => ({ json: HELLO_JSON }), { options: { recordBodies: true } });
  await proxy.post(CHAT_PATH, chatRequest({ user: `me ${CLIENT_KEY}` }));
  expect(JSON.stringify(provider.requests[0]?.headers)).not.toContain(CLIENT_KEY);
  expect(JSON.stringify([proxy.states, proxy.bodies])).not.toContain(CLIENT_KEY);
});
