import type { ServerResponse } from 'node:http';
import { Silence } from './silence.ts';

export interface ClientStreamOptions {
  /** Milliseconds of silence after which a heartbeat goes out. */
  readonly heartbeatAfter: number;
  /** Headers at the moment the status goes out. */
  readonly head: () => Readonly<Record<string, string | readonly string[]>>;
  readonly heartbeat: () => string;
  readonly onBytes: (data: Buffer | string) => void;
}

/**
 * The stream a client reads: its status goes out with the first bytes or after a silence, heartbeats keep its idle
 * timer quiet, and a client that reads slowly holds the upstream back.
 */
export class ClientStream {
  readonly #response: ServerResponse;
  readonly #options: ClientStreamOptions;
  readonly #silence: Silence;
  #isPaused = false;
  #isEnded = false;

  constructor(response: ServerResponse, options: ClientStreamOptions) {
    this.#response = response;
    this.#options = options;
    this.#silence = new Silence(options.heartbeatAfter, () => this.#beat());
  }

  /** Whether the client has a status: from then on a failure is told within the stream. */
  get hasStatus(): boolean {
    return this.#response.headersSent;
  }

  /** Sends status and headers, unless they are out already. */
  commit(): void {
    if (this.hasStatus || this.#response.destroyed) return;
    this.#writeHead();
    this.#response.flushHeaders();
  }

  /**
   * One write, whatever it holds. False when the client's buffer is full: `onDrain` is called once it can take more.
   */
  write(data: Buffer | string, onDrain: () => void): boolean {
    if (data.length === 0 || this.#isEnded) return true;
    const mayGoOn = this.#send(data);
    if (!mayGoOn && !this.#isPaused) {
      // A client that does not read has bytes enough waiting for it.
      this.#isPaused = true;
      this.#silence.pause();
      this.#response.once('drain', () => {
        this.#isPaused = false;
        this.#silence.resume();
        onDrain();
      });
    }
    return mayGoOn;
  }

  /** The stream is complete; `data` are its last bytes. */
  end(data: Buffer | string): void {
    if (this.#isEnded) return;
    if (!this.hasStatus) this.#writeHead();
    if (data.length > 0) this.#options.onBytes(data);
    this.release();
    this.#response.end(data);
  }

  /** Stops the heartbeats. */
  release(): void {
    this.#isEnded = true;
    this.#silence.stop();
  }

  #send(data: Buffer | string): boolean {
    if (!this.hasStatus) this.#writeHead();
    this.#silence.broken();
    this.#options.onBytes(data);
    return this.#response.write(data);
  }

  #writeHead(): void {
    if (this.#response.destroyed) return;
    this.#response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      // Keeps nginx and its like from collecting the stream.
      'x-accel-buffering': 'no',
      ...(this.#options.head() as Record<string, string | string[]>),
    });
  }

  #beat(): void {
    if (!this.#isEnded) this.#send(this.#options.heartbeat());
  }
}
