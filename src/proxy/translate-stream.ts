import { StringDecoder } from 'node:string_decoder';
import { createParser } from 'eventsource-parser';
import type { Failure } from '../protocols/failure.ts';
import type { ReplyEvent } from '../protocols/reply.ts';
import { StreamAnswer } from './stream-answer.ts';
import type { UpstreamReply } from './upstream.ts';
import { connectionFailure, cutFailure, type FailedTry, isRetriable } from './upstream-failure.ts';

/** Streams an upstream of another protocol: frames to events to the client's frames, one write for each read. */
export class TranslatedStream extends StreamAnswer {
  /** Encoded for the client by a try that failed before it was sent. */
  #unsent = '';

  protected passFrames(reply: UpstreamReply): Promise<FailedTry | undefined> {
    const { exchange, client } = this;
    const { record, signal, route, outgoing, context } = exchange;
    const { maxSseFrameBytes, streamMaxEvents, maxAccumulatedStreamStateBytes } = context.config.limits;
    return new Promise((resolve, reject) => {
      /** Handshake events wait for content, so that a try without any leaves no trace. */
      let held: ReplyEvent[] = [];
      let hasContent = false;
      let end: Failure | 'finished' | undefined;
      let out = this.#unsent;
      let frames = 0;
      let frameBytes = 0;
      let stateBytes = 0;

      const onEvent = (event: ReplyEvent) => {
        if (end) return;
        record.event(event);
        outgoing.remember?.(event);
        if (event.type === 'failure') {
          end = event.failure;
          return;
        }
        stateBytes += sizeOf(event);
        if (stateBytes > maxAccumulatedStreamStateBytes) {
          end = cutFailure(
            `its reply is longer than ${maxAccumulatedStreamStateBytes} bytes (max_accumulated_stream_state_bytes)`,
            route.upstream,
          );
          return;
        }
        if (event.type === 'start') out += this.encode(event);
        else if (hasContent || isContent(event)) {
          if (!hasContent) {
            hasContent = true;
            for (const earlier of held) out += this.encode(earlier);
            held = [];
          }
          out += this.encode(event);
        } else held.push(event);
        if (event.type === 'finish') end = 'finished';
      };

      const decoder = exchange.upstreamCodec.streamDecoder(outgoing.upstreamContext, onEvent);
      const text = new StringDecoder('utf8');
      const parser = createParser({
        onEvent: (frame) => {
          frameBytes = 0;
          frames += 1;
          if (frames > streamMaxEvents && !end) {
            end = cutFailure(
              `its stream has more than ${streamMaxEvents} events (stream_max_events)`,
              route.upstream,
            );
          }
          if (!end) decoder.push(frame);
        },
      });

      /** What was read is passed on, and the exchange ended if that was the end. */
      const flush = () => {
        if (end === undefined) {
          if (out === '') return;
          const data = out;
          out = '';
          this.#unsent = '';
          if (!client.write(data, () => reply.body.resume())) reply.body.pause();
          return;
        }
        if (end === 'finished') {
          this.finish(out);
          return resolve(undefined);
        }
        if (!hasContent) {
          this.#unsent = out;
          return resolve({ failure: end, retriable: isRetriable(end), upstreamStatus: reply.status });
        }
        if (out !== '') client.write(out, () => {});
        this.fail(end);
        resolve(undefined);
      };

      /** The upstream will say nothing more. */
      const conclude = (failure: Failure | undefined) => {
        if (!end) {
          decoder.end();
          if (failure && end && end !== 'finished') end = failure;
        }
        flush();
      };

      let isOver = false;
      let lingering: NodeJS.Timeout | undefined;
      reply.body.read({
        data: (chunk) => {
          if (isOver) return;
          record.body('upstreamReply', chunk);
          frameBytes += chunk.length;
          parser.feed(text.write(chunk));
          if (frameBytes > maxSseFrameBytes && !end) {
            end = cutFailure(
              `a frame of its stream is longer than ${maxSseFrameBytes} bytes (max_sse_frame_bytes)`,
              route.upstream,
            );
          }
          flush();
          if (end) {
            isOver = true;
            lingering = letGo(reply, end === 'finished', context.config.timers.grace);
          }
        },
        end: () => {
          clearTimeout(lingering);
          if (isOver) return;
          isOver = true;
          // Some servers forget the blank line after their last frame.
          parser.feed(`${text.end()}\n\n`);
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
}

/** A complete stream is let run out, so that its connection can be used again; anything else is cut. */
export function letGo(
  reply: UpstreamReply,
  isComplete: boolean,
  graceMs: number,
): NodeJS.Timeout | undefined {
  if (isComplete) return setTimeout(() => reply.body.cancel(), graceMs).unref();
  reply.body.cancel();
  return undefined;
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
