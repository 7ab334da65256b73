import type { IncomingHttpHeaders } from 'node:http';
import type { SecretSource, Upstream } from '../config/config.ts';
import type { Codec } from '../protocols/codec.ts';
import type { Failure } from '../protocols/failure.ts';
import type { ReplyEvent } from '../protocols/reply.ts';
import type { ProxyOptions } from './handle.ts';
import { type UpstreamReply, UpstreamTimeout } from './upstream.ts';
import { rootOf } from './upstream-path.ts';

/** A try that brought nothing the client could be given. */
export interface FailedTry {
  readonly failure: Failure;
  /** Whether the same request may succeed when sent again. */
  readonly retriable: boolean;
  /** Status the upstream answered with, if it did. */
  readonly upstreamStatus?: number;
}

/** The kinds that say: later, perhaps. */
const PASSING_KINDS = new Set<Failure['kind']>(['rate-limit', 'overloaded', 'upstream', 'cut', 'timeout']);

/** The kinds that stay whatever the status: a quota does not come back within seconds, a prompt does not shrink. */
const LASTING_KINDS = new Set<Failure['kind']>(['quota', 'context-length', 'content-filter', 'too-large']);

/**
 * An upstream that could not be reached, broke off, or kept us waiting.
 * @param proxy the forward proxy that was to reach it: what could not be connected to is then the proxy
 */
export function connectionFailure(error: unknown, upstream: Upstream, proxy?: URL): FailedTry {
  const { origin } = rootOf(upstream);
  const name = `upstream "${upstream.name}" (${origin})`;
  if (error instanceof UpstreamTimeout) {
    const waited = `${error.milliseconds / 1000} s`;
    const message = {
      'first byte': `${name} did not answer within ${waited} (upstream_timeout_secs)`,
      idle: `${name} sent nothing for ${waited} in the middle of its stream (stream_idle_timeout_secs)`,
      duration: `${name} streamed for longer than ${waited} (stream_max_duration_secs)`,
      'whole reply': `${name} did not finish its answer within ${waited} (unary_timeout_secs)`,
    }[error.phase];
    return { failure: { kind: 'timeout', status: 504, message, code: 'timeout' }, retriable: false };
  }
  if (error instanceof RangeError)
    return { failure: upstreamFailure(`${name}: ${error.message}`), retriable: false };
  const code = codeOf(error as NodeJS.ErrnoException);
  const explained = EXPLAINED[code] ?? `failed: ${(error as Error).message || code}`;
  const who = proxy && CONNECTING.has(code) ? `${name}: its proxy ${proxy.protocol}//${proxy.host}` : name;
  return { failure: upstreamFailure(`${who} ${explained}`), retriable: !LASTING_CODES.has(code) };
}

/** undici's parser has a code for each kind of nonsense, and loses it; its words stay. */
function codeOf({ code, message }: NodeJS.ErrnoException): string {
  return code ?? (message.includes('(Expected HTTP/') ? 'HPE_INVALID_CONSTANT' : '');
}

/** A stream that ended without its terminal event, or broke a limit. */
export function cutFailure(message: string, upstream: Upstream): Failure {
  return {
    kind: 'cut',
    status: 502,
    message: `upstream "${upstream.name}": ${message}`,
    code: 'upstream_cut',
  };
}

/** An answer that claims success and is not the upstream's protocol. */
export function nonsenseFailure(
  { status, headers }: Pick<UpstreamReply, 'status' | 'headers'>,
  body: Buffer | undefined,
  upstream: Upstream,
): FailedTry {
  const contentType = headers['content-type'] ?? '';
  const said = (body ?? Buffer.alloc(0)).toString('utf8', 0, 1000).replace(/\s+/g, ' ').trim().slice(0, 200);
  const what = said === '' ? 'an empty body' : `${contentType || 'no content type'}: ${said}`;
  const message = `upstream "${upstream.name}" (${upstream.apiRoot}) answered ${status} with ${what}. Is api_root right?`;
  return { failure: upstreamFailure(message), retriable: false, upstreamStatus: status };
}

/** An answer that the upstream itself calls an error. */
export function statusFailure(
  { status, headers }: Pick<UpstreamReply, 'status' | 'headers'>,
  body: Buffer,
  codec: Codec,
  upstream: Upstream,
  auth: ProxyOptions['auth']['mode'],
  now: number,
): FailedTry {
  if (status < 400) {
    const message = `upstream "${upstream.name}" (${upstream.apiRoot}) answered with status ${status} instead of a reply`;
    return { failure: upstreamFailure(message), retriable: false, upstreamStatus: status };
  }
  const decoded = codec.decodeError(status, parseOrText(body));
  const retryAfter = retryAfterSeconds(headers, now) ?? decoded.retryAfter;
  const failure: Failure = {
    ...decoded,
    // What HTTP does not know (RFC 9110 §15) many clients refuse to read.
    ...(status > 599 && { status: 502 }),
    ...(retryAfter !== undefined && { retryAfter }),
  };
  return {
    failure:
      status === 401 || status === 403 ? credentialFailure({ ...failure, status }, upstream, auth) : failure,
    // The header is the OpenAI and Anthropic SDKs' convention for "the server knows better".
    retriable: headers['x-should-retry'] !== 'false' && isRetriable(failure, status),
    upstreamStatus: status,
  };
}

/**
 * The failure with which a reply ended, if it did. That it ran out of the context window is one to a client of
 * another protocol, whatever the upstream calls it.
 */
export function failureIn(last: ReplyEvent | undefined): Failure | undefined {
  if (last?.type === 'failure') return last.failure;
  if (last?.type !== 'finish' || last.reason !== 'context-exceeded') return undefined;
  const message = "The conversation and its answer do not fit into the model's context window.";
  return { kind: 'context-length', status: 400, message, code: 'context_length_exceeded' };
}

/** Whether a failure, from an answer's status or from within a stream, may pass by itself. */
export function isRetriable(failure: Failure, upstreamStatus?: number): boolean {
  if (LASTING_KINDS.has(failure.kind)) return false;
  if (upstreamStatus === undefined) return PASSING_KINDS.has(failure.kind);
  if (upstreamStatus === 501 || upstreamStatus === 505) return false;
  return upstreamStatus >= 500 || upstreamStatus === 408 || upstreamStatus === 409 || upstreamStatus === 429;
}

/** Credentials were refused: where they are ours the client can mend nothing, so say which upstream and which variable. */
function credentialFailure(
  failure: Failure,
  upstream: Upstream,
  auth: ProxyOptions['auth']['mode'],
): Failure {
  const key = auth === 'client_provider_key' ? "the client's own key" : keyName(upstream.key);
  const message = `upstream "${upstream.name}" refused ${key} with status ${failure.status}: ${failure.message}`;
  return { ...failure, kind: 'upstream-authentication', message };
}

function keyName(key: SecretSource | undefined): string {
  if (!key) return 'the request, for which no provider key is configured,';
  return key.kind === 'env' ? `the key from ${key.name}` : 'the key from the config (provider_key.inline)';
}

function upstreamFailure(message: string): Failure {
  return { kind: 'upstream', status: 502, message, code: 'upstream_error' };
}

/** A year: who is told to wait longer cannot tell it from never, and may not be able to hold the number. */
const LONGEST_WAIT = 365 * 24 * 3600;

/** Seconds to wait, from `retry-after-ms` (OpenAI), or `retry-after` in seconds or as a date (RFC 9110 §10.2.3). */
function retryAfterSeconds(headers: IncomingHttpHeaders, now: number): number | undefined {
  const milliseconds = Number.parseFloat(String(headers['retry-after-ms'] ?? ''));
  if (milliseconds >= 0) return Math.min(milliseconds / 1000, LONGEST_WAIT);
  const text = headers['retry-after']?.trim();
  if (!text) return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(Number(text), LONGEST_WAIT);
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000);
}

function parseOrText(body: Buffer): unknown {
  const text = body.toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const EXPLAINED: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection: is it running?',
  ECONNRESET: 'closed the connection',
  EPIPE: 'closed the connection',
  ENOTFOUND: 'could not be found: no such host name',
  EAI_AGAIN: 'could not be found: the name lookup failed',
  UND_ERR_CONNECT_TIMEOUT: 'could not be connected to in time',
  UND_ERR_SOCKET: 'closed the connection',
  HPE_INVALID_CONSTANT: 'does not speak HTTP',
  ERR_SSL_WRONG_VERSION_NUMBER: 'does not speak TLS: is it http:// rather than https://?',
  ERR_TLS_CERT_ALTNAME_INVALID: 'has a TLS certificate for another host',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'has a self-signed TLS certificate (NODE_EXTRA_CA_CERTS can name its authority)',
  SELF_SIGNED_CERT_IN_CHAIN: 'has an unknown TLS authority (NODE_EXTRA_CA_CERTS can name it)',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'has an unknown TLS authority (NODE_EXTRA_CA_CERTS can name it)',
  CERT_HAS_EXPIRED: 'has an expired TLS certificate',
};

/** What happens before there is a connection. */
const CONNECTING = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);

/** What will be the same a second later. */
const LASTING_CODES = new Set([
  'ENOTFOUND',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_HAS_EXPIRED',
]);
