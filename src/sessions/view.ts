import type { Protocol } from '../protocols/conversation.ts';
import type { Usage } from '../protocols/reply.ts';
import type { TrafficEvent } from '../traffic/exchange.ts';

/** What a viewer is told of a running session or a `serve` proxy. Holds no secret. */
export interface SessionView {
  readonly id: string;
  readonly kind: 'session' | 'serve';
  /** `codex`; absent for `serve`. */
  readonly client?: string;
  readonly clientVersion?: string;
  readonly preset: string;
  /** The alias the client was started with. */
  readonly alias?: string;
  readonly workspace: string;
  readonly proxyUrl: string;
  readonly pid: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly routes: readonly RouteView[];
}

export interface RouteView {
  readonly alias: string;
  readonly upstream: string;
  readonly model: string;
  readonly protocol: Protocol;
  readonly contextWindow?: number;
}

/** What happened in a session, once it is over. */
export interface Receipt {
  readonly sessionId: string;
  readonly durationMs: number;
  readonly requests: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly retries: number;
  readonly usage: Usage;
  /** USD; absent when no request was priced. */
  readonly cost?: number;
  /** Requests whose cost is unknown, when some were priced. */
  readonly unpriced: number;
  /** Losses by what was lost, most frequent first. */
  readonly losses: readonly { readonly what: string; readonly action: string; readonly count: number }[];
  readonly errors: readonly { readonly message: string; readonly count: number }[];
  /** Absent when the client was ended by llmup or never started. */
  readonly exitCode?: number;
  readonly journal?: string;
}

/**
 * One line of JSON on a session's watch socket. A viewer that connects gets `hello`, then the newest state of every
 * exchange still remembered, then what happens; `receipt` is last. Viewers send nothing.
 */
export type WatchMessage =
  | { readonly type: 'hello'; readonly version: 1; readonly session: SessionView }
  | TrafficEvent
  | { readonly type: 'receipt'; readonly receipt: Receipt };
