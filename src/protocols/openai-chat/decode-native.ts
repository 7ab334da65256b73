import { isObject, type JsonObject, optionalInteger } from '../bridge/fields.ts';
import type { Ledger } from '../bridge/ledger.ts';
import type { LossTopic } from '../loss.ts';

/** Fields with a place of their own in a conversation. */
const CANONICAL = new Set([
  'enable_thinking',
  'frequency_penalty',
  'function_call',
  'logit_bias',
  'logprobs',
  'max_completion_tokens',
  'max_tokens',
  'messages',
  'metadata',
  'model',
  'parallel_tool_calls',
  'presence_penalty',
  'prompt_cache_key',
  'prompt_cache_retention',
  'reasoning',
  'reasoning_effort',
  'response_format',
  'safety_identifier',
  'seed',
  'service_tier',
  'stop',
  'store',
  'stream',
  'stream_options',
  'temperature',
  'thinking',
  'thinking_budget',
  'tool_choice',
  'tools',
  'top_k',
  'top_logprobs',
  'top_p',
  'user',
  'verbosity',
  'web_search_options',
]);

/** What a field without a place is about; anything else is a hint. */
const TOPICS: ReadonlyMap<string, LossTopic> = new Map(
  Object.entries({
    min_p: 'sampling',
    min_tokens: 'sampling',
    repetition_penalty: 'sampling',
    top_a: 'sampling',
    typical_p: 'sampling',
    guided_choice: 'format',
    guided_grammar: 'format',
    guided_json: 'format',
    guided_regex: 'format',
    grammar: 'format',
    structured_outputs: 'format',
  } satisfies Record<string, LossTopic>),
);

/** Fields that only Chat Completions understands, kept verbatim, and on the ledger for any other protocol. */
export function decodeNative(body: JsonObject, ledger: Ledger): Readonly<Record<string, unknown>> {
  const fields = Object.entries(body).filter(
    ([name, value]) => !CANONICAL.has(name) && value !== undefined && value !== null,
  );
  for (const [name, value] of fields) noteField(name, value, ledger);
  if (isObject(body.stream_options) && body.stream_options.include_obfuscation !== undefined) {
    drop('stream_options.include_obfuscation', 'hint', ledger);
  }
  return Object.fromEntries(fields);
}

function noteField(name: string, value: unknown, ledger: Ledger): void {
  switch (name) {
    case 'functions':
      // Read as tools; kept only to know that the client wants its answer in the old form.
      return;
    case 'n':
      if ((optionalInteger(value, 'n', 1) ?? 1) > 1) refuse('n', 'more than one choice', ledger);
      return;
    case 'modalities':
      if (Array.isArray(value) && value.includes('audio')) refuse('modalities', 'audio output', ledger);
      return;
    case 'audio':
      // How a spoken answer should sound; that one is wanted says `modalities`.
      drop(name, 'hint', ledger);
      return;
    default:
      drop(name, TOPICS.get(name) ?? 'hint', ledger);
  }
}

function refuse(path: string, from: string, ledger: Ledger): void {
  ledger.add({
    path,
    from,
    to: '',
    action: 'refused',
    topic: 'content',
    reason: 'The model behind this alias is reached by another protocol, which has no such output.',
  });
}

function drop(path: string, topic: LossTopic, ledger: Ledger): void {
  ledger.add({
    path,
    from: path,
    to: '',
    action: 'dropped',
    topic,
    reason: 'Only Chat Completions has this field.',
  });
}
