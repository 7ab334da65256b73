import type { Listen } from './config.ts';

/**
 * Reads `host:port`, `:port` or `port`, the port perhaps a range such as `8080-8090`; an IPv6 host in brackets.
 * Without a host it is this machine alone. Undefined when it is none of these, or a port is beyond 65535. Port 0 takes
 * a free one.
 */
export function parseListen(text: string): Listen | undefined {
  const match = /^(?:(\[[0-9a-f:.]+\]|[^\s:[\]/]*):)?(\d{1,5})(?:-(\d{1,5}))?$/i.exec(text.trim());
  if (!match) return undefined;
  const port = Number(match[2]);
  const lastPort = match[3] === undefined ? port : Number(match[3]);
  const host = (match[1] ?? '').replace(/^\[|\]$/g, '') || '127.0.0.1';
  if (lastPort > 65535 || lastPort < port) return undefined;
  return lastPort === port ? { host, port } : { host, port, lastPort };
}
