import { expect, test } from 'vitest';
import type { Failure } from '../../../src/protocols/failure.ts';
import { responsesCodec } from '../../../src/protocols/openai-responses/index.ts';

function encoded(failure: Partial<Failure>) {
  const full: Failure = { kind: 'upstream', status: 502, message: 'Broken.', ...failure };
  return responsesCodec.encodeError(full, { requestId: 'req_1' });
}

test('an error has OpenAI’s shape and keeps its status', () => {
  expect(
    encoded({ kind: 'invalid-request', status: 400, param: 'input[0]', code: 'invalid_request_error' }),
  ).toEqual({
    status: 400,
    body: { error: { message: 'Broken.', type: 'invalid_request_error', param: 'input[0]', code: null } },
  });
});

test.each([
  ['context-length', 400, 'context_length_exceeded'],
  ['quota', 429, 'insufficient_quota'],
  ['rate-limit', 429, 'rate_limit_exceeded'],
  ['overloaded', 503, 'server_is_overloaded'],
  ['upstream-authentication', 401, 'invalid_api_key'],
] as const)('%s has a code that clients act on', (kind, status, code) => {
  expect(encoded({ kind, status })).toMatchObject({ status, body: { error: { code } } });
});

test('the status of Anthropic alone is not passed on', () => {
  expect(encoded({ kind: 'overloaded', status: 529 }).status).toBe(503);
});

test('an upstream’s error is read', () => {
  const body = {
    error: {
      message: "This model's maximum context length is 8192 tokens.",
      type: 'invalid_request_error',
      code: null,
    },
  };
  expect(responsesCodec.decodeError(400, body)).toMatchObject({
    kind: 'context-length',
    code: 'context_length_exceeded',
  });
  expect(responsesCodec.decodeError(502, '<html><title>Bad Gateway</title></html>')).toMatchObject({
    kind: 'upstream',
    status: 502,
  });
});
