import type { SseFrame } from '../protocols/codec.ts';
import type { Failure } from '../protocols/failure.ts';
import type { ReplyEvent } from '../protocols/reply.ts';
import { type FrameBatch, FrameSplitter, parseFrame } from './frames.ts';
import { StreamAnswer } from './stream-answer.ts';
import { isContent, letGo } from './translate-stream.ts';
import type { UpstreamReply } from './upstream.ts';
import { connectionFailure, cutFailure, type FailedTry, isRetriable } from './upstream-failure.ts';

/** Frames of a Responses stream that say only that it has begun. */
const RESPONSES_HANDSHAKE = /"type"\s*:\s*"response\.(?:created|queued|in_progress)"/;

/** How the two protocols say in a frame that they failed; a flat `error` event means nothing to Codex. */
const CHAT_ERROR = /"error"\s*:/;
const RESPONSES_FAILED = /"type"\s*:\s*"response\.failed"/;

/** A Chat stream that goes on for longer without content we know has content we do not know. */
const CHAT_HANDSHAKE_FRAMES = 2;

/** A Chat chunk that holds usage and no choice: what `include_usage` adds. */
const NO_CHOICES = /"choices"\s*:\s*\[\s*\]/;

const CHAT_DONE = 'data: [DONE]\n\n';

/**
 * Streams an upstream of the client's own protocol: whole frames, byte for byte, observed on the side. Ours are only
 * the heartbeats and the failure between frames, and the usage chunk that the client did not ask for is taken out.
 */
export class RelayedStream extends StreamAnswer {
  /** A heartbeat began the stream in the upstream's place, whose own beginning is then left out. */
  #beganByHeartbeat = false;
  #hasForwarded = false;
  #start: Extract<ReplyEvent, { type: 'start' }> | undefined;
  #responseId: string | undefined;
  #lastData = '';

  protected passFrames(reply: UpstreamReply): Promise<FailedTry | undefined> {
    const { exchange, client } = this;
    const { record, signal, route, outgoing, context } = exchange;
    const { maxSseFrameBytes, streamMaxEvents } = context.config.limits;
    const isChat = exchange.clientCodec.protocol === 'chat';
    // An earlier try's beginning was held back, and is forgotten with it.
    this.#start = undefined;
    this.#responseId = undefined;
    return new Promise((resolve, reject) => {
      let held: Buffer[] = [];
      let hasContent = false;
      let sawContentEvent = false;
      let end: Failure | 'finished' | undefined;
      let sawDone = false;
      let frames = 0;
      let told: Buffer | undefined;
      let inTheirWords = false;

      const decoder = exchange.upstreamCodec.streamDecoder(outgoing.upstreamContext, (event) => {
        record.event(event);
        outgoing.remember?.(event);
        if (event.type === 'start') {
          this.#start ??= event;
          this.#responseId ??= event.id;
        } else if (event.type === 'failure') {
          inTheirWords = end === undefined;
          end ??= event.failure;
        } else if (event.type === 'finish') end ??= 'finished';
        if (isContent(event)) sawContentEvent = true;
      });

      /** Whether a frame is passed on. */
      const observe = (frame: SseFrame): boolean => {
        frames += 1;
        if (frames > streamMaxEvents) {
          end ??= cutFailure(
            `its stream has more than ${streamMaxEvents} events (stream_max_events)`,
            route.upstream,
          );
          return false;
        }
        this.#lastData = frame.data;
        if (isChat && frame.data === '[DONE]') sawDone = true;
        decoder.push(frame);
        if (!hasContent && !(end !== undefined && end !== 'finished')) {
          const isHandshake = isChat
            ? !sawContentEvent && frames <= CHAT_HANDSHAKE_FRAMES
            : RESPONSES_HANDSHAKE.test(frame.data);
          hasContent = !isHandshake;
          if (isHandshake && !isChat && this.#beganByHeartbeat) return false;
        }
        return !(outgoing.hidesUsage && frame.data.includes('"usage"') && NO_CHOICES.test(frame.data));
      };

      /** The upstream's own failure frame, where it is one that clients understand, without keys it may echo. */
      const nativeFailure = ({ data }: SseFrame, bytes: Buffer): Buffer | undefined => {
        if (!inTheirWords || !(isChat ? CHAT_ERROR : RESPONSES_FAILED).test(data)) return undefined;
        const text = bytes.toString('utf8');
        const clean = context.redact(text);
        return clean === text ? bytes : Buffer.from(clean);
      };

      /** The bytes of a batch that go to the client. */
      const sift = ({ bytes, ends }: FrameBatch): Buffer[] => {
        const kept: Buffer[] = [];
        let from = 0;
        let at = 0;
        for (const frameEnd of ends) {
          const frame = parseFrame(bytes, at, frameEnd);
          const isKept = frame === undefined || observe(frame);
          const isFailure = end !== undefined && end !== 'finished';
          if (!isKept || isFailure) {
            if (at > from) kept.push(bytes.subarray(from, at));
            from = frameEnd;
          }
          if (isFailure) {
            told = frame && nativeFailure(frame, bytes.subarray(at, frameEnd));
            return kept;
          }
          at = frameEnd;
        }
        if (at > from) kept.push(bytes.subarray(from, at));
        return kept;
      };

      const flush = (pieces: Buffer[]) => {
        held.push(...pieces);
        if (end !== undefined && end !== 'finished') {
          if (!hasContent && !this.#hasForwarded) {
            held = [];
            return resolve({ failure: end, retriable: isRetriable(end), upstreamStatus: reply.status });
          }
          if (held.length > 0) client.write(joined(held), () => {});
          this.#hasForwarded = true;
          this.fail(end, told);
          return resolve(undefined);
        }
        if (!hasContent) {
          if (frames > 0) client.commit();
          return;
        }
        if (held.length === 0) return;
        this.#hasForwarded = true;
        const data = joined(held);
        held = [];
        if (!client.write(data, () => reply.body.resume())) reply.body.pause();
      };
      this.#releaseHeld = () => {
        const data = joined(held);
        held = [];
        return data;
      };

      /** The stream is over and was whole. */
      const complete = () => {
        const last = isChat && !sawDone ? CHAT_DONE : '';
        this.finish(held.length === 0 ? last : Buffer.concat([...held, Buffer.from(last)]));
        held = [];
        resolve(undefined);
      };

      let isOver = false;
      let lingering: NodeJS.Timeout | undefined;
      const splitter = new FrameSplitter(maxSseFrameBytes);

      const conclude = (failure: Failure | undefined) => {
        if (end === undefined) {
          decoder.end();
          if (failure && end !== 'finished') end = failure;
        }
        if (end === 'finished') return complete();
        flush([]);
      };

      reply.body.read({
        data: (chunk) => {
          if (isOver) return;
          record.body('upstreamReply', chunk);
          try {
            flush(sift(splitter.push(chunk)));
          } catch (error) {
            if (!(error instanceof RangeError)) throw error;
            end = cutFailure(`${error.message} (max_sse_frame_bytes)`, route.upstream);
            flush([]);
          }
          if (end === undefined) return;
          // A Chat stream goes on after its finish: usage, [DONE].
          if (end === 'finished' && isChat && !sawDone) return;
          isOver = true;
          const isComplete = end === 'finished';
          if (isComplete) complete();
          lingering = letGo(reply, isComplete, context.config.timers.grace);
        },
        end: () => {
          clearTimeout(lingering);
          if (isOver) return;
          isOver = true;
          // Some servers forget the blank line after their last frame. Half a frame is held back.
          const rest = splitter.rest();
          const frame = parseFrame(rest, 0, rest.length);
          if (frame && isWhole(frame.data)) flush(sift(splitter.push(Buffer.from('\n\n'))));
          conclude(undefined);
        },
        error: (error) => {
          clearTimeout(lingering);
          if (isOver) return;
          isOver = true;
          if (signal.aborted) return reject(signal.reason);
          conclude(connectionFailure(error, route.upstream).failure);
        },
      });
    });
  }

  #releaseHeld: () => Buffer = () => Buffer.alloc(0);

  /**
   * A heartbeat in the client's protocol. In a Responses stream it is an event, so it takes the number of the one
   * before it: the upstream's own numbers go on from there.
   */
  protected override heartbeat(): string {
    if (this.exchange.clientCodec.protocol === 'chat') return super.heartbeat();
    const held = this.#releaseHeld();
    if (held.length > 0) {
      this.#hasForwarded = true;
      return held.toString('utf8');
    }
    if (!this.#hasForwarded) {
      const isFirst = !this.#beganByHeartbeat;
      this.#beganByHeartbeat = true;
      return isFirst ? super.heartbeat() : numbered(super.heartbeat(), 1);
    }
    this.#begin();
    return this.#named(numbered(super.heartbeat(), this.#lastNumber()));
  }

  protected override failureFrames(failure: Failure): string {
    if (this.exchange.clientCodec.protocol === 'chat' || !this.#hasForwarded)
      return super.failureFrames(failure);
    this.#begin();
    return this.#named(numbered(super.failureFrames(failure), this.#lastNumber() + 1));
  }

  /** Our frames amid the upstream's speak of the response that the client has heard of. */
  #named(frames: string): string {
    const id = this.#responseId;
    if (id === undefined || this.#beganByHeartbeat) return frames;
    return frames.replace(/"response":\{"id":"[^"]*"/g, () => `"response":{"id":${JSON.stringify(id)}`);
  }

  /** Brings the encoder to where the client is: its own beginning is not sent. */
  #begin(): void {
    this.encode(this.#start ?? { type: 'start' });
    this.#start = undefined;
  }

  #lastNumber(): number {
    return Number(/"sequence_number"\s*:\s*(\d+)/.exec(this.#lastData)?.[1] ?? 0);
  }
}

function numbered(frames: string, sequenceNumber: number): string {
  return frames.replace(/"sequence_number":\d+/g, `"sequence_number":${sequenceNumber}`);
}

function joined(pieces: readonly Buffer[]): Buffer {
  const [only] = pieces;
  return only && pieces.length === 1 ? only : Buffer.concat(pieces);
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
