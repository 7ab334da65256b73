import { describe, expect, it } from 'vitest';
import { chatCodec } from '../../../src/protocols/openai-chat/index.ts';
import { foldReply, type Reply } from '../../../src/protocols/reply.ts';
import { clientContext, upstreamContext } from '../contexts.ts';

function decode(body: unknown): Reply {
  return foldReply(chatCodec.decodeReply(body, upstreamContext()));
}

const whole = (message: unknown, finish: string | null = 'stop', more: object = {}) => ({
  id: 'cmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'served',
  choices: [{ index: 0, message, finish_reason: finish }],
  ...more,
});

describe('a whole reply of an upstream', () => {
  it('becomes reasoning, text, calls, usage and the finish', () => {
    const reply = decode(
      whole(
        {
          role: 'assistant',
          content: 'Let me look.',
          reasoning_content: 'Hm.',
          tool_calls: [
            { id: 'c1', type: 'function', function: { name: 'a', arguments: '{"x":1}' } },
            { id: 'c1', type: 'function', function: { name: 'a', arguments: { x: 2 } } },
            { type: 'function', function: { name: 'b', arguments: '' } },
          ],
        },
        'tool_calls',
        { usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } },
      ),
    );
    expect(reply).toMatchObject({
      id: 'cmpl-1',
      model: 'served',
      usage: { input: 3, output: 2 },
      end: { type: 'finish', reason: 'tool-calls' },
      parts: [
        { type: 'reasoning', text: 'Hm.' },
        { type: 'text', text: 'Let me look.' },
        { type: 'tool-call', id: 'c1', arguments: '{"x":1}' },
        { type: 'tool-call', id: 'c1', arguments: '{"x":2}' },
        { type: 'tool-call', id: 'call_1', name: 'b', arguments: '{}' },
      ],
    });
  });

  it('did stop even where it does not say so', () => {
    expect(decode(whole({ role: 'assistant', content: 'Hi' }, null)).end).toEqual({
      type: 'finish',
      reason: 'stop',
    });
  });

  it.each([
    [{ error: { message: 'Overloaded', type: 'overloaded_error' } }, 'overloaded'],
    [{ detail: 'Not here' }, 'upstream'],
    [{ choices: null, base_resp: { status_code: 1008, status_msg: 'insufficient balance' } }, 'quota'],
    [{}, 'upstream'],
    [null, 'upstream'],
    ['<html>', 'upstream'],
    [{ choices: [] }, 'upstream'],
    [{ choices: [null] }, 'upstream'],
  ])('that is none is a failure: %j', (body, kind) => {
    expect(decode(body).end).toMatchObject({ type: 'failure', failure: { kind } });
  });
});

describe('a whole reply for a Chat client', () => {
  const encode = (reply: Partial<Reply>, request = {}) =>
    chatCodec.encodeReply(
      { parts: [], end: { type: 'finish', reason: 'stop' }, ...reply },
      clientContext(request),
    );

  it('is an object of Chat’s own, under the alias', () => {
    expect(
      encode({
        id: 'resp_1',
        model: 'served',
        parts: [
          { type: 'reasoning', summary: ['In short.'], text: '', complete: true },
          { type: 'text', text: 'Hi', complete: true },
        ],
        usage: { input: 10, output: 5, cachedRead: 4, reasoning: 3 },
      }),
    ).toEqual({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'my-alias',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hi', refusal: null, reasoning_content: 'In short.' },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: {
        prompt_tokens: 10,
        completion_tokens: 5,
        total_tokens: 15,
        prompt_tokens_details: { cached_tokens: 4 },
        completion_tokens_details: { reasoning_tokens: 3 },
      },
    });
  });

  it('has calls of both kinds, but none that was cut', () => {
    const call = {
      type: 'tool-call',
      id: 'c1',
      name: 'a',
      freeform: false,
      arguments: '',
      complete: true,
    } as const;
    const body = encode({
      parts: [
        call,
        { ...call, id: 'c2', name: 'p', freeform: true, arguments: '*** Begin' },
        { ...call, id: 'c3', arguments: '{"x', complete: false },
      ],
      end: { type: 'finish', reason: 'length' },
    });
    expect(body).toMatchObject({
      choices: [
        {
          finish_reason: 'length',
          message: {
            content: null,
            tool_calls: [
              { id: 'c1', type: 'function', function: { name: 'a', arguments: '{}' } },
              { id: 'c2', type: 'custom', custom: { name: 'p', input: '*** Begin' } },
            ],
          },
        },
      ],
    });
    expect(JSON.stringify(body)).not.toContain('c3');
  });

  it('says a refusal in its own field, and no usage that nobody gave', () => {
    const body = encode({
      parts: [{ type: 'refusal', text: 'I cannot.', complete: true }],
      end: { type: 'finish', reason: 'refusal' },
    });
    expect(body).toMatchObject({
      choices: [{ finish_reason: 'stop', message: { content: null, refusal: 'I cannot.' } }],
    });
    expect(body).not.toHaveProperty('usage');
  });

  it('answers a client of functions in their form', () => {
    const parts = [
      { type: 'tool-call', id: 'c1', name: 'a', freeform: false, arguments: '{}', complete: true },
    ] as const;
    const native = { functions: [] };
    const body = encode({ parts, end: { type: 'finish', reason: 'tool-calls' } }, { native });
    expect(body).toMatchObject({
      choices: [
        { finish_reason: 'function_call', message: { function_call: { name: 'a', arguments: '{}' } } },
      ],
    });
    expect(JSON.stringify(body)).not.toContain('tool_calls');
  });

  it('is an error when the context was exceeded', () => {
    expect(() => encode({ end: { type: 'finish', reason: 'context-exceeded' } })).toThrow(
      expect.objectContaining({
        failure: expect.objectContaining({ code: 'context_length_exceeded', status: 400 }),
      }),
    );
  });

  it('sets apart what other parts stood between, and nothing else', () => {
    const text = (words: string) => ({ type: 'text', text: words, complete: true }) as const;
    const thought = { type: 'reasoning', summary: [], text: 'Hm.', complete: true } as const;
    const body = encode({ parts: [text('a'), text('b'), thought, text('c')] });
    expect(body).toMatchObject({ choices: [{ message: { content: 'ab\n\nc' } }] });
  });
});
