import { expect, it } from 'vitest';
import type { Provider, Script } from '../provider/provider.ts';
import {
  CHAT_PATH,
  chatRequest,
  type Extra,
  frameData,
  RESPONSES_END,
  RESPONSES_HANDSHAKE,
  RESPONSES_TEXT,
  startPair,
  type TestProxy,
  until,
} from './test-proxy.ts';

/** Stop words for an upstream that has none: the proxy cuts the reply itself. */

let provider: Provider;
let proxy: TestProxy;
async function start(script: Script, extra: Extra = {}): Promise<void> {
  ({ provider, proxy } = await startPair(script, extra));
}

const [ADDED = '', PART = '', HELLO = ''] = RESPONSES_TEXT;
const delta = (text: string): string => HELLO.replace('"Hello"', JSON.stringify(text));
const REQUEST = chatRequest({ model: 'responses', stop: ['lo, w', 'never'] });

it('a stream is cut across its pieces, is finished as stopped, and costs no more', async () => {
  await start(() => ({
    frames: [...RESPONSES_HANDSHAKE, ADDED, PART, delta('Hel'), 5, delta('lo, '), 5, delta('wor'), 60_000],
  }));
  const text = await (await proxy.post(CHAT_PATH, { ...REQUEST, stream: true })).text();
  const chunks = frameData(text) as {
    choices: { delta: { content?: string }; finish_reason: string | null }[];
  }[];
  const [done] = chunks.slice(-1);
  expect(done).toBe('[DONE]');
  expect(chunks.map((chunk) => chunk.choices?.[0]?.delta.content ?? '').join('')).toBe('Hel');
  expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop');
  await until(() => provider.aborted.length === 1, 'the upstream is let go');
  expect(provider.requests[0]?.body).not.toHaveProperty('stop');
  expect(proxy.last()).toMatchObject({
    state: 'done',
    finish: 'stop',
    losses: [{ path: 'stop', action: 'emulated', topic: 'sampling' }],
  });
});

it('a stream without such words is whole', async () => {
  await start(() => ({ frames: [...RESPONSES_HANDSHAKE, ...RESPONSES_TEXT, ...RESPONSES_END] }));
  const request = { ...REQUEST, stream: true, stream_options: { include_usage: true } };
  const text = await (await proxy.post(CHAT_PATH, request)).text();
  expect(text).toContain('"usage":{"prompt_tokens":10');
  expect(text.match(/"content":"[^"]+"/g)?.join('')).toBe('"content":"Hel""content":"lo"');
});

it('a whole reply is cut, and its usage is what the provider charges', async () => {
  const content = [{ type: 'output_text', text: 'Hello, world', annotations: [] }];
  await start(() => ({
    json: {
      id: 'resp_up',
      object: 'response',
      status: 'completed',
      output: [{ id: 'm', type: 'message', role: 'assistant', status: 'completed', content }],
      usage: { input_tokens: 3, output_tokens: 7, total_tokens: 10 },
    },
  }));
  const answer = await proxy.post(CHAT_PATH, REQUEST);
  expect(await answer.json()).toMatchObject({
    choices: [{ message: { content: 'Hel' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 7 },
  });
});

it('is no loss even in the strictest mode', async () => {
  await start(() => ({ frames: [...RESPONSES_HANDSHAKE, ...RESPONSES_TEXT, ...RESPONSES_END] }), {
    config: { compatibility_mode: 'strict' },
  });
  const answer = await proxy.post(CHAT_PATH, { ...REQUEST, stream: true });
  expect(answer.status).toBe(200);
});
