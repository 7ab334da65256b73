import type { Failure, FailureKind } from '../failure.ts';

/** OpenAI's error object, the same in both of its protocols. */
export interface OpenAiError {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

/** https://platform.openai.com/docs/guides/error-codes */
const TYPES: Record<FailureKind, string> = {
  'invalid-request': 'invalid_request_error',
  authentication: 'invalid_request_error',
  permission: 'invalid_request_error',
  'not-found': 'invalid_request_error',
  'too-large': 'invalid_request_error',
  'rate-limit': 'rate_limit_error',
  quota: 'insufficient_quota',
  'context-length': 'invalid_request_error',
  'content-filter': 'invalid_request_error',
  overloaded: 'server_error',
  'upstream-authentication': 'invalid_request_error',
  upstream: 'server_error',
  timeout: 'server_error',
  cut: 'server_error',
  internal: 'server_error',
};

/** Codes where neither the provider nor the proxy gave one. */
const CODES: Partial<Record<FailureKind, string>> = {
  authentication: 'invalid_api_key',
  'upstream-authentication': 'invalid_api_key',
  'rate-limit': 'rate_limit_exceeded',
  quota: 'insufficient_quota',
  'context-length': 'context_length_exceeded',
  'content-filter': 'content_filter',
  overloaded: 'overloaded',
  'too-large': 'request_too_large',
};

/** A failure in OpenAI's words. */
export function openAiError({ kind, message, param, code }: Failure): OpenAiError {
  // `invalid_request_error` is a type, not a code.
  const own = code === 'invalid_request_error' ? undefined : code;
  return { message, type: TYPES[kind], param: param ?? null, code: own ?? CODES[kind] ?? null };
}
