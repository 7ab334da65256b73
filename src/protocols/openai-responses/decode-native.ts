import { isObject, type JsonObject, optionalBoolean } from '../bridge/fields.ts';
import type { Ledger } from '../bridge/ledger.ts';
import type { Conversation } from '../conversation.ts';

/** Fields that only this protocol has, and those that its replies repeat. */
export function decodeNative(request: JsonObject, ledger: Ledger): Pick<Conversation, 'native' | 'echo'> {
  noteProviderState(request, ledger);
  noteNative(request, ledger);
  return {
    native: pick(request, (name) => !MAPPED.has(name)),
    echo: pick(request, (name) => ECHOED.has(name)),
  };
}

/** Request fields that the canonical request has a place for. The others are `native`. */
const MAPPED = new Set([
  'model',
  'input',
  'instructions',
  'stream',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'max_output_tokens',
  'temperature',
  'top_p',
  'top_logprobs',
  'text',
  'reasoning',
  'include',
  'store',
  'metadata',
  'user',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
  'service_tier',
]);

/** Request fields that a Response object repeats. */
const ECHOED = new Set([
  'instructions',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'max_output_tokens',
  'max_tool_calls',
  'temperature',
  'top_p',
  'top_logprobs',
  'text',
  'reasoning',
  'metadata',
  'user',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
  'service_tier',
  'truncation',
]);

function pick(request: JsonObject, wanted: (name: string) => boolean): JsonObject {
  return Object.fromEntries(
    Object.entries(request).filter(([name, value]) => wanted(name) && value !== null && value !== undefined),
  );
}

/** What the provider keeps, by the field that refers to it. */
export const PROVIDER_STATE: Readonly<Record<string, string>> = {
  previous_response_id: 'An earlier response',
  conversation: 'A stored conversation',
  prompt: 'A prompt template',
};

function noteProviderState(request: JsonObject, ledger: Ledger): void {
  for (const [name, what] of Object.entries(PROVIDER_STATE)) {
    if (request[name] === undefined || request[name] === null) continue;
    ledger.once({
      path: name,
      from: name,
      to: '',
      action: 'refused',
      topic: 'content',
      reason: `${what} is kept by the provider that made it; this upstream cannot read it. Send the whole conversation as input instead.`,
    });
  }
  if (optionalBoolean(request.background, 'background')) {
    ledger.once({
      path: 'background',
      from: 'background',
      to: '',
      action: 'refused',
      topic: 'content',
      reason: 'A background response is run and kept by the provider; this upstream has nothing like it.',
    });
  }
}

/** Notes the fields that no other protocol has, and that are not refused. */
function noteNative(request: JsonObject, ledger: Ledger): void {
  for (const [name, value] of Object.entries(request)) {
    if (MAPPED.has(name) || Object.hasOwn(PROVIDER_STATE, name) || name === 'background') continue;
    if (value === null || value === undefined || saysNothing(name, value)) continue;
    ledger.once({
      path: name,
      from: name,
      to: '',
      action: 'dropped',
      topic: SAMPLING.has(name) ? 'sampling' : 'hint',
      reason: 'No other protocol has this field.',
    });
  }
}

/** Whether a value asks for what happens anyway. */
function saysNothing(name: string, value: unknown): boolean {
  if (name === 'truncation') return value === 'disabled';
  return name === 'stream_options' && Object.keys(isObject(value) ? value : {}).length === 0;
}

/** Not part of the Responses API, but sent by some clients. */
const SAMPLING = new Set([
  'stop',
  'seed',
  'presence_penalty',
  'frequency_penalty',
  'logit_bias',
  'top_k',
  'n',
]);
