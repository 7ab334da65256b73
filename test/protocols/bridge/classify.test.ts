import { describe, expect, it } from 'vitest';
import { classifyFailure } from '../../../src/protocols/bridge/classify.ts';

describe('a vendor’s words', () => {
  it.each([
    [
      400,
      "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.",
    ],
    [400, 'Your input exceeds the context window of this model. Please adjust your input and try again.'],
    [400, 'The decoder prompt (length 9000) is longer than the maximum model length of 8192.'],
    [400, 'You passed 5000 input tokens. However, the model’s context length is only 4096 tokens.'],
    [400, 'request (9000 tokens) exceeds the available context size (4096 tokens), try increasing it'],
    [400, 'prompt too long; exceeded max context length by 119046 tokens'],
    [500, 'the input length exceeds the context length'],
    [400, 'Prompt exceeds max length'],
    [400, '<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 129024]'],
    [
      400,
      'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
    ],
    [400, 'Please reduce the length of the messages or completion.'],
    [400, 'prompt is too long: 210000 tokens > 200000 maximum'],
    [400, 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).'],
    [400, "This model's maximum prompt length is 131072 but the request contains 200000 tokens."],
    [400, 'Invalid request: Your request exceeded model token limit: 8192'],
    [400, 'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8192.'],
    [400, 'Input length (9000 tokens) exceeds the maximum allowed length (8192 tokens).'],
    [
      400,
      'Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens',
    ],
    [413, 'prompt token count of 130000 exceeds the limit of 128000'],
    [undefined, 'The model has a maximum context length of 4096 tokens'],
  ])('is a context overflow (%s): %s', (status, message) => {
    expect(classifyFailure(status, { message })).toMatchObject({
      kind: 'context-length',
      code: 'context_length_exceeded',
      status: status ?? 400,
    });
  });

  it.each([
    [
      429,
      'You exceeded your current quota, please check your plan and billing details.',
      'insufficient_quota',
    ],
    [402, 'Insufficient Balance', undefined],
    [400, 'Your credit balance is too low to access the API.', undefined],
    [429, '余额不足或无可用资源包,请充值。', '1113'],
    [403, 'Access denied, please make sure your account is in good standing.', 'Arrearage'],
  ])('is a quota (%s): %s', (status, message, code) => {
    const facts = { message, ...(code !== undefined && { code }) };
    expect(classifyFailure(status, facts)).toMatchObject({
      kind: 'quota',
      status,
      code: 'insufficient_quota',
    });
  });

  it.each([
    [429, 'Rate limit reached for gpt-4o. Please try again in 1m2.5s.', 62.5],
    [429, 'Too many requests, retry after 20 seconds', 20],
    [
      413,
      'Request too large: rate limit of tokens per minute (TPM): Limit 6000. Please try again in 500ms.',
      0.5,
    ],
    [429, 'slow', undefined],
    [429, 'Please slow down', undefined],
  ])('is a rate limit (%s): %s', (status, message, retryAfter) => {
    const failure = classifyFailure(status, { message });
    expect(failure).toMatchObject({ kind: 'rate-limit', status, code: 'rate_limit_exceeded' });
    expect(failure.retryAfter).toBe(retryAfter);
  });

  it.each([
    [503, 'Service unavailable'],
    [529, 'Overloaded'],
    [500, 'The model is currently overloaded. Please try again later.'],
    [429, 'The engine is currently overloaded, please try again later'],
    [503, 'Selected model is at capacity.'],
  ])('is an overload (%s): %s', (status, message) => {
    expect(classifyFailure(status, { message })).toMatchObject({ kind: 'overloaded', status });
  });

  it.each([
    [404, 'The model `gpt-9` does not exist or you do not have access to it.', 'model_not_found'],
    [404, 'model "llama9" not found, try pulling it first', undefined],
    [400, 'Model Not Exist', undefined],
    [400, 'foo/bar is not a valid model ID', undefined],
    [400, '模型不存在，请检查模型代码。', '1211'],
  ])('is an unknown model (%s): %s', (status, message, code) => {
    const facts = { message, ...(code !== undefined && { code }) };
    expect(classifyFailure(status, facts)).toMatchObject({
      kind: 'not-found',
      status,
      code: 'model_not_found',
    });
  });

  it.each([
    [401, 'Incorrect API key provided'],
    [403, 'Country not supported'],
    [400, 'API key not valid. Please pass a valid API key.'],
  ])('is our own credentials’ fault (%s): %s', (status, message) => {
    expect(classifyFailure(status, { message })).toMatchObject({
      kind: 'upstream-authentication',
      status,
      code: 'invalid_api_key',
    });
  });

  it('stays a fault of the request when it is one', () => {
    const facts = {
      message: "Unsupported parameter: 'max_tokens' is not supported with this model.",
      type: 'invalid_request_error',
      param: 'max_tokens',
      code: 'unsupported_parameter',
    };
    expect(classifyFailure(400, facts)).toEqual({
      kind: 'invalid-request',
      status: 400,
      message: facts.message,
      code: 'unsupported_parameter',
      param: 'max_tokens',
    });
  });

  it('tells a content filter from a bad request', () => {
    const message =
      "The response was filtered due to the prompt triggering Azure's content management policy.";
    expect(classifyFailure(400, { message, code: 'content_filter' }).kind).toBe('content-filter');
    expect(
      classifyFailure(400, { message: 'Invalid prompt: it was flagged', code: 'invalid_prompt' }),
    ).toMatchObject({
      kind: 'content-filter',
      code: 'invalid_prompt',
    });
  });
});

describe('inside a stream, where there is no status', () => {
  it('takes a numeric code for one', () => {
    expect(classifyFailure(undefined, { message: 'Provider returned error', code: '429' })).toMatchObject({
      kind: 'rate-limit',
      status: 429,
    });
    expect(classifyFailure(undefined, { message: 'No', code: '401' }).kind).toBe('upstream-authentication');
  });

  it('is the upstream’s failure unless the words say otherwise', () => {
    expect(classifyFailure(undefined, { message: 'boom' })).toMatchObject({ kind: 'upstream', status: 502 });
    expect(classifyFailure(undefined, { message: 'Overloaded', type: 'overloaded_error' }).kind).toBe(
      'overloaded',
    );
    expect(classifyFailure(undefined, { message: 'bad', type: 'invalid_request_error' })).toMatchObject({
      kind: 'invalid-request',
      status: 400,
    });
  });
});

it.each([
  [500, 'upstream'],
  [502, 'upstream'],
  [504, 'timeout'],
  [408, 'timeout'],
  [409, 'upstream'],
  [413, 'too-large'],
  [404, 'not-found'],
  [422, 'invalid-request'],
  [418, 'invalid-request'],
] as const)('status %s without words is %s', (status, kind) => {
  const failure = classifyFailure(status, { message: '' });
  expect(failure).toMatchObject({ kind, status });
  expect(failure.message).not.toBe('');
});
