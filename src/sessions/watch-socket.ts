import { chmod, rm } from 'node:fs/promises';
import { createConnection, createServer, type Server } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import type { Paths } from '../config/paths.ts';
import type { TrafficBus } from '../traffic/bus.ts';
import type { ExchangeBodies } from '../traffic/exchange.ts';
import type { Receipt } from '../traffic/receipt.ts';
import { Audience } from './audience.ts';
import { History } from './history.ts';
import { socketPath } from './socket-path.ts';
import type { SessionView, WatchAnswer, WatchMessage, WatchRequest } from './view.ts';

export interface WatchSocketOptions {
  readonly view: SessionView;
  readonly bus: TrafficBus;
  readonly paths: Paths;
  /** The bodies of an exchange, for a viewer that asks; without it none are to be had. */
  readonly bodies?: (exchangeId: string) => ExchangeBodies | undefined;
  /** Bytes that may wait for a viewer before it is dropped; it can connect again. */
  readonly maxViewerBytes?: number;
  /** Milliseconds a viewer has at the end to take the rest. */
  readonly farewellMs?: number;
}

export interface WatchSocket {
  readonly path: string;
  /** Sends the receipt, ends all viewers and removes the socket. Safe to call twice. */
  finish(receipt?: Receipt): Promise<void>;
}

/**
 * Opens the socket at which views follow a session or a `serve` proxy: lines of JSON, see {@link WatchMessage}.
 * A viewer that does not read costs a bounded amount of memory and is then dropped; it never holds up the proxy.
 * @throws when no private place for a socket can be found; a session goes on without one.
 */
export async function openWatchSocket(options: WatchSocketOptions): Promise<WatchSocket> {
  const path = await socketPath(options.paths, options.view.id);
  await rm(path, { force: true });
  const history = new History();
  const audience = new Audience(
    options.maxViewerBytes ?? 8 * 1024 * 1024,
    options.bodies ?? (() => undefined),
  );
  const hello: WatchMessage = { type: 'hello', version: 1, session: options.view };
  const server = createServer((socket) => {
    audience.flush();
    audience.add(socket, [hello, ...history.replay()]);
  });
  await listen(server, path);
  const unsubscribe = options.bus.subscribe({
    onEvent: (event) => {
      history.add(event);
      audience.send(event);
    },
  });
  // A forgotten viewer does not keep a finished program alive.
  server.unref();
  let finished: Promise<void> | undefined;
  return {
    path,
    finish: (receipt) => {
      finished ??= (async () => {
        unsubscribe();
        server.close();
        await audience.end(receipt && { type: 'receipt', receipt }, options.farewellMs ?? 1000);
        await rm(path, { force: true });
      })();
      return finished;
    },
  };
}

async function listen(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      // A later fault of the listener only costs new viewers.
      server.on('error', () => {});
      resolve();
    });
  });
  await chmod(path, 0o600);
}

/** A running session or proxy, seen from another process. */
export interface WatchSource {
  /** Messages in order, from the `hello` on for the first who subscribes. Returns the way to unsubscribe. */
  subscribe(listener: (message: WatchMessage) => void): () => void;
  /** Asks for the bodies of an exchange; undefined when there are none. Answered once somebody has subscribed. */
  bodies(exchangeId: string): Promise<ExchangeBodies | undefined>;
  /** Resolves when the session has ended, or could not be reached. */
  readonly closed: Promise<void>;
  close(): void;
}

/** Connects to a session's socket. Whoever does not get a `hello` has not reached one. */
export function connectWatchSocket(path: string): WatchSource {
  const socket = createConnection(path);
  const listeners = new Set<(message: WatchMessage) => void>();
  const asked = new Map<string, Promise<ExchangeBodies | undefined>>();
  const answers = new Map<string, (bodies: ExchangeBodies | undefined) => void>();
  const decoder = new StringDecoder('utf8');
  // In pieces: an answer with bodies is long, and comes in many.
  let rest: string[] = [];
  const onData = (bytes: Buffer) => {
    const lines = decoder.write(bytes).split('\n');
    for (const [index, piece] of lines.entries()) {
      rest.push(piece);
      if (index === lines.length - 1) break;
      const message = parse(rest.join(''));
      rest = [];
      if (message?.type === 'bodies') answers.get(message.id)?.(message.bodies);
      else if (message) for (const listener of [...listeners]) listener(message);
    }
  };
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) =>
    socket.once('close', () => {
      for (const answer of answers.values()) answer(undefined);
      resolve();
    }),
  );
  return {
    subscribe: (listener) => {
      listeners.add(listener);
      // Not read before, so that the first subscriber misses nothing.
      if (socket.listenerCount('data') === 0) socket.on('data', onData);
      return () => listeners.delete(listener);
    },
    bodies: (exchangeId) => {
      const waiting = asked.get(exchangeId);
      if (waiting) return waiting;
      if (socket.destroyed) return Promise.resolve(undefined);
      const answer = new Promise<ExchangeBodies | undefined>((resolve) => {
        answers.set(exchangeId, (bodies) => {
          answers.delete(exchangeId);
          asked.delete(exchangeId);
          resolve(bodies);
        });
      });
      asked.set(exchangeId, answer);
      socket.write(`${JSON.stringify({ type: 'bodies', id: exchangeId } satisfies WatchRequest)}\n`);
      return answer;
    },
    closed,
    close: () => {
      socket.destroy();
    },
  };
}

/** A line that is no message comes from a session of another version; it is passed over. */
function parse(text: string): WatchMessage | WatchAnswer | undefined {
  try {
    const message: unknown = JSON.parse(text);
    const known = typeof message === 'object' && message !== null && 'type' in message;
    return known ? (message as WatchMessage | WatchAnswer) : undefined;
  } catch {
    return undefined;
  }
}
