import type { SseFrame } from '../protocols/codec.ts';
import type { Failure } from '../protocols/failure.ts';
import type { ReplyEvent } from '../protocols/reply.ts';
import { type FrameBatch, FrameSplitter, parseFrame } from './frames.ts';
import type { RelayedStream, RelayProgress } from './relay-stream.ts';
import { RepeatedText } from './repeated-text.ts';
import { isContent, StreamTry } from './stream-try.ts';
import type { UpstreamReply } from './upstream.ts';

/** Frames of a Responses stream that say only that it has begun. */
const RESPONSES_HANDSHAKE = /"type"\s*:\s*"response\.(?:created|queued|in_progress)"/;

/** A Chat stream that goes on for longer without content we know has content we do not know. */
const CHAT_HANDSHAKE_FRAMES = 2;

/** How the two protocols say in a frame that they failed; a flat `error` event means nothing to Codex. */
const CHAT_ERROR = /"error"\s*:/;
const RESPONSES_FAILED = /"type"\s*:\s*"response\.failed"/;

/** A Chat chunk that holds usage and no choice: what `include_usage` adds. */
const NO_CHOICES = /"choices"\s*:\s*\[\s*\]/;

const CHAT_DONE = 'data: [DONE]\n\n';

/** One upstream's stream, passed on by whole frames. */
export class RelayTry extends StreamTry {
  readonly #stream: RelayedStream;
  readonly #progress: RelayProgress;
  readonly #splitter: FrameSplitter;
  readonly #isChat: boolean;
  readonly #repeated: RepeatedText | undefined;
  /** Whether an event of content was read; its frame may still be on its way through here. */
  #sawContent = false;
  #sawDone = false;
  /** The upstream's own words for its failure. */
  #theirWords: Buffer | undefined;

  constructor(stream: RelayedStream, progress: RelayProgress, reply: UpstreamReply) {
    super(stream.exchange, stream, reply);
    const { context, clientCodec, route } = stream.exchange;
    this.#stream = stream;
    this.#progress = progress;
    this.#splitter = new FrameSplitter(context.config.limits.maxSseFrameBytes);
    this.#isChat = clientCodec.protocol === 'chat';
    // With these quirks the meaning of a text depends on the texts before it.
    const { cumulativeDeltas, thinkTags } = route.upstream.quirks;
    this.#repeated = cumulativeDeltas || thinkTags ? undefined : new RepeatedText();
  }

  protected take(chunk: Buffer): void {
    this.#sift(this.#splitter.push(chunk));
  }

  protected takeRest(): void {
    // Some servers forget the blank line after their last frame. Half a frame is held back.
    const rest = this.#splitter.rest();
    const frame = parseFrame(rest, 0, rest.length);
    if (frame && isWhole(frame.data)) this.#sift(this.#splitter.push(Buffer.from('\n\n')));
  }

  protected onEvent(event: ReplyEvent): void {
    this.#repeated?.see(event);
    if (event.type === 'start') this.#progress.start ??= event;
    else if (isContent(event)) this.#sawContent = true;
  }

  protected override isComplete(): boolean {
    // A Chat stream goes on after its finish: usage, [DONE].
    if (this.outcome === 'finished') return !this.#isChat || this.#sawDone;
    return super.isComplete();
  }

  protected pass(): void {
    const { held } = this.#progress;
    if (!this.hasContent) {
      if (this.frames > 0) this.#stream.client.commit();
      return;
    }
    if (held.length === 0) return;
    this.#progress.hasForwarded = true;
    const [first] = held;
    this.write(first && held.length === 1 ? first : Buffer.concat(held));
    this.#progress.held = [];
  }

  protected complete(): void {
    const last = this.#isChat && !this.#sawDone ? [Buffer.from(CHAT_DONE)] : [];
    const rest = Buffer.concat([...this.#progress.held.splice(0), ...last]);
    this.#stream.finish(rest);
  }

  protected tell(failure: Failure): void {
    this.pass();
    this.#progress.hasForwarded = true;
    this.#stream.fail(failure, this.#theirWords);
  }

  protected giveUp(): void {
    this.#progress.held = [];
  }

  get #hasFailed(): boolean {
    return this.outcome !== undefined && this.outcome !== 'finished';
  }

  /** Reads the frames of a batch, and holds those that go to the client: neighbours together. */
  #sift({ bytes, ends }: FrameBatch): void {
    if (ends.length === 0) return;
    const { held } = this.#progress;
    let from = 0;
    let at = 0;
    for (const end of ends) {
      const frame = parseFrame(bytes, at, end);
      const isKept = frame === undefined || this.#observe(frame);
      if (!isKept || this.#hasFailed) {
        if (at > from) held.push(bytes.subarray(from, at));
        from = end;
      }
      if (this.#hasFailed) {
        this.#theirWords = frame && this.#nativeFailure(frame, bytes.subarray(at, end));
        return;
      }
      at = end;
    }
    if (from === 0) held.push(bytes);
    else if (at > from) held.push(bytes.subarray(from, at));
  }

  /** Reads a frame. Returns whether it is passed on. */
  #observe(frame: SseFrame): boolean {
    if (!this.countFrame()) return false;
    const { data } = frame;
    this.#progress.lastData = data;
    const repeated = this.#repeated?.match(data);
    if (repeated) {
      this.exchange.record.event(repeated);
      return true;
    }
    if (this.#isChat && data === '[DONE]') this.#sawDone = true;
    const unseen = this.#repeated?.unseen();
    if (unseen) this.catchUp(unseen);
    this.decoder.push(frame);
    this.#repeated?.learn(frame);
    if (!this.hasContent && !this.#hasFailed) {
      const isHandshake = this.#isHandshake(data);
      this.hasContent = !isHandshake;
      if (isHandshake && !this.#isChat && this.#progress.beganByHeartbeat) return false;
    }
    const isOurs = this.exchange.outgoing.hidesUsage && data.includes('"usage"') && NO_CHOICES.test(data);
    return !isOurs;
  }

  #isHandshake(data: string): boolean {
    if (!this.#isChat) return RESPONSES_HANDSHAKE.test(data);
    return !this.#sawContent && this.frames <= CHAT_HANDSHAKE_FRAMES;
  }

  /** The frame in which the upstream tells its failure, where clients understand it, without keys it may echo. */
  #nativeFailure({ data }: SseFrame, bytes: Buffer): Buffer | undefined {
    if (!(this.#isChat ? CHAT_ERROR : RESPONSES_FAILED).test(data)) return undefined;
    const text = bytes.toString('utf8');
    const clean = this.exchange.context.redact(text);
    return clean === text ? bytes : Buffer.from(clean);
  }
}

/** Whether the data of a frame without its blank line is all of it. */
function isWhole(data: string): boolean {
  if (data.trim() === '[DONE]') return true;
  try {
    JSON.parse(data);
    return true;
  } catch {
    return false;
  }
}
