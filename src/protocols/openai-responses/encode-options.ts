import { effortOfBudget, nearestEffort } from '../bridge/effort.ts';
import type { Ledger } from '../bridge/ledger.ts';
import { JSON_INSTRUCTION, schemaInstruction } from '../bridge/schema-instruction.ts';
import type { Target } from '../codec.ts';
import type { Conversation, OutputFormat, SamplingOptions } from '../conversation.ts';

type Fields = Record<string, unknown>;

/** The least output cap that the API takes. */
const LEAST_OUTPUT_TOKENS = 16;

export function encodeLimits({ output }: Conversation, target: Target, ledger: Ledger): Fields {
  const wanted = output.maxTokens ?? target.maxOutputTokens;
  if (output.stop && output.stop.length > 0) noteStop(ledger);
  if (wanted === undefined) return {};
  const cap = Math.max(wanted, LEAST_OUTPUT_TOKENS);
  if (cap !== wanted) {
    ledger.add({
      path: 'max_tokens',
      from: String(wanted),
      to: String(cap),
      action: 'downgraded',
      topic: 'sampling',
      reason: `The Responses API refuses an output limit below ${LEAST_OUTPUT_TOKENS}.`,
    });
  }
  return { max_output_tokens: cap };
}

export function encodeSampling(sampling: SamplingOptions, ledger: Ledger): Fields {
  const { temperature, topP, logprobs } = sampling;
  const missing = {
    top_k: sampling.topK,
    presence_penalty: sampling.presencePenalty || undefined,
    frequency_penalty: sampling.frequencyPenalty || undefined,
    seed: sampling.seed,
    logit_bias: sampling.logitBias,
  };
  for (const [name, value] of Object.entries(missing))
    if (value !== undefined) dropSampling(name, 'The Responses API has no such field.', ledger);
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(logprobs !== undefined && logprobs > 0 && { top_logprobs: logprobs }),
  };
}

function noteStop(ledger: Ledger): void {
  ledger.add({
    path: 'stop',
    from: 'stop words',
    to: 'a reply that is cut at the first of them on its way back',
    action: 'emulated',
    topic: 'sampling',
    reason: 'The Responses API has no stop words.',
  });
}

function dropSampling(name: string, reason: string, ledger: Ledger): void {
  ledger.add({ path: name, from: name, to: '', action: 'dropped', topic: 'sampling', reason });
}

/** An effort only where the client asked for one, on the part of the ladder that the upstream takes. */
export function encodeReasoning({ reasoning }: Conversation, target: Target, ledger: Ledger): Fields {
  if (!reasoning) return {};
  const { budgetTokens, summary } = reasoning;
  const wanted = reasoning.effort ?? (budgetTokens === undefined ? undefined : effortOfBudget(budgetTokens));
  const effort = wanted && nearestEffort(wanted, target.quirks.efforts);
  if (wanted && effort !== wanted) {
    ledger.add({
      path: 'reasoning.effort',
      from: wanted,
      to: effort ?? '',
      action: effort ? 'downgraded' : 'dropped',
      topic: effort ? 'reasoning' : 'hint',
      reason: effort
        ? `This upstream takes the efforts ${target.quirks.efforts.join(', ')}.`
        : 'This upstream is not known to understand an effort.',
    });
  }
  const fields = { ...(effort && { effort }), ...(summary !== undefined && { summary }) };
  return Object.keys(fields).length > 0 ? { reasoning: fields } : {};
}

/** What the reply is to hold beside its plain items; reasoning comes sealed, so that the next turn can go on from it. */
export function encodeInclude(conversation: Conversation, target: Target, ledger: Ledger): Fields {
  const { hints, reasoning, sampling, origin } = conversation;
  const asked = hints.include ?? [];
  if (asked.length > 0 && origin !== 'responses') dropHint('include', ledger);
  const thinks = reasoning?.effort !== 'none' && (reasoning || target.quirks.efforts.length > 0);
  const include = [
    ...(origin === 'responses' ? asked : []),
    ...(thinks ? ['reasoning.encrypted_content'] : []),
    ...(sampling.logprobs === undefined ? [] : ['message.output_text.logprobs']),
  ];
  return include.length > 0 ? { include } : {};
}

/** `text`, and words to the model where the upstream cannot be held to a format. */
interface EncodedText {
  readonly fields: Fields;
  readonly instruction?: string;
}

export function encodeText(conversation: Conversation, target: Target, ledger: Ledger): EncodedText {
  const { format, verbosity } = conversation.output;
  const encoded = encodeFormat(format, conversation, target, ledger);
  const text = {
    ...(encoded.format && { format: encoded.format }),
    ...(verbosity !== undefined && { verbosity }),
  };
  return {
    fields: Object.keys(text).length > 0 ? { text } : {},
    ...(encoded.instruction !== undefined && { instruction: encoded.instruction }),
  };
}

function encodeFormat(
  format: OutputFormat | undefined,
  conversation: Conversation,
  target: Target,
  ledger: Ledger,
): { readonly format?: Fields; readonly instruction?: string } {
  if (!format || format.type === 'text') return {};
  const { structuredOutput: takes } = target.quirks;
  if (format.type === 'schema' && takes === 'schema') return { format: schemaFormat(format) };
  if (format.type === 'schema' || takes === 'none') noteFormat(format.type, takes, ledger);
  const instruction = format.type === 'schema' ? schemaInstruction(format.schema) : JSON_INSTRUCTION;
  if (takes === 'none') return { instruction };
  // OpenAI refuses JSON mode when no input message says "JSON"; `instructions` do not count.
  const said =
    format.type === 'json' &&
    conversation.turns.some((turn) => turn.role !== 'system' && saysJson(turn.parts));
  return { format: { type: 'json_object' }, ...(!said && { instruction }) };
}

function saysJson(parts: Conversation['turns'][number]['parts']): boolean {
  return parts.some((part) => part.type === 'text' && /json/i.test(part.text));
}

function schemaFormat({ name, description, schema, strict }: OutputFormat & { type: 'schema' }): Fields {
  return {
    type: 'json_schema',
    name: name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 64) || 'answer',
    ...(description !== undefined && { description }),
    schema,
    strict: strict ?? false,
  };
}

function noteFormat(from: string, takes: string, ledger: Ledger): void {
  ledger.add({
    path: 'response_format',
    from: from === 'schema' ? 'json_schema' : 'json_object',
    to: takes === 'json' ? 'json_object and instructions' : 'instructions',
    action: 'downgraded',
    topic: 'format',
    reason: 'This upstream cannot be held to a schema; the model is asked to keep to it.',
  });
}

/** Wishes that this API takes; one that is empty would be refused. */
export function encodeHints({ hints, origin }: Conversation, ledger: Ledger): Fields {
  if (hints.store && origin !== 'responses') dropHint('store', ledger);
  const wishes: Fields = {
    user: hints.user || undefined,
    metadata: hints.metadata,
    prompt_cache_key: hints.promptCacheKey || undefined,
    prompt_cache_retention: hints.promptCacheRetention || undefined,
    service_tier: hints.serviceTier || undefined,
    safety_identifier: hints.safetyIdentifier || undefined,
    // What is stored could be read by the provider's account holder for weeks; nobody asked for that.
    store: origin === 'responses' ? hints.store : false,
  };
  return Object.fromEntries(Object.entries(wishes).filter(([, value]) => value !== undefined));
}

function dropHint(name: string, ledger: Ledger): void {
  ledger.add({
    path: name,
    from: name,
    to: '',
    action: 'dropped',
    topic: 'hint',
    reason: 'It is not asked of this upstream.',
  });
}
