import type { Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import type { ExchangeBodies, TrafficEvent } from '../traffic/exchange.ts';
import type { WatchAnswer, WatchMessage, WatchRequest } from './view.ts';

/** Characters of a viewer's line; what is longer is no request. */
const MAX_REQUEST = 4096;
/** Requests of one viewer that may wait. */
const MAX_REQUESTS = 64;

/** The viewers: told in batches, since a write for each delta would cost more than the delta. */
export class Audience {
  readonly #viewers = new Set<Viewer>();
  readonly #maxBytes: number;
  readonly #bodies: (exchangeId: string) => ExchangeBodies | undefined;
  #pending: TrafficEvent[] = [];

  /**
   * @param maxBytes that may wait for a viewer before it is dropped
   * @param bodies what a viewer that asks for an exchange gets
   */
  constructor(maxBytes: number, bodies: (exchangeId: string) => ExchangeBodies | undefined) {
    this.#maxBytes = maxBytes;
    this.#bodies = bodies;
  }

  add(socket: Socket, greeting: readonly WatchMessage[]): void {
    const viewer = new Viewer(socket, this.#maxBytes, this.#bodies);
    this.#viewers.add(viewer);
    socket.on('close', () => this.#viewers.delete(viewer));
    socket.unref();
    viewer.write(greeting.map(line).join(''));
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
    for (const viewer of this.#viewers) viewer.write(text);
  }

  /** Says the last word and waits until it has been taken, but not for long. */
  async end(message: WatchMessage | undefined, farewellMs: number): Promise<void> {
    this.flush();
    await Promise.all(
      [...this.#viewers].map((viewer) => viewer.end(message ? line(message) : '', farewellMs)),
    );
  }
}

/** One viewer. All it can ask for are the bodies of an exchange; whatever else it says is passed over. */
class Viewer {
  readonly #socket: Socket;
  readonly #maxBytes: number;
  readonly #bodies: (exchangeId: string) => ExchangeBodies | undefined;
  readonly #asked: string[] = [];
  /** Bytes of the answer that is on its way: it was asked for, and may be long. */
  #answer = 0;

  constructor(socket: Socket, maxBytes: number, bodies: (exchangeId: string) => ExchangeBodies | undefined) {
    this.#socket = socket;
    this.#maxBytes = maxBytes;
    this.#bodies = bodies;
    socket.on('error', () => {});
    this.#listen();
  }

  write(text: string): void {
    this.#socket.write(text);
    // A viewer that does not read must not cost memory without end.
    if (this.#socket.writableLength - this.#answer > this.#maxBytes) this.#socket.destroy();
  }

  async end(text: string, farewellMs: number): Promise<void> {
    const socket = this.#socket;
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    const timer = setTimeout(() => socket.destroy(), farewellMs);
    socket.end(text);
    await closed;
    clearTimeout(timer);
  }

  /** Reads lines, which also notices that the viewer left. */
  #listen(): void {
    const decoder = new StringDecoder('utf8');
    let rest = '';
    let tooLong = false;
    this.#socket.on('data', (bytes) => {
      const lines = decoder.write(bytes).split('\n');
      for (const [index, piece] of lines.entries()) {
        rest = tooLong ? '' : rest + piece;
        tooLong ||= rest.length > MAX_REQUEST;
        if (index === lines.length - 1) break;
        if (!tooLong) this.#take(rest);
        rest = '';
        tooLong = false;
      }
    });
  }

  #take(text: string): void {
    const request = parseRequest(text);
    if (!request || this.#asked.length >= MAX_REQUESTS) return;
    this.#asked.push(request.id);
    if (this.#answer === 0) this.#answerNext();
  }

  /** One at a time, so that only one answer is in memory twice. */
  #answerNext(): void {
    const id = this.#asked.shift();
    if (id === undefined || !this.#socket.writable) return;
    const bodies = this.#bodies(id);
    const text = line({ type: 'bodies', id, ...(bodies && { bodies }) });
    this.#answer = Buffer.byteLength(text);
    this.#socket.write(text, () => {
      this.#answer = 0;
      this.#answerNext();
    });
  }
}

function parseRequest(text: string): WatchRequest | undefined {
  try {
    const request: unknown = JSON.parse(text);
    if (typeof request !== 'object' || request === null) return undefined;
    const { type, id } = request as Record<string, unknown>;
    return type === 'bodies' && typeof id === 'string' ? { type, id } : undefined;
  } catch {
    return undefined;
  }
}

function line(message: WatchMessage | WatchAnswer): string {
  return `${JSON.stringify(message)}\n`;
}
