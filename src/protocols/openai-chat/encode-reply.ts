import { charactersIn, moved } from '../bridge/citations.ts';
import type { ClientContext } from '../codec.ts';
import { RequestRefused } from '../failure.ts';
import type { Citation, FinishReason, Reply, ReplyPart } from '../reply.ts';
import {
  contextExceeded,
  isLegacyClient,
  writeCitations,
  writeFinish,
  writeLogprobs,
} from './client-words.ts';
import { writeUsage } from './usage.ts';
import type { ChatToolCall } from './wire.ts';

/**
 * A whole reply for a Chat client.
 *
 * @throws {RequestRefused} when the reply says that the context was exceeded, for which a Chat answer has no word but
 * an error.
 */
export function encodeReply(reply: Reply, context: ClientContext): unknown {
  const reason: FinishReason = reply.end.type === 'finish' ? reply.end.reason : 'stop';
  if (reason === 'context-exceeded') throw new RequestRefused(contextExceeded());
  const calls = reply.parts.flatMap((part) => encodeCall(part));
  const { text: refusal } = textOf(reply.parts, 'refusal');
  const { text, citations } = textOf(reply.parts, 'text');
  const reasoning = reasoningOf(reply.parts);
  const legacy = isLegacyClient(context.request);
  const [first] = calls;
  return {
    id: context.newId('chatcmpl-'),
    object: 'chat.completion',
    created: context.createdAt,
    model: context.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: text === '' && (calls.length > 0 || refusal !== '') ? null : text,
          refusal: refusal === '' ? null : refusal,
          ...(citations.length > 0 && { annotations: writeCitations(citations) }),
          ...(reasoning !== '' && { reasoning_content: reasoning }),
          ...(first && (legacy ? { function_call: legacyCall(first) } : { tool_calls: calls })),
        },
        logprobs: logprobsOf(reply.parts, context),
        finish_reason: writeFinish(reason, legacy),
      },
    ],
    ...(reply.usage && { usage: writeUsage(reply.usage) }),
  };
}

/** A call that the limit cut is no call. */
function encodeCall(part: ReplyPart): readonly ChatToolCall[] {
  if (part.type !== 'tool-call' || !part.complete) return [];
  const { id, name } = part;
  if (part.freeform) return [{ id, type: 'custom', custom: { name, input: part.arguments } }];
  return [{ id, type: 'function', function: { name, arguments: part.arguments.trim() || '{}' } }];
}

function legacyCall(call: ChatToolCall): { name: string; arguments: string } {
  return call.type === 'function' ? call.function : { name: call.custom.name, arguments: call.custom.input };
}

/** The words of one kind; a paragraph of its own for what stood apart. The stream writes the same. */
function textOf(
  parts: readonly ReplyPart[],
  type: 'text' | 'refusal',
): { readonly text: string; readonly citations: readonly Citation[] } {
  let text = '';
  const citations: Citation[] = [];
  let apart = false;
  let last: { at: number; phase: string | undefined } | undefined;
  for (const [at, part] of parts.entries()) {
    if (part.type !== type) continue;
    apart ||= text !== '' && last !== undefined && (last.at !== at - 1 || last.phase !== part.phase);
    last = { at, phase: part.phase };
    if (part.text !== '') {
      if (apart && !text.endsWith('\n')) text += '\n\n';
      apart = false;
    }
    if (part.citations) {
      const begins = charactersIn(text);
      citations.push(...part.citations.map((citation) => moved(citation, begins)));
    }
    text += part.text;
  }
  return { text, citations };
}

/** The tokens of each kind of text; null unless they were asked for and given. */
function logprobsOf(parts: readonly ReplyPart[], { request }: ClientContext): unknown {
  if (request.sampling.logprobs === undefined) return null;
  const of = (type: 'text' | 'refusal') => {
    const tokens = parts.flatMap((part) => (part.type === type ? (part.logprobs ?? []) : []));
    return tokens.length > 0 ? writeLogprobs(tokens) : null;
  };
  const logprobs = { content: of('text'), refusal: of('refusal') };
  return logprobs.content || logprobs.refusal ? logprobs : null;
}

function reasoningOf(parts: readonly ReplyPart[]): string {
  return parts
    .flatMap((part) => (part.type === 'reasoning' ? [part.text || part.summary.join('\n\n')] : []))
    .filter((text) => text !== '')
    .join('\n\n');
}
