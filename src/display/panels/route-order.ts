import type { Exchange } from '../../traffic/exchange.ts';
import { aliasOf, durationOf, modelOf } from './exchange-words.ts';

export const SORT_KEYS = ['number', 'duration', 'tokens', 'cost', 'first token'] as const;
export type SortKey = (typeof SORT_KEYS)[number];

/** What Routes shows, and in which order. */
export interface RouteOrder {
  readonly sort: SortKey;
  readonly reversed: boolean;
  /** A part of the alias, the model, the status or the path. */
  readonly filter: string;
}

/** The exchanges that pass the filter, in order; those without what is sorted by come first, as the least. */
export function orderExchanges(
  exchanges: readonly Exchange[],
  { sort, reversed, filter }: RouteOrder,
  now: number,
): readonly Exchange[] {
  const wanted = filter.toLowerCase();
  const passing = wanted === '' ? exchanges : exchanges.filter((exchange) => matches(exchange, wanted));
  if (sort === 'number') return reversed ? [...passing].reverse() : passing;
  const sign = reversed ? -1 : 1;
  const weighed = passing.map((exchange) => ({ exchange, weight: weightOf(exchange, sort, now) }));
  return weighed.sort((a, b) => sign * (a.weight - b.weight)).map(({ exchange }) => exchange);
}

/** The way that the table is sorted, for its frame: `duration ↓`; nothing for the order of arrival. */
export function orderWords({ sort, reversed }: RouteOrder, ascii: boolean): string {
  if (sort === 'number') return reversed ? 'newest first' : '';
  const [up, down] = ascii ? ['^', 'v'] : ['↑', '↓'];
  return `by ${sort} ${reversed ? down : up}`;
}

function matches(exchange: Exchange, wanted: string): boolean {
  const { status = '', path, state, upstream = '', purpose = '' } = exchange;
  const said = [aliasOf(exchange), modelOf(exchange) ?? '', status, state, upstream, purpose, path];
  return said.join(' ').toLowerCase().includes(wanted);
}

function weightOf(exchange: Exchange, sort: SortKey, now: number): number {
  switch (sort) {
    case 'number':
      return exchange.number;
    case 'duration':
      return durationOf(exchange, now);
    case 'tokens':
      return (exchange.usage?.input ?? 0) + (exchange.usage?.output ?? 0);
    case 'cost':
      return exchange.cost ?? -1;
    case 'first token':
      return exchange.timing.firstToken ?? -1;
  }
}
