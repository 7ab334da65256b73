import { Ledger } from '../bridge/ledger.ts';
import { planToolNames } from '../bridge/tool-names.ts';
import type { Encoded, Target } from '../codec.ts';
import type { Conversation } from '../conversation.ts';
import { invalidRequest } from '../failure.ts';
import { encodeInput } from './encode-input.ts';
import {
  encodeHints,
  encodeInclude,
  encodeLimits,
  encodeReasoning,
  encodeSampling,
  encodeText,
} from './encode-options.ts';
import { encodeTools } from './encode-tools.ts';
import type { InputItem } from './wire.ts';

/** The API's rules for the name of a tool; `custom` tools are its own. */
const TOOL_NAMES = { alphabet: 'A-Za-z0-9_-', maxLength: 64, nativeFreeform: true };

/**
 * Writes a conversation as a Responses request.
 *
 * @throws {RequestRefused} when nothing meaningful could be sent.
 */
export function encodeRequest(conversation: Conversation, target: Target): Encoded {
  const ledger = new Ledger();
  const names = planToolNames(conversation.tools, conversation.turns, TOOL_NAMES);
  const text = encodeText(conversation, target, ledger);
  const { instructions, input } = encodeInput(conversation.turns, { target, names, ledger });
  const items = [...developer(text.instruction), ...input];
  if (input.length === 0 && !instructions) throw nothingToSay(conversation, ledger);
  const body: Record<string, unknown> = {
    ...(conversation.origin === 'responses' && conversation.native),
    model: target.model,
    // A request needs some input; instructions alone are then the input.
    ...(instructions !== undefined && input.length > 0 && { instructions }),
    input: input.length > 0 ? items : [...developer(instructions), ...items],
    stream: target.stream,
    ...encodeTools(conversation, target, names, ledger),
    ...encodeLimits(conversation, target, ledger),
    ...encodeSampling(conversation.sampling, ledger),
    ...encodeReasoning(conversation, target, ledger),
    ...encodeInclude(conversation, target, ledger),
    ...text.fields,
    ...encodeHints(conversation, ledger),
  };
  return { body, losses: ledger.losses, toolNames: names, stopWords: conversation.output.stop ?? [] };
}

function developer(text: string | undefined): readonly InputItem[] {
  return text === undefined
    ? []
    : [{ type: 'message', role: 'developer', content: [{ type: 'input_text', text }] }];
}

function nothingToSay(conversation: Conversation, { refused }: Ledger) {
  if (refused) return invalidRequest(refused.reason, refused.path);
  const opaque = conversation.turns.some((turn) => turn.parts.some((part) => part.type === 'opaque'));
  return invalidRequest(
    opaque
      ? 'The request holds nothing but items that only their own provider can read.'
      : 'The request holds no message that could be sent.',
  );
}
