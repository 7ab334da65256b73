import { type ExchangeDelta, isFinal, type TrafficEvent } from '../traffic/exchange.ts';

/** Exchanges whose last state a new viewer is told. */
const REMEMBERED_EXCHANGES = 500;
/** Deltas of one running exchange that a new viewer is told. */
const REMEMBERED_DELTAS = 1000;

/** What a viewer has to be told that comes later: the newest state of each exchange, and what running ones said. */
export class History {
  readonly #exchanges = new Map<string, TrafficEvent>();
  readonly #deltas = new Map<string, ExchangeDelta[]>();

  add(event: TrafficEvent): void {
    if (event.type === 'delta') {
      const said = this.#deltas.get(event.delta.exchangeId);
      if (said === undefined) return;
      said.push(event.delta);
      // Dropped in halves, so that an append stays cheap.
      if (said.length > 2 * REMEMBERED_DELTAS) said.splice(0, said.length - REMEMBERED_DELTAS);
      return;
    }
    const { id, state } = event.exchange;
    if (isFinal(state)) this.#deltas.delete(id);
    else if (!this.#deltas.has(id)) this.#deltas.set(id, []);
    this.#exchanges.set(id, event);
    if (this.#exchanges.size > REMEMBERED_EXCHANGES) this.#forgetOldest();
  }

  replay(): readonly TrafficEvent[] {
    const deltas = [...this.#deltas.values()].flatMap((said) => said.slice(-REMEMBERED_DELTAS));
    const events = deltas.map((delta): TrafficEvent => ({ type: 'delta', delta }));
    return [...this.#exchanges.values(), ...events];
  }

  #forgetOldest(): void {
    const [oldest] = this.#exchanges.keys();
    if (oldest === undefined) return;
    this.#exchanges.delete(oldest);
    this.#deltas.delete(oldest);
  }
}
