import { stopAt } from '../protocols/bridge/stop-words.ts';
import type { ReplyEvent } from '../protocols/reply.ts';
import { foldReply } from '../protocols/reply.ts';
import { exchangeHeaders } from './answer-headers.ts';
import type { OpenExchange } from './context.ts';
import { FrameSplitter, frameOf, frameTexts } from './frames.ts';
import type { ReplyBody } from './reply-body.ts';
import type { UpstreamReply } from './upstream.ts';
import {
  connectionFailure,
  type FailedTry,
  failureIn,
  isRetriable,
  nonsenseFailure,
} from './upstream-failure.ts';

/** What the first bytes of a reply are. Content types are wrong often enough that the bytes decide. */
export type ReplyForm = 'events' | 'json' | 'nonsense';

export function replyForm(first: Buffer | undefined, contentType: string): ReplyForm {
  const isEventStream = /^text\/event-stream\b/i.test(contentType);
  const text = (first ?? Buffer.alloc(0)).toString('utf8', 0, 256).replace(/^[\uFEFF\s]+/, '');
  if (/^[{[]/.test(text)) return 'json';
  if (/^(?:data|event|id|retry)?:/.test(text)) return 'events';
  return isEventStream && !text.startsWith('<') ? 'events' : 'nonsense';
}

/**
 * Answers a client that asked for one JSON object. Resolves with the failure when there is none to give, so that
 * another try may follow; nothing has been sent then.
 */
export async function passWhole(
  exchange: OpenExchange,
  reply: UpstreamReply,
): Promise<FailedTry | undefined> {
  const { record, route, outgoing, clientCodec } = exchange;
  const bytes = await collectReply(exchange, reply.body);
  if (!Buffer.isBuffer(bytes)) return bytes;
  const contentType = reply.headers['content-type'] ?? '';
  const form = replyForm(bytes, contentType);
  const events = wholeEvents(exchange, bytes, form);
  if (!events) return nonsenseFailure(reply, bytes, route.upstream);
  record.whole(events);
  for (const event of events) outgoing.remember?.(event);
  const isRelayed = outgoing.relayed && form === 'json';
  const last = events.at(-1);
  // A response that is made in the background is answered before it is finished.
  const isNoFailure = isRelayed && (last?.type === 'finish' || outgoing.inBackground);
  const failure = isNoFailure ? undefined : failureIn(last);
  if (failure) return { failure, retriable: isRetriable(failure), upstreamStatus: reply.status };
  const answer = isRelayed
    ? bytes
    : Buffer.from(JSON.stringify(clientCodec.encodeReply(foldReply(events), outgoing.clientContext())));
  sendJson(exchange, reply, answer);
  return undefined;
}

/** A whole body, or why there is none. Rejects with the reason when it is cancelled. */
export async function collectReply(exchange: OpenExchange, body: ReplyBody): Promise<Buffer | FailedTry> {
  const { record, route, context, cancellation } = exchange;
  try {
    const bytes = await body.collect(context.config.limits.maxNonStreamResponseBytes);
    record.body('upstreamReply', bytes);
    return bytes;
  } catch (error) {
    cancellation.throwIfCancelled();
    return connectionFailure(error, route.upstream);
  }
}

/** The events of a reply that is there whole, as JSON or as a stream; undefined when it is neither. */
export function wholeEvents(
  exchange: OpenExchange,
  bytes: Buffer,
  form: ReplyForm,
): readonly ReplyEvent[] | undefined {
  const { upstreamCodec, outgoing } = exchange;
  const { stopWords } = outgoing;
  const cut = (events: readonly ReplyEvent[]): readonly ReplyEvent[] =>
    stopWords.length > 0 ? stopAt(stopWords, events) : events;
  if (form === 'events') {
    const events: ReplyEvent[] = [];
    const decoder = upstreamCodec.streamDecoder(outgoing.upstreamContext, (event) => events.push(event));
    const batch = new FrameSplitter(Number.POSITIVE_INFINITY).push(
      Buffer.concat([bytes, Buffer.from('\n\n')]),
    );
    const textBetween = frameTexts(batch.bytes);
    let start = 0;
    for (const end of batch.ends) {
      const frame = frameOf(textBetween(start, end));
      if (frame && !decoder.done) decoder.push(frame);
      start = end;
    }
    if (!decoder.done) decoder.end();
    return cut(events);
  }
  if (form === 'nonsense') return undefined;
  let body: unknown;
  try {
    body = JSON.parse(bytes.toString('utf8').replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
  return cut(upstreamCodec.decodeReply(body, outgoing.upstreamContext));
}

function sendJson(exchange: OpenExchange, reply: UpstreamReply, body: Buffer): void {
  const { record, response } = exchange;
  record.replied(body.length);
  record.body('clientReply', body);
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': body.length,
    ...(exchangeHeaders(exchange, reply.headers) as Record<string, string | string[]>),
  });
  response.end(body);
  record.answered(200);
  record.done();
}
