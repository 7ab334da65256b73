import { chmod, rm } from 'node:fs/promises';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import type { Paths } from '../config/paths.ts';
import type { TrafficBus } from '../traffic/bus.ts';
import { type ExchangeDelta, isFinal, type TrafficEvent } from '../traffic/exchange.ts';
import type { Receipt } from '../traffic/receipt.ts';
import { socketPath } from './socket-path.ts';
import type { SessionView, WatchMessage } from './view.ts';

export interface WatchSocketOptions {
  readonly view: SessionView;
  readonly bus: TrafficBus;
  readonly paths: Paths;
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

/** Exchanges whose last state a new viewer is told. */
const REMEMBERED_EXCHANGES = 500;
/** Deltas of one running exchange that a new viewer is told. */
const REMEMBERED_DELTAS = 1000;

/**
 * Opens the socket at which views follow a session or a `serve` proxy: lines of JSON, see {@link WatchMessage}.
 * A viewer that does not read costs a bounded amount of memory and is then dropped; it never holds up the proxy.
 * @throws when no private place for a socket can be found; a session goes on without one.
 */
export async function openWatchSocket(options: WatchSocketOptions): Promise<WatchSocket> {
  const path = await socketPath(options.paths, options.view.id);
  await rm(path, { force: true });
  const history = new History();
  const audience = new Audience(options.maxViewerBytes ?? 8 * 1024 * 1024);
  const hello = line({ type: 'hello', version: 1, session: options.view });
  const server = createServer((socket) => {
    audience.flush();
    audience.add(socket, hello + history.replay());
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

/** What a viewer has to be told that comes later: the newest state of each exchange, and what running ones said. */
class History {
  readonly #exchanges = new Map<string, TrafficEvent>();
  readonly #deltas = new Map<string, ExchangeDelta[]>();

  add(event: TrafficEvent): void {
    if (event.type === 'delta') {
      const said = this.#deltas.get(event.delta.exchangeId);
      if (said === undefined) return;
      said.push(event.delta);
      // Dropped in halves, so that an append stays cheap.
      if (said.length > 2 * REMEMBERED_DELTAS) said.splice(0, said.length - REMEMBERED_DELTAS);
      return;
    }
    const { id, state } = event.exchange;
    if (isFinal(state)) this.#deltas.delete(id);
    else if (!this.#deltas.has(id)) this.#deltas.set(id, []);
    this.#exchanges.set(id, event);
    if (this.#exchanges.size > REMEMBERED_EXCHANGES) this.#forgetOldest();
  }

  replay(): string {
    const deltas = [...this.#deltas.values()].flatMap((said) => said.slice(-REMEMBERED_DELTAS));
    const events = deltas.map((delta): TrafficEvent => ({ type: 'delta', delta }));
    return [...this.#exchanges.values(), ...events].map(line).join('');
  }

  #forgetOldest(): void {
    const [oldest] = this.#exchanges.keys();
    if (oldest === undefined) return;
    this.#exchanges.delete(oldest);
    this.#deltas.delete(oldest);
  }
}

/** The viewers: told in batches, since a write for each delta would cost more than the delta. */
class Audience {
  readonly #viewers = new Set<Socket>();
  readonly #maxBytes: number;
  #pending: TrafficEvent[] = [];

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  add(viewer: Socket, greeting: string): void {
    this.#viewers.add(viewer);
    viewer.on('error', () => {});
    viewer.on('close', () => this.#viewers.delete(viewer));
    // Viewers say nothing; reading notices that they left.
    viewer.resume();
    viewer.unref();
    viewer.write(greeting);
  }

  send(event: TrafficEvent): void {
    if (this.#viewers.size === 0) return;
    if (this.#pending.length === 0) setImmediate(() => this.flush());
    this.#pending.push(event);
  }

  flush(): void {
    if (this.#pending.length === 0) return;
    const text = this.#pending.map(line).join('');
    this.#pending = [];
    this.#write(text);
  }

  /** Says the last word and waits until it has been taken, but not for long. */
  async end(message: WatchMessage | undefined, farewellMs: number): Promise<void> {
    this.flush();
    if (message) this.#write(line(message));
    const left = [...this.#viewers].map((viewer) => {
      const closed = new Promise<void>((resolve) => viewer.once('close', () => resolve()));
      const timer = setTimeout(() => viewer.destroy(), farewellMs);
      viewer.end();
      return closed.then(() => clearTimeout(timer));
    });
    await Promise.all(left);
  }

  #write(text: string): void {
    for (const viewer of this.#viewers) {
      viewer.write(text);
      if (viewer.writableLength > this.#maxBytes) viewer.destroy();
    }
  }
}

function line(message: WatchMessage): string {
  return `${JSON.stringify(message)}\n`;
}

/** A running session or proxy, seen from another process. */
export interface WatchSource {
  /** Messages in order, from the `hello` on for the first who subscribes. Returns the way to unsubscribe. */
  subscribe(listener: (message: WatchMessage) => void): () => void;
  /** Resolves when the session has ended, or could not be reached. */
  readonly closed: Promise<void>;
  close(): void;
}

/** Connects to a session's socket. Whoever does not get a `hello` has not reached one. */
export function connectWatchSocket(path: string): WatchSource {
  const socket = createConnection(path);
  const listeners = new Set<(message: WatchMessage) => void>();
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const onData = (bytes: Buffer) => {
    const lines = (rest + decoder.write(bytes)).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) {
      const message = parse(text);
      if (message) for (const listener of [...listeners]) listener(message);
    }
  };
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return {
    subscribe: (listener) => {
      listeners.add(listener);
      // Not read before, so that the first subscriber misses nothing.
      if (socket.listenerCount('data') === 0) socket.on('data', onData);
      return () => listeners.delete(listener);
    },
    closed,
    close: () => {
      socket.destroy();
    },
  };
}

/** A line that is no message comes from a session of another version; it is passed over. */
function parse(text: string): WatchMessage | undefined {
  try {
    const message: unknown = JSON.parse(text);
    const known = typeof message === 'object' && message !== null && 'type' in message;
    return known ? (message as WatchMessage) : undefined;
  } catch {
    return undefined;
  }
}
