import { isFinal, type TrafficEvent } from '../traffic/exchange.ts';
import { Said } from './said.ts';

/** Exchanges whose last state a new viewer is told. */
const REMEMBERED_EXCHANGES = 500;

/** What a viewer has to be told that comes later: the newest state of each exchange, and what running ones said. */
export class History {
  readonly #exchanges = new Map<string, TrafficEvent>();
  readonly #said = new Map<string, Said>();

  add(event: TrafficEvent): void {
    if (event.type === 'delta') {
      this.#said.get(event.delta.exchangeId)?.add(event.delta);
      return;
    }
    const { id, state } = event.exchange;
    if (isFinal(state)) this.#said.delete(id);
    else if (!this.#said.has(id)) this.#said.set(id, new Said());
    this.#exchanges.set(id, event);
    if (this.#exchanges.size > REMEMBERED_EXCHANGES) this.#forgetOldest();
  }

  replay(): readonly TrafficEvent[] {
    const deltas = [...this.#said.values()].flatMap((said) => said.deltas);
    const events = deltas.map((delta): TrafficEvent => ({ type: 'delta', delta }));
    return [...this.#exchanges.values(), ...events];
  }

  #forgetOldest(): void {
    const [oldest] = this.#exchanges.keys();
    if (oldest === undefined) return;
    this.#exchanges.delete(oldest);
    this.#said.delete(oldest);
  }
}
