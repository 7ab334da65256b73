import type { UpstreamContext } from '../codec.ts';
import type { ReplyEvent } from '../reply.ts';
import { ResponsesStreamDecoder } from './decode-stream.ts';

/** The events of a whole Response object: what is left when all its deltas were missed. */
export function decodeReply(body: unknown, context: UpstreamContext): readonly ReplyEvent[] {
  const events: ReplyEvent[] = [];
  const decoder = new ResponsesStreamDecoder(context, (event) => events.push(event));
  decoder.whole(body);
  return events;
}
