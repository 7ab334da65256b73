import { createHash } from 'node:crypto';

/** Seals remembered, oldest let go first. */
const MOST = 50_000;

/**
 * Which upstream sealed which reasoning. In a relay a seal carries no word of its issuer, and whoever else gets it
 * refuses the request: this knows them again for as long as the proxy lives.
 */
export class SealOrigins {
  readonly #issuers = new Map<string, string>();
  readonly #met = new Set<string>();

  note(data: string, issuer: string): void {
    this.#met.add(issuer);
    this.#issuers.set(hash(data), issuer);
    for (const oldest of this.#issuers.keys()) {
      if (this.#issuers.size <= MOST) return;
      this.#issuers.delete(oldest);
    }
  }

  /** Whether anybody else sealed anything: without, no request need be looked into. */
  hasOthers(issuer: string): boolean {
    return this.#met.size > (this.#met.has(issuer) ? 1 : 0);
  }

  isOfAnother(data: string, issuer: string): boolean {
    const known = this.#issuers.get(hash(data));
    return known !== undefined && known !== issuer;
  }
}

function hash(data: string): string {
  return createHash('sha256').update(data).digest('base64url');
}
