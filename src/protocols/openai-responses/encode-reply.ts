import type { ClientContext } from '../codec.ts';
import type { Reply, ReplyEvent, ReplyPart } from '../reply.ts';
import { ResponsesStreamEncoder } from './encode-stream.ts';

/** A whole Response object: what the same reply would end in as a stream. */
export function encodeReply(reply: Reply, context: ClientContext): unknown {
  const encoder = new ResponsesStreamEncoder(context, { silent: true });
  for (const event of eventsOf(reply)) encoder.push(event);
  return encoder.response();
}

/** A reply as the events that it is the fold of. */
function* eventsOf(reply: Reply): Generator<ReplyEvent> {
  yield { type: 'start' };
  if (reply.usage) yield { type: 'usage', usage: reply.usage };
  for (const [index, part] of reply.parts.entries()) yield* eventsOfPart(part, index);
  yield reply.end;
}

function* eventsOfPart(part: ReplyPart, index: number): Generator<ReplyEvent> {
  switch (part.type) {
    case 'opaque':
      yield { type: 'opaque', index, kind: part.kind, json: part.json };
      return;
    case 'tool-call': {
      const { id, name, namespace, freeform } = part;
      const space = namespace === undefined ? {} : { namespace };
      yield { type: 'tool-call-start', index, id, name, freeform, ...space };
      yield { type: 'tool-arguments', index, text: part.arguments };
      break;
    }
    case 'reasoning':
      yield { type: 'part-start', index, part: 'reasoning' };
      for (const [at, text] of part.summary.entries()) {
        if (at > 0) yield { type: 'reasoning', index, text: '', form: 'summary-break' };
        yield { type: 'reasoning', index, text, form: 'summary' };
      }
      if (part.text) yield { type: 'reasoning', index, text: part.text, form: 'raw' };
      if (part.seal) yield { type: 'reasoning-seal', index, seal: part.seal };
      break;
    default:
      yield { type: 'part-start', index, part: part.type, ...(part.phase && { phase: part.phase }) };
      yield {
        type: 'text',
        index,
        text: part.text,
        ...(part.logprobs && { logprobs: part.logprobs }),
        ...(part.citations && { citations: part.citations }),
      };
  }
  yield { type: 'part-end', index, complete: part.complete };
}
