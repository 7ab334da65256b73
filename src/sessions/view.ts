import type { Protocol } from '../protocols/conversation.ts';
import type { ExchangeBodies, TrafficEvent } from '../traffic/exchange.ts';
import type { Receipt } from '../traffic/receipt.ts';

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

/**
 * One line of JSON on a session's watch socket. A viewer that connects gets `hello`, then the newest state of every
 * exchange still remembered, then what happens; `receipt` is last. A viewer may send {@link WatchRequest}s.
 */
export type WatchMessage =
  | { readonly type: 'hello'; readonly version: 1; readonly session: SessionView }
  | TrafficEvent
  | { readonly type: 'receipt'; readonly receipt: Receipt };

/** All a viewer may ask, as a line of JSON: the bodies of an exchange. Any other line is passed over. */
export interface WatchRequest {
  readonly type: 'bodies';
  /** Of the exchange. */
  readonly id: string;
}

/** Goes to the viewer that asked, and to no other. Without `bodies` while the exchange runs or when it is too long ago. */
export interface WatchAnswer {
  readonly type: 'bodies';
  readonly id: string;
  readonly bodies?: ExchangeBodies;
}
