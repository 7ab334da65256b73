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
  /** Replaced, never changed, so that a sink may come or go while events are handed out. */
  #sinks: readonly TrafficSink[] = [];

  /** Returns the way to unsubscribe. */
  subscribe(sink: TrafficSink): () => void {
    this.#sinks = [...this.#sinks, sink];
    return () => {
      this.#sinks = this.#sinks.filter((other) => other !== sink);
    };
  }

  /** Whether anybody listens: nothing needs to be built for nobody. */
  get isWatched(): boolean {
    return this.#sinks.length > 0;
  }

  onEvent(event: TrafficEvent): void {
    for (const sink of this.#sinks) sink.onEvent?.(event);
  }

  onBodies(bodies: ExchangeBodies, bytes: number): void {
    for (const sink of this.#sinks) sink.onBodies?.(bodies, bytes);
  }
}
