import { citationFields } from '../bridge/citations.ts';
import type { Conversation } from '../conversation.ts';
import type { Failure } from '../failure.ts';
import type { Citation, FinishReason, TokenLogprob } from '../reply.ts';
import type { ChatFinishReason } from './wire.ts';

const REASONS: Record<Exclude<FinishReason, 'context-exceeded'>, ChatFinishReason> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
  // Told by the message's `refusal`.
  refusal: 'stop',
  pause: 'stop',
};

/** A finish in Chat's words. */
export function writeFinish(
  reason: Exclude<FinishReason, 'context-exceeded'>,
  legacy: boolean,
): ChatFinishReason {
  return legacy && reason === 'tool-calls' ? 'function_call' : REASONS[reason];
}

/** The client offered `functions`, as was done before `tools`, and reads `function_call` only. */
export function isLegacyClient({ native }: Conversation): boolean {
  return 'functions' in native;
}

/** Citations as a message has them in its `annotations`. */
export function writeCitations(citations: readonly Citation[]): readonly unknown[] {
  return citations.map((citation) => ({ type: 'url_citation', url_citation: citationFields(citation) }));
}

/** Log probabilities as Chat has them: `bytes` is always there. */
export function writeLogprobs(tokens: readonly TokenLogprob[]): readonly unknown[] {
  return tokens.map((token) => ({
    ...token,
    bytes: token.bytes ?? null,
    top_logprobs: token.top_logprobs.map((other) => ({ ...other, bytes: other.bytes ?? null })),
  }));
}

/** The model ran out of its window: an error in Chat's words. */
export function contextExceeded(): Failure {
  return {
    kind: 'context-length',
    status: 400,
    message: 'The conversation and its answer do not fit into the context window of the model.',
    code: 'context_length_exceeded',
  };
}
