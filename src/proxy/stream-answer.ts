import type { StreamEncoder } from '../protocols/codec.ts';
import type { Failure } from '../protocols/failure.ts';
import type { ReplyEvent } from '../protocols/reply.ts';
import { exchangeHeaders } from './answer-headers.ts';
import { ClientStream } from './client-stream.ts';
import type { OpenExchange } from './context.ts';
import { redactedFailure } from './error-answer.ts';
import type { UpstreamReply } from './upstream.ts';
import { type FailedTry, failureIn, isRetriable } from './upstream-failure.ts';

/**
 * The answer to a client that asked for a stream. It outlives the tries: what one try sent before it failed is not
 * sent again by the next.
 */
export abstract class StreamAnswer {
  readonly exchange: OpenExchange;
  readonly client: ClientStream;
  #encoder: StreamEncoder | undefined;
  #hasStarted = false;
  #upstreamHeaders: UpstreamReply['headers'] = {};

  constructor(exchange: OpenExchange) {
    this.exchange = exchange;
    this.client = new ClientStream(exchange.response, {
      heartbeatAfter: exchange.context.config.timers.heartbeat,
      head: () => exchangeHeaders(exchange, this.#upstreamHeaders),
      heartbeat: () => this.heartbeat(),
      onBytes: (data) => {
        exchange.record.replied(Buffer.byteLength(data));
        exchange.record.body('clientReply', data);
      },
    });
  }

  /** Once true, a failure can only be told within the stream. */
  get hasStatus(): boolean {
    return this.client.hasStatus;
  }

  /**
   * Passes an upstream's stream on. Resolves with the failure when nothing of content reached the client, so that
   * another try may follow; with undefined when the client has been served, or told. Rejects with the reason when it is cancelled.
   */
  async pass(reply: UpstreamReply): Promise<FailedTry | undefined> {
    this.#upstreamHeaders = reply.headers;
    return this.passFrames(reply);
  }

  /** Streams a reply that came whole. */
  whole(events: readonly ReplyEvent[], reply: UpstreamReply): FailedTry | undefined {
    const failure = failureIn(events.at(-1));
    if (failure) return { failure, retriable: isRetriable(failure), upstreamStatus: reply.status };
    this.#upstreamHeaders = reply.headers;
    const text = events.map((event) => this.encode(event)).join('');
    this.finish(text);
    return undefined;
  }

  /** Ends the stream with its protocol's own failure, unless the upstream has put it into words already. */
  fail(failure: Failure, inTheirWords?: Buffer): void {
    const { record, context } = this.exchange;
    record.answered(200);
    record.failed(failure);
    this.client.end(inTheirWords ?? this.failureFrames(redactedFailure(failure, context.redact)));
  }

  /** Stops the heartbeats; the answer is somebody else's from here on. */
  release(): void {
    this.client.release();
  }

  protected abstract passFrames(reply: UpstreamReply): Promise<FailedTry | undefined>;

  protected heartbeat(): string {
    return this.encoder.heartbeat();
  }

  protected failureFrames(failure: Failure): string {
    return this.encoder.push({ type: 'failure', failure });
  }

  protected get encoder(): StreamEncoder {
    const { clientCodec, outgoing } = this.exchange;
    this.#encoder ??= clientCodec.streamEncoder(outgoing.clientContext());
    return this.#encoder;
  }

  /** The client's bytes for an event. The start of a later try is none: the client has had one. */
  encode(event: ReplyEvent): string {
    if (event.type !== 'start') return this.encoder.push(event);
    if (!this.#hasStarted) {
      this.#hasStarted = true;
      return this.encoder.push(event);
    }
    return event.usage ? this.encoder.push({ type: 'usage', usage: event.usage }) : '';
  }

  /** The reply is complete. */
  finish(data: Buffer | string): void {
    const { record } = this.exchange;
    this.client.end(data);
    record.answered(200);
    record.done();
  }
}
