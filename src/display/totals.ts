import type { Exchange } from '../traffic/exchange.ts';

/** Sums over exchanges. */
export interface Totals {
  readonly requests: number;
  readonly running: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Requests sent upstream beyond the first of an exchange. */
  readonly retries: number;
  readonly input: number;
  readonly cached: number;
  readonly output: number;
  /** USD. */
  readonly cost: number;
  /** Exchanges with a cost: without one, a cost of 0 says nothing. */
  readonly priced: number;
  /** Losses that change meaning; see {@link changesMeaning}. */
  readonly losses: number;
}

type LossRecord = Exchange['losses'][number];

export const NO_TOTALS: Totals = {
  requests: 0,
  running: 0,
  failed: 0,
  cancelled: 0,
  retries: 0,
  input: 0,
  cached: 0,
  output: 0,
  cost: 0,
  priced: 0,
  losses: 0,
};

/** What one exchange adds. */
export function exchangeTotals(exchange: Exchange): Totals {
  const { state, usage, cost } = exchange;
  const failed = state === 'failed' ? 1 : 0;
  const cancelled = state === 'cancelled' ? 1 : 0;
  return {
    requests: 1,
    running: failed || cancelled || state === 'done' ? 0 : 1,
    failed,
    cancelled,
    retries: Math.max(0, exchange.attempts - 1),
    input: usage?.input ?? 0,
    cached: usage?.cachedRead ?? 0,
    output: usage?.output ?? 0,
    cost: cost ?? 0,
    priced: cost === undefined ? 0 : 1,
    losses: exchange.losses.filter(changesMeaning).length,
  };
}

export function addTotals(a: Totals, b: Totals): Totals {
  return combine(a, b, 1);
}

export function subtractTotals(a: Totals, b: Totals): Totals {
  return combine(a, b, -1);
}

function combine(a: Totals, b: Totals, sign: 1 | -1): Totals {
  return {
    requests: a.requests + sign * b.requests,
    running: a.running + sign * b.running,
    failed: a.failed + sign * b.failed,
    cancelled: a.cancelled + sign * b.cancelled,
    retries: a.retries + sign * b.retries,
    input: a.input + sign * b.input,
    cached: a.cached + sign * b.cached,
    output: a.output + sign * b.output,
    cost: a.cost + sign * b.cost,
    priced: a.priced + sign * b.priced,
    losses: a.losses + sign * b.losses,
  };
}

/** Hints are lost in nearly every translation and emulations keep the meaning: listed, but not counted as a warning. */
export function changesMeaning(loss: LossRecord): boolean {
  return loss.topic !== 'hint' && loss.action !== 'emulated';
}
