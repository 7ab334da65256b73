import type { ServerResponse } from 'node:http';
import { codecFor } from '../protocols/codecs.ts';
import type { Protocol } from '../protocols/conversation.ts';
import type { Failure } from '../protocols/failure.ts';

/** Anthropic's own words for statuses (https://docs.anthropic.com/en/api/errors). */
const MESSAGES_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

/** Google's (https://cloud.google.com/apis/design/errors#handling_errors). */
const GEMINI_STATUSES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  501: 'UNIMPLEMENTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/** A failure in the shape of a route's protocol. */
function errorBody(
  protocol: Protocol,
  failure: Failure,
  requestId: string,
): { readonly status: number; readonly body: unknown } {
  const codec = codecFor(protocol);
  if (codec) return codec.encodeError(failure, { requestId });
  const { status, message } = failure;
  if (protocol === 'gemini') {
    const word = GEMINI_STATUSES[status] ?? (status < 500 ? 'FAILED_PRECONDITION' : 'INTERNAL');
    return { status, body: { error: { code: status, message, status: word } } };
  }
  const type = MESSAGES_TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');
  return { status, body: { type: 'error', error: { type, message }, request_id: requestId } };
}

/** A failure as it may be told: an upstream may echo a key in each of its texts. */
export function redactedFailure(failure: Failure, redact: (text: string) => string): Failure {
  const { code, param } = failure;
  return {
    ...failure,
    message: redact(failure.message),
    ...(code !== undefined && { code: redact(code) }),
    ...(param !== undefined && { param: redact(param) }),
  };
}

/**
 * Answers with a failure, in the shape of the route's protocol. It must have been redacted.
 * @returns the status sent
 */
export function sendError(
  response: ServerResponse,
  protocol: Protocol,
  failure: Failure,
  requestId: string,
  headers: Readonly<Record<string, string | readonly string[]>> = {},
): number {
  const encoded = errorBody(protocol, failure, requestId);
  // 529 is Anthropic's own; other clients know 503.
  const status = encoded.status === 529 && protocol !== 'messages' ? 503 : encoded.status;
  const body = Buffer.from(JSON.stringify(encoded.body));
  const { retryAfter } = failure;
  response.writeHead(status, {
    ...(headers as Record<string, string | string[]>),
    'content-type': 'application/json',
    'content-length': body.length,
    ...(retryAfter !== undefined && { 'retry-after': String(Math.ceil(retryAfter)) }),
  });
  response.end(body);
  return status;
}
