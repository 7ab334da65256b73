import type { Frame, ReplyContext } from './frame.ts';
import { isObject } from './json-values.ts';
import type { Outcome, OutcomeUsage } from './outcome.ts';

type Item = Readonly<Record<string, unknown>> & { readonly id: string };

/** A whole answer (https://platform.openai.com/docs/api-reference/responses/object). */
export function responseObject(outcome: Outcome, context: ReplyContext): unknown {
  const stream = responseFrames(outcome, context);
  // The stream is the one place where items are made; its last step returns the finished response.
  for (;;) {
    const step = stream.next();
    if (step.done) return step.value;
  }
}

/**
 * The same as a stream (https://platform.openai.com/docs/api-reference/responses-streaming).
 *
 * @returns the finished response.
 */
export function* responseFrames(outcome: Outcome, context: ReplyContext): Generator<Frame, unknown> {
  const response = envelope(context);
  const output: Item[] = [];
  let sequence = 0;
  const event = (type: string, fields: object, spoken = false): Frame => ({
    data: `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...fields })}\n\n`,
    spoken,
  });
  /** Announces an item, streams what is inside it, and closes it with its final form. */
  function* item(
    opened: Item,
    closed: Item,
    inside: Iterable<[type: string, fields: object, spoken?: boolean]>,
  ) {
    const output_index = output.length;
    yield event('response.output_item.added', { output_index, item: opened });
    for (const [type, fields, spoken] of inside)
      yield event(type, { item_id: opened.id, output_index, ...fields }, spoken);
    output.push(closed);
    yield event('response.output_item.done', { output_index, item: closed });
  }

  yield event('response.created', { response });
  yield event('response.in_progress', { response });
  if (outcome.reasoning.length > 0) yield* item(...reasoningItem(outcome.reasoning, context));
  if (outcome.text.length > 0) yield* item(...messageItem(outcome, context));
  if (outcome.call) yield* item(...callItem(outcome.call, context));

  const ended = outcome.cut
    ? { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }
    : { status: 'completed', completed_at: context.createdAt };
  const finished = { ...response, ...ended, output, usage: responseUsage(outcome.usage) };
  yield event(`response.${ended.status}`, { response: finished });
  return finished;
}

type ItemStream = [
  opened: Item,
  closed: Item,
  inside: Iterable<[type: string, fields: object, spoken?: boolean]>,
];

function reasoningItem(tokens: readonly string[], { newId, request }: ReplyContext): ItemStream {
  const id = newId('rs_');
  const part = { type: 'summary_text', text: tokens.join('') };
  // Opaque to everyone else, and given back with the next request by clients that asked for it.
  const wantsSeal = Array.isArray(request.include) && request.include.includes('reasoning.encrypted_content');
  const seal = wantsSeal ? { encrypted_content: Buffer.from(`llmup demo ${id}`).toString('base64') } : {};
  const opened = { id, type: 'reasoning', summary: [], ...seal };
  const closed = { ...opened, summary: [part] };
  function* inside(): ItemStream[2] {
    const summary_index = 0;
    yield ['response.reasoning_summary_part.added', { summary_index, part: { ...part, text: '' } }];
    for (const delta of tokens)
      yield ['response.reasoning_summary_text.delta', { summary_index, delta }, true];
    yield ['response.reasoning_summary_text.done', { summary_index, text: part.text }];
    yield ['response.reasoning_summary_part.done', { summary_index, part }];
  }
  return [opened, closed, inside()];
}

function messageItem({ text: tokens, call, cut }: Outcome, { newId }: ReplyContext): ItemStream {
  const phase = call ? 'commentary' : 'final_answer';
  const message = { id: newId('msg_'), type: 'message', role: 'assistant', phase };
  const text = tokens.join('');
  const part = { type: 'output_text', text, annotations: [], logprobs: [] };
  function* inside(): ItemStream[2] {
    const content_index = 0;
    yield ['response.content_part.added', { content_index, part: { ...part, text: '' } }];
    for (const delta of tokens)
      yield ['response.output_text.delta', { content_index, delta, logprobs: [] }, true];
    yield ['response.output_text.done', { content_index, text, logprobs: [] }];
    yield ['response.content_part.done', { content_index, part }];
  }
  const opened = { ...message, status: 'in_progress', content: [] };
  return [opened, { ...message, status: cut ? 'incomplete' : 'completed', content: [part] }, inside()];
}

function callItem({ kind, name, input }: NonNullable<Outcome['call']>, { newId }: ReplyContext): ItemStream {
  const text = input.join('');
  const [type, field, prefix, events] =
    kind === 'function'
      ? (['function_call', 'arguments', 'fc_', 'response.function_call_arguments'] as const)
      : (['custom_tool_call', 'input', 'ctc_', 'response.custom_tool_call_input'] as const);
  const call = { id: newId(prefix), type, call_id: newId('call_'), name };
  function* inside(): ItemStream[2] {
    for (const delta of input) yield [`${events}.delta`, { delta }, true];
    yield [`${events}.done`, kind === 'function' ? { name, arguments: text } : { input: text }];
  }
  const opened = { ...call, status: 'in_progress', [field]: '' };
  return [opened, { ...call, status: 'completed', [field]: text }, inside()];
}

/** A response as it begins, with the request's settings echoed as OpenAI does. */
function envelope({ model, createdAt, newId, request }: ReplyContext): Readonly<Record<string, unknown>> {
  const reasoning = isObject(request.reasoning) ? request.reasoning : {};
  return {
    id: newId('resp_'),
    object: 'response',
    created_at: createdAt,
    status: 'in_progress',
    background: false,
    error: null,
    incomplete_details: null,
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    model,
    output: [],
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: null,
    reasoning: { effort: reasoning.effort ?? null, summary: reasoning.summary ?? null },
    store: false,
    temperature: request.temperature ?? 1,
    text: isObject(request.text)
      ? { format: { type: 'text' }, ...request.text }
      : { format: { type: 'text' } },
    tool_choice: request.tool_choice ?? 'auto',
    tools: request.tools ?? [],
    top_p: request.top_p ?? 1,
    truncation: request.truncation ?? 'disabled',
    usage: null,
    metadata: request.metadata ?? {},
  };
}

function responseUsage({ input, cached, output, reasoning }: OutcomeUsage): object {
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + output,
  };
}
