import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Upstream } from '../config/config.ts';
import { resolveRoute } from '../config/resolve.ts';
import { codecFor } from '../protocols/codecs.ts';
import { invalidRequest, RequestRefused } from '../protocols/failure.ts';
import type { Cancellation } from './cancellation.ts';
import type { ProxyContext } from './context.ts';
import { redactedFailure, sendError } from './error-answer.ts';
import { replyHeaders, upstreamHeaders } from './headers.ts';
import { newId } from './new-id.ts';
import { readBody } from './request-body.ts';
import { memberValue, scanMembers, spliceMembers } from './splice.ts';
import { askUpstream, type UpstreamReply } from './upstream.ts';
import { connectionFailure, statusFailure } from './upstream-failure.ts';
import { hasRoot, upstreamPath } from './upstream-path.ts';

export interface IncomingResource {
  readonly context: ProxyContext;
  readonly path: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly clientKey: string | undefined;
  readonly cancellation: Cancellation;
}

/**
 * Passes a request for something stored at a provider on to the one upstream that can have it. What is stored has
 * ids but no model, so there must be exactly one upstream that speaks Responses, unless the body names a model.
 */
export async function passResource(incoming: IncomingResource): Promise<void> {
  const { context, path, request, response, query, clientKey, cancellation } = incoming;
  const raw = await readBody(request, context.config.limits.maxRequestBodyBytes, cancellation);
  const { upstream, body } = addressed(context, raw);
  const stream = query.get('stream') === 'true';
  const codec = codecFor('responses');
  if (!codec) throw new Error('there is no Responses codec');
  let reply: UpstreamReply;
  try {
    reply = await askUpstream(
      context.pools,
      {
        upstream,
        method: request.method === 'GET' || request.method === 'DELETE' ? request.method : 'POST',
        path: upstreamPath(
          upstream,
          path.replace(/(?<=^responses\/)[^/]+/, (id) => context.responseIds.theirs(id)),
          query,
        ),
        headers: upstreamHeaders({
          upstream,
          protocol: 'responses',
          clientProtocol: 'responses',
          clientHeaders: request.headers,
          key: clientKey ?? context.options.credentials.upstreams.get(upstream.name),
          clientKey: clientKey !== undefined,
          stream,
        }),
        ...(body.length > 0 && { body: [body] }),
        stream,
        cancellation,
      },
      context.config.timers,
    );
  } catch (error) {
    cancellation.throwIfCancelled();
    throw new RequestRefused(connectionFailure(error, upstream, context.pools.proxyOf(upstream)).failure);
  }
  if (reply.status >= 300) {
    const errorBody = await reply.body.collectUpTo(context.config.limits.maxUpstreamErrorBodyBytes);
    const { failure } = statusFailure(
      reply,
      errorBody,
      codec,
      upstream,
      context.options.auth.mode,
      Date.now(),
    );
    sendError(
      response,
      'responses',
      redactedFailure(failure, context.redact),
      newId('req_'),
      replyHeaders(reply.headers, context.redact),
    );
    return;
  }
  await pipe(reply, response, context);
}

/** Bytes as they come, at the client's pace. */
function pipe(reply: UpstreamReply, response: ServerResponse, context: ProxyContext): Promise<void> {
  response.writeHead(reply.status, {
    ...replyHeaders(reply.headers, context.redact),
    ...(reply.headers['content-type'] && { 'content-type': reply.headers['content-type'] }),
  });
  return new Promise((resolve, reject) => {
    reply.body.read({
      data: (chunk) => {
        if (response.write(chunk)) return;
        reply.body.pause();
        response.once('drain', () => reply.body.resume());
      },
      end: () => {
        response.end();
        resolve();
      },
      error: (error) => {
        // Half an answer must not look like a whole one.
        response.destroy();
        reject(error);
      },
    });
  });
}

/** Which upstream a request is for, and its body with that upstream's model name. */
function addressed(context: ProxyContext, raw: Buffer): { upstream: Upstream; body: Buffer } {
  const named = raw.length > 0 ? namedModel(raw) : undefined;
  if (named) {
    const route = resolveRoute(context.config, named.model, 'responses');
    if (!route?.upstream.protocols.includes('responses')) {
      throw invalidRequest(`model "${named.model}" is not at an upstream that speaks Responses`, 'model');
    }
    const edits = new Map([['model', JSON.stringify(route.model)]]);
    return { upstream: route.upstream, body: spliceMembers(raw, named.members, edits) };
  }
  const able = [...context.config.upstreams.values()].filter(
    (upstream) => upstream.protocols.includes('responses') && hasRoot(upstream),
  );
  const [upstream] = able;
  if (upstream && able.length === 1) return { upstream, body: raw };
  const names = able.map(({ name }) => `"${name}"`).join(', ');
  throw new RequestRefused({
    kind: 'invalid-request',
    status: upstream ? 400 : 501,
    message: upstream
      ? `stored responses and conversations name no model, and several upstreams speak Responses (${names})`
      : 'stored responses and conversations need an upstream that speaks Responses, and none is configured',
    code: upstream ? 'ambiguous_upstream' : 'not_implemented',
  });
}

function namedModel(raw: Buffer): { model: string; members: ReturnType<typeof scanMembers> } | undefined {
  try {
    const members = scanMembers(raw);
    const model = memberValue(raw, members, 'model');
    return typeof model === 'string' ? { model, members } : undefined;
  } catch {
    throw invalidRequest('the request body is not a JSON object');
  }
}
