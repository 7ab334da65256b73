import type { Egress } from '../config/config.ts';

type Env = Readonly<Record<string, string | undefined>>;

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * The forward proxy through which an origin is reached, if any. By environment as curl and undici read it:
 * `http_proxy`, `https_proxy`, `all_proxy`, `no_proxy`, either case, lower case first. An upstream on loopback is
 * reached through a proxy only when the config names one.
 */
export function proxyFor(origin: URL, egress: Egress, env: Env): URL | undefined {
  switch (egress.kind) {
    case 'direct':
      return undefined;
    case 'proxy':
      return parseProxy(egress.url);
    case 'environment': {
      if (LOOPBACK.test(origin.hostname) || isExempt(origin, read(env, 'no_proxy') ?? '')) return undefined;
      const scheme = origin.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
      const url = read(env, scheme) ?? read(env, 'all_proxy');
      return url === undefined ? undefined : parseProxy(url);
    }
  }
}

function read(env: Env, name: string): string | undefined {
  return env[name] || env[name.toUpperCase()] || undefined;
}

/** `host:port` without a scheme is how many people write it. Anything else that is no URL is left out. */
function parseProxy(text: string): URL | undefined {
  const url = text.includes('://') ? text : `http://${text}`;
  return URL.canParse(url) ? new URL(url) : undefined;
}

/** `no_proxy`: names with their subdomains, perhaps with a port, separated by commas or spaces; `*` is everything. */
function isExempt(origin: URL, noProxy: string): boolean {
  const host = origin.hostname.toLowerCase();
  const port = origin.port || (origin.protocol === 'https:' ? '443' : '80');
  return noProxy.split(/[\s,]+/).some((entry) => {
    if (entry === '*') return true;
    const [, name = '', entryPort] = /^(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
    const domain = name.replace(/^\*?\.?/, '');
    if (domain === '' || (entryPort !== undefined && entryPort !== port)) return false;
    return host === domain || host.endsWith(`.${domain}`);
  });
}
