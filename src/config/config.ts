import type { Protocol } from '../protocols/conversation.ts';
import type { CompatibilityMode } from '../protocols/loss.ts';
import type { Quirks } from '../protocols/quirks.ts';

/**
 * A config file once read, checked and given its defaults: what the rest of the program works with.
 * Holds the names of secrets; their values live in {@link Credentials}, apart, so that a config can be shown.
 */
export interface Config {
  /** The file it came from, or a preset's name; for messages. */
  readonly source: string;
  readonly title?: string;
  readonly description?: string;
  readonly listen: Listen;
  readonly compatibilityMode: CompatibilityMode;
  /** How upstreams are reached when they do not say themselves. */
  readonly egress: Egress;
  readonly dataAuth?: DataAuth;
  /** In file order. */
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly aliases: ReadonlyMap<string, Alias>;
  /** What an unknown model name maps to, per client protocol; empty when none is set. */
  readonly defaultAlias: Readonly<Partial<Record<Protocol, string>>>;
  /** Which alias plays a client's model tiers. */
  readonly tiers: Readonly<Partial<Record<Tier, string>>>;
  readonly limits: ResourceLimits;
  readonly timers: Timers;
}

export type Tier = 'opus' | 'sonnet' | 'haiku' | 'subagent';

export interface Listen {
  readonly host: string;
  readonly port: number;
  /** End of a range, whose first free port is taken. */
  readonly lastPort?: number;
}

/** `environment`: by `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`. */
export type Egress =
  | { readonly kind: 'environment' }
  | { readonly kind: 'direct' }
  | { readonly kind: 'proxy'; readonly url: string };

/** Where a secret's value is. An inline one is kept out of everything that is shown or written. */
export type SecretSource =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'inline'; readonly value: string };

export type DataAuth =
  | { readonly mode: 'proxy_key'; readonly key: SecretSource }
  /** The client's own key is forwarded as the upstream's. */
  | { readonly mode: 'client_provider_key' };

export interface Upstream {
  readonly name: string;
  /** Without a trailing slash, version segment included. */
  readonly apiRoot: string;
  /** At least one; the client's own protocol is used when listed, else the first. */
  readonly protocols: readonly [Protocol, ...Protocol[]];
  readonly auth: 'bearer' | 'x-api-key' | 'x-goog-api-key' | 'none' | 'cli_proxy_api';
  readonly key?: SecretSource;
  readonly headers: Readonly<Record<string, string>>;
  readonly egress?: Egress;
  readonly limits: ModelLimits;
  readonly surface: Surface;
  readonly quirks: Quirks;
}

export interface ModelLimits {
  readonly contextWindow?: number;
  readonly maxOutputTokens?: number;
}

export type Modality = 'text' | 'image' | 'audio' | 'pdf' | 'file' | 'video';

/** What a client may be told, and may send, of a model. An absent field is unknown, and allowed. */
export interface Surface {
  readonly input?: readonly Modality[];
  readonly output?: readonly Modality[];
  readonly supportsSearch?: boolean;
  readonly supportsViewImage?: boolean;
  readonly applyPatchTransport?: 'freeform' | 'function';
  readonly supportsParallelCalls?: boolean;
}

export interface Alias {
  readonly name: string;
  readonly upstream: string;
  readonly model: string;
  /** Merged: the alias's over the upstream's. */
  readonly limits: ModelLimits;
  readonly surface: Surface;
  readonly params: Params;
  /** Aliases tried in order before the first byte reached the client. */
  readonly fallbacks: readonly string[];
  readonly pricing?: Pricing;
}

/** Merged into the upstream's request: `default` where the client said nothing, `override` always. */
export interface Params {
  readonly default: Readonly<Record<string, unknown>>;
  readonly override: Readonly<Record<string, unknown>>;
}

/** USD per million tokens. */
export interface Pricing {
  readonly input: number;
  readonly output: number;
  readonly cachedRead?: number;
  readonly cachedWrite?: number;
}

/** Bytes and counts, all positive. */
export interface ResourceLimits {
  readonly maxRequestBodyBytes: number;
  readonly maxNonStreamResponseBytes: number;
  readonly maxUpstreamErrorBodyBytes: number;
  readonly maxSseFrameBytes: number;
  readonly streamMaxEvents: number;
  readonly maxAccumulatedStreamStateBytes: number;
  readonly fetchMedia: boolean;
}

/** Milliseconds. */
export interface Timers {
  readonly connect: number;
  /** Until the first byte of a streamed reply. */
  readonly firstByte: number;
  /** Between bytes of a streamed reply, stopped while the client is paused. */
  readonly streamIdle: number;
  readonly streamMaxDuration: number;
  /** A whole non-streaming exchange. */
  readonly unary: number;
  /** Silence towards the client after which headers and heartbeats go out. */
  readonly heartbeat: number;
  /** First pause before a retry; doubles, jittered. */
  readonly retryBase: number;
  /** The longest pause before a retry, `retry-after` included; a longer one is passed on to the client. */
  readonly retryMax: number;
  /** Tries after the first one. */
  readonly retries: number;
  /** From asking a process to end to ending it. */
  readonly grace: number;
}

/** Values of secrets by upstream name, apart from the config. */
export interface Credentials {
  readonly upstreams: ReadonlyMap<string, string>;
  /** What clients must present to a `serve` proxy in `proxy_key` mode. */
  readonly proxyKey?: string;
}

/** Where one request goes. */
export interface Route {
  /** The name the client asked for, and sees in replies. */
  readonly alias: string;
  /** How the name was found: a configured alias, `UPSTREAM:MODEL`, an upstream's own name, or the default. */
  readonly via: 'alias' | 'explicit' | 'upstream' | 'default';
  readonly upstream: Upstream;
  readonly model: string;
  readonly limits: ModelLimits;
  readonly surface: Surface;
  readonly params: Params;
  readonly pricing?: Pricing;
  readonly fallbacks: readonly string[];
}
