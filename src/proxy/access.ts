import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Failure } from '../protocols/failure.ts';
import type { ProxyOptions } from './handle.ts';

/** Where the various SDKs put a key, besides `Authorization: Bearer`. */
const KEY_HEADERS = [
  'x-api-key',
  'api-key',
  'openai-api-key',
  'anthropic-api-key',
  'x-goog-api-key',
] as const;

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]', '::1']);

/** Every key a request presents, in order of preference. Some clients send the same one in two places. */
export function presentedKeys(headers: IncomingHttpHeaders, query: URLSearchParams): readonly string[] {
  const keys: string[] = [];
  const add = (key: string | undefined) => {
    const text = key?.trim();
    if (text) keys.push(text);
  };
  add(/^bearer\s+(.+)$/i.exec(headers.authorization ?? '')?.[1]);
  for (const name of KEY_HEADERS) {
    const value = headers[name];
    add(Array.isArray(value) ? value[0] : value);
  }
  add(query.get('key') ?? undefined);
  return keys;
}

/** Whether the keys open this proxy. */
export function checkKeys(auth: ProxyOptions['auth'], keys: readonly string[]): Failure | undefined {
  if (auth.mode === 'client_provider_key') {
    if (keys.length > 0) return undefined;
    return refusal(401, 'a provider key is required: send it as `Authorization: Bearer <key>`');
  }
  if (keys.length === 0) {
    return refusal(401, "this proxy's key is required: send it as `Authorization: Bearer <key>`");
  }
  const matches = keys.map((key) => isSame(key, auth.key));
  return matches.includes(true) ? undefined : refusal(403, "this proxy's key is wrong");
}

/**
 * Keeps web pages out: a page can make a browser send requests to loopback, directly (its `Origin` tells) or
 * under a name of its own that it resolves to 127.0.0.1 (its `Host` tells).
 */
export function checkOrigin(headers: IncomingHttpHeaders, listenHost: string): Failure | undefined {
  const host = hostname(headers.host);
  if (isLoopback(listenHost) && !(isLoopback(host) || host === listenHost.toLowerCase())) {
    return forbidden(`requests for the host "${host.slice(0, 100)}" are not served here`);
  }
  const { origin } = headers;
  if (origin === undefined) return undefined;
  const from = URL.canParse(origin) ? new URL(origin).hostname : '';
  if (isLoopback(from) || (from !== '' && from === host)) return undefined;
  return forbidden('requests from web pages of other origins are not served');
}

function isLoopback(host: string): boolean {
  return LOOPBACK.has(host.toLowerCase());
}

/** The host without its port, in lower case. */
function hostname(host: string | undefined): string {
  return (host ?? '').replace(/:\d+$/, '').toLowerCase();
}

/** Takes the same time wherever they differ; only the length of a key can be found out, and it is no secret. */
function isSame(one: string, other: string): boolean {
  const [first, second] = [Buffer.from(one), Buffer.from(other)];
  return first.length === second.length && timingSafeEqual(first, second);
}

function refusal(status: 401 | 403, message: string): Failure {
  return { kind: status === 401 ? 'authentication' : 'permission', status, message, code: 'invalid_api_key' };
}

function forbidden(message: string): Failure {
  return { kind: 'permission', status: 403, message, code: 'forbidden' };
}
