import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Config, Route } from '../config/config.ts';
import { nearestNames, resolveRoute } from '../config/resolve.ts';
import type { ItemMemory } from '../protocols/bridge/item-memory.ts';
import type { ToolNames } from '../protocols/bridge/tool-names.ts';
import type { ClientContext, Codec, UpstreamContext } from '../protocols/codec.ts';
import { codecFor, PROTOCOL_NAMES } from '../protocols/codecs.ts';
import type { Conversation, Protocol } from '../protocols/conversation.ts';
import { type Failure, invalidRequest, RequestRefused } from '../protocols/failure.ts';
import { serveExchange } from './attempts.ts';
import type { Cancellation } from './cancellation.ts';
import { isCodex } from './codex-client.ts';
import type { OpenExchange, Outgoing, ProxyContext } from './context.ts';
import type { ExchangeRecorder } from './exchange-recorder.ts';
import { upstreamHeaders } from './headers.ts';
import { newId } from './new-id.ts';
import { relayRequest, SAME_NAMES } from './relay-request.ts';
import { readBody } from './request-body.ts';
import { type Member, memberValue, scanMembers } from './splice.ts';
import { translateRequest } from './translate-request.ts';
import { hasRoot, replyPath, rootOf } from './upstream-path.ts';

/** A client's request for a model's reply, its body not yet read. */
export interface IncomingGenerate {
  readonly context: ProxyContext;
  readonly protocol: Protocol;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  /** The client's own key, where it is the provider's (`client_provider_key`). */
  readonly clientKey: string | undefined;
  readonly cancellation: Cancellation;
  readonly record: ExchangeRecorder;
}

/**
 * Reads, routes and serves it. What cannot be served is refused before the upstream is asked.
 * @throws {RequestRefused}, {@link ClientGone}
 */
export async function generate(incoming: IncomingGenerate): Promise<void> {
  const { context, protocol, record, request, response, cancellation } = incoming;
  const clientCodec = knownCodec(protocol, 'client');
  const raw = await readBody(request, context.config.limits.maxRequestBodyBytes, cancellation);
  record.body('clientRequest', raw);
  const members = membersOf(raw);
  const stream = wantsStream(memberValue(raw, members, 'stream'));
  const model = memberValue(raw, members, 'model');
  record.asked(typeof model === 'string' ? model : '', stream, raw.length);
  if (typeof model !== 'string' || model.trim() === '') {
    throw invalidRequest('model is required: the name of an alias', 'model');
  }

  const route = routeOf(context, model, protocol);
  const upstreamProtocol = protocolTowards(route, protocol);
  record.routed(route, upstreamProtocol);
  const upstreamCodec = knownCodec(upstreamProtocol, 'upstream');
  const outgoing = prepare(incoming, { raw, members, stream, route, clientCodec, upstreamCodec });
  record.show();
  await serveExchange({
    context,
    record,
    request,
    response,
    cancellation,
    route,
    clientCodec,
    upstreamCodec,
    stream,
    outgoing,
  } satisfies OpenExchange);
}

/**
 * Whether the client wants a stream. Some servers take `"true"` for true and others do not, so that a client which
 * says so would sooner or later get what it cannot read.
 */
function wantsStream(stream: unknown): boolean {
  if (typeof stream === 'boolean') return stream;
  if (stream === undefined || stream === null) return false;
  throw invalidRequest(
    `Invalid type for 'stream': expected a boolean, but got a ${typeof stream}.`,
    'stream',
  );
}

interface Routed {
  readonly raw: Buffer;
  readonly members: readonly Member[];
  readonly stream: boolean;
  readonly route: Route;
  readonly clientCodec: Codec;
  readonly upstreamCodec: Codec;
}

/** The request as it goes out: relayed where both sides speak one protocol, else translated. */
function prepare(incoming: IncomingGenerate, routed: Routed): Outgoing {
  const { context, request, record, query, clientKey } = incoming;
  const { raw, members, stream, route, clientCodec, upstreamCodec } = routed;
  const { upstream } = route;
  const issuer = `${upstream.name}@${rootOf(upstream).origin}`;
  const relayed = clientCodec.protocol === upstreamCodec.protocol;
  const asksForStream = stream || upstream.quirks.streamOnly;
  const path = replyPath(upstream, upstreamCodec.protocol, relayed ? query : undefined);
  const headers = upstreamHeaders({
    upstream,
    protocol: upstreamCodec.protocol,
    clientProtocol: clientCodec.protocol,
    clientHeaders: request.headers,
    key: clientKey ?? context.options.credentials.upstreams.get(upstream.name),
    clientKey: clientKey !== undefined,
    stream: asksForStream,
  });
  const upstreamContext = (toolNames: ToolNames): UpstreamContext => {
    return { issuer, quirks: upstream.quirks, newId, toolNames };
  };
  const clientContext = (conversation: () => Conversation, items?: ItemMemory) => {
    let made: ClientContext | undefined;
    const createdAt = Math.floor(Date.now() / 1000);
    return () => {
      made ??= {
        request: conversation(),
        model: route.alias,
        createdAt,
        newId,
        codex: isCodex(request.headers),
        ...(items && { items }),
      };
      return made;
    };
  };

  if (relayed) {
    const { healings, responseIds, sealOrigins } = context;
    const relay = relayRequest(raw, members, {
      route,
      issuer,
      codec: clientCodec,
      stream: { asked: stream, upstream: asksForStream },
      healings,
      responseIds,
      sealOrigins,
    });
    record.lost(relay.losses);
    return {
      relayed,
      path,
      headers,
      body: relay.body,
      stream: asksForStream,
      hidesUsage: relay.hidesUsage,
      inBackground: memberValue(raw, members, 'background') === true,
      upstreamContext: upstreamContext(SAME_NAMES),
      stopWords: [],
      clientContext: clientContext(relay.conversation),
      ...(clientCodec.protocol === 'responses' && {
        remember: (event) => {
          if (event.type === 'reasoning-seal') sealOrigins.note(event.seal.data, issuer);
        },
      }),
    };
  }
  // Chat clients drop whatever proves earlier reasoning; it is kept here for them.
  const keepsReasoning = clientCodec.protocol === 'chat';
  // Callers that bring keys of their own must not meet in one store; the key itself stays out of it.
  const caller = clientKey === undefined ? '' : createHash('sha256').update(clientKey).digest('base64url');
  const items = context.items.memory(caller);
  const translated = translateRequest(parseJson(raw), {
    route,
    issuer,
    clientCodec,
    upstreamCodec,
    mode: context.mode,
    healings: context.healings,
    items,
    ...(keepsReasoning && { vault: context.reasoning.vault(caller, issuer) }),
  });
  record.lost(translated.losses);
  return {
    relayed,
    path,
    headers,
    body: translated.body,
    stream: asksForStream,
    hidesUsage: false,
    inBackground: false,
    upstreamContext: upstreamContext(translated.toolNames),
    stopWords: translated.stopWords,
    // A client that wants nothing kept sends whole items, as Codex does.
    clientContext: clientContext(
      () => translated.conversation,
      translated.conversation.hints.store === false ? undefined : items,
    ),
    ...(keepsReasoning && { remember: context.reasoning.collector(caller, issuer) }),
  };
}

/** The upstream speaks the client's own protocol where it can. */
function protocolTowards(route: Route, client: Protocol): Protocol {
  const { protocols } = route.upstream;
  return protocols.includes(client) ? client : protocols[0];
}

function routeOf(context: ProxyContext, model: string, protocol: Protocol): Route {
  const route = resolveRoute(context.config, model, protocol);
  if (!route) throw new RequestRefused(noSuchModel(context.config, model));
  const { upstream } = route;
  if (!hasRoot(upstream)) {
    throw new RequestRefused({
      kind: 'upstream',
      status: 503,
      message: `upstream "${upstream.name}" is not set up: ${upstream.apiRoot} has no value`,
      code: 'upstream_not_configured',
    });
  }
  return route;
}

/** What to say of a name that leads nowhere. */
export function noSuchModel(config: Config, model: string): Failure {
  const near = nearestNames(config, model);
  const hint = near.length > 0 ? `; did you mean ${near.map((name) => `"${name}"`).join(' or ')}?` : '';
  const message = `model "${model.slice(0, 200)}" is not configured${hint}`;
  return { kind: 'not-found', status: 404, message, code: 'model_not_found', param: 'model' };
}

/** @throws {RequestRefused} 501 for a protocol that is not spoken yet. */
function knownCodec(protocol: Protocol, side: 'client' | 'upstream'): Codec {
  const codec = codecFor(protocol);
  if (codec) return codec;
  const what = side === 'client' ? 'clients that speak it' : 'upstreams that speak it';
  throw new RequestRefused({
    kind: 'invalid-request',
    status: 501,
    message: `this version of llmup does not speak ${PROTOCOL_NAMES[protocol]} yet, so ${what} cannot be served`,
    code: 'not_implemented',
  });
}

function membersOf(raw: Buffer): readonly Member[] {
  try {
    return scanMembers(raw);
  } catch (error) {
    throw invalidJson(error);
  }
}

function parseJson(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString('utf8'));
  } catch (error) {
    throw invalidJson(error);
  }
}

function invalidJson(error: unknown): RequestRefused {
  const why = error instanceof Error ? error.message.slice(0, 200) : '';
  return invalidRequest(`the request body is not a JSON object: ${why}`);
}
