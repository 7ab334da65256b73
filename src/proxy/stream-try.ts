import { StopWords } from '../protocols/bridge/stop-words.ts';
import type { SseFrame, StreamDecoder } from '../protocols/codec.ts';
import type { Failure } from '../protocols/failure.ts';
import type { ReplyEvent } from '../protocols/reply.ts';
import type { OpenExchange } from './context.ts';
import { RepeatedText, type TextEvent } from './repeated-text.ts';
import type { BodyReader } from './reply-body.ts';
import type { StreamAnswer } from './stream-answer.ts';
import type { UpstreamReply } from './upstream.ts';
import { connectionFailure, cutFailure, type FailedTry, isRetriable } from './upstream-failure.ts';

/**
 * One upstream's stream on its way to the client: who reads it, how it ends, and what is then told to whom. What the
 * frames become on the way is the subclasses'.
 */
export abstract class StreamTry implements BodyReader {
  protected readonly exchange: OpenExchange;
  protected readonly answer: StreamAnswer;
  /** Something of content is on its way to the client: nothing is tried again. */
  protected hasContent = false;
  protected outcome: 'finished' | Failure | undefined;
  readonly #reply: UpstreamReply;
  readonly #decoder: StreamDecoder;
  readonly #stops: StopWords | undefined;
  readonly #repeated: RepeatedText | undefined;
  #frames = 0;
  #isOver = false;
  #isCatchingUp = false;
  #lingering: NodeJS.Timeout | undefined;
  #resolve: (failed: FailedTry | undefined) => void = () => {};
  #reject: (reason: unknown) => void = () => {};

  /** @param plainKinds of text that may be read without the decoder, where a frame is the one before but for that */
  constructor(
    exchange: OpenExchange,
    answer: StreamAnswer,
    reply: UpstreamReply,
    plainKinds: readonly TextEvent['type'][],
  ) {
    this.exchange = exchange;
    this.answer = answer;
    this.#reply = reply;
    const { upstreamContext, stopWords } = exchange.outgoing;
    const note = (event: ReplyEvent): void => this.#note(event);
    this.#stops = stopWords.length > 0 ? new StopWords(stopWords, note) : undefined;
    const { streamDecoder } = exchange.upstreamCodec;
    const stops = this.#stops;
    this.#decoder = streamDecoder(upstreamContext, stops ? (event) => stops.push(event) : note);
    // With these the meaning of a text depends on the texts before it.
    const { cumulativeDeltas, thinkTags } = exchange.route.upstream.quirks;
    this.#repeated = cumulativeDeltas || thinkTags || stops ? undefined : new RepeatedText(plainKinds);
  }

  /**
   * Resolves with the failure when nothing of content reached the client; with undefined when the client has been
   * served, or told. Rejects with the reason when it is cancelled.
   */
  run(): Promise<FailedTry | undefined> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#reply.body.read(this);
    });
  }

  data(chunk: Buffer): void {
    if (this.#isOver) return;
    this.exchange.record.body('upstreamReply', chunk);
    try {
      this.take(chunk);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.fail(`${error.message} (max_sse_frame_bytes)`);
    }
    if (!this.isComplete()) {
      this.pass();
      return;
    }
    const isWhole = this.outcome === 'finished';
    this.#conclude();
    // A whole stream is let run out, so that its connection can be used again; anything else is cut.
    if (isWhole && !this.#stops?.stopped)
      this.#lingering = setTimeout(() => this.#reply.body.cancel(), this.#graceMs).unref();
    else this.#reply.body.cancel();
  }

  end(): void {
    clearTimeout(this.#lingering);
    if (this.#isOver) return;
    this.takeRest();
    if (this.outcome === undefined) this.#endDecoder();
    this.#conclude();
  }

  error(error: Error): void {
    clearTimeout(this.#lingering);
    if (this.#isOver) return;
    if (this.exchange.cancellation.reason) {
      this.#isOver = true;
      this.#reject(this.exchange.cancellation.reason);
      return;
    }
    if (this.outcome === undefined) {
      this.#endDecoder();
      // What the decoder calls a cut has a reason that is known here.
      if (this.outcome !== 'finished') {
        this.outcome = connectionFailure(error, this.exchange.route.upstream).failure;
      }
    }
    this.#conclude();
  }

  /** Bytes of the stream. @throws {RangeError} at a frame that is too long. */
  protected abstract take(chunk: Buffer): void;
  /** The stream ended; perhaps its last frame has no end. */
  protected abstract takeRest(): void;
  /** An event of the reply, in order; not the failure. */
  protected abstract onEvent(event: ReplyEvent): void;
  /** Sends what is ready. */
  protected abstract pass(): void;
  /** Sends the rest; the reply is complete. */
  protected abstract complete(): void;
  /** Sends what is ready, then the failure. */
  protected abstract tell(failure: Failure): void;
  /** Nothing was sent that matters: what is still held is given up, or kept for the next try. */
  protected abstract giveUp(): void;

  /** Whether nothing that is wanted can follow. */
  protected isComplete(): boolean {
    return this.outcome !== undefined;
  }

  /** Counts a frame; false, and the end, when it is one too many. */
  protected countFrame(): boolean {
    const { streamMaxEvents } = this.exchange.context.config.limits;
    this.#frames += 1;
    if (this.#frames <= streamMaxEvents) return true;
    this.fail(`its stream has more than ${streamMaxEvents} events (stream_max_events)`);
    return false;
  }

  protected get frames(): number {
    return this.#frames;
  }

  /** The text of a frame that needs no decoder. `frame` is its bytes, or its data: always the same of the two. */
  protected textOf(frame: string): string | undefined {
    const text = this.#repeated?.match(frame);
    if (this.#repeated?.isFarAhead) this.#catchUp();
    return text;
  }

  /** Records the text of frames that needed no decoder. Returns what the decoder would have made of them. */
  protected noteText(text: string): TextEvent | undefined {
    const event = this.#repeated?.eventOf(text);
    if (!event) return undefined;
    this.exchange.record.event(event);
    this.exchange.outgoing.remember?.(event);
    return event;
  }

  /** Decodes a frame. `text` is its bytes, or its data: the same of the two as for {@link textOf}. */
  protected decode(frame: SseFrame, text: string): void {
    this.#catchUp();
    this.#decoder.push(frame);
    this.#repeated?.learn(text, frame);
  }

  /** Lets the decoder know what has been read without it. */
  #catchUp(): void {
    const unseen = this.#repeated?.unseen();
    if (!unseen) return;
    this.#isCatchingUp = true;
    this.#decoder.push(unseen);
    this.#isCatchingUp = false;
  }

  #endDecoder(): void {
    this.#catchUp();
    this.#decoder.end();
  }

  /** Ends the try for a reason of ours. */
  protected fail(message: string): void {
    this.outcome ??= cutFailure(message, this.exchange.route.upstream);
  }

  /** One write to the client, who may hold the upstream back. */
  protected write(data: Buffer | string): void {
    const { body } = this.#reply;
    if (!this.answer.client.write(data, () => body.resume())) body.pause();
  }

  #note(event: ReplyEvent): void {
    if (this.outcome !== undefined || this.#isCatchingUp) return;
    this.#repeated?.see(event);
    this.exchange.record.event(event);
    this.exchange.outgoing.remember?.(event);
    if (event.type === 'failure') {
      this.outcome = event.failure;
      return;
    }
    if (event.type === 'finish') this.outcome = 'finished';
    this.onEvent(event);
  }

  #conclude(): void {
    this.#isOver = true;
    const { outcome = 'finished' } = this;
    if (outcome === 'finished') this.complete();
    else if (this.hasContent) this.tell(outcome);
    else {
      this.giveUp();
      const upstreamStatus = this.#reply.status;
      this.#resolve({ failure: outcome, retriable: isRetriable(outcome), upstreamStatus });
      return;
    }
    this.#resolve(undefined);
  }

  get #graceMs(): number {
    return this.exchange.context.config.timers.grace;
  }
}

/** Whether an event is more than a handshake: once the client has it, nothing is tried again. */
export function isContent(event: ReplyEvent): boolean {
  switch (event.type) {
    case 'text':
    case 'reasoning':
    case 'tool-call-start':
    case 'tool-arguments':
    case 'opaque':
    case 'finish':
      return true;
    case 'start':
    case 'part-start':
    case 'part-end':
    case 'reasoning-seal':
    case 'usage':
    case 'failure':
      return false;
  }
}
