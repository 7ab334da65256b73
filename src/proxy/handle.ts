import type { Config, Credentials } from '../config/config.ts';
import type { TrafficBus } from '../traffic/bus.ts';

/** What a proxy is started with. Plain data but for the bus, so that it can move to a worker. */
export interface ProxyOptions {
  readonly config: Config;
  readonly credentials: Credentials;
  /** Port 0 takes a free one. */
  readonly listen: { readonly host: string; readonly port: number };
  /** What clients must present. A session's random key, or `serve`'s configured mode. */
  readonly auth:
    | { readonly mode: 'proxy_key'; readonly key: string }
    | { readonly mode: 'client_provider_key' };
  readonly bus: TrafficBus;
  /** Hand out the bodies of each exchange at its end. */
  readonly recordBodies: boolean;
  /** For egress by environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Directory for what must outlive a restart (reasoning kept for clients that drop it); none keeps it in memory. */
  readonly stateDirectory?: string;
  /** `--strict`: overrides the config's compatibility mode. */
  readonly strict?: boolean;
}

/** A running proxy, as the rest of the program sees it. */
export interface ProxyHandle {
  readonly host: string;
  readonly port: number;
  /** `http://host:port`, without a trailing slash. */
  readonly url: string;
  /** Random, also served as `x-llmup-instance` by `/health`: proves that a listener is this one. */
  readonly instance: string;
  /** Loads what serves requests, ahead of the first. */
  load(): Promise<void>;
  /** Stops accepting, ends what runs within `graceMs` (then cuts it), releases sockets. Safe to call twice. */
  close(graceMs?: number): Promise<void>;
}
