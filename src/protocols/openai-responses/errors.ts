import { openAiError } from '../bridge/openai-error.ts';
import type { Failure, FailureKind } from '../failure.ts';

/** How a failure reads in `response.failed`. */
interface ResponseError {
  readonly code: string;
  readonly message: string;
}

/**
 * The code decides what Codex does: `rate_limit_exceeded` and `server_error` are tried again, the others end the
 * turn with their message. `invalid_prompt` is the one that shows the message of any permanent fault.
 */
const STREAM_CODE: Readonly<Record<FailureKind, string>> = {
  'invalid-request': 'invalid_prompt',
  authentication: 'invalid_prompt',
  permission: 'invalid_prompt',
  'not-found': 'invalid_prompt',
  'too-large': 'invalid_prompt',
  'rate-limit': 'rate_limit_exceeded',
  quota: 'insufficient_quota',
  'context-length': 'context_length_exceeded',
  'content-filter': 'invalid_prompt',
  overloaded: 'server_is_overloaded',
  'upstream-authentication': 'invalid_prompt',
  upstream: 'server_error',
  timeout: 'server_error',
  cut: 'server_error',
  internal: 'server_error',
};

/** The `error` of a failed response. */
export function responseError({ kind, message, retryAfter }: Failure): ResponseError {
  // Codex waits as long as the message tells it to.
  const waits = kind === 'rate-limit' && retryAfter !== undefined && !/try again in/i.test(message);
  return {
    code: STREAM_CODE[kind],
    message: waits ? `${message} Please try again in ${retryAfter}s.` : message,
  };
}

/** An error before anything was sent, in OpenAI's shape and with the failure's own status. 529 is Anthropic's. */
export function encodeError(failure: Failure): { readonly status: number; readonly body: unknown } {
  const error = openAiError(failure);
  return {
    status: failure.status === 529 ? 503 : failure.status,
    // The code by which Codex knows that the model is at capacity.
    body: { error: failure.kind === 'overloaded' ? { ...error, code: STREAM_CODE.overloaded } : error },
  };
}
