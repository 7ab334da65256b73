import type { UpstreamContext } from '../codec.ts';
import type { ReplyEvent } from '../reply.ts';

/** What the reader of an output item needs of the reply around it. */
export interface ReaderContext {
  readonly upstream: UpstreamContext;
  readonly emit: (event: ReplyEvent) => void;
  /** The index of a part that starts now. */
  readonly nextIndex: () => number;
  /** A call ended that cannot be handed over: it has no name, or is not whole. */
  readonly loseCall: () => void;
}
