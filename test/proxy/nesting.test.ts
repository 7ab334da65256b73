import { describe, expect, it } from 'vitest';
import type { Answer } from '../provider/provider.ts';
import {
  CHAT_PATH,
  chatRequest,
  HELLO_JSON,
  RESPONSES_PATH,
  responsesRequest,
  startPair,
  type TestProxy,
} from './test-proxy.ts';

/** JSON that is nested deeper than any parser of ours may follow by recursion, on both sides of the proxy. */

const lists = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const objects = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
/** `base` as JSON, with `deep` where it says `"HERE"`. */
const inside = (base: object, deep: string): string => JSON.stringify(base).replace('"HERE"', () => deep);

let proxy: TestProxy;
async function start(answer: () => Answer): Promise<void> {
  ({ proxy } = await startPair(answer, {
    timers: { retries: 0 },
    options: { recordBodies: true },
  }));
}

const schema = { type: 'object', properties: { a: 'HERE' } };
const REQUESTS: readonly [string, string, object][] = [
  ['chat content', CHAT_PATH, chatRequest({ messages: [{ role: 'user', content: 'HERE' }] })],
  [
    'a chat schema',
    CHAT_PATH,
    chatRequest({ tools: [{ type: 'function', function: { name: 'f', parameters: schema } }] }),
  ],
  ['an unknown chat field', CHAT_PATH, chatRequest({ extra: 'HERE' })],
  [
    'an earlier call of chat',
    CHAT_PATH,
    chatRequest({
      messages: [
        { role: 'user', content: 'x' },
        {
          role: 'assistant',
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: 'HERE' } }],
          reasoning_details: 'HERE',
        },
        { role: 'tool', tool_call_id: 'c', content: 'r' },
      ],
    }),
  ],
  ['an input', RESPONSES_PATH, responsesRequest({ input: 'HERE' })],
  [
    'a schema',
    RESPONSES_PATH,
    responsesRequest({ tools: [{ type: 'function', name: 'f', parameters: schema }] }),
  ],
  [
    'an item',
    RESPONSES_PATH,
    responsesRequest({
      input: [
        { type: 'compaction', summary: 'x', more: 'HERE' },
        { role: 'user', content: 'x' },
      ],
    }),
  ],
  ['an unknown field', RESPONSES_PATH, responsesRequest({ extra: 'HERE' })],
  [
    'a format',
    RESPONSES_PATH,
    responsesRequest({ text: { format: { type: 'json_schema', name: 'n', schema } } }),
  ],
];

describe.each(REQUESTS)('a request that is nested too deeply in %s', (_, path, base) => {
  it.each(['chat', 'responses'])(
    'is refused or served, and never breaks anything (towards %s)',
    async (model) => {
      await start(() => ({ json: HELLO_JSON }));
      for (const depth of [900, 5000, 50_000]) {
        for (const deep of [lists(depth), objects(depth)]) {
          const response = await proxy.post(path, inside({ ...base, model }, deep));
          const text = await response.text();
          if (depth > 1000) {
            expect(response.status, text).toBe(400);
            expect(JSON.parse(text).error).toMatchObject({ type: 'invalid_request_error' });
            expect(text).toContain('nested');
          } else expect([200, 400, 502], text).toContain(response.status);
        }
      }
    },
  );
});

const call = { id: 'c', type: 'function', function: { name: 'f', arguments: 'HERE' } };
const chatReply = (message: object, more: object = {}): object => ({
  ...HELLO_JSON,
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop', ...more }],
});
const chatDelta = (delta: object, more: object = {}): object => ({
  id: 'x',
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason: 'stop', ...more }],
});
const response = (item: object, more: object = {}): object => ({
  id: 'r',
  object: 'response',
  status: 'completed',
  output: [{ id: 'i', ...item }],
  ...more,
});
const responseEvent = (item: object): object => ({
  type: 'response.output_item.done',
  output_index: 0,
  item: { id: 'i', ...item },
});
const functionCall = { type: 'function_call', call_id: 'c', name: 'f', arguments: 'HERE' };
const REPLIES: readonly [string, string, object, boolean][] = [
  ['chat content', 'chat', chatReply({ content: 'HERE' }), false],
  ['chat arguments', 'chat', chatReply({ content: null, tool_calls: [call] }), false],
  ['chat details', 'chat', chatReply({ content: 'x', reasoning_details: ['HERE'] }), false],
  [
    'a chat detail',
    'chat',
    chatReply({ content: 'x', reasoning_details: [{ type: 't', data: 'HERE' }] }),
    false,
  ],
  ['chat extras', 'chat', chatReply({ content: 'x' }, { extra: 'HERE' }), false],
  ['a chat error', 'chat', { error: 'HERE' }, false],
  ['a chat chunk', 'chat', chatDelta({ content: 'HERE' }), true],
  ['a chat chunk of arguments', 'chat', chatDelta({ tool_calls: [{ index: 0, ...call }] }), true],
  [
    'a chat chunk of details',
    'chat',
    chatDelta({ content: 'x', reasoning_details: [{ type: 't', data: 'HERE' }] }),
    true,
  ],
  ['an error chunk', 'chat', { error: { message: 'HERE' } }, true],
  ['an output item', 'responses', response({ type: 'web_search_call', more: 'HERE' }), false],
  ['a call', 'responses', response(functionCall), false],
  [
    'content',
    'responses',
    response({ type: 'message', content: [{ type: 'output_text', text: 'x', annotations: 'HERE' }] }),
    false,
  ],
  ['reasoning', 'responses', response({ type: 'reasoning', summary: 'HERE' }), false],
  ['an error', 'responses', { error: { message: { message: 'HERE' } } }, false],
  ['an event of an item', 'responses', responseEvent({ type: 'web_search_call', more: 'HERE' }), true],
  ['an event of a call', 'responses', responseEvent(functionCall), true],
  [
    'a terminal event',
    'responses',
    { type: 'response.completed', response: response({ type: 'shell_call', more: 'HERE' }) },
    true,
  ],
];

describe.each(REPLIES)('a reply that is nested too deeply in %s', (_, model, base, streams) => {
  it.each([
    ['chat', CHAT_PATH, chatRequest],
    ['responses', RESPONSES_PATH, responsesRequest],
  ])('reaches a %s client as a reply or as a failure of its own', async (__, path, request) => {
    let body = '';
    await start(() =>
      streams
        ? { text: `data: ${body}\n\ndata: [DONE]\n\n`, contentType: 'text/event-stream' }
        : { text: body, contentType: 'application/json' },
    );
    for (const deep of [lists(5000), objects(30_000), JSON.stringify(lists(30_000))]) {
      body = inside(base, deep);
      for (const stream of [false, true]) {
        const answer = await proxy.post(path, { ...request({ stream }), model });
        const said = await answer.text();
        expect([200, 400, 502], said.slice(0, 500)).toContain(answer.status);
        if (answer.status !== 200) expect(JSON.parse(said).error.message).not.toBe('');
        expect(said).not.toMatch(/internal[ _]error|call stack/);
        expect(said).not.toBe('');
      }
    }
  });
});

it('a call whose arguments cannot be written down is a failure, not a call', async () => {
  const arguments_ = { type: 'function', id: 'c', function: { name: 'f', arguments: 'HERE' } };
  const body = inside(chatReply({ content: null, tool_calls: [arguments_] }), objects(50_000));
  await start(() => ({ text: body, contentType: 'application/json' }));
  const answer = await proxy.post(RESPONSES_PATH, responsesRequest());
  expect(answer.status).toBe(502);
  expect(await answer.text()).toMatch(/nested too deeply/);
});
