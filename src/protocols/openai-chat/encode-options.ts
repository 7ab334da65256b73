import { effortOfBudget, nearestEffort } from '../bridge/effort.ts';
import type { Ledger } from '../bridge/ledger.ts';
import { JSON_INSTRUCTION, schemaInstruction } from '../bridge/schema-instruction.ts';
import type { Target } from '../codec.ts';
import type { Conversation, OutputFormat, ReasoningOptions, SamplingOptions } from '../conversation.ts';

type Fields = Record<string, unknown>;

/** The output cap in the upstream's spelling, and the stop words. */
export function encodeLimits({ output }: Conversation, target: Target, ledger: Ledger): Fields {
  const cap = output.maxTokens ?? target.maxOutputTokens;
  const { verbosity } = output;
  if (verbosity !== undefined && !target.quirks.openaiHints) dropHint('verbosity', ledger);
  return {
    ...(cap !== undefined && { [target.quirks.maxTokensField]: cap }),
    ...encodeStop(output.stop ?? [], ledger),
    ...(verbosity !== undefined && target.quirks.openaiHints && { verbosity }),
  };
}

/** How many stop words Chat Completions takes; the reply is watched for the others. */
export const MOST_STOPS = 4;

function encodeStop(words: readonly string[], ledger: Ledger): Fields {
  if (words.length > MOST_STOPS) {
    ledger.add({
      path: 'stop',
      from: `${words.length} stop words`,
      to: `${MOST_STOPS} of them; at the others the reply is cut on its way back`,
      action: 'emulated',
      topic: 'sampling',
      reason: `Chat Completions takes at most ${MOST_STOPS} stop words.`,
    });
  }
  return words.length > 0 ? { stop: words.slice(0, MOST_STOPS) } : {};
}

export function encodeSampling(sampling: SamplingOptions, ledger: Ledger): Fields {
  if (sampling.topK !== undefined) {
    ledger.add({
      path: 'top_k',
      from: 'top_k',
      to: '',
      action: 'dropped',
      topic: 'sampling',
      reason: 'Chat Completions has no such field.',
    });
  }
  const { temperature, topP, presencePenalty, frequencyPenalty, seed, logitBias, logprobs } = sampling;
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(presencePenalty !== undefined && { presence_penalty: presencePenalty }),
    ...(frequencyPenalty !== undefined && { frequency_penalty: frequencyPenalty }),
    ...(seed !== undefined && { seed }),
    ...(logitBias && { logit_bias: logitBias }),
    ...(logprobs !== undefined && { logprobs: true }),
    ...(logprobs !== undefined && logprobs > 0 && { top_logprobs: logprobs }),
  };
}

/** An effort only where the client asked for one, on the part of the ladder that the upstream takes. */
export function encodeReasoning(
  reasoning: ReasoningOptions | undefined,
  target: Target,
  ledger: Ledger,
): Fields {
  if (!reasoning) return {};
  const { budgetTokens, summary } = reasoning;
  if (summary !== undefined) dropHint('reasoning.summary', ledger);
  const wanted = reasoning.effort ?? (budgetTokens === undefined ? undefined : effortOfBudget(budgetTokens));
  if (wanted === undefined) return {};
  const effort = nearestEffort(wanted, target.quirks.efforts);
  if (effort === undefined) {
    ledger.add({
      path: 'reasoning_effort',
      from: wanted,
      to: '',
      action: 'dropped',
      topic: 'reasoning',
      reason: 'This upstream is not known to understand an effort.',
    });
    return {};
  }
  if (effort !== wanted) {
    ledger.add({
      path: 'reasoning_effort',
      from: wanted,
      to: effort,
      action: 'downgraded',
      topic: 'reasoning',
      reason: `This upstream takes the efforts ${target.quirks.efforts.join(', ')}.`,
    });
  }
  return { reasoning_effort: effort };
}

/** The output format as a field, as words to the model, or both. */
interface EncodedFormat {
  readonly field?: Fields;
  readonly instructions: readonly string[];
}

export function encodeFormat(conversation: Conversation, target: Target, ledger: Ledger): EncodedFormat {
  const { format } = conversation.output;
  if (!format || format.type === 'text') return { instructions: [] };
  const { structuredOutput: takes } = target.quirks;
  if (format.type === 'json') {
    if (takes === 'none') {
      noteFormat('json_object', 'instructions', ledger);
      return { instructions: [JSON_INSTRUCTION] };
    }
    // OpenAI refuses JSON mode when no message says "JSON".
    const said = conversation.turns.some((turn) =>
      turn.parts.some((part) => part.type === 'text' && /json/i.test(part.text)),
    );
    return { field: { type: 'json_object' }, instructions: said ? [] : [JSON_INSTRUCTION] };
  }
  if (takes === 'schema') return { field: schemaField(format), instructions: [] };
  noteFormat('json_schema', takes === 'json' ? 'json_object and instructions' : 'instructions', ledger);
  const instructions = [schemaInstruction(format.schema)];
  return takes === 'json' ? { field: { type: 'json_object' }, instructions } : { instructions };
}

function schemaField(format: OutputFormat & { type: 'schema' }): Fields {
  const { name, description, schema, strict } = format;
  return {
    type: 'json_schema',
    json_schema: {
      name: name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 64) || 'answer',
      ...(description !== undefined && { description }),
      schema,
      ...(strict !== undefined && { strict }),
    },
  };
}

function noteFormat(from: string, to: string, ledger: Ledger): void {
  ledger.add({
    path: 'response_format',
    from,
    to,
    action: 'downgraded',
    topic: 'format',
    reason: 'This upstream cannot be held to a schema; the model is asked to keep to it.',
  });
}

/** Wishes that only OpenAI itself takes. */
export function encodeHints({ hints }: Conversation, target: Target, ledger: Ledger): Fields {
  const wishes: Fields = {
    user: hints.user,
    // OpenAI takes metadata only of what it stores.
    metadata: hints.store ? hints.metadata : undefined,
    prompt_cache_key: hints.promptCacheKey,
    prompt_cache_retention: hints.promptCacheRetention,
    service_tier: hints.serviceTier,
    safety_identifier: hints.safetyIdentifier,
    store: hints.store,
  };
  if (hints.metadata && !hints.store) dropHint('metadata', ledger);
  if (hints.include && hints.include.length > 0) dropHint('include', ledger);
  const given = Object.entries(wishes).filter(([, value]) => value !== undefined);
  if (target.quirks.openaiHints) return Object.fromEntries(given);
  for (const [name, value] of given) {
    // Not to store is what a stranger does anyhow.
    if (name !== 'store' || value === true) dropHint(name, ledger);
  }
  return {};
}

function dropHint(name: string, ledger: Ledger): void {
  ledger.add({
    path: name,
    from: name,
    to: '',
    action: 'dropped',
    topic: 'hint',
    reason: 'This upstream does not take the field.',
  });
}
