import { describe, expect, it } from 'vitest';
import type { Answer, Provider } from '../provider/provider.ts';
import {
  CHAT_PATH,
  chatRequest,
  chunk,
  DONE,
  type Extra,
  frameData,
  HELLO_JSON,
  RESPONSES_PATH,
  responsesRequest,
  startPair,
  type TestProxy,
} from './test-proxy.ts';

/** A reply that ends because the context window is full is an error that clients act on, not an answer. */

let provider: Provider;
let proxy: TestProxy;
async function start(answer: Answer, extra: Extra = {}): Promise<void> {
  ({ provider, proxy } = await startPair(() => answer, extra));
}

const REASON = 'model_context_window_exceeded';
const FULL = chunk({}, { finish_reason: REASON });
const JSON_ANSWER: Answer = {
  json: { ...HELLO_JSON, choices: [{ ...HELLO_JSON.choices[0], finish_reason: REASON }] },
};
const ERROR = { error: { type: 'invalid_request_error', code: 'context_length_exceeded' } };

describe('a reply that filled the context window', () => {
  it.each([
    ['as JSON', JSON_ANSWER, {}],
    ['as JSON where a stream was asked', JSON_ANSWER, { stream: true }],
    ['as a stream where JSON was asked', { frames: [chunk({ content: 'Hel' }), FULL, DONE] }, {}],
    ['as a stream of one write', { frames: [FULL + DONE] }, { stream: true }],
  ] as const)('is a 400 with its code, sent %s', async (_, answer, more) => {
    await start(answer as Answer);
    const got = await proxy.post(RESPONSES_PATH, responsesRequest(more));
    expect(got.status).toBe(400);
    expect(await got.json()).toMatchObject(ERROR);
    expect(provider.requests).toHaveLength(1);
    expect(proxy.last()).toMatchObject({ state: 'failed', status: 400, error: { kind: 'context-length' } });
  });

  it('fails a stream that has words already', async () => {
    await start({ frames: [chunk({ content: 'Hel' }), FULL, DONE] });
    const text = await (await proxy.post(RESPONSES_PATH, responsesRequest({ stream: true }))).text();
    expect(frameData(text).at(-1)).toMatchObject({
      type: 'response.failed',
      response: { status: 'failed', error: { code: 'context_length_exceeded' } },
    });
    expect(proxy.last()).toMatchObject({ state: 'failed', status: 200 });
  });

  it('is a 400 where a stream is folded for a Chat client', async () => {
    await start(
      { frames: [chunk({ content: 'Hel' }), FULL, DONE] },
      { chat: { quirks: { stream_only: true } } },
    );
    const got = await proxy.post(CHAT_PATH, chatRequest());
    expect(got.status).toBe(400);
    expect(await got.json()).toMatchObject(ERROR);
  });

  it('stays as its provider said it where both speak the same protocol', async () => {
    await start(JSON_ANSWER);
    const got = await proxy.post(CHAT_PATH, chatRequest());
    expect(got.status).toBe(200);
    expect(await got.json()).toMatchObject({ choices: [{ finish_reason: REASON }] });
  });
});
