import { type Dispatcher, Pool, ProxyAgent, Socks5ProxyAgent } from 'undici';
import type { Config, Upstream } from '../config/config.ts';
import { proxyFor } from './egress.ts';
import { rootOf } from './upstream-path.ts';

/** How long an idle connection to an upstream is kept; less than the servers and balancers in front of them allow. */
const KEEP_ALIVE_MS = 30_000;

/** Connections to the upstreams: one pool an origin and forward proxy, one request at a time on each connection. */
export class UpstreamPools {
  readonly #config: Config;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #pools = new Map<string, Dispatcher>();
  readonly #byUpstream = new WeakMap<Upstream, Dispatcher>();

  constructor(config: Config, env: Readonly<Record<string, string | undefined>>) {
    this.#config = config;
    this.#env = env;
  }

  /** The shared connections to an upstream. */
  shared(upstream: Upstream): Dispatcher {
    const known = this.#byUpstream.get(upstream);
    if (known) return known;
    const { origin, proxy } = this.#way(upstream);
    const key = `${origin.origin} ${proxy?.href ?? ''}`;
    const pool = this.#pools.get(key) ?? this.#open(origin, proxy);
    this.#pools.set(key, pool);
    this.#byUpstream.set(upstream, pool);
    return pool;
  }

  /** A connection of its own, for one request; close it once the request is under way. */
  fresh(upstream: Upstream): Dispatcher {
    const { origin, proxy } = this.#way(upstream);
    return this.#open(origin, proxy);
  }

  /** The forward proxy on the way to an upstream, if any. */
  proxyOf(upstream: Upstream): URL | undefined {
    return this.#way(upstream).proxy;
  }

  /** Cuts whatever still runs. */
  async destroy(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
  }

  #way(upstream: Upstream): { origin: URL; proxy: URL | undefined } {
    const origin = rootOf(upstream);
    return { origin, proxy: proxyFor(origin, upstream.egress ?? this.#config.egress, this.#env) };
  }

  #open(origin: URL, proxy: URL | undefined): Dispatcher {
    const connect = { timeout: this.#config.timers.connect };
    const options = { keepAliveTimeout: KEEP_ALIVE_MS, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 };
    if (!proxy) return new Pool(origin.origin, { ...options, connect });
    if (proxy.protocol.startsWith('socks')) {
      // undici knows `socks5:` only; it always leaves names to the proxy, which is what `socks5h:` asks for.
      return unannounced(() => new Socks5ProxyAgent(proxy.href.replace(/^socks\w*:/, 'socks5:'), options));
    }
    return new ProxyAgent({
      ...options,
      uri: proxy.href,
      // Many forward proxies allow CONNECT to port 443 only; plain HTTP is asked for by its whole URL, as curl does.
      proxyTunnel: origin.protocol === 'https:',
      requestTls: connect,
      proxyTls: connect,
    });
  }
}

/** undici calls its SOCKS5 agent experimental on the user's terminal, where an agent may be drawing. */
function unannounced<T>(make: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return make();
  } finally {
    process.emitWarning = emitWarning;
  }
}
