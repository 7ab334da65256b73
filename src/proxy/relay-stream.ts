import type { JsonObject } from '../protocols/bridge/fields.ts';
import { parseJson } from '../protocols/bridge/json.ts';
import type { Failure } from '../protocols/failure.ts';
import { responseError } from '../protocols/openai-responses/errors.ts';
import { lifecycleFrame } from '../protocols/openai-responses/frames.ts';
import { ResponseSoFar } from '../protocols/openai-responses/response-so-far.ts';
import { asObject } from '../protocols/openai-responses/shape.ts';
import { RelayTry } from './relay-try.ts';
import { StreamAnswer } from './stream-answer.ts';
import type { UpstreamReply } from './upstream.ts';
import type { FailedTry } from './upstream-failure.ts';

/** What the client of a relay has seen so far, over all tries. */
export interface RelayProgress {
  /**
   * Of a Responses stream, the id of the response that the client saw begin. An upstream that comes later, after a
   * heartbeat or another try began it, goes on under this id.
   */
  begun: string | undefined;
  /** Frames of an upstream have gone to the client. */
  hasForwarded: boolean;
  /** Frames that wait for content. */
  held: Buffer[];
  /** The id of the response that the present try began. */
  id: string | undefined;
  /** Of a Responses stream, what its frames told. */
  soFar: ResponseSoFar;
  /** The data of the last frame read. */
  lastData: string;
}

/**
 * Streams an upstream of the client's own protocol: whole frames, byte for byte, observed on the side. Ours are only
 * the heartbeats and the failure between frames, and the usage chunk that the client did not ask for is taken out.
 */
export class RelayedStream extends StreamAnswer {
  readonly #progress: RelayProgress = {
    begun: undefined,
    hasForwarded: false,
    held: [],
    id: undefined,
    soFar: new ResponseSoFar(),
    lastData: '',
  };

  protected passFrames(reply: UpstreamReply): Promise<FailedTry | undefined> {
    return new RelayTry(this, this.#progress, reply).run();
  }

  /**
   * A heartbeat in the client's protocol. In a Responses stream it is an event, so it takes the number of the one
   * before it: the upstream's own numbers go on from there.
   */
  protected override heartbeat(): string {
    if (this.#isChat) return super.heartbeat();
    const progress = this.#progress;
    if (progress.held.length > 0) {
      progress.hasForwarded = true;
      progress.begun ??= progress.id;
      return Buffer.concat(progress.held.splice(0)).toString('utf8');
    }
    if (progress.hasForwarded) {
      // SDKs replace what they gathered by the response in this event, so it holds everything so far.
      const response = { ...this.#response(), status: 'in_progress', output: progress.soFar.output('all') };
      return lifecycleFrame('response.in_progress', this.#lastNumber(), response);
    }
    const frames = super.heartbeat();
    if (progress.begun !== undefined) return numbered(frames, 1);
    progress.begun = idIn(frames);
    return frames;
  }

  protected override failureFrames(failure: Failure): string {
    if (this.#isChat || !this.#progress.hasForwarded) return super.failureFrames(failure);
    const error = responseError(failure);
    const output = this.#progress.soFar.output('finished');
    const response = { ...this.#response(), status: 'failed', error, output };
    return lifecycleFrame('response.failed', this.#lastNumber() + 1, response);
  }

  /** A frame that repeats the whole response, under the id that the client knows it by. */
  asBegun(frame: Buffer, data: string): Buffer {
    const { begun } = this.#progress;
    const id = asObject(asObject(parseJson(data))?.response)?.id;
    if (begun === undefined || typeof id !== 'string' || id === '' || id === begun) return frame;
    this.exchange.context.responseIds.note(begun, id);
    return Buffer.from(frame.toString('utf8').replaceAll(JSON.stringify(id), JSON.stringify(begun)));
  }

  get #isChat(): boolean {
    return this.exchange.clientCodec.protocol === 'chat';
  }

  /** The response as the client saw it begin: in the upstream's words, or in ours. */
  #response(): JsonObject {
    const { begun, soFar } = this.#progress;
    const theirs = soFar.response;
    if (theirs && (begun === undefined || theirs.id === begun)) return theirs;
    const ours = responseIn(super.heartbeat());
    return begun === undefined ? ours : { ...ours, id: begun };
  }

  #lastNumber(): number {
    return Number(/"sequence_number"\s*:\s*(\d+)/.exec(this.#progress.lastData)?.[1] ?? 0);
  }
}

function numbered(frames: string, sequenceNumber: number): string {
  return frames.replace(/"sequence_number":\d+/g, `"sequence_number":${sequenceNumber}`);
}

/** The response in the last of our own frames. */
function responseIn(frames: string): JsonObject {
  const data = frames.slice(frames.lastIndexOf('\ndata: ') + 7);
  return (JSON.parse(data) as { response: JsonObject }).response;
}

function idIn(frames: string): string | undefined {
  const { id } = responseIn(frames);
  return typeof id === 'string' ? id : undefined;
}
