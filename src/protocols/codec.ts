import type { ItemMemory } from './bridge/item-memory.ts';
import type { ToolNames } from './bridge/tool-names.ts';
import type { ReasoningVault } from './bridge/vault.ts';
import type { Conversation, Protocol } from './conversation.ts';
import type { Failure } from './failure.ts';
import type { Loss } from './loss.ts';
import type { Quirks } from './quirks.ts';
import type { Reply, ReplyEvent } from './reply.ts';

/**
 * One wire protocol, both sides. Pure: no I/O, no clock and no randomness that is not passed in, so that every
 * rule is tested without a socket.
 */
export interface Codec {
  readonly protocol: Protocol;

  // Client side ------------------------------------------------------------------------------------------

  /**
   * `items`: what a Responses client may refer to by id.
   *
   * @throws {RequestRefused} naming the field, when the body is not a valid request of this protocol.
   */
  decodeRequest(body: unknown, items?: ItemMemory): Decoded;
  /** A whole, non-streaming reply. A reply that ended in a failure is the caller's to send through `encodeError`. */
  encodeReply(reply: Reply, context: ClientContext): unknown;
  streamEncoder(context: ClientContext): StreamEncoder;
  encodeError(
    failure: Failure,
    context: { readonly requestId: string },
  ): { readonly status: number; readonly body: unknown };

  // Upstream side ----------------------------------------------------------------------------------------

  /** @throws {RequestRefused} when nothing meaningful could be sent. */
  encodeRequest(conversation: Conversation, target: Target): Encoded;
  /** The events of a whole JSON reply, terminal event included. Never throws: nonsense yields a `failure`. */
  decodeReply(body: unknown, context: UpstreamContext): readonly ReplyEvent[];
  streamDecoder(context: UpstreamContext, emit: (event: ReplyEvent) => void): StreamDecoder;
  /** `body` is the parsed JSON, or the text when it is not JSON. */
  decodeError(status: number, body: unknown): Failure;
}

export interface Decoded {
  readonly conversation: Conversation;
  readonly losses: readonly Loss[];
}

export interface Encoded {
  /** The upstream's JSON body, `model` and `stream` included. */
  readonly body: Record<string, unknown>;
  readonly losses: readonly Loss[];
  /** How the upstream's reply is to be read back; goes into {@link UpstreamContext}. */
  readonly toolNames: ToolNames;
  /** Stop words that the upstream is not told of: the reply is to be cut at the first that it says. */
  readonly stopWords: readonly string[];
}

/** Where a request goes: what an encoder may know of an upstream and a model. */
export interface Target {
  /** Config name of the upstream. */
  readonly upstream: string;
  /** Identity for seals: upstream name and origin. */
  readonly issuer: string;
  readonly model: string;
  /** Whether to ask for a stream (the client's wish, unless the upstream is `stream_only`). */
  readonly stream: boolean;
  readonly quirks: Quirks;
  /** Output cap to set where the protocol requires one, or where the alias states one and the client did not. */
  readonly maxOutputTokens?: number;
  readonly parallelToolCalls: boolean;
  readonly vault?: ReasoningVault;
}

/** What an upstream-side reply decoder needs. */
export interface UpstreamContext {
  readonly toolNames: ToolNames;
  readonly issuer: string;
  readonly quirks: Quirks;
  /** Fresh, unguessable; for call ids that the upstream left out. */
  readonly newId: (prefix: string) => string;
}

/** What a client-side reply encoder needs. */
export interface ClientContext {
  /** The decoded request (options to echo, whether usage was asked for). */
  readonly request: Conversation;
  /** Model name to show: the alias, as the client asked. */
  readonly model: string;
  /** Seconds since the epoch, once per exchange. */
  readonly createdAt: number;
  readonly newId: (prefix: string) => string;
  /**
   * The client is Codex (by its `originator` or user agent), which shows no refusal part and retries a filtered
   * reply. Without it a Responses encoder looks for Codex's marks in the request.
   */
  readonly codex?: boolean;
  /** Keeps what the client may refer to by id in a later request. */
  readonly items?: ItemMemory;
}

/** One dispatched server-sent event. */
export interface SseFrame {
  readonly event?: string | undefined;
  readonly data: string;
}

/** Frames of one upstream stream in, events out through the `emit` it was made with. Never throws. */
export interface StreamDecoder {
  push(frame: SseFrame): void;
  /** The upstream's stream is over. Emits the terminal event if none was emitted: a cut is a `failure` of kind `cut`. */
  end(): void;
  /** True once the terminal event was emitted. */
  readonly done: boolean;
}

/** Events of one reply in, the client's bytes (as text) out. After the terminal event it returns `''` for ever. */
export interface StreamEncoder {
  /** May be `''`. */
  push(event: ReplyEvent): string;
  /** Bytes that keep the client's idle timer quiet; valid between any two pushes. */
  heartbeat(): string;
}
