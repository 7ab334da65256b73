import { Ledger } from '../bridge/ledger.ts';
import { planToolNames } from '../bridge/tool-names.ts';
import type { Encoded, Target } from '../codec.ts';
import type { Conversation } from '../conversation.ts';
import { invalidRequest } from '../failure.ts';
import { encodeMessages } from './encode-messages.ts';
import {
  encodeFormat,
  encodeHints,
  encodeLimits,
  encodeReasoning,
  encodeSampling,
  MOST_STOPS,
} from './encode-options.ts';
import { encodeTools } from './encode-tools.ts';
import type { ChatRequest } from './wire.ts';

/** What OpenAI and nearly everybody takes for a function's name. */
const TOOL_NAMES = { alphabet: 'A-Za-z0-9_-', maxLength: 64 };

/**
 * Writes a conversation as a Chat Completions request, in the form that the upstream's quirks ask for.
 *
 * @throws {RequestRefused} when nothing meaningful could be sent.
 */
export function encodeRequest(conversation: Conversation, target: Target): Encoded {
  const ledger = new Ledger();
  const { quirks } = target;
  const names = planToolNames(conversation.tools, conversation.turns, {
    ...TOOL_NAMES,
    nativeFreeform: quirks.freeformTools,
  });
  const format = encodeFormat(conversation, target, ledger);
  const messages = encodeMessages(conversation.turns, {
    target,
    names,
    ledger,
    instructions: format.instructions,
  });
  if (!messages.some((message) => message.role !== 'system' && message.role !== 'developer')) {
    requireWords(conversation, ledger);
  }
  const body: ChatRequest = {
    ...nativeFields(conversation),
    model: target.model,
    messages,
    stream: target.stream,
    ...(target.stream && quirks.streamOptions && { stream_options: { include_usage: true } }),
    ...encodeTools(conversation, target, names, ledger),
    ...encodeLimits(conversation, target, ledger),
    ...encodeSampling(conversation.sampling, ledger),
    ...encodeReasoning(conversation.reasoning, target, ledger),
    ...(format.field && { response_format: format.field }),
    ...encodeHints(conversation, target, ledger),
  };
  const stopWords = conversation.output.stop?.slice(MOST_STOPS) ?? [];
  return { body, losses: ledger.losses, toolNames: names, stopWords };
}

/** A request of instructions alone is answered by some; one whose only content was opaque must not be sent empty. */
function requireWords(conversation: Conversation, { refused }: Ledger): void {
  const opaque = conversation.turns.some((turn) => turn.parts.some((part) => part.type === 'opaque'));
  const instructed = conversation.turns.some(
    (turn) =>
      turn.role !== 'assistant' && turn.parts.some((part) => part.type === 'text' && part.text !== ''),
  );
  if (instructed && !opaque) return;
  if (refused) throw invalidRequest(refused.reason, refused.path);
  throw invalidRequest(
    opaque
      ? 'The request holds nothing but items that only their own provider can read.'
      : 'The request holds no message that could be sent.',
  );
}

/** What a Chat client said in fields that only Chat knows. */
function nativeFields({ origin, native }: Conversation): Record<string, unknown> {
  if (origin !== 'chat') return {};
  const { functions: _asTools, ...fields } = native;
  return fields;
}
