import type { Pricing } from '../config/config.ts';
import type { Usage } from '../protocols/reply.ts';

const TOKENS_PER_PRICE = 1_000_000;

/**
 * What an exchange cost, in USD. Cached tokens are part of the input and have a price of their own; without one
 * they cost what input costs.
 *
 * @returns undefined when the provider did not say how many tokens went in and came out: a price is never guessed.
 */
export function costOf(usage: Usage, pricing: Pricing): number | undefined {
  const { input, output, cachedRead = 0, cachedWrite = 0 } = usage;
  if (input === undefined || output === undefined) return undefined;
  // A provider that counts cached tokens beside the input, against its own documentation, must not yield a credit.
  const uncached = Math.max(0, input - cachedRead - cachedWrite);
  const total =
    uncached * pricing.input +
    cachedRead * (pricing.cachedRead ?? pricing.input) +
    cachedWrite * (pricing.cachedWrite ?? pricing.input) +
    output * pricing.output;
  return total / TOKENS_PER_PRICE;
}
