import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planToolNames } from '../../src/protocols/bridge/tool-names.ts';
import type { Codec } from '../../src/protocols/codec.ts';
import type { Tool } from '../../src/protocols/conversation.ts';
import { RequestRefused } from '../../src/protocols/failure.ts';
import { chatCodec } from '../../src/protocols/openai-chat/index.ts';
import { responsesCodec } from '../../src/protocols/openai-responses/index.ts';
import type { ReplyEvent } from '../../src/protocols/reply.ts';
import { checkChatStream } from '../provider/chat-grammar.ts';
import { checkResponsesStream } from '../provider/responses-grammar.ts';
import { clientContext, encodeStream, OPENAI, targetOf, upstreamContext } from './contexts.ts';
import { mutationOf } from './mutation.ts';
import { checkReply } from './reply-grammar.ts';

/** Valid streams and requests with something wrong in them, of the kinds that broken servers and clients send. */

const TOOLS: readonly Tool[] = [
  { type: 'freeform', name: 'patch' },
  { type: 'function', namespace: 'ns', name: 'child' },
];
const toolNames = planToolNames(TOOLS, [], {
  alphabet: 'A-Za-z0-9_-',
  maxLength: 64,
  nativeFreeform: false,
});

const delta = (fields: object, finish_reason: string | null = null) => ({
  id: 'x',
  model: 'm',
  choices: [{ index: 0, delta: fields, finish_reason }],
});
const CHAT_STREAM: readonly unknown[] = [
  delta({ role: 'assistant', content: '' }),
  delta({ reasoning_content: 'hm' }),
  delta({ reasoning_details: [{ type: 'reasoning.text', text: 'hm', index: 0, signature: 's' }] }),
  delta({ content: 'Hi \ud83d' }),
  delta({ content: '\ude00' }),
  delta({ refusal: 'no' }),
  delta({
    tool_calls: [
      { index: 0, id: 'a', type: 'function', function: { name: 'patch', arguments: '{"in' } },
      { index: 1, id: 'b', type: 'function', function: { name: 'ns__child', arguments: '' } },
    ],
  }),
  delta({ tool_calls: [{ index: 1, function: { arguments: '{"a":null}' } }] }),
  delta({ tool_calls: [{ index: 0, function: { arguments: 'put":"p"}' } }] }),
  delta({}, 'tool_calls'),
  {
    choices: [],
    usage: { prompt_tokens: 3, completion_tokens: 4, prompt_tokens_details: { cached_tokens: 1 } },
  },
];

const place = (output_index: number, item_id: string) => ({ output_index, item_id });
const CUSTOM = { id: 'c1', type: 'custom_tool_call', call_id: 'k1', name: 'edit', input: 'one' };
const CALL = { id: 'f1', type: 'function_call', call_id: 'k2', name: 'ns__child', arguments: '{"a":1.0}' };
const PATCH = { id: 'f2', type: 'function_call', call_id: 'k3', name: 'patch', arguments: '{"input":"x"}' };
const REASONING = {
  id: 'rs1',
  type: 'reasoning',
  summary: [{ type: 'summary_text', text: 'hm' }],
  content: [{ type: 'reasoning_text', text: 'raw' }],
  encrypted_content: 'sealed',
};
const MESSAGE = {
  id: 'm1',
  type: 'message',
  phase: 'commentary',
  content: [
    { type: 'output_text', text: 'Hello' },
    { type: 'refusal', refusal: 'No!' },
  ],
};
const RESPONSES_STREAM: readonly unknown[] = [
  { type: 'response.created', response: { id: 'r', model: 'm', usage: null } },
  { type: 'response.output_item.added', output_index: 0, item: { ...REASONING, summary: [], content: [] } },
  { type: 'response.reasoning_summary_text.delta', ...place(0, 'rs1'), summary_index: 0, delta: 'hm' },
  { type: 'response.reasoning_text.delta', ...place(0, 'rs1'), content_index: 0, delta: 'raw' },
  { type: 'response.output_item.done', output_index: 0, item: REASONING },
  { type: 'response.output_item.added', output_index: 1, item: { ...CUSTOM, input: '' } },
  { type: 'response.custom_tool_call_input.delta', ...place(1, 'c1'), delta: 'on' },
  { type: 'response.output_item.done', output_index: 1, item: CUSTOM },
  { type: 'response.output_item.added', output_index: 2, item: { ...CALL, arguments: '' } },
  { type: 'response.output_item.added', output_index: 3, item: { ...PATCH, arguments: '' } },
  { type: 'response.function_call_arguments.delta', ...place(2, 'f1'), delta: '{"a"' },
  { type: 'response.function_call_arguments.delta', ...place(3, 'f2'), delta: '{"inp' },
  { type: 'response.function_call_arguments.done', ...place(2, 'f1'), arguments: '{"a":1.0}' },
  { type: 'response.output_item.done', output_index: 2, item: CALL },
  { type: 'response.output_item.done', output_index: 3, item: PATCH },
  { type: 'response.output_item.added', output_index: 4, item: { ...MESSAGE, content: [] } },
  { type: 'response.output_text.delta', ...place(4, 'm1'), content_index: 0, delta: 'Hel' },
  { type: 'response.refusal.delta', ...place(4, 'm1'), content_index: 1, delta: 'No' },
  { type: 'response.output_item.done', output_index: 4, item: MESSAGE },
  { type: 'response.output_item.done', output_index: 5, item: { id: 'w', type: 'web_search_call' } },
  {
    type: 'response.completed',
    response: {
      id: 'r',
      status: 'completed',
      usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
      output: [REASONING, CUSTOM, CALL, PATCH, MESSAGE],
    },
  },
];

function decode(codec: Codec, frames: readonly unknown[]): readonly ReplyEvent[] {
  const events: ReplyEvent[] = [];
  const decoder = codec.streamDecoder(upstreamContext({}, { toolNames }), (event) => events.push(event));
  for (const frame of frames) decoder.push({ data: JSON.stringify(frame) });
  decoder.end();
  expect(decoder.done).toBe(true);
  return events;
}

describe.each<[string, Codec, readonly unknown[]]>([
  ['Chat', chatCodec, CHAT_STREAM],
  ['Responses', responsesCodec, RESPONSES_STREAM],
])('a %s stream with anything wrong in it', (_, codec, valid) => {
  it('ends once, in events and in streams that keep to their grammar', () => {
    expect(decode(codec, valid).at(-1)).toEqual({ type: 'finish', reason: 'tool-calls' });
    fc.assert(
      fc.property(mutationOf(valid), (frames) => {
        const events = decode(codec, frames as readonly unknown[]);
        expect(checkReply(events)).toEqual([]);
        expect(checkChatStream(encodeStream(chatCodec, events))).toEqual([]);
        expect(checkResponsesStream(encodeStream(responsesCodec, events, clientContext()))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

const PNG = 'data:image/png;base64,iVBORw0KGgo=';
const SCHEMA = { type: 'object', properties: { x: { type: 'integer' } } };
const CHAT_REQUEST = {
  model: 'm',
  stream: true,
  stream_options: { include_usage: true },
  messages: [
    { role: 'system', content: 's' },
    { role: 'developer', content: [{ type: 'text', text: 'd' }], name: 'n' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'u' },
        { type: 'image_url', image_url: { url: PNG, detail: 'high' } },
        { type: 'input_audio', input_audio: { data: 'aGk=', format: 'wav' } },
        { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,aGk=' } },
      ],
    },
    {
      role: 'assistant',
      content: 'a',
      reasoning_content: 'r',
      tool_calls: [
        { id: 'c1', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
        { id: 'c2', type: 'custom', custom: { name: 'patch', input: 'raw' } },
      ],
    },
    { role: 'tool', tool_call_id: 'c1', content: 'r1' },
    { role: 'tool', tool_call_id: 'c2', content: [{ type: 'text', text: 'r2' }] },
    { role: 'assistant', content: null, function_call: { name: 'g', arguments: '{}' } },
    { role: 'function', name: 'g', content: 'fr' },
    { role: 'user', content: 'end' },
  ],
  tools: [
    { type: 'function', function: { name: 'f', description: 'd', parameters: SCHEMA, strict: false } },
    { type: 'custom', custom: { name: 'patch', format: { type: 'text' } } },
  ],
  tool_choice: { type: 'function', function: { name: 'f' } },
  parallel_tool_calls: true,
  temperature: 1,
  logit_bias: { '50256': -100 },
  logprobs: true,
  top_logprobs: 2,
  stop: ['a', 'b'],
  max_completion_tokens: 100,
  reasoning_effort: 'low',
  response_format: { type: 'json_schema', json_schema: { name: 'x', schema: SCHEMA } },
  metadata: { a: 'b' },
  web_search_options: { user_location: { type: 'approximate', approximate: { country: 'DE' } } },
};
const RESPONSES_REQUEST = {
  model: 'm',
  stream: true,
  instructions: 'i',
  input: [
    { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'd' }] },
    { role: 'user', content: [{ type: 'input_image', image_url: PNG, detail: 'auto' }] },
    { ...REASONING, id: 'rs_1' },
    { type: 'message', role: 'assistant', phase: 'commentary', content: MESSAGE.content },
    { type: 'function_call', call_id: 'c1', name: 'f', namespace: 'ns', arguments: '{"a":1}' },
    { type: 'custom_tool_call', call_id: 'c2', name: 'patch', input: 'raw' },
    {
      type: 'function_call_output',
      call_id: 'c1',
      output: [{ type: 'input_image', image_url: PNG }],
    },
    { type: 'custom_tool_call_output', call_id: 'c2', output: 'x' },
    { type: 'web_search_call', id: 'ws', status: 'completed', action: {} },
    { role: 'user', content: 'end' },
  ],
  tools: [
    { type: 'function', name: 'g', parameters: SCHEMA, strict: false },
    { type: 'custom', name: 'patch', format: { type: 'grammar', syntax: 'lark', definition: 'x' } },
    { type: 'namespace', name: 'ns', tools: [{ type: 'function', name: 'f', parameters: SCHEMA }] },
    { type: 'web_search', external_web_access: false },
  ],
  tool_choice: {
    type: 'allowed_tools',
    mode: 'auto',
    tools: [
      { type: 'function', name: 'g' },
      { type: 'custom', name: 'patch' },
    ],
  },
  reasoning: { effort: 'high', summary: 'auto' },
  include: ['reasoning.encrypted_content'],
  text: { verbosity: 'low', format: { type: 'json_schema', name: 'n', schema: SCHEMA, strict: false } },
  max_output_tokens: 50,
  metadata: { a: 'b' },
  client_metadata: { 'x-codex-a': 'b' },
};

/** Runs what may refuse, and nothing but refuse. */
function orRefusal<Result>(run: () => Result): Result | RequestRefused {
  try {
    return run();
  } catch (error) {
    if (error instanceof RequestRefused) return error;
    throw error;
  }
}

describe.each<[string, Codec, object]>([
  ['Chat', chatCodec, CHAT_REQUEST],
  ['Responses', responsesCodec, RESPONSES_REQUEST],
])('a %s request with anything wrong in it', (_, codec, valid) => {
  it('is read, or refused by the name of the field', () => {
    expect(codec.decodeRequest(structuredClone(valid)).conversation.tools).not.toEqual([]);
    fc.assert(
      fc.property(mutationOf(valid), (body) => {
        const decoded = orRefusal(() => codec.decodeRequest(body));
        if (decoded instanceof RequestRefused) {
          expect(decoded.failure).toMatchObject({ status: 400, param: expect.stringMatching(/^\w/) });
          expect(decoded.message.length).toBeLessThan(400);
          return;
        }
        for (const loss of decoded.losses) expect(loss.from.length).toBeLessThan(100);
        const { conversation } = decoded;
        orRefusal(() => chatCodec.encodeRequest(conversation, targetOf()));
        orRefusal(() => chatCodec.encodeRequest(conversation, targetOf(OPENAI)));
        orRefusal(() => responsesCodec.encodeRequest(conversation, targetOf(OPENAI)));
      }),
      { numRuns: 300 },
    );
  });
});
