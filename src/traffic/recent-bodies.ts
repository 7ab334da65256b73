import type { TrafficSink } from './bus.ts';
import type { ExchangeBodies } from './exchange.ts';

export interface RecentBounds {
  /** Exchanges. */
  readonly exchanges: number;
  /** Of all their bodies together. */
  readonly bytes: number;
}

const BOUNDS: RecentBounds = { exchanges: 64, bytes: 64 * 1024 * 1024 };

/** Keeps the bodies of the last exchanges in memory, for whoever looks at one of them: what is older goes first. */
export class RecentBodies implements TrafficSink {
  readonly #bounds: RecentBounds;
  readonly #kept = new Map<string, { readonly bodies: ExchangeBodies; readonly bytes: number }>();
  #bytes = 0;

  constructor(bounds: RecentBounds = BOUNDS) {
    this.#bounds = bounds;
  }

  onBodies(bodies: ExchangeBodies, bytes: number): void {
    this.#forget(bodies.exchangeId);
    this.#kept.set(bodies.exchangeId, { bodies, bytes });
    this.#bytes += bytes;
    for (const id of this.#kept.keys()) {
      if (this.#kept.size <= this.#bounds.exchanges && this.#bytes <= this.#bounds.bytes) break;
      this.#forget(id);
    }
  }

  /** Undefined while the exchange runs, and when it is too long ago. */
  get(exchangeId: string): ExchangeBodies | undefined {
    const found = this.#kept.get(exchangeId);
    // A copy has its texts made once.
    return found && { ...found.bodies };
  }

  #forget(id: string): void {
    this.#bytes -= this.#kept.get(id)?.bytes ?? 0;
    this.#kept.delete(id);
  }
}
