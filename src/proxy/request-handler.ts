import type { IncomingMessage, ServerResponse } from 'node:http';
import { resolveName } from '../config/resolve.ts';
import { codecFor, PROTOCOL_NAMES } from '../protocols/codecs.ts';
import type { Protocol } from '../protocols/conversation.ts';
import { type Failure, RequestRefused } from '../protocols/failure.ts';
import { createRedactor } from '../traffic/redact.ts';
import { checkKeys, checkOrigin, presentedKeys } from './access.ts';
import { exchangeHeaders } from './answer-headers.ts';
import { Cancellation } from './cancellation.ts';
import { sparingRetries } from './codex-client.ts';
import type { ProxyContext } from './context.ts';
import { redactedFailure, sendError } from './error-answer.ts';
import { ExchangeRecorder } from './exchange-recorder.ts';
import { generate, noSuchModel } from './generate.ts';
import { sendHealth } from './health.ts';
import { modelEntry, modelList, modelsShape } from './models.ts';
import { newId } from './new-id.ts';
import { purposeOf } from './purpose.ts';
import { refuseEarly } from './refuse-early.ts';
import { ClientGone, checkBodyHeaders } from './request-body.ts';
import { passResource } from './resources.ts';
import { matchRoute, type Operation, requestTarget, shapeOf } from './routes.ts';

/** Why the requests still running at the end are cut. */
class ProxyClosing extends Error {
  constructor() {
    super('the proxy is closing');
    this.name = 'ProxyClosing';
  }
}

/** Takes each request from its first line to its last byte. */
export class RequestHandler {
  readonly #context: ProxyContext;
  readonly #instance: string;
  readonly #open = new Set<Cancellation>();
  readonly #cuts: NodeJS.Timeout[] = [];
  #exchanges = 0;
  #isClosing = false;
  #onIdle: (() => void) | undefined;

  constructor(context: ProxyContext, instance: string) {
    this.#context = context;
    this.#instance = instance;
  }

  /** Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // It left while all this was being loaded.
    if (response.destroyed) return;
    const cancellation = new Cancellation();
    this.#open.add(cancellation);
    response.on('close', () => {
      if (!response.writableFinished) cancellation.cancel(new ClientGone());
    });
    const { pathname, query } = requestTarget(request.url ?? '');
    const shape = shapeOf(pathname);
    try {
      await this.#dispatch(request, response, pathname, query, cancellation);
    } catch (error) {
      if (!(error instanceof ClientGone)) this.#answerError(failureOf(error), request, response, shape);
    } finally {
      this.#open.delete(cancellation);
      if (this.#open.size === 0) this.#onIdle?.();
    }
  }

  /** Cuts what still runs after the grace. */
  cutAfter(graceMs: number): void {
    this.#isClosing = true;
    if (this.#open.size === 0) return;
    this.#cuts.push(
      setTimeout(() => {
        for (const cancellation of this.#open) cancellation.cancel(new ProxyClosing());
      }, graceMs),
    );
  }

  /** Resolves once nothing runs any more. */
  async idle(): Promise<void> {
    if (this.#open.size > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    for (const timer of this.#cuts) clearTimeout(timer);
  }

  async #dispatch(
    request: IncomingMessage,
    response: ServerResponse,
    pathname: string,
    query: URLSearchParams,
    cancellation: Cancellation,
  ): Promise<void> {
    const { options, config } = this.#context;
    const refused = checkOrigin(request.headers, options.listen.host);
    if (refused) throw new RequestRefused(refused);
    if (request.headers.upgrade !== undefined && /websocket/i.test(request.headers.upgrade)) {
      response.setHeader('connection', 'close');
      throw new RequestRefused(upgradeRefused());
    }
    const match = matchRoute(request.method ?? '', pathname);
    if (!match) throw new RequestRefused(noSuchRoute(request.method, pathname));
    if ('allowed' in match) {
      response.setHeader('allow', match.allowed.join(', '));
      throw new RequestRefused(wrongMethod(request.method, match.allowed));
    }
    const operation = match.found;
    if (operation.kind === 'health') return sendHealth(response, this.#instance);
    if (operation.kind === 'ready') return this.#ready(response);
    if (operation.kind === 'prefix') return void response.writeHead(200).end();

    const keys = presentedKeys(request.headers, query);
    const denied = checkKeys(options.auth, keys);
    if (denied) throw new RequestRefused(denied);
    const unreadable = checkBodyHeaders(request, config.limits.maxRequestBodyBytes);
    if (unreadable) throw unreadable;
    if (request.headers.expect !== undefined) response.writeContinue();
    const clientKey = options.auth.mode === 'client_provider_key' ? keys[0] : undefined;
    const context = clientKey === undefined ? this.#context : contextOfCaller(this.#context, clientKey);
    await this.#operate(operation, context, { request, response, query, cancellation, clientKey, pathname });
  }

  async #operate(
    operation: Operation,
    context: ProxyContext,
    incoming: {
      readonly request: IncomingMessage;
      readonly response: ServerResponse;
      readonly query: URLSearchParams;
      readonly cancellation: Cancellation;
      readonly clientKey: string | undefined;
      readonly pathname: string;
    },
  ): Promise<void> {
    const { request, response, query, cancellation, clientKey, pathname } = incoming;
    switch (operation.kind) {
      case 'generate': {
        const { protocol } = operation;
        const record = this.#openRecord(context, request, protocol, pathname);
        try {
          return await generate({
            context,
            protocol,
            request,
            response,
            query,
            clientKey,
            cancellation,
            record,
          });
        } catch (error) {
          if (error instanceof ClientGone) return record.cancelled();
          const failure = failureOf(error);
          const status = this.#answerError(failure, request, response, protocol, { record, context });
          if (status !== undefined) record.answered(status);
          return record.failed(failure);
        }
      }
      case 'models':
        return sendJson(
          response,
          modelList(context.config, modelsShape(operation.protocol, request.headers)),
        );
      case 'model': {
        const route = resolveName(context.config, operation.id);
        if (!route) throw new RequestRefused(noSuchModel(context.config, operation.id));
        return sendJson(response, modelEntry(route, modelsShape(operation.protocol, request.headers)));
      }
      case 'resource':
        return passResource({ ...incoming, context, path: operation.path });
      case 'count-tokens':
        throw new RequestRefused(notSpoken(operation.protocol));
      case 'health':
      case 'ready':
      case 'prefix':
        return;
    }
  }

  #openRecord(
    { options, redact }: ProxyContext,
    request: IncomingMessage,
    clientProtocol: Protocol,
    pathname: string,
  ): ExchangeRecorder {
    this.#exchanges += 1;
    return new ExchangeRecorder(options.bus, redact, options.recordBodies, {
      id: newId('ex_'),
      number: this.#exchanges,
      clientProtocol,
      path: pathname,
      purpose: purposeOf(request.headers),
    });
  }

  #ready(response: ServerResponse): void {
    const { upstreams, aliases } = this.#context.config;
    const isReady = upstreams.size > 0 && !this.#isClosing;
    response.statusCode = isReady ? 200 : 503;
    sendJson(response, {
      status: isReady ? 'ready' : 'not_ready',
      ...(upstreams.size === 0 && { reason: 'no upstream is configured' }),
      ...(this.#isClosing && { reason: 'shutting down' }),
      upstreams: upstreams.size,
      models: aliases.size,
    });
  }

  /** Returns the status, if it could still be told. */
  #answerError(
    failure: Failure,
    request: IncomingMessage,
    response: ServerResponse,
    shape: Protocol,
    exchange?: { readonly record: ExchangeRecorder; readonly context: ProxyContext },
  ): number | undefined {
    if (response.destroyed) return undefined;
    if (response.headersSent) {
      // The answer has begun and can only be cut.
      if (!response.writableEnded) response.destroy();
      return undefined;
    }
    const { redact, config } = exchange?.context ?? this.#context;
    const spared = exchange ? sparingRetries(failure, request.headers) : failure;
    const told = redactedFailure(spared, redact);
    const headers = exchange ? exchangeHeaders(exchange, {}) : {};
    refuseEarly(request, config.timers.grace, () => {
      sendError(response, shape, told, exchange?.record.id ?? newId('req_'), headers);
    });
    return response.statusCode;
  }
}

/** What is told and recorded of a caller that brings a provider's key is without that key too. */
function contextOfCaller(context: ProxyContext, clientKey: string): ProxyContext {
  const redactKey = createRedactor([clientKey]);
  return { ...context, redact: (text) => redactKey(context.redact(text)) };
}

function failureOf(error: unknown): Failure {
  if (error instanceof RequestRefused) return error.failure;
  if (error instanceof ProxyClosing) {
    return { kind: 'overloaded', status: 503, message: 'llmup is shutting down', code: 'shutting_down' };
  }
  const message = error instanceof Error ? `internal error: ${error.message}` : 'internal error';
  return { kind: 'internal', status: 500, message, code: 'internal_error' };
}

function sendJson(response: ServerResponse, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.setHeader('content-type', 'application/json');
  response.setHeader('content-length', bytes.length);
  response.end(bytes);
}

function upgradeRefused(): Failure {
  const message = 'WebSockets are not served: use plain HTTP requests';
  return { kind: 'invalid-request', status: 426, message, code: 'upgrade_required' };
}

function noSuchRoute(method: string | undefined, pathname: string): Failure {
  const message = `there is no ${method ?? ''} ${pathname.slice(0, 200)} here; base URLs end in /openai/v1, /anthropic or /google`;
  return { kind: 'not-found', status: 404, message, code: 'not_found' };
}

function wrongMethod(method: string | undefined, allowed: readonly string[]): Failure {
  const message = `${method ?? 'this method'} is not allowed here; ${allowed.join(' and ')} ${allowed.length > 1 ? 'are' : 'is'}`;
  return { kind: 'invalid-request', status: 405, message, code: 'method_not_allowed' };
}

function notSpoken(protocol: Protocol): Failure {
  const message = codecFor(protocol)
    ? 'tokens cannot be counted here'
    : `this version of llmup does not speak ${PROTOCOL_NAMES[protocol]} yet, so its tokens cannot be counted`;
  return { kind: 'invalid-request', status: 501, message, code: 'not_implemented' };
}
