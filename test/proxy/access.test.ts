import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../src/user-error.ts';
import { type Provider, startProvider } from '../provider/provider.ts';
import {
  CHAT_PATH,
  CLIENT_KEY,
  chatRequest,
  chunk,
  HELLO_JSON,
  startPair,
  startTestProxy,
  type TestProxy,
} from './test-proxy.ts';

let provider: Provider;
let proxy: TestProxy;

beforeAll(async () => {
  provider = await startProvider(() => ({ json: HELLO_JSON }));
  proxy = await startTestProxy(provider.url, {
    config: {
      resource_limits: { max_request_body_bytes: 2000 },
      model_aliases: {
        chat: {
          target: 'CHAT:chat-model',
          limits: { context_window: 1000, max_output_tokens: 100 },
          surface: { modalities: { input: ['text'] } },
        },
      },
    },
  });
});

afterAll(async () => {
  await proxy.close();
  await provider.close();
});

/** Sends bytes as they are and returns all that comes back, until the connection ends or `until` is seen. */
async function raw(text: string, until?: RegExp): Promise<string> {
  const socket = connect(proxy.port, '127.0.0.1');
  let answer = '';
  socket.on('data', (data: Buffer) => {
    answer += data.toString();
    if (until?.test(answer)) socket.destroy();
  });
  socket.on('error', () => {});
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

function head(lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}

const AUTHORIZED = [`host: 127.0.0.1`, `authorization: Bearer ${CLIENT_KEY}`];

describe('who may use the proxy', () => {
  it.each([
    ['authorization', `Bearer ${CLIENT_KEY}`],
    ['authorization', `bearer  ${CLIENT_KEY}`],
    ['x-api-key', CLIENT_KEY],
    ['api-key', CLIENT_KEY],
    ['openai-api-key', CLIENT_KEY],
    ['anthropic-api-key', CLIENT_KEY],
    ['x-goog-api-key', CLIENT_KEY],
  ])('takes the key from %s: %s', async (name, value) => {
    const answer = await fetch(`${proxy.url}/v1/models`, { headers: { [name]: value } });
    expect(answer.status).toBe(200);
  });

  it('takes the key from the query', async () => {
    expect((await fetch(`${proxy.url}/google/v1beta/models?key=${CLIENT_KEY}`)).status).toBe(200);
  });

  it('says 401 without a key and 403 with a wrong one, in the shape of the route', async () => {
    const ask = async (path: string, headers: Record<string, string>) => {
      const answer = await fetch(`${proxy.url}${path}`, { method: 'POST', body: '{}', headers });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    };
    const wrong = { authorization: 'Bearer nobody-knows-me' };
    for (const [headers, status] of [
      [{}, 401],
      [wrong, 403],
    ] as const) {
      const chat = await ask(CHAT_PATH, headers);
      expect(chat).toMatchObject({ status, body: { error: { code: 'invalid_api_key', message: /key/ } } });
      const messages = await ask('/anthropic/v1/messages', headers);
      expect(messages).toMatchObject({
        status,
        body: { type: 'error', error: { type: expect.any(String) } },
      });
      const gemini = await ask('/google/v1beta/models/chat:generateContent', headers);
      expect(gemini).toMatchObject({ status, body: { error: { code: status, status: expect.any(String) } } });
    }
    expect(JSON.stringify(await ask(CHAT_PATH, wrong))).not.toContain('nobody-knows-me');
  });

  it('refuses before the body is read', async () => {
    const lines = [`POST ${CHAT_PATH} HTTP/1.1`, 'host: 127.0.0.1', 'content-length: 500'];
    expect(await raw(head(lines), /\}$/)).toMatch(/^HTTP\/1\.1 401 /);
    const large = [`POST ${CHAT_PATH} HTTP/1.1`, ...AUTHORIZED, 'content-length: 5000000'];
    expect(await raw(head(large), /\}$/)).toMatch(/^HTTP\/1\.1 413 /);
    const expecting = [...large, 'expect: 100-continue'];
    const answer = await raw(head(expecting), /\}$/);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).not.toContain('100 Continue');
  });

  it('asks for the body of a request that it will serve', async () => {
    const body = JSON.stringify(chatRequest());
    const lines = [`POST ${CHAT_PATH} HTTP/1.1`, ...AUTHORIZED, `content-length: ${body.length}`];
    const answer = await raw(head([...lines, 'expect: 100-continue', 'connection: close']) + body);
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
  });

  it('lets a client that is still sending see why it was refused', async () => {
    const answer = await fetch(`${proxy.url}${CHAT_PATH}`, { method: 'POST', body: 'x'.repeat(1_000_000) });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ error: { code: 'invalid_api_key' } });
  });

  it('serves no name but loopback, and no web page of elsewhere', async () => {
    const ask = (lines: readonly string[]) => raw(head([...lines, 'connection: close']));
    const get = 'GET /health HTTP/1.1';
    expect(await ask([get, 'host: evil.example'])).toMatch(/^HTTP\/1\.1 403 /);
    expect(await ask([get, 'host: 127.0.0.1.evil.example:80'])).toMatch(/^HTTP\/1\.1 403 /);
    for (const host of ['localhost:1234', '127.0.0.1', '[::1]:99', 'LOCALHOST'])
      expect(await ask([get, `host: ${host}`])).toMatch(/^HTTP\/1\.1 200 /);
    for (const origin of ['https://evil.example', 'null', 'http://localhost.evil.example'])
      expect(await ask([get, 'host: localhost', `origin: ${origin}`])).toMatch(/^HTTP\/1\.1 403 /);
    expect(await ask([get, 'host: localhost', 'origin: http://127.0.0.1:3000'])).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('what is answered without a model', () => {
  it('says 426 to a WebSocket, and goes on with POST', async () => {
    const upgrade = [
      'GET /openai/v1/responses HTTP/1.1',
      ...AUTHORIZED,
      'upgrade: websocket',
      'connection: Upgrade',
      'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-version: 13',
    ];
    expect(await raw(head(upgrade))).toMatch(/^HTTP\/1\.1 426 /);
    expect((await proxy.post(CHAT_PATH, chatRequest())).status).toBe(200);
  });

  it.each(['/', '/v1', '/openai', '/openai/v1', '/anthropic', '/anthropic/v1/', '/google'])(
    'answers HEAD %s',
    async (path) => {
      expect((await fetch(`${proxy.url}${path}`, { method: 'HEAD' })).status).toBe(200);
    },
  );

  it('proves that it is itself, and is ready', async () => {
    const health = await fetch(`${proxy.url}/health`);
    expect(health.headers.get('x-llmup-instance')).toBe(proxy.instance);
    expect(await health.json()).toEqual({ status: 'ok' });
    expect(await (await fetch(`${proxy.url}/ready`)).json()).toMatchObject({ status: 'ready' });
  });

  it('says 404 and 405 as JSON, and answers no preflight', async () => {
    const auth = { authorization: `Bearer ${CLIENT_KEY}` };
    const missing = await fetch(`${proxy.url}/openai/v1/nothing`, { headers: auth });
    expect([missing.status, await missing.json()]).toMatchObject([404, { error: { code: 'not_found' } }]);
    const wrong = await fetch(`${proxy.url}${CHAT_PATH}`, { headers: auth });
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
    const preflight = await fetch(`${proxy.url}${CHAT_PATH}`, { method: 'OPTIONS' });
    expect(preflight.status).toBe(405);
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
  });

  it.each([
    ['two slashes in a row', '/openai/v1//chat/completions'],
    ['a slash at the end', '/openai/v1/chat/completions/'],
    ['an absolute target', 'http://127.0.0.1/openai/v1/chat/completions'],
  ])('takes %s', async (_, target) => {
    const body = JSON.stringify(chatRequest());
    const length = `content-length: ${body.length}`;
    const lines = [`POST ${target} HTTP/1.1`, ...AUTHORIZED, 'connection: close', length];
    expect(await raw(head(lines) + body)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('goes by the Host header, whatever an absolute target says', async () => {
    const lines = ['GET http://127.0.0.1/health HTTP/1.1', 'host: evil.example', 'connection: close'];
    expect(await raw(head(lines))).toMatch(/^HTTP\/1\.1 403 /);
  });

  it('passes on a query that holds question marks', async () => {
    await proxy.post(`${CHAT_PATH}?note=a?b&key=gone`, chatRequest());
    expect(provider.requests.at(-1)?.path).toBe('/v1/chat/completions?note=a%3Fb');
  });

  it.each(['/anthropic/v1/messages', '/v1/messages', '/google/v1beta/models/chat:streamGenerateContent'])(
    'says that %s is not spoken yet, and asks nobody',
    async (path) => {
      const before = provider.requests.length;
      const answer = await proxy.post(path, { model: 'chat', messages: [] });
      expect(answer.status).toBe(501);
      expect(JSON.stringify(await answer.json())).toMatch(/does not speak (Anthropic Messages|Gemini)/);
      expect(provider.requests).toHaveLength(before);
    },
  );

  it('lists the aliases in the shape of each client', async () => {
    const list = async (path: string, headers: Record<string, string> = {}) => {
      const answer = await fetch(`${proxy.url}${path}`, {
        headers: { authorization: `Bearer ${CLIENT_KEY}`, ...headers },
      });
      return (await answer.json()) as Record<string, unknown>;
    };
    const llmup = {
      upstream_name: 'CHAT',
      upstream_model: 'chat-model',
      limits: { context_window: 1000, max_output_tokens: 100 },
      surface: { modalities: { input: ['text'] } },
    };
    const openai = { id: 'chat', object: 'model', owned_by: 'llmup', llmup };
    expect(await list('/openai/v1/models')).toMatchObject({ object: 'list', data: [openai] });
    expect(await list('/v1/models')).toMatchObject({ object: 'list', data: [openai] });
    expect(await list('/openai/v1/models/chat')).toMatchObject(openai);
    expect(await list('/openai/v1/models/CHAT%3Aother')).toMatchObject({ id: 'CHAT:other' });
    expect(await list('/openai/v1/models/chta')).toMatchObject({
      error: { code: 'model_not_found', message: expect.stringContaining('did you mean "chat"') },
    });
    const messages = { type: 'model', id: 'chat', max_input_tokens: 1000, max_tokens: 100 };
    expect(await list('/anthropic/v1/models')).toMatchObject({ data: [messages], first_id: 'chat' });
    expect(await list('/v1/models', { 'anthropic-version': '2023-06-01' })).toMatchObject({
      data: [messages],
    });
    expect(await list('/google/v1beta/models')).toMatchObject({
      models: [{ name: 'models/chat', inputTokenLimit: 1000, outputTokenLimit: 100 }],
    });
    expect(await list('/openai/v1/models', { 'user-agent': 'codex_exec/0.169.0' })).toMatchObject({
      models: [{ slug: 'chat', context_window: 1000, input_modalities: ['text'] }],
    });
  });
});

describe('request bodies', () => {
  it('are limited while they stream in', async () => {
    const body = JSON.stringify(chatRequest({ padding: 'x'.repeat(3000) }));
    const lines = [`POST ${CHAT_PATH} HTTP/1.1`, ...AUTHORIZED, 'transfer-encoding: chunked'];
    const answer = await raw(`${head(lines)}${body.length.toString(16)}\r\n${body}\r\n`, /\}$/);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('max_request_body_bytes');
  });

  it('may be compressed, within the same limit', async () => {
    const send = (body: Buffer, encoding: string) =>
      fetch(`${proxy.url}${CHAT_PATH}`, {
        method: 'POST',
        body: new Uint8Array(body),
        headers: { authorization: `Bearer ${CLIENT_KEY}`, 'content-encoding': encoding },
      });
    expect((await send(gzipSync(JSON.stringify(chatRequest())), 'gzip')).status).toBe(200);
    expect((await send(gzipSync('x'.repeat(5_000_000)), 'gzip')).status).toBe(413);
    expect((await send(Buffer.from('not gzip'), 'gzip')).status).toBe(400);
    expect((await send(Buffer.from('{}'), 'zstd')).status).toBe(415);
  });

  it.each([
    ['not JSON', '{"model":', /not a JSON object/],
    ['a list', '[]', /not a JSON object/],
    ['no model', '{"messages":[]}', /model is required/],
    ['a model that is none', '{"model":7,"messages":[]}', /model is required/],
    ['a text for a flag', '{"model":"chat","stream":"true","messages":[]}', /'stream': expected a boolean/],
  ])('that are wrong (%s) are refused with the reason', async (_, body, message) => {
    const answer = await proxy.post(CHAT_PATH, body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { message: expect.stringMatching(message) } });
  });

  it('name the nearest alias when theirs is unknown', async () => {
    const answer = await proxy.post(CHAT_PATH, chatRequest({ model: 'chta' }));
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({
      error: { code: 'model_not_found', message: expect.stringContaining('"chat"') },
    });
    expect(proxy.last()).toMatchObject({ state: 'failed', status: 404, modelAsked: 'chta', attempts: 0 });
  });
});

describe('a port that is taken', () => {
  it('is exit 5 with the port and a way out', async () => {
    const start = startTestProxy(provider.url, {
      options: { listen: { host: '127.0.0.1', port: proxy.port } },
    });
    await expect(start).rejects.toMatchObject({
      name: 'UserError',
      exitCode: 5,
      message: expect.stringContaining(String(proxy.port)),
    });
    await expect(start).rejects.toBeInstanceOf(UserError);
  });
});

it.each([
  ['no HTTP at all', 'hello\r\n\r\n', 400, 'not a valid HTTP request'],
  [
    'headers past all measure',
    head(['GET /health HTTP/1.1', 'host: 127.0.0.1', `x-long: ${'x'.repeat(20_000)}`]),
    431,
    'longer than 16 KiB',
  ],
])('%s is answered with a body that says so', async (_, bytes, status, message) => {
  const [line = '', body = ''] = (await raw(bytes)).split(/\r\n(?:.*\r\n)*\r\n/);
  expect(line).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(JSON.parse(body)).toMatchObject({ error: { message: expect.stringContaining(message) } });
});

it('what follows a request and is no HTTP does not get into the reply that is under way', async () => {
  const streaming = await startPair(() => ({ frames: [chunk({ content: 'Hello' }), 60_000] }));
  const body = JSON.stringify(chatRequest({ stream: true }));
  const lines = [
    `POST ${CHAT_PATH} HTTP/1.1`,
    'host: 127.0.0.1',
    `authorization: Bearer ${CLIENT_KEY}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
  ];
  const socket = connect(streaming.proxy.port, '127.0.0.1');
  let answer = '';
  socket.on('data', (data: Buffer) => {
    if (!answer.includes('Hello') && data.includes('Hello')) socket.write('this is no HTTP\r\n\r\n');
    answer += data.toString();
  });
  socket.on('error', () => {});
  socket.write(head(lines) + body);
  await once(socket, 'close');
  expect(answer).toContain('Hello');
  expect(answer).not.toContain('not a valid HTTP request');
});
