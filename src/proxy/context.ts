import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Config, Route } from '../config/config.ts';
import type { ClientContext, Codec, UpstreamContext } from '../protocols/codec.ts';
import type { CompatibilityMode } from '../protocols/loss.ts';
import type { ReplyEvent } from '../protocols/reply.ts';
import type { Cancellation } from './cancellation.ts';
import type { ExchangeRecorder } from './exchange-recorder.ts';
import type { ProxyOptions } from './handle.ts';
import type { ItemStore } from './item-store.ts';
import type { LearnedHealings } from './learned-healings.ts';
import type { OutgoingBody } from './outgoing-body.ts';
import type { UpstreamPools } from './pools.ts';
import type { ReasoningStore } from './reasoning-store.ts';
import type { ResponseIds } from './response-ids.ts';
import type { SealOrigins } from './seal-origins.ts';

/** What all exchanges of one proxy share. */
export interface ProxyContext {
  readonly options: ProxyOptions;
  readonly config: Config;
  readonly mode: CompatibilityMode;
  readonly pools: UpstreamPools;
  /** Every error, log line and record passes through it. */
  readonly redact: (text: string) => string;
  readonly reasoning: ReasoningStore;
  readonly items: ItemStore;
  readonly responseIds: ResponseIds;
  readonly sealOrigins: SealOrigins;
  readonly healings: LearnedHealings;
}

/** One request to a model, decoded far enough to be sent on. */
export interface OpenExchange {
  readonly context: ProxyContext;
  readonly record: ExchangeRecorder;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** When the client leaves or the proxy closes. */
  readonly cancellation: Cancellation;
  readonly route: Route;
  readonly clientCodec: Codec;
  readonly upstreamCodec: Codec;
  /** Whether the client wants a stream. */
  readonly stream: boolean;
  readonly outgoing: Outgoing;
}

/** A request as it goes upstream, and how its reply is to be read. */
export interface Outgoing {
  /** Both sides speak the same protocol: whole frames are passed on as they are. */
  readonly relayed: boolean;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: OutgoingBody;
  /** Whether a stream is asked of the upstream. */
  readonly stream: boolean;
  /** The client of a relay asked for a response (`background`) that it will fetch later. */
  readonly inBackground: boolean;
  /** We asked a Chat upstream for a usage chunk that the client did not ask for. */
  readonly hidesUsage: boolean;
  readonly upstreamContext: UpstreamContext;
  /** Stop words that the upstream was not told of. */
  stopWords: readonly string[];
  readonly clientContext: () => ClientContext;
  /** Told every event of the reply, for what must be remembered of it. */
  readonly remember?: (event: ReplyEvent) => void;
}
