import type { Failure } from '../protocols/failure.ts';
import type { ReplyEvent } from '../protocols/reply.ts';
import { RelayTry } from './relay-try.ts';
import { StreamAnswer } from './stream-answer.ts';
import type { UpstreamReply } from './upstream.ts';
import type { FailedTry } from './upstream-failure.ts';

/** What the client of a relay has seen so far, over all tries. */
export interface RelayProgress {
  /** A heartbeat began the stream in the upstream's place, whose own beginning is then left out. */
  beganByHeartbeat: boolean;
  /** Frames of an upstream have gone to the client. */
  hasForwarded: boolean;
  /** Frames that wait for content. */
  held: Buffer[];
  start: Extract<ReplyEvent, { type: 'start' }> | undefined;
  /** The data of the last frame read. */
  lastData: string;
}

/**
 * Streams an upstream of the client's own protocol: whole frames, byte for byte, observed on the side. Ours are only
 * the heartbeats and the failure between frames, and the usage chunk that the client did not ask for is taken out.
 */
export class RelayedStream extends StreamAnswer {
  readonly #progress: RelayProgress = {
    beganByHeartbeat: false,
    hasForwarded: false,
    held: [],
    start: undefined,
    lastData: '',
  };
  #hasBegun = false;

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
      return Buffer.concat(progress.held.splice(0)).toString('utf8');
    }
    if (progress.hasForwarded) {
      this.#begin();
      return numbered(this.#asTheirs(super.heartbeat()), this.#lastNumber());
    }
    const isFirst = !progress.beganByHeartbeat;
    progress.beganByHeartbeat = true;
    return isFirst ? super.heartbeat() : numbered(super.heartbeat(), 1);
  }

  protected override failureFrames(failure: Failure): string {
    if (this.#isChat || !this.#progress.hasForwarded) return super.failureFrames(failure);
    this.#begin();
    return numbered(this.#asTheirs(super.failureFrames(failure)), this.#lastNumber() + 1);
  }

  get #isChat(): boolean {
    return this.exchange.clientCodec.protocol === 'chat';
  }

  /** Brings the encoder to where the client is: its own beginning is not sent. */
  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.encode(this.#progress.start ?? { type: 'start' });
  }

  /** Our frames, about the response that the upstream began. */
  #asTheirs(frames: string): string {
    const ours = /"response":\{"id":"([^"]+)"/.exec(frames)?.[1];
    const theirs = this.#progress.start?.id;
    return ours === undefined || theirs === undefined ? frames : frames.replaceAll(ours, theirs);
  }

  #lastNumber(): number {
    return Number(/"sequence_number"\s*:\s*(\d+)/.exec(this.#progress.lastData)?.[1] ?? 0);
  }
}

function numbered(frames: string, sequenceNumber: number): string {
  return frames.replace(/"sequence_number":\d+/g, `"sequence_number":${sequenceNumber}`);
}
