import type { IncomingHttpHeaders } from 'node:http';
import type { Upstream } from '../config/config.ts';
import type { Protocol } from '../protocols/conversation.ts';
import type { Loss } from '../protocols/loss.ts';

/** Sent on between equal protocols only: what they mean is the provider's. */
const SENT_ON: Readonly<Record<Protocol, readonly string[]>> = {
  chat: ['idempotency-key', 'x-client-request-id', 'openai-beta'],
  responses: ['idempotency-key', 'x-client-request-id', 'openai-beta'],
  messages: ['idempotency-key', 'anthropic-version', 'anthropic-beta'],
  gemini: [],
};

/** They go with the client's account, so only with the client's own key. */
const ACCOUNT_HEADERS = ['openai-organization', 'openai-project'] as const;

/** The version whose shapes the Messages codec speaks (https://docs.anthropic.com/en/api/versioning). */
const ANTHROPIC_VERSION = '2023-06-01';

export interface HeaderPlan {
  readonly upstream: Upstream;
  readonly protocol: Protocol;
  readonly clientProtocol: Protocol;
  readonly clientHeaders: IncomingHttpHeaders;
  /** The provider's key, if it wants one. */
  readonly key: string | undefined;
  /** The key is the client's own (`client_provider_key`). */
  readonly clientKey: boolean;
  readonly stream: boolean;
}

/** Headers towards an upstream. An allowlist: cookies, the client's credentials and its SDK's telemetry stay here. */
export function upstreamHeaders(plan: HeaderPlan): Record<string, string> {
  const { upstream, protocol, clientProtocol, clientHeaders, key, stream } = plan;
  const sentOn = [
    ...(protocol === clientProtocol ? SENT_ON[protocol] : []),
    ...(plan.clientKey ? ACCOUNT_HEADERS : []),
  ];
  const headers: Record<string, string> = {
    'user-agent': 'llmup',
    accept: stream ? 'text/event-stream' : 'application/json',
    'content-type': 'application/json',
    'accept-encoding': 'identity',
  };
  if (protocol === 'messages') headers['anthropic-version'] = ANTHROPIC_VERSION;
  for (const name of sentOn) {
    const value = clientHeaders[name];
    if (value !== undefined) headers[name] = String(value);
  }
  for (const [name, value] of Object.entries(upstream.headers)) headers[name.toLowerCase()] = value;
  if (key !== undefined) Object.assign(headers, credential(upstream.auth, key));
  return headers;
}

function credential(auth: Upstream['auth'], key: string): Record<string, string> {
  switch (auth) {
    // CLIProxyAPI takes its own key as a bearer token, whatever the protocol.
    case 'cli_proxy_api':
    case 'bearer':
      return { authorization: `Bearer ${key}` };
    case 'x-api-key':
      return { 'x-api-key': key };
    case 'x-goog-api-key':
      return { 'x-goog-api-key': key };
    case 'none':
      return {};
  }
}

const SHOWN_BACK =
  /^(?:request-id|x-request-id|retry-after|retry-after-ms|openai-processing-ms|rate-limit|(?:x-)?ratelimit-.+|rate-limit-.+|anthropic-ratelimit-.+)$/;

/** Of an upstream's headers those that a client may use: ids, rate limits, pauses. Never cookies, never `openai-model`. */
export function replyHeaders(
  headers: IncomingHttpHeaders,
  redact: (text: string) => string,
): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!SHOWN_BACK.test(name) || value === undefined) continue;
    const text = Array.isArray(value) ? value.join(', ') : value;
    if (redact(text) === text) shown[name] = text;
  }
  return shown;
}

const MAX_WARNINGS = 16;
const MAX_WARNING_LENGTH = 240;

/** Values of `x-llmup-portability-warning`, one a loss: what did not travel as it was. */
export function portabilityWarnings(losses: readonly Loss[]): readonly string[] {
  const told = losses.filter((loss) => loss.topic !== 'hint');
  const lines = [...new Set(told.map((loss) => `${loss.action} ${loss.path}: ${loss.reason}`))];
  const shown = lines.slice(0, MAX_WARNINGS).map(headerValue);
  return lines.length > MAX_WARNINGS ? [...shown, `and ${lines.length - MAX_WARNINGS} more`] : shown;
}

/** Paths and reasons may hold names a client chose: only printable ASCII may stand in a header. */
function headerValue(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, '?').slice(0, MAX_WARNING_LENGTH);
}
