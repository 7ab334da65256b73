import { describe, expect, it } from 'vitest';
import { chatCodec } from '../../../src/protocols/openai-chat/index.ts';
import { foldReply, type Reply } from '../../../src/protocols/reply.ts';
import { decodeStream, upstreamContext } from '../contexts.ts';
import { checkReply } from '../reply-grammar.ts';

/** What compatible servers write that OpenAI does not. */

type Json = Record<string, unknown>;

const DONE = 'data: [DONE]\n\n';
const frame = (body: unknown): string => `data: ${JSON.stringify(body)}\n\n`;
const chunk = (delta: Json, finish: string | null = null, more: Json = {}): string =>
  frame({ id: 'c', model: 'm', choices: [{ index: 0, delta, finish_reason: finish }], ...more });
const call = (entry: Json): string => chunk({ tool_calls: [entry] });

function read(...frames: readonly string[]): Reply {
  const events = decodeStream(chatCodec, frames);
  expect(checkReply(events)).toEqual([]);
  return foldReply(events);
}
function readWhole(message: Json, more: Json = {}): Reply {
  const body = { choices: [{ index: 0, message, finish_reason: 'stop' }], ...more };
  const events = chatCodec.decodeReply(body, upstreamContext());
  expect(checkReply(events)).toEqual([]);
  return foldReply(events);
}

describe('the name of a call', () => {
  const named = (...deltas: readonly Json[]) => {
    const last = call({ index: 0, function: { arguments: '{}' } });
    const { parts } = read(
      ...deltas.map((delta) => call({ index: 0, ...delta })),
      last,
      chunk({}, 'tool_calls'),
      DONE,
    );
    return parts.map((part) => (part.type === 'tool-call' ? part.name : part.type));
  };
  const piece = (name: string, id?: string) => ({
    ...(id !== undefined && { id }),
    function: { name, arguments: '' },
  });

  it('comes in pieces', () => {
    expect(named(piece('get_', 'a'), piece('weather'))).toEqual(['get_weather']);
    expect(named(piece('get_', 'a'), { id: 'a', function: { name: 'wea' } }, piece('ther', ''))).toEqual([
      'get_weather',
    ]);
  });

  it('is repeated, whole or as far as it goes', () => {
    expect(named(piece('get', 'a'), piece('get', 'a'))).toEqual(['get']);
    expect(named(piece('get', 'a'), piece('get_weather', 'a'))).toEqual(['get_weather']);
  });

  it('is all there is of a call without arguments', () => {
    const { parts, end } = read(call({ index: 0, id: 'a', ...piece('now') }), chunk({}, 'tool_calls'), DONE);
    expect(parts).toEqual([
      { type: 'tool-call', id: 'a', name: 'now', freeform: false, arguments: '{}', complete: true },
    ]);
    expect(end).toEqual({ type: 'finish', reason: 'tool-calls' });
  });

  it('keeps calls in their order, where the first has no arguments', () => {
    const { parts } = read(
      call({ index: 0, id: 'a', ...piece('one') }),
      call({ index: 1, id: 'b', function: { name: 'two', arguments: '{"x":1}' } }),
      chunk({}, 'tool_calls'),
      DONE,
    );
    expect(parts).toMatchObject([
      { id: 'a', name: 'one', arguments: '{}' },
      { id: 'b', name: 'two', arguments: '{"x":1}' },
    ]);
  });
});

describe('an error', () => {
  const failures: readonly (readonly [string, string, object])[] = [
    [
      'Groq’s, beside the choices',
      chunk({}, null, { x_groq: { id: 'r', error: 'over capacity' } }),
      { kind: 'overloaded', message: 'over capacity' },
    ],
    ['plain text', 'event: error\ndata: upstream died\n\n', { kind: 'upstream', message: 'upstream died' }],
    [
      'Cloudflare’s',
      'event: error\ndata: {"errors":[{"code":5007,"message":"No such model x"}]}\n\n',
      { message: 'No such model x' },
    ],
  ];
  it.each(failures)('%s', (_, failing, failure) => {
    expect(read(chunk({ content: 'x' }), failing).end).toMatchObject({ type: 'failure', failure });
  });

  it.each([
    ['Cloudflare’s', { success: false, errors: [{ code: 5007, message: 'No such model' }] }, 'No such model'],
    ['a list of messages', { statusCode: 400, message: ['a is bad', 'b is bad'] }, 'a is bad; b is bad'],
    ['another word', { error_code: 17, error_msg: 'No' }, 'No'],
  ])('as a body: %s', (_, body, message) => {
    expect(chatCodec.decodeError(400, body).message).toBe(message);
  });
});

describe('the finish', () => {
  it.each([
    ['content_filter: RECITATION', { type: 'finish', reason: 'content-filter' }],
    ['PROHIBITED_CONTENT', { type: 'finish', reason: 'content-filter' }],
    ['function_call_filter: MALFORMED_FUNCTION_CALL', { type: 'failure' }],
  ])('%s', (word, end) => {
    expect(read(chunk({ content: 'x' }), chunk({}, word), DONE).end).toMatchObject(end);
  });

  it('is not yet there when it is the word null', () => {
    expect(read(chunk({ content: 'x' }, 'null')).end).toMatchObject({
      type: 'failure',
      failure: { kind: 'cut' },
    });
    expect(read(chunk({ content: 'x' }, 'null'), chunk({}, 'length'), DONE).end).toMatchObject({
      reason: 'length',
    });
  });
});

it('a choice whose index is null is the first', () => {
  const choice = { index: null, delta: { content: 'Hi' }, finish_reason: 'stop' };
  expect(read(frame({ id: 'c', choices: [choice] }), DONE).parts).toMatchObject([{ text: 'Hi' }]);
});

it('reasoning under Copilot’s name', () => {
  const { parts } = read(chunk({ reasoning_text: 'Hm.' }), chunk({ content: 'Hi' }), chunk({}, 'stop'), DONE);
  expect(parts).toMatchObject([
    { type: 'reasoning', text: 'Hm.' },
    { type: 'text', text: 'Hi' },
  ]);
});

it('cached tokens are never more than those of the prompt', () => {
  const usage = { prompt_tokens: 7, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 163 } };
  expect(readWhole({ content: 'x' }, { usage }).usage).toEqual({ input: 7, output: 1, cachedRead: 7 });
});

it('what LiteLLM says was written to the cache', () => {
  const usage = { prompt_tokens: 9, completion_tokens: 1, cache_creation_input_tokens: 4 };
  expect(readWhole({ content: 'x' }, { usage }).usage).toEqual({ input: 9, output: 1, cachedWrite: 4 });
});

it('the words of a spoken answer are its text; the sound, and pictures, are noted as lost', () => {
  const streamed = read(
    chunk({ audio: { id: 'a', transcript: 'Good ' } }),
    chunk({ audio: { data: 'UklGRg==', transcript: 'day.' } }),
    chunk({}, 'stop'),
    DONE,
  );
  const whole = readWhole({ content: null, audio: { id: 'a', data: 'UklGRg==', transcript: 'Good day.' } });
  for (const { parts } of [streamed, whole])
    expect(parts).toMatchObject([
      { type: 'text', text: 'Good day.' },
      { type: 'opaque', kind: 'audio' },
    ]);
  const images = [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }];
  expect(readWhole({ content: 'See.', images }).parts).toMatchObject([
    { text: 'See.' },
    { type: 'opaque', kind: 'image' },
  ]);
});

it.each([
  ['in a delta, though whole', { delta: { content: 'Hi' }, finish_reason: 'stop' }],
  ['as one part', { message: { content: { type: 'text', text: 'Hi' } }, finish_reason: 'stop' }],
])('content %s', (_, choice) => {
  const events = chatCodec.decodeReply({ choices: [{ index: 0, ...choice }] }, upstreamContext());
  expect(foldReply(events).parts).toMatchObject([{ type: 'text', text: 'Hi' }]);
});
