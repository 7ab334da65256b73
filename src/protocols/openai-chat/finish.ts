import type { FinishReason } from '../reply.ts';

/** How a choice ended: one of our reasons, or an error that the provider states as a reason. */
export type ChoiceEnd =
  | { readonly reason: FinishReason; readonly detail?: string }
  | { readonly error: string };

/** What providers write into `finish_reason`, OpenAI's words and others' (GLM, Mistral, DeepSeek, OpenRouter). */
const REASONS: ReadonlyMap<string, FinishReason> = new Map(
  Object.entries({
    stop: 'stop',
    eos: 'stop',
    end_turn: 'stop',
    stop_sequence: 'stop',
    length: 'length',
    max_tokens: 'length',
    model_length: 'length',
    tool_calls: 'tool-calls',
    tool_use: 'tool-calls',
    function_call: 'tool-calls',
    content_filter: 'content-filter',
    sensitive: 'content-filter',
    safety: 'content-filter',
    recitation: 'content-filter',
    prohibited_content: 'content-filter',
    blocklist: 'content-filter',
    refusal: 'refusal',
    pause_turn: 'pause',
    model_context_window_exceeded: 'context-exceeded',
    context_length_exceeded: 'context-exceeded',
  } satisfies Record<string, FinishReason>),
);

const ERRORS = new Set([
  'error',
  'network_error',
  'insufficient_system_resource',
  'abort',
  'cancelled',
  'malformed_function_call',
  'function_call_filter',
]);

/** Reads a `finish_reason`; `undefined` while there is none (null, and `""` or `"null"` as some servers write it). */
export function readFinish(value: unknown): ChoiceEnd | undefined {
  if (typeof value !== 'string') return undefined;
  // Gemini's compatible endpoint says more than the word: `content_filter: RECITATION`.
  const word = value.toLowerCase().replace(/:.*$/s, '').trim();
  if (word === '' || word === 'null') return undefined;
  if (ERRORS.has(word)) return { error: word };
  const reason = REASONS.get(word);
  return reason ? { reason } : { reason: 'stop', detail: value };
}
