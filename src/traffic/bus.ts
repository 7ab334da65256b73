import type { ExchangeBodies, TrafficEvent } from './exchange.ts';

/** Receives everything that happens on a proxy. Must not throw and must not block. */
export interface TrafficSink {
  onEvent?(event: TrafficEvent): void;
  /**
   * Called once at the end of an exchange, only when the proxy was started with `recordBodies`.
   * @param bytes of all bodies together; to read the bodies themselves costs time.
   */
  onBodies?(bodies: ExchangeBodies, bytes: number): void;
}

/** Hands the proxy's events to journal, socket and panels. */
export class TrafficBus implements TrafficSink {
  readonly #sinks = new Set<TrafficSink>();

  /** Returns the way to unsubscribe. */
  subscribe(sink: TrafficSink): () => void {
    this.#sinks.add(sink);
    return () => this.#sinks.delete(sink);
  }

  /** Whether anybody listens: nothing needs to be built for nobody. */
  get isWatched(): boolean {
    return this.#sinks.size > 0;
  }

  onEvent(event: TrafficEvent): void {
    for (const sink of this.#sinks) sink.onEvent?.(event);
  }

  onBodies(bodies: ExchangeBodies, bytes: number): void {
    for (const sink of this.#sinks) sink.onBodies?.(bodies, bytes);
  }
}
