import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { createRedactor } from '../traffic/redact.ts';
import { EXIT, UserError } from '../user-error.ts';
import type { ProxyContext } from './context.ts';
import type { ProxyHandle, ProxyOptions } from './handle.ts';
import { ItemStore } from './item-store.ts';
import { LearnedHealings } from './learned-healings.ts';
import { newId } from './new-id.ts';
import { UpstreamPools } from './pools.ts';
import { ReasoningStore } from './reasoning-store.ts';
import { RequestHandler } from './request-handler.ts';

/** Agents think between requests; Node's own five seconds would cost each of them a new connection. */
const KEEP_ALIVE_MS = 120_000;

/**
 * Starts the proxy.
 * @throws {UserError} with exit code 5 when it cannot listen.
 */
export async function startProxy(options: ProxyOptions): Promise<ProxyHandle> {
  const { config, credentials, auth } = options;
  const secrets = [
    ...credentials.upstreams.values(),
    ...(credentials.proxyKey === undefined ? [] : [credentials.proxyKey]),
    ...(auth.mode === 'proxy_key' ? [auth.key] : []),
  ];
  const { stateDirectory } = options;
  const context: ProxyContext = {
    options,
    config,
    mode: options.strict ? 'strict' : config.compatibilityMode,
    pools: new UpstreamPools(config, options.env),
    redact: createRedactor(secrets),
    reasoning: new ReasoningStore(
      stateDirectory === undefined ? undefined : path.join(stateDirectory, 'reasoning.jsonl'),
    ),
    items: new ItemStore(),
    healings: new LearnedHealings(),
  };
  const instance = newId('');
  const handler = new RequestHandler(context, instance);
  const server = createServer((request, response) => void handler.handle(request, response));
  // The body of a request that will be refused is not asked for.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    void handler.handle(request, response);
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  // A long prompt over a slow line is no attack; the body has a limit of its own.
  server.requestTimeout = 0;
  await listen(server, options.listen);
  const { port } = server.address() as AddressInfo;
  const { host } = options.listen;

  let closing: Promise<void> | undefined;
  return {
    host,
    port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    instance,
    close: (graceMs = config.timers.grace) => {
      // A second call may shorten the grace of the first.
      handler.cutAfter(graceMs);
      closing ??= close(server, handler, context);
      return closing;
    },
  };
}

async function listen(server: Server, { host, port }: ProxyOptions['listen']): Promise<void> {
  server.listen({ host, port });
  try {
    await once(server, 'listening');
  } catch (error) {
    throw listenError(error as NodeJS.ErrnoException, host, port);
  }
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): UserError {
  switch (error.code) {
    case 'EADDRINUSE':
      return new UserError(`port ${port} on ${host} is already in use`, EXIT.proxy, [
        `find out by what: ss -ltnp 'sport = :${port}'`,
        'or take another: --listen 127.0.0.1:0 takes any free port',
      ]);
    case 'EACCES':
      return new UserError(`port ${port} on ${host} may not be listened on by this user`, EXIT.proxy, [
        'take a port above 1023',
      ]);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new UserError(`${host} is not an address of this machine`, EXIT.proxy, [
        'listen on 127.0.0.1, or on 0.0.0.0 for every address',
      ]);
    default:
      return new UserError(`cannot listen on ${host}:${port}: ${error.message}`, EXIT.proxy);
  }
}

async function close(server: Server, handler: RequestHandler, context: ProxyContext): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  await handler.idle();
  server.closeAllConnections();
  await closed;
  await context.pools.destroy();
  await context.reasoning.close();
}
