import type { TokenLogprob } from '../reply.ts';
import { isObject } from './fields.ts';

/** Reads a list of log probabilities, as both OpenAI protocols write it; undefined when there is none in it. */
export function readLogprobs(value: unknown): readonly TokenLogprob[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const tokens = value.flatMap((entry): readonly TokenLogprob[] => {
    const token = readToken(entry);
    if (!token) return [];
    const top = isObject(entry) && Array.isArray(entry.top_logprobs) ? entry.top_logprobs : [];
    return [{ ...token, top_logprobs: top.flatMap((other) => readToken(other) ?? []) }];
  });
  return tokens.length > 0 ? tokens : undefined;
}

function readToken(entry: unknown): Omit<TokenLogprob, 'top_logprobs'> | undefined {
  if (!isObject(entry) || typeof entry.token !== 'string' || typeof entry.logprob !== 'number')
    return undefined;
  const { token, logprob, bytes } = entry;
  return { token, logprob, ...(isBytes(bytes) && { bytes }) };
}

function isBytes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((byte) => typeof byte === 'number');
}
