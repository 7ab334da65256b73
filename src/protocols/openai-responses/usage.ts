import type { Usage } from '../reply.ts';
import { asObject } from './shape.ts';
import type { WireUsage } from './wire.ts';

/**
 * Usage for a Responses client. Once there is any, Codex needs all three counts; what the upstream did not say is 0.
 * Codex decides by `total_tokens` when to compact.
 */
export function encodeUsage(usage: Usage | undefined): WireUsage | null {
  if (!usage || (usage.input === undefined && usage.output === undefined)) return null;
  const input = usage.input ?? 0;
  const output = usage.output ?? 0;
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: usage.cachedRead ?? 0,
      cache_write_tokens: usage.cachedWrite ?? 0,
    },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
    total_tokens: input + output,
  };
}

/** Usage out of a Response object; `undefined` when it says nothing. */
export function decodeUsage(value: unknown): Usage | undefined {
  const usage = asObject(value);
  if (!usage) return undefined;
  const inputDetails = asObject(usage.input_tokens_details);
  const outputDetails = asObject(usage.output_tokens_details);
  // Some gateways leave Chat's names as they are.
  const input = count(usage.input_tokens) ?? count(usage.prompt_tokens);
  const output = count(usage.output_tokens) ?? count(usage.completion_tokens);
  const cachedRead = count(inputDetails?.cached_tokens);
  const cachedWrite = count(inputDetails?.cache_write_tokens);
  const reasoning = count(outputDetails?.reasoning_tokens);
  if (input === undefined && output === undefined) return undefined;
  return {
    ...(input !== undefined && { input }),
    ...(output !== undefined && { output }),
    ...(cachedRead !== undefined && { cachedRead }),
    ...(cachedWrite !== undefined && { cachedWrite }),
    ...(reasoning !== undefined && { reasoning }),
  };
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}
