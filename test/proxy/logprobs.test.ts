import { describe, expect, it } from 'vitest';
import type { Answer, Provider } from '../provider/provider.ts';
import {
  CHAT_PATH,
  chatRequest,
  chunk,
  DONE,
  event,
  FINISH,
  frameData,
  HELLO_JSON,
  RESPONSES_HANDSHAKE,
  RESPONSES_PATH,
  RESPONSES_TEXT,
  responsesRequest,
  startPair,
  type TestProxy,
} from './test-proxy.ts';

/** Log probabilities have the same form in both protocols, but for where they stand. */

let provider: Provider;
let proxy: TestProxy;
async function start(answer: Answer): Promise<void> {
  ({ provider, proxy } = await startPair(() => answer));
}

const token = (text: string, logprob: number) => ({ token: text, logprob, bytes: [...Buffer.from(text)] });
const HEL = { ...token('Hel', -0.5), top_logprobs: [token('Hel', -0.5), token('Hal', -2)] };
const LO = { ...token('lo', -0.25), top_logprobs: [token('lo', -0.25)] };
const streamed = ({ token: text, logprob, top_logprobs }: typeof HEL) => ({
  token: text,
  logprob,
  top_logprobs: top_logprobs.map((other) => ({ token: other.token, logprob: other.logprob })),
});

const CHAT_ASKED = { model: 'responses', logprobs: true, top_logprobs: 2 };
const RESPONSES_ASKED = { top_logprobs: 2, include: ['message.output_text.logprobs'] };

describe('a Responses client over Chat', () => {
  const beside = (tokens: readonly object[]) => ({ logprobs: { content: tokens, refusal: null } });
  const FRAMES = [
    chunk({ role: 'assistant', content: '' }, { logprobs: null }),
    chunk({ content: 'Hel' }, beside([HEL])),
    chunk({ content: 'lo' }, beside([LO])),
    FINISH,
    DONE,
  ];

  it('gets them in a stream: with each delta, and with the whole text', async () => {
    await start({ frames: FRAMES });
    const request = responsesRequest({ ...RESPONSES_ASKED, stream: true });
    const events = frameData(await (await proxy.post(RESPONSES_PATH, request)).text()) as Record<
      string,
      unknown
    >[];
    expect(provider.requests[0]?.body).toMatchObject({ logprobs: true, top_logprobs: 2 });
    const of = (type: string) => events.filter((one) => one.type === `response.output_text.${type}`);
    expect(of('delta').map(({ delta, logprobs }) => [delta, logprobs])).toEqual([
      ['Hel', [streamed(HEL)]],
      ['lo', [streamed(LO)]],
    ]);
    expect(of('done')).toMatchObject([{ text: 'Hello', logprobs: [streamed(HEL), streamed(LO)] }]);
    expect(events.at(-1)).toMatchObject({
      response: { output: [{ content: [{ text: 'Hello', logprobs: [HEL, LO] }] }] },
    });
    expect(proxy.last().losses).toEqual([]);
  });

  it('gets them in a whole reply', async () => {
    await start({ json: { ...HELLO_JSON, choices: [{ ...HELLO_JSON.choices[0], ...beside([HEL, LO]) }] } });
    const answer = await proxy.post(RESPONSES_PATH, responsesRequest(RESPONSES_ASKED));
    expect(await answer.json()).toMatchObject({
      output: [{ content: [{ text: 'Hello', logprobs: [HEL, LO] }] }],
    });
  });

  it('that did not ask gets and asks for none', async () => {
    await start({ frames: FRAMES });
    const text = await (
      await proxy.post(RESPONSES_PATH, responsesRequest({ stream: true, top_logprobs: 0 }))
    ).text();
    expect(text).not.toContain('-0.25');
    expect(provider.requests[0]?.body).not.toHaveProperty('logprobs');
  });
});

describe('a Chat client over Responses', () => {
  const [added = '', part = '', hello = ''] = RESPONSES_TEXT;
  const delta = (text: string, tokens: readonly object[]): string =>
    hello.replace('"delta":"Hello"', `"delta":"${text}","logprobs":${JSON.stringify(tokens)}`);
  const item = {
    id: 'msg_up',
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: 'Hello', annotations: [], logprobs: [HEL, LO] }],
  };
  const response = { id: 'resp_up', object: 'response', status: 'completed', output: [item] };

  it('gets them in a stream, each once', async () => {
    await start({
      frames: [
        ...RESPONSES_HANDSHAKE,
        added,
        part,
        delta('Hel', [streamed(HEL)]),
        // The whole item tells what the deltas left out.
        delta('lo', []),
        event('response.output_item.done', 5, { output_index: 0, item }),
        event('response.completed', 6, { response }),
      ],
    });
    const request = chatRequest({ ...CHAT_ASKED, stream: true });
    const text = await (await proxy.post(CHAT_PATH, request)).text();
    expect(provider.requests[0]?.body).toMatchObject({
      top_logprobs: 2,
      include: expect.arrayContaining(['message.output_text.logprobs']),
    });
    const chunks = frameData(text).slice(0, -1) as {
      choices: { logprobs: { content: object[] } | null }[];
    }[];
    const tokens = chunks.flatMap(({ choices }) => choices[0]?.logprobs?.content ?? []);
    const noBytes = HEL.top_logprobs.map((other) => ({ ...other, bytes: null }));
    expect(tokens).toEqual([{ ...HEL, bytes: null, top_logprobs: noBytes }, LO]);
  });

  it('gets them in a whole reply', async () => {
    await start({ json: response });
    const answer = await proxy.post(CHAT_PATH, chatRequest(CHAT_ASKED));
    expect(await answer.json()).toMatchObject({
      choices: [{ logprobs: { content: [HEL, LO], refusal: null } }],
    });
    expect(proxy.last().losses).toEqual([]);
  });
});
