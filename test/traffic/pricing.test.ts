import { expect, test } from 'vitest';
import { costOf } from '../../src/traffic/pricing.ts';

const PRICING = { input: 2, output: 8, cachedRead: 0.5, cachedWrite: 2.5 };

test('cached tokens are part of the input and cost their own price', () => {
  const usage = {
    input: 1_000_000,
    output: 100_000,
    cachedRead: 600_000,
    cachedWrite: 200_000,
    reasoning: 50_000,
  };
  expect(costOf(usage, PRICING)).toBeCloseTo(0.2 * 2 + 0.6 * 0.5 + 0.2 * 2.5 + 0.1 * 8, 10);
});

test('cached tokens without a price of their own cost what input costs', () => {
  const usage = { input: 1_000_000, output: 0, cachedRead: 600_000, cachedWrite: 100_000 };
  expect(costOf(usage, { input: 2, output: 8 })).toBeCloseTo(2, 10);
});

test('a free model costs nothing, which is not the same as unknown', () => {
  expect(costOf({ input: 10, output: 10 }, { input: 0, output: 0 })).toBe(0);
});

test.each([{}, { input: 5 }, { output: 5 }, { cachedRead: 5 }])('no cost is invented from %j', (usage) => {
  expect(costOf(usage, PRICING)).toBeUndefined();
});

test('more cached than input, as some servers count, is no credit', () => {
  expect(costOf({ input: 10, output: 0, cachedRead: 100 }, PRICING)).toBeCloseTo((100 * 0.5) / 1e6, 12);
});
