import { describe, expect, test } from 'vitest';
import { responsesCodec } from '../../../src/protocols/openai-responses/index.ts';
import { foldReply } from '../../../src/protocols/reply.ts';
import { decodeStream, replyOf, upstreamContext } from './contexts.ts';

/** What compatible servers write that OpenAI does not. */

const CREATED = { type: 'response.created', response: { id: 'r', status: 'in_progress', output: [] } };
const completed = (...output: readonly object[]) => ({
  type: 'response.completed',
  response: { id: 'r', status: 'completed', output },
});

test('a call that no item tells of, but its last event', () => {
  const at = { item_id: 'fc_1', output_index: 0 };
  const args = [
    { type: 'response.function_call_arguments.delta', ...at, delta: '{"a"' },
    { type: 'response.function_call_arguments.done', ...at, name: 'f', arguments: '{"a":1}' },
  ];
  const call = { type: 'tool-call', name: 'f', arguments: '{"a":1}', complete: true };
  const told = replyOf([CREATED, ...args, completed()]);
  expect(told).toMatchObject({ parts: [{ ...call, id: 'fc_1' }], end: { reason: 'tool-calls' } });
  // An item knows the id better.
  const item = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'f', arguments: '{"a":1}' };
  expect(replyOf([CREATED, ...args, completed(item)]).parts).toMatchObject([{ ...call, id: 'call_1' }]);
});

test('a message whose content is a string', () => {
  const item = { type: 'message', role: 'assistant', content: 'Hello' };
  expect(replyOf([CREATED, completed(item)]).parts).toMatchObject([{ type: 'text', text: 'Hello' }]);
});

describe('an error', () => {
  test.each([
    ['plain text', 'event: error\ndata: upstream died\n\n', 'upstream died'],
    ['a string', 'data: {"error":"boom"}\n\n', 'boom'],
    ['vLLM’s', 'data: {"object":"error","message":"bad","type":"BadRequestError","code":400}\n\n', 'bad'],
  ])('in a stream: %s', (_, frame, message) => {
    const created = `data: ${JSON.stringify(CREATED)}\n\n`;
    expect(foldReply(decodeStream([created, frame])).end).toMatchObject({ failure: { message } });
  });

  test('as a whole answer that was to be a response', () => {
    const events = responsesCodec.decodeReply({ detail: 'Not Found' }, upstreamContext());
    expect(foldReply(events).end).toMatchObject({ failure: { message: 'Not Found' } });
  });
});

test('usage under Chat’s names', () => {
  const response = {
    id: 'r',
    status: 'completed',
    output: [],
    usage: { prompt_tokens: 3, completion_tokens: 4 },
  };
  expect(replyOf([CREATED, { type: 'response.completed', response }]).usage).toEqual({ input: 3, output: 4 });
});
