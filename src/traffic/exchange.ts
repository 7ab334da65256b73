import type { Protocol } from '../protocols/conversation.ts';
import type { FailureKind } from '../protocols/failure.ts';
import type { Loss } from '../protocols/loss.ts';
import type { FinishReason, Usage } from '../protocols/reply.ts';

/** Where an exchange stands. The last three are final. */
export type ExchangeState =
  /** Read from the client, not yet sent on. */
  | 'queued'
  | 'connecting'
  /** Sent; the upstream has not said anything yet. */
  | 'prefill'
  | 'thinking'
  | 'streaming'
  | 'retrying'
  | 'done'
  | 'failed'
  /** The client went away. */
  | 'cancelled';

/** One request of a client and its reply, as a plain record: what journal, panels and receipt show. Redacted. */
export interface Exchange {
  readonly id: string;
  /** Counts up from 1 within a proxy's life; for people. */
  readonly number: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly state: ExchangeState;
  readonly clientProtocol: Protocol;
  readonly path: string;
  /** What the client says it is for, where it says so (`turn`, `thread_title`, `compaction`). */
  readonly purpose?: string;
  readonly stream: boolean;
  /** The client's model name. */
  readonly modelAsked: string;
  readonly alias?: string;
  readonly upstream?: string;
  readonly upstreamProtocol?: Protocol;
  /** The model name sent upstream. */
  readonly model?: string;
  /** The model name the upstream answered with. */
  readonly modelServed?: string;
  /** HTTP status the client got. */
  readonly status?: number;
  /** Requests sent upstream, retries included. */
  readonly attempts: number;
  readonly timing: Timing;
  readonly usage?: Usage;
  /** USD; only with a price and a usage. */
  readonly cost?: number;
  readonly finish?: FinishReason;
  readonly losses: readonly Loss[];
  readonly error?: ExchangeError;
  readonly requestBytes: number;
  readonly replyBytes: number;
}

/** Milliseconds since `startedAt`. */
export interface Timing {
  /** The request went upstream. */
  readonly sent?: number;
  /** First byte of the upstream's reply. */
  readonly firstByte?: number;
  /** First text, reasoning or tool call: the time to first token. */
  readonly firstToken?: number;
  readonly lastToken?: number;
  readonly end?: number;
}

export interface ExchangeError {
  readonly kind: FailureKind;
  readonly message: string;
  readonly code?: string;
  /** Status the upstream answered with, if it did. */
  readonly upstreamStatus?: number;
}

/** A piece of a reply as it arrives, for the Stream panel. */
export interface ExchangeDelta {
  readonly exchangeId: string;
  readonly kind: 'text' | 'reasoning' | 'tool-call' | 'tool-arguments';
  /** Of a `tool-call` its name. */
  readonly text: string;
  /** The part of the reply it belongs to, counting from 0: parallel tool calls arrive interleaved. */
  readonly part?: number;
}

/** What views receive: whole records, newest state wins, and deltas in order. */
export type TrafficEvent =
  | { readonly type: 'exchange'; readonly exchange: Exchange }
  | { readonly type: 'delta'; readonly delta: ExchangeDelta };

/**
 * Bodies of one exchange, kept apart from the record: in memory for a while, in the journal with `--record full`.
 * Redacted. Each text may be made anew whenever it is read.
 */
export interface ExchangeBodies {
  readonly exchangeId: string;
  readonly clientRequest?: string;
  readonly upstreamRequest?: string;
  readonly upstreamReply?: string;
  readonly clientReply?: string;
}

export function isFinal(state: ExchangeState): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled';
}

/** Output tokens a second between first and last token; absent when it cannot be said honestly. */
export function tokensPerSecond(exchange: Exchange): number | undefined {
  const { firstToken, lastToken } = exchange.timing;
  const output = exchange.usage?.output;
  if (firstToken === undefined || lastToken === undefined || output === undefined) return undefined;
  const seconds = (lastToken - firstToken) / 1000;
  return seconds >= 0.05 && output > 1 ? (output - 1) / seconds : undefined;
}
