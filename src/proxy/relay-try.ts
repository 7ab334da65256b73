import type { SseFrame } from '../protocols/codec.ts';
import type { Failure } from '../protocols/failure.ts';
import { ResponseSoFar } from '../protocols/openai-responses/response-so-far.ts';
import type { ReplyEvent } from '../protocols/reply.ts';
import { type FrameBatch, FrameSplitter, frameOf, frameTexts } from './frames.ts';
import type { RelayedStream, RelayProgress } from './relay-stream.ts';
import { isContent, StreamTry } from './stream-try.ts';
import type { UpstreamReply } from './upstream.ts';

/** Frames of a Responses stream that say only that it has begun. */
const RESPONSES_HANDSHAKE = /"type"\s*:\s*"response\.(?:created|queued|in_progress)"/;

/** A frame that repeats the response as a whole; in a string the quotes would be escaped. */
const WHOLE_RESPONSE = /"response"\s*:\s*\{/;

/** A Chat stream that goes on for longer without content we know has content we do not know. */
const CHAT_HANDSHAKE_FRAMES = 2;

/** How the two protocols say in a frame that they failed; a flat `error` event means nothing to Codex. */
const CHAT_ERROR = /^\s*\{.*"error"\s*:\s*\{/s;
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
  /** Whether an event of content was read; its frame may still be on its way through here. */
  #sawContent = false;
  #sawDone = false;
  /** Length of what came before any content: it is held, and comments may come for ever. */
  #bytesBefore = 0;
  /** The upstream's own words for its failure. */
  #theirWords: Buffer | undefined;

  constructor(stream: RelayedStream, progress: RelayProgress, reply: UpstreamReply) {
    // A relay only watches: the client gets the upstream's own frames.
    super(stream.exchange, stream, reply, ['text', 'reasoning', 'tool-arguments']);
    const { context, clientCodec } = stream.exchange;
    this.#stream = stream;
    this.#progress = progress;
    this.#splitter = new FrameSplitter(context.config.limits.maxSseFrameBytes);
    this.#isChat = clientCodec.protocol === 'chat';
  }

  protected take(chunk: Buffer): void {
    this.#sift(this.#splitter.push(chunk));
    if (this.hasContent) return;
    const limit = this.exchange.context.config.limits.maxSseFrameBytes;
    this.#bytesBefore += chunk.length;
    if (this.#bytesBefore > limit) {
      throw new RangeError(`what its stream sent before any content is longer than ${limit} bytes`);
    }
  }

  protected takeRest(): void {
    // Some servers forget the blank line after their last frame. Half a frame is held back.
    const rest = this.#splitter.rest();
    const frame = frameOf(rest.toString('utf8'));
    if (frame && isWhole(frame.data)) this.#sift(this.#splitter.push(Buffer.from('\n\n')));
  }

  protected onEvent(event: ReplyEvent): void {
    if (event.type === 'start') this.#progress.id = event.id;
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
    this.#hasForwarded();
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
    this.#hasForwarded();
    this.#stream.fail(failure, this.#theirWords);
  }

  protected giveUp(): void {
    const progress = this.#progress;
    progress.held = [];
    progress.id = undefined;
    if (!progress.hasForwarded) progress.soFar = new ResponseSoFar();
  }

  #hasForwarded(): void {
    this.#progress.hasForwarded = true;
    this.#progress.begun ??= this.#progress.id;
  }

  get #hasFailed(): boolean {
    return this.outcome !== undefined && this.outcome !== 'finished';
  }

  /** Reads the frames of a batch, and holds those that go to the client: neighbours together. */
  #sift({ bytes, ends }: FrameBatch): void {
    if (ends.length === 0) return;
    const { held } = this.#progress;
    const textBetween = frameTexts(bytes);
    let plain = '';
    let from = 0;
    let at = 0;
    for (const end of ends) {
      const bytesText = textBetween(at, end);
      const more = this.textOf(bytesText);
      if (more !== undefined && this.countFrame()) {
        plain += more;
        this.#progress.lastData = bytesText;
        at = end;
        continue;
      }
      this.#watch(plain);
      plain = '';
      const frame = frameOf(bytesText);
      const isKept = frame === undefined || this.#observe(frame, bytesText);
      const isRenamed = isKept && frame !== undefined && this.#isOfAnother(frame.data);
      if (!isKept || isRenamed || this.#hasFailed) {
        if (at > from) held.push(bytes.subarray(from, at));
        from = end;
      }
      if (this.#hasFailed) {
        const words = frame && this.#nativeFailure(frame, bytes.subarray(at, end));
        this.#theirWords = words && frame && isRenamed ? this.#stream.asBegun(words, frame.data) : words;
        return;
      }
      if (frame && isRenamed) held.push(this.#stream.asBegun(bytes.subarray(at, end), frame.data));
      at = end;
    }
    this.#watch(plain);
    if (from === 0) held.push(bytes);
    else if (at > from) held.push(bytes.subarray(from, at));
  }

  /** Watches the text of neighbours that differ in nothing else. */
  #watch(text: string): void {
    if (text === '') return;
    this.noteText(text);
    if (!this.#isChat) this.#progress.soFar.more(text);
  }

  /** Reads a frame. Returns whether it is passed on. */
  #observe(frame: SseFrame, bytesText: string): boolean {
    if (!this.countFrame()) return false;
    const { data } = frame;
    this.#progress.lastData = data;
    if (data === '[DONE]') {
      this.#sawDone = true;
      // It has no place in a Responses stream, and SDKs read no further.
      if (!this.#isChat) return false;
    }
    this.decode(frame, bytesText);
    if (!this.#isChat) this.#progress.soFar.note(data);
    if (!this.hasContent && !this.#hasFailed) {
      const isHandshake = this.#isHandshake(data);
      this.hasContent = !isHandshake;
      if (isHandshake && this.#isOfAnother(data)) return false;
    }
    const isOurs = this.exchange.outgoing.hidesUsage && data.includes('"usage"') && NO_CHOICES.test(data);
    return !isOurs;
  }

  /** Whether it repeats a response that the client saw begin under another id. */
  #isOfAnother(data: string): boolean {
    const { begun, id } = this.#progress;
    return begun !== undefined && !this.#isChat && begun !== id && WHOLE_RESPONSE.test(data);
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
