import type { ExchangeBodies } from '../traffic/exchange.ts';

export type BodyName = Exclude<keyof ExchangeBodies, 'exchangeId'>;

/** Bytes kept of each body of an exchange. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

interface Kept {
  chunks: (Buffer | string)[];
  bytes: number;
}

/**
 * Collects the bodies of one exchange. To decode and to redact them is left to whoever reads them: of most exchanges
 * nobody does, and it would cost half as much again as the exchange itself.
 */
export class RecordedBodies {
  readonly #kept = new Map<BodyName, Kept>();

  /** Keeps a body, or a piece of one. `restart`: what an earlier try left is forgotten. */
  add(name: BodyName, chunk: Buffer | string, restart: boolean): void {
    let kept = restart ? undefined : this.#kept.get(name);
    if (!kept) {
      kept = { chunks: [], bytes: 0 };
      this.#kept.set(name, kept);
    }
    const bytes = Buffer.byteLength(chunk);
    const room = MAX_BODY_BYTES - kept.bytes;
    if (bytes === 0 || room <= 0) return;
    kept.chunks.push(bytes <= room ? chunk : Buffer.from(chunk).subarray(0, room));
    kept.bytes += Math.min(bytes, room);
  }

  /** All that is kept, in bytes. */
  get bytes(): number {
    return [...this.#kept.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** The bodies, whose texts are made when they are read. */
  of(exchangeId: string, redact: (text: string) => string): ExchangeBodies {
    const bodies: ExchangeBodies = { exchangeId };
    for (const [name, kept] of this.#kept) {
      const whole = joined(kept.chunks);
      Object.defineProperty(bodies, name, { enumerable: true, get: () => redact(whole.toString()) });
    }
    return bodies;
  }
}

/** One piece, since many small ones take more memory than their bytes. */
function joined(chunks: readonly (Buffer | string)[]): Buffer | string {
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1) return only;
  const texts = chunks.filter((chunk) => typeof chunk === 'string');
  if (texts.length === chunks.length) return texts.join('');
  return Buffer.concat(chunks.map((chunk) => (typeof chunk === 'string' ? Buffer.from(chunk) : chunk)));
}
