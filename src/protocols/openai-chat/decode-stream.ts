import { isObject, type JsonObject } from '../bridge/fields.ts';
import { parseJson } from '../bridge/json.ts';
import { readErrorText, readInStreamError } from '../bridge/upstream-error.ts';
import type { SseFrame, StreamDecoder, UpstreamContext } from '../codec.ts';
import type { Failure } from '../failure.ts';
import type { ReplyEvent } from '../reply.ts';
import { ReplyAssembler } from './reply-assembler.ts';

/** Reads a stream of Chat Completions chunks, in the dialects of OpenAI and of those who are compatible with it. */
export function streamDecoder(context: UpstreamContext, emit: (event: ReplyEvent) => void): StreamDecoder {
  return new ChatStreamDecoder(context, emit);
}

class ChatStreamDecoder implements StreamDecoder {
  readonly #reply: ReplyAssembler;

  constructor(context: UpstreamContext, emit: (event: ReplyEvent) => void) {
    this.#reply = new ReplyAssembler(context, emit);
  }

  get done(): boolean {
    return this.#reply.done;
  }

  push(frame: SseFrame): void {
    if (this.#reply.done) return;
    const data = frame.data.trim();
    if (data === '') return;
    if (data === '[DONE]') {
      this.#reply.end();
      return;
    }
    const chunk = parseJson(data);
    if (!isObject(chunk)) {
      this.#reply.fail(frame.event === 'error' ? readErrorText(data) : notAChunk());
      return;
    }
    const failure = readInStreamError(chunk, frame.event);
    if (failure) {
      this.#reply.fail(failure);
      return;
    }
    const whole = isWhole(chunk);
    this.#reply.push(chunk, whole);
    if (whole) this.#reply.assumeStop();
  }

  end(): void {
    this.#reply.end();
  }
}

/** A complete reply sent as the only event; Perplexity's chunks have a message beside their delta. */
function isWhole(chunk: JsonObject): boolean {
  const first: unknown = Array.isArray(chunk.choices) ? chunk.choices[0] : undefined;
  return isObject(first) && isObject(first.message) && first.delta === undefined;
}

function notAChunk(): Failure {
  return {
    kind: 'upstream',
    status: 502,
    message: 'The upstream sent an event that is not a Chat Completions chunk.',
    code: 'invalid_upstream_response',
  };
}
