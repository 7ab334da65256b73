import type { Loss } from '../loss.ts';

/** Collects the losses of one translation. */
export class Ledger {
  readonly losses: Loss[] = [];
  readonly #seen = new Set<string>();

  add(loss: Loss): void {
    this.losses.push(loss);
  }

  /** Notes only the first of its kind, where a long history would repeat it with every turn. */
  once(loss: Loss): void {
    const kind = `${loss.topic} ${loss.action} ${loss.from} ${loss.to} ${loss.reason}`;
    if (this.#seen.has(kind)) return;
    this.#seen.add(kind);
    this.losses.push(loss);
  }
}
