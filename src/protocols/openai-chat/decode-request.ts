import {
  arrayAt,
  isObject,
  type JsonObject,
  objectAt,
  oneOf,
  optionalBoolean,
  optionalInteger,
  optionalNumber,
  optionalObject,
  optionalString,
  stringAt,
} from '../bridge/fields.ts';
import { Ledger } from '../bridge/ledger.ts';
import type { Decoded } from '../codec.ts';
import {
  EFFORTS,
  type Effort,
  type Hints,
  type OutputFormat,
  type OutputOptions,
  type ReasoningOptions,
  type SamplingOptions,
} from '../conversation.ts';
import { invalidRequest } from '../failure.ts';
import { decodeMessages } from './decode-messages.ts';
import { decodeNative } from './decode-native.ts';
import { decodeToolChoice, decodeTools } from './decode-tools.ts';

/**
 * Reads a Chat Completions request.
 *
 * @throws {RequestRefused} naming the field that is malformed.
 */
export function decodeRequest(body: unknown): Decoded {
  if (!isObject(body)) throw invalidRequest('The request body must be a JSON object.');
  const ledger = new Ledger();
  const model = stringAt(body.model, 'model');
  if (model === '') throw invalidRequest("Invalid 'model': expected a model's name.", 'model');
  const toolChoice = decodeToolChoice(body);
  const reasoning = decodeReasoning(body);
  // The old form of calling has room for one call.
  const parallelToolCalls = isLegacy(body)
    ? false
    : optionalBoolean(body.parallel_tool_calls, 'parallel_tool_calls');
  const conversation = {
    origin: 'chat',
    model,
    stream: optionalBoolean(body.stream, 'stream') ?? false,
    turns: decodeMessages(body.messages, ledger),
    tools: decodeTools(body),
    ...(toolChoice && { toolChoice }),
    ...(parallelToolCalls !== undefined && { parallelToolCalls }),
    output: decodeOutput(body),
    sampling: decodeSampling(body),
    ...(reasoning && { reasoning }),
    hints: decodeHints(body),
    native: decodeNative(body, ledger),
  } as const;
  return { conversation, losses: ledger.losses };
}

/** A client of the time before `tools` is answered in its own form. */
function isLegacy(body: JsonObject): boolean {
  return Array.isArray(body.functions) && !Array.isArray(body.tools);
}

function decodeOutput(body: JsonObject): OutputOptions {
  const maxTokens =
    optionalInteger(body.max_completion_tokens, 'max_completion_tokens', 1) ??
    optionalInteger(body.max_tokens, 'max_tokens', 1);
  const stop = decodeStop(body.stop);
  const format = decodeFormat(body.response_format);
  const verbosity = optionalString(body.verbosity, 'verbosity');
  return {
    ...(maxTokens !== undefined && { maxTokens }),
    ...(stop.length > 0 && { stop }),
    ...(format && { format }),
    ...(verbosity !== undefined && { verbosity }),
  };
}

function decodeStop(stop: unknown): readonly string[] {
  if (stop === undefined || stop === null) return [];
  if (typeof stop === 'string') return [stop];
  return arrayAt(stop, 'stop').map((word, at) => stringAt(word, `stop[${at}]`));
}

/** https://platform.openai.com/docs/guides/structured-outputs */
function decodeFormat(value: unknown): OutputFormat | undefined {
  const format = optionalObject(value, 'response_format');
  if (!format) return undefined;
  switch (oneOf(format.type, ['text', 'json_object', 'json_schema'], 'response_format.type')) {
    case 'text':
      return { type: 'text' };
    case 'json_object':
      return { type: 'json' };
    case 'json_schema': {
      const path = 'response_format.json_schema';
      const spec = objectAt(format.json_schema, path);
      const description = optionalString(spec.description, `${path}.description`);
      const strict = optionalBoolean(spec.strict, `${path}.strict`);
      return {
        type: 'schema',
        // OpenAI demands a name; those who do not are answered all the same.
        name: optionalString(spec.name, `${path}.name`) ?? 'structured_output',
        ...(description !== undefined && { description }),
        schema: optionalObject(spec.schema, `${path}.schema`) ?? {},
        ...(strict !== undefined && { strict }),
      };
    }
  }
}

function decodeSampling(body: JsonObject): SamplingOptions {
  const logprobs = decodeLogprobs(body);
  const logitBias = optionalObject(body.logit_bias, 'logit_bias');
  const numbers = {
    temperature: optionalNumber(body.temperature, 'temperature'),
    topP: optionalNumber(body.top_p, 'top_p'),
    // Not OpenAI's, but vLLM, Ollama and OpenRouter take it.
    topK: optionalInteger(body.top_k, 'top_k', -1),
    presencePenalty: optionalNumber(body.presence_penalty, 'presence_penalty'),
    frequencyPenalty: optionalNumber(body.frequency_penalty, 'frequency_penalty'),
    seed: optionalNumber(body.seed, 'seed'),
  };
  return {
    ...present(numbers),
    ...(logitBias && { logitBias: biases(logitBias) }),
    ...(logprobs !== undefined && { logprobs }),
  };
}

function decodeLogprobs(body: JsonObject): number | undefined {
  const wanted = optionalBoolean(body.logprobs, 'logprobs');
  const top = optionalInteger(body.top_logprobs, 'top_logprobs', 0);
  return wanted === true || (top ?? 0) > 0 ? (top ?? 0) : undefined;
}

function biases(bias: JsonObject): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(bias).map(([token, value]) => [token, optionalNumber(value, `logit_bias.${token}`) ?? 0]),
  );
}

/** OpenAI's `reasoning_effort`, and the switches of other Chat providers as far as they say the same. */
function decodeReasoning(body: JsonObject): ReasoningOptions | undefined {
  const nested = optionalObject(body.reasoning, 'reasoning');
  const effort =
    decodeEffort(body.reasoning_effort, 'reasoning_effort') ??
    decodeEffort(nested?.effort, 'reasoning.effort') ??
    (isSwitchedOff(body, nested) ? 'none' : undefined);
  const thinking = isObject(body.thinking) ? body.thinking.budget_tokens : undefined;
  const budgetTokens =
    optionalInteger(nested?.max_tokens, 'reasoning.max_tokens', 0) ??
    optionalInteger(body.thinking_budget ?? thinking, 'thinking_budget', 0);
  if (effort === undefined && budgetTokens === undefined) return undefined;
  return { ...(effort && { effort }), ...(budgetTokens !== undefined && { budgetTokens }) };
}

function decodeEffort(value: unknown, path: string): Effort | undefined {
  return value === undefined || value === null ? undefined : oneOf(value, EFFORTS, path);
}

/** OpenRouter's `reasoning.enabled`, DeepSeek's and GLM's `thinking.type`, Qwen's `enable_thinking`. */
function isSwitchedOff(body: JsonObject, nested: JsonObject | undefined): boolean {
  const { thinking } = body;
  const off = isObject(thinking) && thinking.type === 'disabled';
  return nested?.enabled === false || off || body.enable_thinking === false;
}

function decodeHints(body: JsonObject): Hints {
  const options = optionalObject(body.stream_options, 'stream_options');
  const texts = {
    user: optionalString(body.user, 'user'),
    promptCacheKey: optionalString(body.prompt_cache_key, 'prompt_cache_key'),
    promptCacheRetention: optionalString(body.prompt_cache_retention, 'prompt_cache_retention'),
    serviceTier: optionalString(body.service_tier, 'service_tier'),
    safetyIdentifier: optionalString(body.safety_identifier, 'safety_identifier'),
  };
  const flags = {
    metadata: optionalObject(body.metadata, 'metadata'),
    store: optionalBoolean(body.store, 'store'),
    includeUsage: optionalBoolean(options?.include_usage, 'stream_options.include_usage'),
  };
  return { ...present(texts), ...present(flags) };
}

type Present<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };

/** The fields that were given. */
function present<Fields extends object>(fields: Fields): Present<Fields> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Present<Fields>;
}
