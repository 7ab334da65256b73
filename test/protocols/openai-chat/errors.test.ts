import { describe, expect, it } from 'vitest';
import type { Failure } from '../../../src/protocols/failure.ts';
import { chatCodec } from '../../../src/protocols/openai-chat/index.ts';

describe('an error that is no error', () => {
  it.each([
    ['a code that every object has', { error: { message: 'No', code: '__proto__', type: 'constructor' } }],
    ['nesting without end', Array.from({ length: 50_000 }).reduce((inner) => [inner], {})],
  ])('%s', (_, body) => {
    expect(chatCodec.decodeError(400, body)).toMatchObject({ kind: 'invalid-request', status: 400 });
  });
});

describe('an error answer', () => {
  it.each([
    [
      'OpenAI’s',
      { error: { message: 'No', type: 'invalid_request_error', param: 'stop', code: 'bad_stop' } },
      { message: 'No', param: 'stop', code: 'bad_stop' },
    ],
    ['text for an error', { error: 'No' }, { message: 'No' }],
    ['a detail', { detail: 'No' }, { message: 'No' }],
    ['a message', { message: 'No', code: 40001 }, { message: 'No' }],
    ['a list', [{ error: { message: 'No' } }], { message: 'No' }],
    [
      'vLLM’s',
      { object: 'error', message: 'No', type: 'BadRequestError', param: null, code: 400 },
      { message: 'No', code: 'BadRequestError' },
    ],
    [
      'FastAPI’s',
      {
        detail: [
          {
            type: 'extra_forbidden',
            loc: ['body', 'parallel_tool_calls'],
            msg: 'Extra inputs are not permitted',
          },
        ],
      },
      { message: 'parallel_tool_calls: Extra inputs are not permitted', param: 'parallel_tool_calls' },
    ],
    [
      'Mistral’s',
      {
        object: 'error',
        message: { detail: [{ loc: ['body', 'seed'], msg: 'Extra inputs are not permitted' }] },
      },
      { param: 'seed' },
    ],
    [
      'OpenRouter’s',
      {
        error: {
          code: 400,
          message: 'Provider returned error',
          metadata: { raw: '{"error":{"message":"seed is unknown"}}' },
        },
      },
      { message: 'Provider returned error: seed is unknown' },
    ],
    ['plain text', 'No', { message: 'No' }],
    [
      'a page',
      '<!doctype html><html><head><title>502 Bad Gateway</title></head></html>',
      { message: '502 Bad Gateway' },
    ],
    ['nothing', undefined, { message: expect.stringContaining('400') }],
    ['an empty object', {}, { message: expect.stringContaining('400') }],
  ])('is read: %s', (_shape, body, expected) => {
    expect(chatCodec.decodeError(400, body)).toMatchObject({
      kind: 'invalid-request',
      status: 400,
      ...expected,
    });
  });

  it('is classified by the words that clients act on', () => {
    const body = {
      error: {
        message: "This model's maximum context length is 8192 tokens.",
        type: 'invalid_request_error',
      },
    };
    expect(chatCodec.decodeError(400, body)).toMatchObject({
      kind: 'context-length',
      code: 'context_length_exceeded',
    });
  });
});

describe('a failure told to a Chat client', () => {
  const failure = (fields: Partial<Failure>): Failure => ({
    kind: 'upstream',
    status: 502,
    message: 'No',
    ...fields,
  });
  const encode = (fields: Partial<Failure>) => chatCodec.encodeError(failure(fields), { requestId: 'r' });

  it('has OpenAI’s shape, with all four members', () => {
    expect(
      encode({ kind: 'invalid-request', status: 400, param: 'stop', code: 'invalid_request_error' }),
    ).toEqual({
      status: 400,
      body: { error: { message: 'No', type: 'invalid_request_error', param: 'stop', code: null } },
    });
  });

  it('keeps its status, but for the one that only Anthropic has', () => {
    expect(encode({ kind: 'rate-limit', status: 429 })).toMatchObject({
      status: 429,
      body: { error: { code: 'rate_limit_exceeded' } },
    });
    expect(encode({ kind: 'overloaded', status: 529 })).toMatchObject({ status: 503 });
    expect(encode({ kind: 'authentication', status: 401 })).toMatchObject({
      status: 401,
      body: { error: { code: 'invalid_api_key' } },
    });
  });
});
