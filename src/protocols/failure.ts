/** Why an exchange failed, in terms every protocol has words for. */
export type FailureKind =
  /** The request is malformed or asks for something that cannot be had; sending it again changes nothing. */
  | 'invalid-request'
  /** The client's own key for this proxy is missing or wrong. */
  | 'authentication'
  | 'permission'
  | 'not-found'
  | 'too-large'
  | 'rate-limit'
  | 'quota'
  | 'context-length'
  | 'content-filter'
  | 'overloaded'
  /** The upstream refused our credentials: a fault of the configuration, not of the client. */
  | 'upstream-authentication'
  /** The upstream is broken, unreachable, or answered something that is not its protocol. */
  | 'upstream'
  | 'timeout'
  /** The upstream's stream ended or broke a limit before its terminal event. */
  | 'cut'
  | 'internal';

export interface Failure {
  readonly kind: FailureKind;
  /** HTTP status to tell the client, before anything was sent. */
  readonly status: number;
  /** For a person; redacted by the proxy before it leaves. */
  readonly message: string;
  /** The provider's own code, or the one clients act on (`context_length_exceeded`, `rate_limit_exceeded`, …). */
  readonly code?: string;
  /** The field at fault, in the client's terms. */
  readonly param?: string;
  /** Seconds. */
  readonly retryAfter?: number;
}

/** Thrown by a request decoder or encoder: the request cannot be served as asked. */
export class RequestRefused extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.name = 'RequestRefused';
    this.failure = failure;
  }
}

/** A 400 that names the field. */
export function invalidRequest(message: string, param?: string): RequestRefused {
  return new RequestRefused({
    kind: 'invalid-request',
    status: 400,
    message,
    code: 'invalid_request_error',
    ...(param !== undefined && { param }),
  });
}
