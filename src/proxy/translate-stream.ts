import { StringDecoder } from 'node:string_decoder';
import { createParser } from 'eventsource-parser';
import type { SseFrame } from '../protocols/codec.ts';
import type { Failure } from '../protocols/failure.ts';
import type { ReplyEvent } from '../protocols/reply.ts';
import { StreamAnswer } from './stream-answer.ts';
import { isContent, StreamTry } from './stream-try.ts';
import type { UpstreamReply } from './upstream.ts';
import { type FailedTry, failureIn } from './upstream-failure.ts';

/** Streams an upstream of another protocol: frames to events to the client's frames, one write for each read. */
export class TranslatedStream extends StreamAnswer {
  /** Encoded for the client, not yet sent; a try that fails leaves it to the next. */
  unsent = '';

  /** What is held for the next try comes before whatever is said meanwhile. */
  protected override heartbeat(): string {
    return this.#takeUnsent() + super.heartbeat();
  }

  protected override failureFrames(failure: Failure): string {
    return this.#takeUnsent() + super.failureFrames(failure);
  }

  #takeUnsent(): string {
    const { unsent } = this;
    this.unsent = '';
    return unsent;
  }

  protected passFrames(reply: UpstreamReply): Promise<FailedTry | undefined> {
    return new TranslateTry(this, reply).run();
  }
}

class TranslateTry extends StreamTry {
  readonly #stream: TranslatedStream;
  readonly #text = new StringDecoder('utf8');
  readonly #parser = createParser({
    onEvent: (frame) => {
      this.#frameBytes = 0;
      if (this.outcome === undefined && this.countFrame()) this.#read(frame);
    },
  });
  /** Handshake events wait for content, so that a try without any leaves no trace. */
  #held: ReplyEvent[] = [];
  #hasBegun = false;
  #frameBytes = 0;
  #stateBytes = 0;

  constructor(stream: TranslatedStream, reply: UpstreamReply) {
    // What becomes of a call's arguments depends on those before: they are all decoded.
    super(stream.exchange, stream, reply, ['text', 'reasoning']);
    this.#stream = stream;
  }

  protected take(chunk: Buffer): void {
    const { maxSseFrameBytes } = this.exchange.context.config.limits;
    this.#frameBytes += chunk.length;
    this.#feed(this.#text.write(chunk));
    if (this.#frameBytes > maxSseFrameBytes) {
      throw new RangeError(`a frame of its stream is longer than ${maxSseFrameBytes} bytes`);
    }
  }

  protected takeRest(): void {
    // Some servers forget the blank line after their last frame.
    this.#feed(`${this.#text.end()}\n\n`);
  }

  /** A byte order mark before the first frame means nothing; the parser would take it for part of a field's name. */
  #feed(text: string): void {
    const plain = this.#hasBegun ? text : text.replace(/^\uFEFF/, '');
    this.#hasBegun ||= text !== '';
    this.#parser.feed(plain);
  }

  protected onEvent(event: ReplyEvent): void {
    const { maxAccumulatedStreamStateBytes: limit } = this.exchange.context.config.limits;
    this.#stateBytes += sizeOf(event);
    if (this.#stateBytes > limit) {
      this.outcome = undefined;
      this.fail(`its reply is longer than ${limit} bytes (max_accumulated_stream_state_bytes)`);
      return;
    }
    const failure = failureIn(event);
    if (failure) this.outcome = failure;
    else if (event.type === 'start') this.#encode(event);
    else if (this.hasContent || isContent(event)) {
      this.hasContent = true;
      for (const earlier of this.#held.splice(0)) this.#encode(earlier);
      this.#encode(event);
    } else this.#held.push(event);
  }

  protected pass(): void {
    const data = this.#stream.unsent;
    if (data === '') return;
    this.#stream.unsent = '';
    this.write(data);
  }

  protected complete(): void {
    this.#stream.finish(this.#stream.unsent);
  }

  protected tell(failure: Failure): void {
    this.pass();
    this.#stream.fail(failure);
  }

  protected giveUp(): void {
    this.#held = [];
  }

  #read(frame: SseFrame): void {
    const { data } = frame;
    const text = this.textOf(data);
    const event = text === undefined ? undefined : this.noteText(text);
    if (event) this.onEvent(event);
    else this.decode(frame, data);
  }

  #encode(event: ReplyEvent): void {
    this.#stream.unsent += this.#stream.encode(event);
  }
}

/** What an encoder may have to remember of an event. */
function sizeOf(event: ReplyEvent): number {
  switch (event.type) {
    case 'text':
    case 'reasoning':
    case 'tool-arguments':
      return event.text.length;
    case 'reasoning-seal':
      return event.seal.data.length;
    default:
      return 0;
  }
}
