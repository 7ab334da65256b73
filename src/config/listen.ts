import type { Listen } from './config.ts';

/**
 * Reads `host:port`, `:port` or `port`; an IPv6 host in brackets. Without a host it is this machine alone.
 * Undefined when it is none of these, or the port is beyond 65535. Port 0 takes a free one.
 */
export function parseListen(text: string): Listen | undefined {
  const match = /^(?:(\[[0-9a-f:.]+\]|[^\s:[\]/]*):)?(\d{1,5})$/i.exec(text.trim());
  if (!match) return undefined;
  const port = Number(match[2]);
  const host = (match[1] ?? '').replace(/^\[|\]$/g, '');
  return port <= 65535 ? { host: host || '127.0.0.1', port } : undefined;
}
