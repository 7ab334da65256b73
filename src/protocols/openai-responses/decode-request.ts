import {
  arrayAt,
  type JsonObject,
  objectAt,
  optionalBoolean,
  optionalInteger,
  optionalNumber,
  optionalObject,
  optionalString,
  stringAt,
} from '../bridge/fields.ts';
import type { ItemMemory } from '../bridge/item-memory.ts';
import { Ledger } from '../bridge/ledger.ts';
import type { Decoded } from '../codec.ts';
import {
  type Conversation,
  EFFORTS,
  type Effort,
  type Hints,
  type OutputFormat,
  type OutputOptions,
  type ReasoningOptions,
  type SamplingOptions,
  type Turn,
} from '../conversation.ts';
import { invalidRequest } from '../failure.ts';
import { decodeInput } from './decode-input.ts';
import { decodeNative, PROVIDER_STATE } from './decode-native.ts';
import { decodeToolChoice, decodeTools } from './decode-tools.ts';

/**
 * Reads a `POST /responses` body (https://platform.openai.com/docs/api-reference/responses/create).
 *
 * The losses are those of leaving this protocol: a native upstream is relayed to, not encoded for.
 *
 * @throws {RequestRefused} naming the field that is malformed.
 */
export function decodeRequest(body: unknown, items?: ItemMemory): Decoded {
  const request = objectAt(body, 'body');
  const ledger = new Ledger();
  const model = stringAt(request.model, 'model');
  const instructions = optionalString(request.instructions, 'instructions');
  const input = decodeInput(readInput(request), ledger, items);
  const first: Turn[] = instructions
    ? [{ role: 'system', parts: [{ type: 'text', text: instructions }] }]
    : [];
  const reasoning = decodeReasoning(request, ledger);
  const toolChoice = decodeToolChoice(request.tool_choice, ledger);
  const parallelToolCalls = optionalBoolean(request.parallel_tool_calls, 'parallel_tool_calls');
  const tools = [...decodeTools(request.tools, 'tools', ledger), ...input.tools];
  const conversation: Conversation = {
    origin: 'responses',
    model,
    stream: optionalBoolean(request.stream, 'stream') ?? false,
    turns: [...first, ...input.turns],
    tools,
    ...(toolChoice && { toolChoice }),
    ...(parallelToolCalls !== undefined && { parallelToolCalls }),
    output: decodeOutput(request),
    sampling: decodeSampling(request),
    ...(reasoning && { reasoning }),
    hints: decodeHints(request, ledger),
    ...decodeNative(request, ledger),
  };
  return { conversation, losses: ledger.losses };
}

/** The input; it may be missing where the provider keeps the conversation. */
function readInput(request: JsonObject): string | readonly unknown[] {
  const { input } = request;
  if (typeof input === 'string') return input;
  const kept = Object.keys(PROVIDER_STATE).some(
    (name) => request[name] !== undefined && request[name] !== null,
  );
  if (input === undefined || input === null) {
    if (kept) return [];
    throw invalidRequest("Missing required parameter: 'input'.", 'input');
  }
  const items = arrayAt(input, 'input');
  if (items.length === 0 && !kept) throw invalidRequest("'input' must not be empty.", 'input');
  return items;
}

function decodeOutput(request: JsonObject): OutputOptions {
  const text = optionalObject(request.text, 'text');
  const maxTokens = optionalInteger(request.max_output_tokens, 'max_output_tokens', 1);
  const format = decodeFormat(text?.format);
  const verbosity = optionalString(text?.verbosity, 'text.verbosity');
  return {
    ...(maxTokens !== undefined && { maxTokens }),
    ...(format && { format }),
    ...(verbosity !== undefined && { verbosity }),
  };
}

function decodeFormat(value: unknown): OutputFormat | undefined {
  const format = optionalObject(value, 'text.format');
  if (!format) return undefined;
  switch (format.type) {
    case 'text':
      return { type: 'text' };
    case 'json_object':
      return { type: 'json' };
    case 'json_schema': {
      const description = optionalString(format.description, 'text.format.description');
      const strict = optionalBoolean(format.strict, 'text.format.strict');
      return {
        type: 'schema',
        name: stringAt(format.name, 'text.format.name'),
        ...(description !== undefined && { description }),
        schema: objectAt(format.schema, 'text.format.schema'),
        ...(strict !== undefined && { strict }),
      };
    }
    default:
      throw invalidRequest(
        "Invalid value for 'text.format.type': expected 'text', 'json_object' or 'json_schema'.",
        'text.format.type',
      );
  }
}

function decodeSampling(request: JsonObject): SamplingOptions {
  const temperature = optionalNumber(request.temperature, 'temperature');
  const topP = optionalNumber(request.top_p, 'top_p');
  const top = optionalInteger(request.top_logprobs, 'top_logprobs', 0) ?? 0;
  const logprobs = top > 0 || readInclude(request).includes('message.output_text.logprobs') ? top : undefined;
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(logprobs !== undefined && { logprobs }),
  };
}

function decodeReasoning(request: JsonObject, ledger: Ledger): ReasoningOptions | undefined {
  const reasoning = optionalObject(request.reasoning, 'reasoning');
  const sealed = readInclude(request).includes('reasoning.encrypted_content');
  if (!reasoning && !sealed) return undefined;
  const effort = readEffort(optionalString(reasoning?.effort, 'reasoning.effort'), ledger);
  const summary =
    optionalString(reasoning?.summary, 'reasoning.summary') ??
    optionalString(reasoning?.generate_summary, 'reasoning.generate_summary');
  for (const name of Object.keys(reasoning ?? {})) {
    if (['effort', 'summary', 'generate_summary'].includes(name) || reasoning?.[name] === null) continue;
    ledger.once({
      path: `reasoning.${name}`,
      from: name,
      to: '',
      action: 'dropped',
      topic: 'hint',
      reason: 'No other protocol has this setting.',
    });
  }
  return {
    ...(effort && { effort }),
    ...(summary !== undefined && { summary }),
    ...(sealed && { sealed }),
  };
}

/** Codex lets a user type any effort; one that is off the ladder is not worth failing a session. */
function readEffort(value: string | undefined, ledger: Ledger): Effort | undefined {
  if (value === undefined) return undefined;
  const known = EFFORTS.find((effort) => effort === value);
  if (known) return known;
  const highest = value === 'ultra';
  ledger.once({
    path: 'reasoning.effort',
    from: value.slice(0, 20),
    to: highest ? 'max' : '',
    action: highest ? 'downgraded' : 'dropped',
    topic: 'reasoning',
    reason: `The efforts are ${EFFORTS.join(', ')}.`,
  });
  return highest ? 'max' : undefined;
}

function readInclude(request: JsonObject): readonly string[] {
  const { include } = request;
  if (include === undefined || include === null) return [];
  return arrayAt(include, 'include').map((entry, index) => stringAt(entry, `include[${index}]`));
}

function decodeHints(request: JsonObject, ledger: Ledger): Hints {
  const user = optionalString(request.user, 'user');
  const metadata = optionalObject(request.metadata, 'metadata');
  const promptCacheKey = optionalString(request.prompt_cache_key, 'prompt_cache_key');
  const promptCacheRetention = optionalString(request.prompt_cache_retention, 'prompt_cache_retention');
  const serviceTier = optionalString(request.service_tier, 'service_tier');
  const safetyIdentifier = optionalString(request.safety_identifier, 'safety_identifier');
  const store = optionalBoolean(request.store, 'store');
  const include = readInclude(request).filter(
    (entry) => entry !== 'reasoning.encrypted_content' && entry !== 'message.output_text.logprobs',
  );
  if (store) {
    ledger.once({
      path: 'store',
      from: 'true',
      to: '',
      action: 'dropped',
      topic: 'hint',
      reason: 'The response is not kept: it cannot be continued by its id.',
    });
  }
  return {
    ...(user !== undefined && { user }),
    ...(metadata && { metadata }),
    ...(promptCacheKey !== undefined && { promptCacheKey }),
    ...(promptCacheRetention !== undefined && { promptCacheRetention }),
    ...(serviceTier !== undefined && { serviceTier }),
    ...(safetyIdentifier !== undefined && { safetyIdentifier }),
    ...(store !== undefined && { store }),
    ...(include.length > 0 && { include }),
  };
}
