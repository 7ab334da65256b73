import type { Loss } from '../loss.ts';

/** A client's own word for what was lost is shown up to here. */
const MOST = 60;

/** Collects the losses of one translation. */
export class Ledger {
  readonly losses: Loss[] = [];
  readonly #seen = new Set<string>();

  add(loss: Loss): void {
    this.losses.push(loss.from.length > MOST ? { ...loss, from: `${loss.from.slice(0, MOST)}…` } : loss);
  }

  /** The first loss for which the request will be refused: better words than that nothing is left of it. */
  get refused(): Loss | undefined {
    return this.losses.find(({ action }) => action === 'refused');
  }

  /** Notes only the first of its kind, where a long history would repeat it with every turn. */
  once(loss: Loss): void {
    const kind = `${loss.topic} ${loss.action} ${loss.from} ${loss.to} ${loss.reason}`;
    if (this.#seen.has(kind)) return;
    this.#seen.add(kind);
    this.add(loss);
  }
}
