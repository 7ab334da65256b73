import type { Frame, ReplyContext } from './frame.ts';
import { isObject } from './json-values.ts';
import type { Outcome, OutcomeUsage } from './outcome.ts';

/** A whole answer (https://platform.openai.com/docs/api-reference/chat/object). */
export function chatCompletion(outcome: Outcome, context: ReplyContext): unknown {
  const { call } = outcome;
  const text = outcome.text.join('');
  const reasoning = outcome.reasoning.join('');
  const message = {
    role: 'assistant',
    content: text === '' && call ? null : text,
    refusal: null,
    // Not OpenAI's own, but what compatible servers show their reasoning in.
    ...(reasoning !== '' && { reasoning_content: reasoning }),
    ...(call && {
      tool_calls: [{ id: context.newId('call_'), ...toolCall(call.kind, call.name, call.input.join('')) }],
    }),
  };
  return {
    ...envelope('chat.completion', context.newId('chatcmpl-'), context),
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason(outcome) }],
    usage: chatUsage(outcome.usage),
  };
}

/** The same as a stream (https://platform.openai.com/docs/api-reference/chat-streaming/streaming). */
export function* chatFrames(outcome: Outcome, context: ReplyContext): Generator<Frame> {
  const id = context.newId('chatcmpl-');
  const options = context.request.stream_options;
  const withUsage = isObject(options) && options.include_usage === true;
  const chunk = (choices: readonly unknown[], usage: unknown = null): string =>
    dataFrame({
      ...envelope('chat.completion.chunk', id, context),
      choices,
      ...(withUsage && { usage }),
    });
  const delta = (content: object, spoken = true): Frame => ({
    data: chunk([{ index: 0, delta: content, logprobs: null, finish_reason: null }]),
    spoken,
  });

  yield delta({ role: 'assistant', content: '', refusal: null }, false);
  for (const token of outcome.reasoning) yield delta({ reasoning_content: token });
  for (const token of outcome.text) yield delta({ content: token });
  if (outcome.call) {
    const { kind, name, input } = outcome.call;
    yield delta({ tool_calls: [{ index: 0, id: context.newId('call_'), ...toolCall(kind, name, '') }] });
    for (const token of input) yield delta({ tool_calls: [{ index: 0, ...toolInput(kind, token) }] });
  }
  const finish_reason = finishReason(outcome);
  yield { data: chunk([{ index: 0, delta: {}, logprobs: null, finish_reason }]), spoken: false };
  if (withUsage) yield { data: chunk([], chatUsage(outcome.usage)), spoken: false };
  yield { data: 'data: [DONE]\n\n', spoken: false };
}

function dataFrame(json: unknown): string {
  return `data: ${JSON.stringify(json)}\n\n`;
}

function envelope(object: string, id: string, { createdAt, model }: ReplyContext): object {
  return { id, object, created: createdAt, model, service_tier: 'default', system_fingerprint: 'llmup-demo' };
}

function toolCall(kind: 'function' | 'freeform', name: string, input: string): object {
  return kind === 'function'
    ? { type: 'function', function: { name, arguments: input } }
    : { type: 'custom', custom: { name, input } };
}

function toolInput(kind: 'function' | 'freeform', input: string): object {
  return kind === 'function' ? { function: { arguments: input } } : { custom: { input } };
}

function finishReason({ cut, call }: Outcome): string {
  if (cut) return 'length';
  return call ? 'tool_calls' : 'stop';
}

function chatUsage({ input, cached, output, reasoning }: OutcomeUsage): object {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
