import type { Upstream } from '../config/config.ts';
import type { Protocol } from '../protocols/conversation.ts';

/** What follows the API root for a model's reply. Gemini's follows the model, and comes with its codec. */
const REPLY_PATHS: Readonly<Partial<Record<Protocol, string>>> = {
  chat: 'chat/completions',
  responses: 'responses',
  messages: 'messages',
};

/** The path of a protocol's model endpoint, from the origin's root. */
export function replyPath(upstream: Upstream, protocol: Protocol, query: URLSearchParams): string {
  return upstreamPath(upstream, REPLY_PATHS[protocol] ?? '', query);
}

/** A path below an upstream's API root, with the client's query but its key. */
export function upstreamPath(upstream: Upstream, path: string, query: URLSearchParams): string {
  const root = new URL(upstream.apiRoot);
  const passed = new URLSearchParams(root.search);
  for (const [name, value] of query) if (name !== 'key') passed.append(name, value);
  const search = passed.toString();
  return `${root.pathname.replace(/\/+$/, '')}/${path}${search === '' ? '' : `?${search}`}`;
}
