import type { ClientContext } from '../codec.ts';
import type { Usage } from '../reply.ts';
import { encodeUsage } from './usage.ts';

/** What changes in a Response object from event to event. */
export interface ResponseState {
  readonly status: 'in_progress' | 'completed' | 'incomplete' | 'failed';
  readonly output: readonly unknown[];
  readonly usage?: Usage | undefined;
  readonly error?: { readonly code: string; readonly message: string };
  readonly incompleteReason?: 'max_output_tokens' | 'content_filter';
}

/**
 * The Response object of one reply, which a stream repeats three times or more: what it echoes of the request
 * (every tool's schema) is written once.
 * https://platform.openai.com/docs/api-reference/responses/object
 */
export class ResponseObject {
  readonly #constant: Readonly<Record<string, unknown>>;
  #constantJson: string | undefined;

  constructor(context: ClientContext) {
    this.#constant = {
      id: context.newId('resp_'),
      object: 'response',
      created_at: context.createdAt,
      model: context.model,
      ...echoOf(context),
    };
  }

  object(state: ResponseState): Record<string, unknown> {
    return { ...this.#constant, ...variable(state) };
  }

  json(state: ResponseState): string {
    this.#constantJson ??= JSON.stringify(this.#constant).slice(0, -1);
    return `${this.#constantJson},${JSON.stringify(variable(state)).slice(1)}`;
  }
}

function variable({ status, output, usage, error, incompleteReason }: ResponseState) {
  return {
    status,
    error: error ?? null,
    incomplete_details: incompleteReason ? { reason: incompleteReason } : null,
    output,
    usage: encodeUsage(usage),
  };
}

/** The request's options as a Response repeats them; what was not asked for has the API's default or null. */
function echoOf({ request }: ClientContext): Readonly<Record<string, unknown>> {
  const asked = request.echo ?? {};
  return {
    background: false,
    instructions: asked.instructions ?? null,
    max_output_tokens: asked.max_output_tokens ?? null,
    max_tool_calls: asked.max_tool_calls ?? null,
    metadata: asked.metadata ?? {},
    parallel_tool_calls: asked.parallel_tool_calls ?? true,
    previous_response_id: null,
    prompt_cache_key: asked.prompt_cache_key ?? null,
    prompt_cache_retention: asked.prompt_cache_retention ?? null,
    reasoning: { effort: null, summary: null, ...(asked.reasoning as object | undefined) },
    safety_identifier: asked.safety_identifier ?? null,
    service_tier: asked.service_tier ?? null,
    store: false,
    temperature: asked.temperature ?? null,
    text: { format: { type: 'text' }, ...(asked.text as object | undefined) },
    tool_choice: asked.tool_choice ?? 'auto',
    tools: asked.tools ?? [],
    top_logprobs: asked.top_logprobs ?? 0,
    top_p: asked.top_p ?? null,
    truncation: asked.truncation ?? 'disabled',
    user: asked.user ?? null,
  };
}
