import { describe, expect, it } from 'vitest';
import { chatCodec } from '../../../src/protocols/openai-chat/index.ts';
import { responsesCodec } from '../../../src/protocols/openai-responses/index.ts';
import { foldReply, type ReplyEvent } from '../../../src/protocols/reply.ts';
import { clientContext, decodeStream, targetOf, upstreamContext } from '../contexts.ts';
import { checkReply } from '../reply-grammar.ts';

/** Gemini's `thought_signature` of a call, through a client that has no such field, back to its upstream. */

type Json = Record<string, unknown>;

const proof = (signature: string) => ({ google: { thought_signature: signature } });
const call = (id: string, signature?: string): Json => ({
  id,
  type: 'function',
  function: { name: 'look', arguments: `{"at":"${id}"}` },
  ...(signature !== undefined && { extra_content: proof(signature) }),
});

function whole(...calls: readonly Json[]): readonly ReplyEvent[] {
  const message = { role: 'assistant', content: null, tool_calls: calls };
  return chatCodec.decodeReply(
    { choices: [{ index: 0, message, finish_reason: 'tool_calls' }] },
    upstreamContext(),
  );
}
function streamed(...calls: readonly Json[]): readonly ReplyEvent[] {
  const chunk = (delta: Json, finish: string | null = null): string =>
    `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  const deltas = calls.map((entry, index) => chunk({ tool_calls: [{ index, ...entry }] }));
  return decodeStream(chatCodec, [...deltas, chunk({}, 'tool_calls'), 'data: [DONE]\n\n']);
}

/** The calls that the upstream gets when a Responses client repeats what it got. */
function sentBack(events: readonly ReplyEvent[], issuer?: string): readonly Json[] {
  expect(checkReply(events)).toEqual([]);
  const response = responsesCodec.encodeReply(foldReply(events), clientContext()) as {
    output: readonly Json[];
  };
  const outputs = response.output
    .filter(({ type }) => type === 'function_call')
    .map(({ call_id }) => ({ type: 'function_call_output', call_id, output: 'seen' }));
  const input = [{ role: 'user', content: 'go' }, ...response.output, ...outputs];
  const { conversation } = responsesCodec.decodeRequest({ model: 'm', input });
  const target = targetOf({}, issuer === undefined ? {} : { issuer });
  const { body } = chatCodec.encodeRequest(conversation, target);
  const messages = body.messages as readonly (Json & { tool_calls?: readonly Json[] })[];
  expect(JSON.stringify(messages)).not.toContain('reasoning_details');
  return messages.flatMap(({ tool_calls: calls }) => calls ?? []);
}

describe.each([
  { how: 'whole', read: whole },
  { how: 'streamed', read: streamed },
])('$how', ({ read }) => {
  it('of the first of two calls', () => {
    expect(sentBack(read(call('a', 'S1'), call('b')))).toEqual([call('a', 'S1'), call('b')]);
  });

  it('of each', () => {
    expect(sentBack(read(call('a', 'S1'), call('b', 'S2')))).toEqual([call('a', 'S1'), call('b', 'S2')]);
  });

  it('of the second alone', () => {
    expect(sentBack(read(call('a'), call('b', 'S2')))).toEqual([call('a'), call('b', 'S2')]);
  });

  it('goes to nobody else', () => {
    expect(sentBack(read(call('a', 'S1')), 'another')).toEqual([call('a')]);
  });
});

it('is passed on once, where every delta repeats it, and is known where it comes late', () => {
  const name = { index: 0, id: 'a', type: 'function', function: { name: 'look', arguments: '' } };
  const args = { index: 0, function: { arguments: '{"at":"a"}' }, extra_content: proof('S1') };
  const end = { index: 0, function: { arguments: '' }, extra_content: proof('S1') };
  expect(sentBack(streamed({ ...name, extra_content: proof('S1') }, args, end))).toEqual([call('a', 'S1')]);
  expect(sentBack(streamed(name, args))).toEqual([call('a', 'S1')]);
});
