import { EFFORTS, type Effort } from '../conversation.ts';

/** Thinking tokens that stand for an effort, where only one of the two can be said. */
const BUDGETS: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 16384,
  xhigh: 24576,
  max: 32768,
};

/** The effort that a number of thinking tokens amounts to: the first whose budget covers it. */
export function effortOfBudget(tokens: number): Effort {
  return EFFORTS.find((effort) => BUDGETS[effort] >= tokens) ?? 'max';
}

/**
 * The level to ask an upstream for: the one wanted, else the next one up that it takes, else its highest.
 * `undefined` when it takes none.
 */
export function nearestEffort(wanted: Effort, taken: readonly Effort[]): Effort | undefined {
  const ladder = EFFORTS.filter((effort) => taken.includes(effort));
  return ladder.find((effort) => EFFORTS.indexOf(effort) >= EFFORTS.indexOf(wanted)) ?? ladder.at(-1);
}
