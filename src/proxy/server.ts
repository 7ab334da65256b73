import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EXIT, UserError } from '../user-error.ts';
import { checkOrigin } from './access.ts';
import type { ProxyHandle, ProxyOptions } from './handle.ts';
import { sendHealth } from './health.ts';
import { newId } from './new-id.ts';
import type { Service } from './service.ts';
import { refuseUnreadable } from './unreadable.ts';

/** Agents think between requests; Node's own five seconds would cost each of them a new connection. */
const KEEP_ALIVE_MS = 120_000;

/**
 * Starts the proxy. It listens at once, with Node's own server; what serves requests takes longer to load than all
 * else up to a client's start, and is loaded when it is told to, or by the first request.
 * @throws {UserError} with exit code 5 when it cannot listen.
 */
export async function startProxy(options: ProxyOptions): Promise<ProxyHandle> {
  const { host } = options.listen;
  const instance = newId('');
  let service: Service | undefined;
  let loading: Promise<Service> | undefined;
  const load = () => {
    loading ??= import('./service.ts').then(({ openService }) => {
      service = openService(options, instance);
      return service;
    });
    return loading;
  };
  const take = (request: IncomingMessage, response: ServerResponse) => {
    if (service) void service.handler.handle(request, response);
    else if (isHealthProbe(request, host)) sendHealth(response, instance);
    else void load().then(({ handler }) => handler.handle(request, response));
  };
  const server = createServer(take);
  // The body of a request that will be refused is not asked for.
  server.on('checkContinue', take);
  server.on('clientError', refuseUnreadable);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  // A long prompt over a slow line is no attack; the body has a limit of its own.
  server.requestTimeout = 0;
  await listen(server, options.listen);
  const { port } = server.address() as AddressInfo;

  let closing: Promise<void> | undefined;
  return {
    host,
    port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    instance,
    load: async () => void (await load()),
    close: (graceMs = options.config.timers.grace) => {
      // A second call may shorten the grace of the first.
      void loading?.then(({ handler }) => handler.cutAfter(graceMs));
      closing ??= close(server, loading);
      return closing;
    },
  };
}

/** A session asks for it before its client starts, which must not wait for all the rest. */
function isHealthProbe({ method, url, headers }: IncomingMessage, listenHost: string): boolean {
  return method === 'GET' && url === '/health' && !checkOrigin(headers, listenHost);
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

async function close(server: Server, loading: Promise<Service> | undefined): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const service = await loading;
  await service?.handler.idle();
  server.closeAllConnections();
  await closed;
  await service?.close();
}
