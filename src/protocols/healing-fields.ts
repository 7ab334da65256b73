import type { LossTopic } from './loss.ts';

/** Fields that may be left out, with what is lost. A nested one is named by its path. */
export const OPTIONAL: Readonly<Record<'chat' | 'responses', Readonly<Record<string, LossTopic>>>> = {
  chat: {
    parallel_tool_calls: 'hint',
    stream_options: 'hint',
    reasoning_effort: 'reasoning',
    response_format: 'format',
    tool_choice: 'tools',
    temperature: 'sampling',
    top_p: 'sampling',
    top_k: 'sampling',
    presence_penalty: 'sampling',
    frequency_penalty: 'sampling',
    logit_bias: 'sampling',
    logprobs: 'sampling',
    top_logprobs: 'sampling',
    seed: 'sampling',
    stop: 'sampling',
    prompt_cache_key: 'hint',
    prompt_cache_retention: 'hint',
    safety_identifier: 'hint',
    service_tier: 'hint',
    verbosity: 'hint',
    metadata: 'hint',
    store: 'hint',
    user: 'hint',
    web_search_options: 'tools',
    max_completion_tokens: 'sampling',
    max_tokens: 'sampling',
  },
  responses: {
    parallel_tool_calls: 'hint',
    stream_options: 'hint',
    'reasoning.summary': 'hint',
    'reasoning.effort': 'reasoning',
    reasoning: 'reasoning',
    'text.verbosity': 'hint',
    'text.format': 'format',
    tool_choice: 'tools',
    temperature: 'sampling',
    top_p: 'sampling',
    top_logprobs: 'sampling',
    max_output_tokens: 'sampling',
    max_tool_calls: 'hint',
    prompt_cache_key: 'hint',
    prompt_cache_retention: 'hint',
    safety_identifier: 'hint',
    service_tier: 'hint',
    client_metadata: 'hint',
    metadata: 'hint',
    truncation: 'hint',
    include: 'hint',
    store: 'hint',
    user: 'hint',
  },
};

/** Fields whose name is an everyday word: a message must quote them to mean them. */
export const EVERYDAY = new Set([
  'stop',
  'user',
  'store',
  'include',
  'metadata',
  'reasoning',
  'seed',
  'truncation',
]);

/** Other words by which upstreams mean a field. */
export const ALIASES: Readonly<Record<string, readonly RegExp[]>> = {
  response_format: [/\bjson_(schema|object)\b|structured output/i],
  // Ollama: "llama3" does not support thinking
  reasoning_effort: [/\breasoning effort\b|does not support thinking/i],
  // Gemini: Penalty is not enabled for models/gemini-2.5-pro
  presence_penalty: [/\bpenalty is not enabled/i],
  frequency_penalty: [/\bpenalty is not enabled/i],
  parallel_tool_calls: [/\bparallel tool calls?\b/i],
  tool_choice: [/\btool choice\b/i],
};

/** Fields inside messages or tools that a strict upstream may not know. */
export const INNER: readonly {
  readonly list: 'messages' | 'tools' | 'input';
  readonly name: string;
  readonly topic: LossTopic;
}[] = [
  { list: 'messages', name: 'reasoning_content', topic: 'reasoning' },
  { list: 'messages', name: 'reasoning_details', topic: 'reasoning' },
  { list: 'messages', name: 'name', topic: 'content' },
  { list: 'tools', name: 'strict', topic: 'hint' },
];
