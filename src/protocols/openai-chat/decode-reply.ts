import { isObject } from '../bridge/fields.ts';
import { readInStreamError } from '../bridge/upstream-error.ts';
import type { UpstreamContext } from '../codec.ts';
import type { Failure } from '../failure.ts';
import type { ReplyEvent } from '../reply.ts';
import { ReplyAssembler } from './reply-assembler.ts';

/** The events of a whole Chat Completions reply; anything else yields a failure. */
export function decodeReply(body: unknown, context: UpstreamContext): readonly ReplyEvent[] {
  const events: ReplyEvent[] = [];
  const reply = new ReplyAssembler(context, (event) => events.push(event));
  const error = isObject(body) ? readInStreamError(body, undefined) : undefined;
  if (error) reply.fail(error);
  else if (!isObject(body) || !hasChoice(body.choices)) reply.fail(notAReply());
  else {
    reply.push(body, true);
    reply.assumeStop();
    reply.end();
  }
  return events;
}

function hasChoice(choices: unknown): boolean {
  return Array.isArray(choices) && choices.some((choice) => isObject(choice));
}

function notAReply(): Failure {
  return {
    kind: 'upstream',
    status: 502,
    message: 'The upstream answered with something that is not a Chat Completions reply.',
    code: 'invalid_upstream_response',
  };
}
