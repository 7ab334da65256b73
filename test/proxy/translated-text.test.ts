import { describe, expect, it } from 'vitest';
import type { Frame } from '../provider/provider.ts';
import {
  CHAT_PATH,
  chatRequest,
  chunk,
  DONE,
  event,
  frameData,
  RESPONSES_HANDSHAKE,
  RESPONSES_PATH,
  responsesRequest,
  startPair,
  type TestProxy,
} from './test-proxy.ts';

let proxy: TestProxy;

async function start(frames: readonly Frame[]): Promise<void> {
  ({ proxy } = await startPair(() => ({ frames })));
}

/** Words that a template of the frame before could take for something else. */
const WORDS = [
  'long'.repeat(5000),
  'longer'.repeat(5000),
  'a',
  'b',
  'b',
  ' ',
  '"',
  'content',
  'delta',
  '\\n',
  '\n',
  'é😀',
  'ü',
  'ü',
  'served-model',
  '0',
  '{',
  '}',
  'c',
];

/** The frames one by one, and all in one piece. */
const PACES: [string, (frames: readonly string[]) => readonly Frame[]][] = [
  ['one by one', (frames) => frames.flatMap((frame) => [frame, 1])],
  ['together', (frames) => [frames.join('')]],
];

describe.each(PACES)('the text of a stream whose frames differ in nothing else, %s', (_, paced) => {
  it('reaches a Responses client from Chat, each word once and as a delta of its own', async () => {
    const frames = [
      chunk({ role: 'assistant', content: '' }),
      ...WORDS.map((word) => chunk({ reasoning_content: word })),
      ...WORDS.map((word) => chunk({ content: word })),
      chunk({}, { finish_reason: 'stop' }),
      DONE,
    ];
    await start(paced(frames));
    const text = await (await proxy.post(RESPONSES_PATH, responsesRequest({ stream: true }))).text();
    const data = frameData(text) as { type: string; delta?: string; text?: string; response?: unknown }[];
    const deltas = (type: RegExp) => data.filter((one) => type.test(one.type)).map(({ delta }) => delta);
    expect(deltas(/^response\.output_text\.delta$/)).toEqual(WORDS);
    expect(deltas(/^response\.reasoning_\w+\.delta$/)).toEqual(WORDS);
    expect(data.find(({ type }) => type === 'response.output_text.done')?.text).toBe(WORDS.join(''));
  });

  it('reaches a Chat client from Responses, which says it once more as a whole', async () => {
    const item = { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed' };
    const place = { item_id: 'msg_1', output_index: 0, content_index: 0 };
    const whole = { type: 'output_text', text: WORDS.join(''), annotations: [] };
    const frames = [
      ...RESPONSES_HANDSHAKE.map(String),
      event('response.output_item.added', 2, { output_index: 0, item: { ...item, content: [] } }),
      ...WORDS.map((delta, index) => event('response.output_text.delta', 3 + index, { ...place, delta })),
      event('response.output_text.done', 30, { ...place, text: whole.text }),
      event('response.output_item.done', 31, { output_index: 0, item: { ...item, content: [whole] } }),
      event('response.completed', 32, {
        response: { id: 'resp_up', status: 'completed', output: [{ ...item, content: [whole] }] },
      }),
    ];
    await start(paced(frames));
    const request = chatRequest({ model: 'responses', stream: true });
    const text = await (await proxy.post(CHAT_PATH, request)).text();
    const chunks = frameData(text) as { choices?: { delta: { content?: string } }[] }[];
    const said = chunks.flatMap(({ choices }) => choices?.[0]?.delta.content || []);
    expect(said).toEqual(WORDS);
    expect(text.endsWith(DONE)).toBe(true);
  });
});
