import type { Upstream } from '../config/config.ts';
import type { Protocol } from '../protocols/conversation.ts';

/** What follows the API root for a model's reply. Gemini's follows the model, and comes with its codec. */
const REPLY_PATHS: Readonly<Partial<Record<Protocol, string>>> = {
  chat: 'chat/completions',
  responses: 'responses',
  messages: 'messages',
};

const roots = new WeakMap<Upstream, URL>();

/** An upstream's API root, parsed once. @throws {TypeError} when it is a placeholder still. */
export function rootOf(upstream: Upstream): URL {
  let root = roots.get(upstream);
  if (!root) {
    root = new URL(upstream.apiRoot);
    roots.set(upstream, root);
  }
  return root;
}

/** Whether an upstream has an address: in a session, those it does not need may have a placeholder. */
export function hasRoot(upstream: Upstream): boolean {
  return roots.has(upstream) || URL.canParse(upstream.apiRoot);
}

/** The path of a protocol's model endpoint, from the origin's root. */
export function replyPath(
  upstream: Upstream,
  protocol: Protocol,
  query: URLSearchParams | undefined,
): string {
  return upstreamPath(upstream, REPLY_PATHS[protocol] ?? '', query);
}

/** A path below an upstream's API root, with the client's query but its key. */
export function upstreamPath(upstream: Upstream, path: string, query: URLSearchParams | undefined): string {
  const { pathname, search } = rootOf(upstream);
  const below = `${pathname.replace(/\/+$/, '')}/${path}`;
  if (!query || query.size === 0) return below + search;
  const passed = new URLSearchParams(search);
  for (const [name, value] of query) if (name !== 'key') passed.append(name, value);
  return passed.size === 0 ? below : `${below}?${passed}`;
}
