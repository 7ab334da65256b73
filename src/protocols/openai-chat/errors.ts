import { openAiError } from '../bridge/openai-error.ts';
import type { Failure } from '../failure.ts';

/** The answer that tells a Chat client of a failure. 529 is Anthropic's own status. */
export function encodeError(failure: Failure): { readonly status: number; readonly body: unknown } {
  return { status: failure.status === 529 ? 503 : failure.status, body: { error: openAiError(failure) } };
}
