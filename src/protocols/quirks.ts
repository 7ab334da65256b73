import type { Effort } from './conversation.ts';

/**
 * How an upstream differs from the plain form of its protocol. Named, stated in the config, never guessed from a
 * model's name. The defaults suit a strict stranger (vLLM, Ollama, DeepSeek, GLM behind `openai-completion`).
 */
export interface Quirks {
  /** Chat: `developer` turns are understood. Otherwise they become `system`. */
  readonly developerRole: boolean;
  /** Chat: a `system` turn may stand anywhere. Otherwise one leads, later ones become marked user text. */
  readonly systemAnywhere: boolean;
  /** Chat: the upstream has no `system` role at all: instructions become marked user text. */
  readonly noSystemRole: boolean;
  /** Chat: spelling of the output cap. */
  readonly maxTokensField: 'max_tokens' | 'max_completion_tokens';
  /** Chat: `prompt_cache_key`, `metadata`, `service_tier`, `verbosity`, `store`, `safety_identifier`, `user` may be sent. */
  readonly openaiHints: boolean;
  /** Chat: `parallel_tool_calls` may be sent. */
  readonly parallelToolCallsField: boolean;
  /** Chat: `stream_options.include_usage` may be sent. */
  readonly streamOptions: boolean;
  /** Chat: `custom` tools are understood natively; no bridge to a function. */
  readonly freeformTools: boolean;
  /** Chat: image parts in `tool` messages are understood. */
  readonly toolResultMedia: boolean;
  /** Assistant reasoning must be sent back with its tool calls (DeepSeek, GLM, Qwen). */
  readonly reasoningEcho: boolean;
  /** Chat: which field carries reasoning, both ways, when it is echoed. */
  readonly reasoningField: 'reasoning_content' | 'reasoning';
  /** Chat: `<think>…</think>` at the head of the content is reasoning. */
  readonly thinkTags: boolean;
  /** Chat: each delta repeats everything so far. */
  readonly cumulativeDeltas: boolean;
  /** The upstream answers streams only. */
  readonly streamOnly: boolean;
  /** Efforts the upstream takes, in any order; a level above the highest is capped. Empty: effort is not understood. */
  readonly efforts: readonly Effort[];
  /** Structured output: `schema` is sent as given, `json` as plain JSON mode plus the schema in the instructions, `none` in the instructions alone. */
  readonly structuredOutput: 'schema' | 'json' | 'none';
}
