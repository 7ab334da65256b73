import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { nextMove } from './agent.ts';
import { chatCompletion, chatFrames } from './chat-reply.ts';
import { readChatRequest } from './chat-request.ts';
import type { Dialogue } from './dialogue.ts';
import type { Frame, ReplyContext } from './frame.ts';
import { isObject, type JsonObject } from './json-values.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { PromptCache } from './prompt-cache.ts';
import { RequestError } from './request-error.ts';
import { responseFrames, responseObject } from './responses-reply.ts';
import { readResponsesRequest } from './responses-request.ts';

export interface DemoUpstreamOptions {
  /** Milliseconds between two tokens; 0 answers at once. */
  readonly pace?: number;
}

export interface DemoUpstream {
  /** `http://127.0.0.1:port`, without a path. */
  readonly url: string;
  /** Cuts what still runs. */
  close(): Promise<void>;
}

/** About what a large model does on a good day. */
const HUMAN_PACE = 25;
/** Tokens' worth of time before the first one, as reading a prompt takes. */
const PREFILL = 8;
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const MODEL = 'llmup-demo';

/** One of the two protocols: how its requests are read and its answers written. */
interface Endpoint {
  readonly read: (body: JsonObject) => Dialogue;
  readonly whole: (outcome: Outcome, context: ReplyContext) => unknown;
  readonly frames: (outcome: Outcome, context: ReplyContext) => Iterable<Frame>;
}

const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  '/v1/chat/completions': { read: readChatRequest, whole: chatCompletion, frames: chatFrames },
  '/v1/responses': { read: readResponsesRequest, whole: responseObject, frames: responseFrames },
};

/**
 * Starts the embedded demo upstream: a scripted agent behind the HTTP that real providers speak (Chat Completions
 * and Responses, streaming and not), on a free port of 127.0.0.1. It asks for no key and calls nobody.
 */
export async function startDemoUpstream({
  pace = HUMAN_PACE,
}: DemoUpstreamOptions = {}): Promise<DemoUpstream> {
  const cache = new PromptCache();
  const server = createServer((request, response) => {
    response.setHeader('x-request-id', newId('req_'));
    serve(request, response, cache, pace).catch((error: unknown) => refuse(response, error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  cache: PromptCache,
  pace: number,
): Promise<void> {
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  const endpoint = Object.hasOwn(ENDPOINTS, path) ? ENDPOINTS[path] : undefined;
  const model = /^\/v1\/models(?:\/(.+))?$/.exec(path);
  const method = endpoint ? 'POST' : 'GET';
  if (!endpoint && !model) throw new RequestError(`Invalid URL (${request.method} ${path})`, { status: 404 });
  if (request.method !== method)
    throw new RequestError(`Not allowed to ${request.method} on ${path}.`, { status: 405 });
  if (!endpoint) return sendJson(response, 200, listModels(model?.[1]));

  const body = await readJson(request);
  const dialogue = endpoint.read(body);
  const outcome = outcomeOf(nextMove(dialogue), dialogue, cache.read(dialogue.prompt));
  const createdAt = Math.floor(Date.now() / 1000);
  const context: ReplyContext = { model: dialogue.model, createdAt, newId, request: body };
  const left = new AbortController();
  // `close` also comes after a whole answer, when nothing waits any more.
  response.on('close', () => left.abort());
  try {
    await pause(PREFILL * pace, left.signal);
    if (dialogue.stream)
      return await sendFrames(response, endpoint.frames(outcome, context), pace, left.signal);
    await pause(outcome.usage.output * pace, left.signal);
    sendJson(response, 200, endpoint.whole(outcome, context));
  } catch (error) {
    // The client is gone, and nobody is left to be told.
    if (!left.signal.aborted) throw error;
  }
}

/** Speaks one token after the other. @throws when the client left. */
async function sendFrames(
  response: ServerResponse,
  frames: Iterable<Frame>,
  pace: number,
  left: AbortSignal,
): Promise<void> {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
  });
  for (const { data, spoken } of frames) {
    if (spoken) await pause(pace, left);
    left.throwIfAborted();
    if (!response.write(data)) await once(response, 'drain', { signal: left });
  }
  response.end();
}

async function pause(ms: number, left: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal: left });
}

/** @throws {RequestError} when it is too large or no JSON object. */
async function readJson(request: IncomingMessage): Promise<JsonObject> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES)
      throw new RequestError('The request body is too large.', { status: 413, code: 'request_too_large' });
    chunks.push(chunk);
  }
  let body: unknown;
  try {
    body = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new RequestError('We could not parse the JSON body of your request.');
  }
  if (!isObject(body)) throw new RequestError('The body of your request is not a JSON object.');
  return body;
}

/** @throws {RequestError} when there is no such model. */
function listModels(wanted: string | undefined): unknown {
  const model = { id: MODEL, object: 'model', created: 0, owned_by: 'llmup' };
  if (wanted === undefined) return { object: 'list', data: [model] };
  if (wanted === MODEL) return model;
  throw new RequestError(`The model '${wanted}' does not exist.`, {
    status: 404,
    param: 'model',
    code: 'model_not_found',
  });
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  const refusal =
    error instanceof RequestError
      ? error
      : new RequestError('The demo upstream failed to handle your request.', { status: 500 });
  // What is left of a refused body is not read.
  if (refusal.status === 413) response.setHeader('connection', 'close');
  sendJson(response, refusal.status, refusal);
}

function sendJson(response: ServerResponse, status: number, json: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(json));
}

function newId(prefix: string): string {
  return prefix + randomBytes(16).toString('hex');
}
