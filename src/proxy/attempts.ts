import { type Failure, RequestRefused } from '../protocols/failure.ts';
import {
  applyHealing,
  describeHealing,
  findHealing,
  type Healing,
  stopsTakenOut,
} from '../protocols/healing.ts';
import { refusedLosses } from '../protocols/policy.ts';
import { exchangeHeaders } from './answer-headers.ts';
import { sparingRetries } from './codex-client.ts';
import type { OpenExchange } from './context.ts';
import { redactedFailure, sendError } from './error-answer.ts';
import { sameHealing } from './learned-healings.ts';
import { RelayedStream } from './relay-stream.ts';
import { ClientGone } from './request-body.ts';
import { pause, pauseBeforeRetry } from './retry.ts';
import type { StreamAnswer } from './stream-answer.ts';
import { TranslatedStream } from './translate-stream.ts';
import { askUpstream, type UpstreamReply } from './upstream.ts';
import { connectionFailure, type FailedTry, nonsenseFailure, statusFailure } from './upstream-failure.ts';
import { collectReply, passWhole, replyForm, wholeEvents } from './whole-answer.ts';

/** Each healing costs a request; a body that is refused for a fourth field is refused. */
const MAX_HEALINGS = 3;

/** Serves one request to a model: tries, heals and retries until the client has an answer, or has left. */
export async function serveExchange(exchange: OpenExchange): Promise<void> {
  const { record, cancellation, context } = exchange;
  const answer = exchange.stream ? streamAnswer(exchange) : undefined;
  const healings: Healing[] = [];
  let upstreamHeaders: UpstreamReply['headers'] = {};
  try {
    for (let tries = 0; ; ) {
      const failed = await tryOnce(exchange, answer, healings, (headers) => {
        upstreamHeaders = headers;
      });
      if (!failed) return;
      if (heal(exchange, failed, healings)) continue;
      const wait = pauseBeforeRetry(failed, tries, context.config.timers, Math.random());
      if (wait === undefined) return tell(exchange, answer, failed, upstreamHeaders);
      tries += 1;
      record.retrying(failed.failure, failed.upstreamStatus);
      await pause(wait, cancellation);
    }
  } catch (error) {
    if (error instanceof ClientGone) return record.cancelled();
    const failure = cancellation.reason ? closingFailure() : failureOf(error);
    tell(exchange, answer, { failure, retriable: false }, {});
    if (!cancellation.reason) throw error;
  } finally {
    answer?.release();
    if (!record.isOver) record.failed(internalFailure(undefined));
  }
}

function streamAnswer(exchange: OpenExchange): StreamAnswer {
  return exchange.outgoing.relayed ? new RelayedStream(exchange) : new TranslatedStream(exchange);
}

/** One request upstream. Resolves with undefined when the client has been served or told. */
async function tryOnce(
  exchange: OpenExchange,
  answer: StreamAnswer | undefined,
  healings: readonly Healing[],
  onHead: (headers: UpstreamReply['headers']) => void,
): Promise<FailedTry | undefined> {
  const { record, route, context, outgoing, cancellation, upstreamCodec } = exchange;
  const body = outgoing.body.pieces();
  record.body('upstreamRequest', '', true);
  for (const piece of body) record.body('upstreamRequest', piece);
  record.attempt();
  let reply: UpstreamReply;
  try {
    const asked = askUpstream(
      context.pools,
      {
        upstream: route.upstream,
        method: 'POST',
        path: outgoing.path,
        headers: outgoing.headers,
        body,
        stream: outgoing.stream,
        cancellation,
        onSent: () => record.sent(),
      },
      context.config.timers,
    );
    record.waiting();
    reply = await asked;
  } catch (error) {
    cancellation.throwIfCancelled();
    return connectionFailure(error, route.upstream, context.pools.proxyOf(route.upstream));
  }
  record.firstByte();
  record.body('upstreamReply', '', true);
  onHead(reply.headers);
  if (reply.status < 200 || reply.status > 299) {
    const errorBody = await reply.body.collectUpTo(context.config.limits.maxUpstreamErrorBodyBytes);
    cancellation.throwIfCancelled();
    record.body('upstreamReply', errorBody);
    return statusFailure(
      reply,
      errorBody,
      upstreamCodec,
      route.upstream,
      context.options.auth.mode,
      Date.now(),
    );
  }
  context.healings.learn(route, upstreamCodec.protocol, healings);
  return answer ? passStream(exchange, answer, reply) : passWhole(exchange, reply);
}

/** Streams whatever the upstream answered with. */
async function passStream(
  exchange: OpenExchange,
  answer: StreamAnswer,
  reply: UpstreamReply,
): Promise<FailedTry | undefined> {
  const { route, cancellation } = exchange;
  const contentType = reply.headers['content-type'] ?? '';
  let first: Buffer | undefined;
  try {
    first = await reply.body.first();
  } catch (error) {
    cancellation.throwIfCancelled();
    return connectionFailure(error, route.upstream);
  }
  const form = replyForm(first, contentType);
  if (form === 'events') return answer.pass(reply);
  if (form === 'nonsense') {
    reply.body.cancel();
    return nonsenseFailure(reply, first, route.upstream);
  }
  const bytes = await collectReply(exchange, reply.body);
  if (!Buffer.isBuffer(bytes)) return bytes;
  const events = wholeEvents(exchange, bytes, form);
  if (!events) return nonsenseFailure(reply, bytes, route.upstream);
  exchange.record.whole(events);
  for (const event of events) exchange.outgoing.remember?.(event);
  return answer.whole(events, reply);
}

/** Whether the request was changed so that the upstream may take it. */
function heal(exchange: OpenExchange, failed: FailedTry, healings: Healing[]): boolean {
  const { outgoing, upstreamCodec, record, context } = exchange;
  if (failed.upstreamStatus !== 400 && failed.upstreamStatus !== 422) return false;
  if (healings.length >= MAX_HEALINGS) return false;
  const body = outgoing.body.object();
  const healing = findHealing(upstreamCodec.protocol, body, failed.failure);
  if (!healing || healings.some((one) => sameHealing(one, healing))) return false;
  const loss = describeHealing(healing, !outgoing.relayed);
  if (refusedLosses(context.mode, [loss]).length > 0) return false;
  const healed = applyHealing(body, healing);
  if (healed === body) return false;
  healings.push(healing);
  outgoing.body.replace(healed);
  if (!outgoing.relayed) outgoing.stopWords = [...outgoing.stopWords, ...stopsTakenOut(body, healed)];
  record.lost([loss]);
  return true;
}

/** Tells the client, in its own protocol, where it can still hear it. */
function tell(
  exchange: OpenExchange,
  answer: StreamAnswer | undefined,
  { failure, upstreamStatus }: FailedTry,
  upstreamHeaders: UpstreamReply['headers'],
): void {
  const { record, request, response, context, clientCodec } = exchange;
  if (answer?.hasStatus) {
    answer.fail(failure);
    return;
  }
  answer?.release();
  if (!response.headersSent && !response.destroyed) {
    const spared = sparingRetries(failure, request.headers);
    const told = redactedFailure(spared, context.redact);
    const headers = exchangeHeaders(exchange, upstreamHeaders);
    record.answered(sendError(response, clientCodec.protocol, told, record.id, headers));
  }
  record.failed(failure, upstreamStatus);
}

function closingFailure(): Failure {
  return { kind: 'overloaded', status: 503, message: 'llmup is shutting down', code: 'shutting_down' };
}

/** What a codec refuses is told as it says; anything else is a fault of ours. */
function failureOf(error: unknown): Failure {
  return error instanceof RequestRefused ? error.failure : internalFailure(error);
}

function internalFailure(error: unknown): Failure {
  const message = error instanceof Error ? `internal error: ${error.message}` : 'internal error';
  return { kind: 'internal', status: 500, message, code: 'internal_error' };
}
