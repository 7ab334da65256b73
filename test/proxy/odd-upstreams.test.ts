import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Answer, HANG, type Script } from '../provider/provider.ts';
import { checkResponsesStream } from '../provider/responses-grammar.ts';
import {
  CHAT_PATH,
  chatRequest,
  chunk,
  DONE,
  FINISH,
  frameData,
  HELLO_FRAMES,
  HELLO_JSON,
  RESPONSES_END,
  RESPONSES_HANDSHAKE,
  RESPONSES_PATH,
  RESPONSES_TEXT,
  responsesRequest,
  startPair,
  startTestProxy,
} from './test-proxy.ts';

const STREAM = chatRequest({ stream: true });

/** Answers each request on a connection by what `reply` does to it. Counts the requests. */
async function startRawUpstream(reply: (socket: Socket, index: number) => void) {
  const sockets = new Set<Socket>();
  let requests = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', () => reply(socket, requests++));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const proxy = await startTestProxy(`http://127.0.0.1:${port}`);
  onTestFinished(() => proxy.close(0));
  return { proxy, requests: () => requests };
}

function answerJson(socket: Socket, json: unknown): void {
  const body = JSON.stringify(json);
  socket.write(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
}

describe('an upstream that resets', () => {
  it('each new connection is asked as often as the config says', async () => {
    const { proxy, requests } = await startRawUpstream((socket) => socket.resetAndDestroy());
    expect((await proxy.post(CHAT_PATH, chatRequest())).status).toBe(502);
    expect(requests()).toBe(3);
    expect(proxy.last().attempts).toBe(3);
  });

  it('a connection that was kept open is asked again at once, and the client sees nothing of it', async () => {
    const { proxy, requests } = await startRawUpstream((socket, index) =>
      index === 1 ? socket.resetAndDestroy() : answerJson(socket, HELLO_JSON),
    );
    for (let round = 0; round < 2; round++) {
      expect((await proxy.post(CHAT_PATH, chatRequest())).status).toBe(200);
    }
    expect(requests()).toBe(3);
    expect(proxy.last().attempts).toBe(1);
  });
});

it('an upstream that is something else than HTTP is said to be', async () => {
  const { proxy } = await startRawUpstream((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'));
  const answer = await proxy.post(CHAT_PATH, chatRequest());
  expect(answer.status).toBe(502);
  expect(await answer.json()).toMatchObject({
    error: { message: expect.stringMatching(/"CHAT".*does not speak HTTP/) },
  });
});

it('a chunk that breaks off into nonsense is tried again', async () => {
  const { proxy, requests } = await startRawUpstream((socket, index) =>
    index === 0
      ? socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n')
      : answerJson(socket, HELLO_JSON),
  );
  expect((await proxy.post(CHAT_PATH, chatRequest())).status).toBe(200);
  expect(requests()).toBe(2);
});

it.each([
  ['retry-after', '9'.repeat(400)],
  ['retry-after-ms', 'Infinity'],
])('a %s beyond all sense is no longer than a year', async (name, value) => {
  const { proxy } = await startPair(() => ({
    status: 429,
    headers: { [name]: value },
    json: { error: { message: 'slow down' } },
  }));
  const answer = await proxy.post(CHAT_PATH, chatRequest());
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '31536000']);
});

it('a status that HTTP does not have is a 502', async () => {
  const { proxy } = await startPair(() => ({ status: 999, json: { error: { message: 'go away' } } }));
  const answer = await proxy.post(CHAT_PATH, chatRequest());
  expect(answer.status).toBe(502);
  expect(await answer.json()).toMatchObject({ error: { message: 'go away' } });
  expect(proxy.last().error?.upstreamStatus).toBe(999);
});

describe('a failure in a relayed stream', () => {
  const failing =
    (frame: string): Script =>
    () => ({ frames: [...HELLO_FRAMES.slice(0, 3), frame, DONE] });

  it.each([
    ['a text', 'data: {"error":"out of memory"}\n\n', /out of memory/],
    ['a list', 'data: [{"error":{"code":503,"message":"no capacity","status":"UNAVAILABLE"}}]\n\n', /./],
  ])('that is %s is told as SDKs understand it', async (_, frame, message) => {
    const { proxy } = await startPair(failing(frame));
    const text = await (await proxy.post(CHAT_PATH, STREAM)).text();
    expect(frameData(text).at(-1)).toMatchObject({ error: { message: expect.stringMatching(message) } });
    expect(text).not.toContain(DONE);
    expect(proxy.last().state).toBe('failed');
  });

  it('is not hidden from a Responses client behind a [DONE]', async () => {
    const cut = [...RESPONSES_HANDSHAKE, ...RESPONSES_TEXT, DONE];
    const { proxy } = await startPair(() => ({ frames: cut }));
    const request = responsesRequest({ model: 'responses', stream: true });
    const text = await (await proxy.post(RESPONSES_PATH, request)).text();
    expect(text).not.toContain('[DONE]');
    expect(frameData(text).at(-1)).toMatchObject({ type: 'response.failed' });
  });

  it('that is nothing but a [DONE] is tried again', async () => {
    const whole = [...RESPONSES_HANDSHAKE, ...RESPONSES_TEXT, ...RESPONSES_END];
    const { proxy } = await startPair((_, index) => ({ frames: index === 0 ? [DONE] : whole }));
    const request = responsesRequest({ model: 'responses', stream: true });
    const text = await (await proxy.post(RESPONSES_PATH, request)).text();
    expect(checkResponsesStream(text)).toEqual([]);
    expect(frameData(text).at(-1)).toMatchObject({ type: 'response.completed' });
  });
});

it.each([CHAT_PATH, RESPONSES_PATH])('comments without end are not kept without end: %s', async (path) => {
  const model = path === CHAT_PATH ? 'chat' : 'responses';
  const request = path === CHAT_PATH ? STREAM : responsesRequest({ model, stream: true });
  const { proxy } = await startPair(() => ({ frames: [...Array(40).fill(': wait\n\n'.repeat(10)), HANG] }), {
    config: { resource_limits: { max_sse_frame_bytes: 1000 } },
  });
  const text = await (await proxy.post(path, request)).text();
  expect(text).toContain('max_sse_frame_bytes');
  expect(proxy.last().state).toBe('failed');
});

describe('a translated stream whose first try began and failed', () => {
  const begun = `${chunk({ role: 'assistant', content: '' })}data: {"error":{"message":"overloaded","code":503}}\n\n`;
  const ask = async (second: Answer): Promise<string> => {
    const { proxy } = await startPair((_, index) => (index === 0 ? { frames: [begun] } : second), {
      timers: { heartbeat_after_secs: 0.02, retries: 1 },
    });
    return (await proxy.post(RESPONSES_PATH, responsesRequest({ stream: true }))).text();
  };

  it('begins before its first heartbeat', async () => {
    const text = await ask({ frames: [60, ...HELLO_FRAMES.slice(0, 3), FINISH, DONE] });
    expect(checkResponsesStream(text), text).toEqual([]);
  });

  it('begins before its failure', async () => {
    const text = await ask({ frames: [60, begun] });
    expect(checkResponsesStream(text), text).toEqual([]);
    expect(frameData(text).at(-1)).toMatchObject({ type: 'response.failed' });
  });
});
