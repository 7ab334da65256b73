import { isObject, type JsonObject } from '../bridge/fields.ts';
import type { Usage } from '../reply.ts';
import type { ChatUsage } from './wire.ts';

/**
 * Reads `usage` in OpenAI's spelling and those around it: DeepSeek's `prompt_cache_hit_tokens`, flat
 * `cached_tokens` (Moonshot), LiteLLM's `cache_creation_input_tokens`, `reasoning_tokens` beside the details.
 * `undefined` when it says nothing.
 */
export function readUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined;
  const prompt = isObject(value.prompt_tokens_details) ? value.prompt_tokens_details : {};
  const completion = isObject(value.completion_tokens_details) ? value.completion_tokens_details : {};
  const input = count(value.prompt_tokens);
  const cached =
    count(prompt.cached_tokens) ?? count(value.prompt_cache_hit_tokens) ?? count(value.cached_tokens);
  // xAI on Azure counts a hidden prompt among the cached tokens, but not among those of the prompt.
  const cachedRead = cached !== undefined && input !== undefined ? Math.min(cached, input) : cached;
  const cachedWrite = count(prompt.cache_write_tokens) ?? count(value.cache_creation_input_tokens);
  const reasoning = count(completion.reasoning_tokens) ?? count(value.reasoning_tokens);
  const output = outputOf(value, input, reasoning);
  if (input === undefined && output === undefined) return undefined;
  return {
    ...(input !== undefined && { input }),
    ...(output !== undefined && { output }),
    ...(cachedRead !== undefined && { cachedRead }),
    ...(cachedWrite !== undefined && { cachedWrite }),
    ...(reasoning !== undefined && { reasoning }),
  };
}

/**
 * Everything generated. OpenAI counts reasoning among the completion tokens; xAI and Gemini's compatible endpoint
 * count it beside them, which shows in the total.
 */
function outputOf(
  usage: JsonObject,
  input: number | undefined,
  reasoning: number | undefined,
): number | undefined {
  const completion = count(usage.completion_tokens);
  if (completion === undefined || !reasoning) return completion;
  const all = completion + reasoning;
  return count(usage.total_tokens) === (input ?? 0) + all ? all : completion;
}

/** Writes usage in OpenAI's words; counts that nobody gave are zero where the format demands a number. */
export function writeUsage(usage: Usage): ChatUsage {
  const input = usage.input ?? 0;
  const output = usage.output ?? 0;
  const { cachedRead, cachedWrite, reasoning } = usage;
  const hasCache = cachedRead !== undefined || cachedWrite !== undefined;
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    ...(hasCache && {
      prompt_tokens_details: {
        ...(cachedRead !== undefined && { cached_tokens: cachedRead }),
        ...(cachedWrite !== undefined && { cache_write_tokens: cachedWrite }),
      },
    }),
    ...(reasoning !== undefined && { completion_tokens_details: { reasoning_tokens: reasoning } }),
  };
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}
