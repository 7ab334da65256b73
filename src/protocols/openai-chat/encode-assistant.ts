import { isObject, type JsonObject } from '../bridge/fields.ts';
import { wrapFreeformInput } from '../bridge/freeform.ts';
import { parseJson } from '../bridge/json.ts';
import type { Ledger } from '../bridge/ledger.ts';
import { placedParts } from '../bridge/placed-part.ts';
import type { Target } from '../codec.ts';
import type { ReasoningPart, ToolCallPart, Turn } from '../conversation.ts';
import { isProof, proofsByCall } from './call-proofs.ts';
import { encodeParts, textOf } from './encode-content.ts';
import type { MessageContext } from './encode-messages.ts';
import type { ChatAssistantMessage, ChatToolCall } from './wire.ts';

/** An assistant's turn as one message: its text, its calls, and the reasoning that the upstream wants back. */
export function encodeAssistant(
  turn: Turn,
  path: string,
  context: MessageContext,
): ChatAssistantMessage | undefined {
  const { target, ledger } = context;
  const placed = placedParts(turn.parts, path);
  const refusal = target.quirks.openaiHints ? refusalOf(turn) : '';
  const spoken = refusal === '' ? placed : placed.filter(({ part }) => part.type !== 'refusal');
  const parts = encodeParts(spoken, ledger);
  noteMedia(parts.length > 0 && parts.some((part) => part.type !== 'text'), path, ledger);
  const text = textOf(parts);
  const calls = turn.parts.filter((part) => part.type === 'tool-call');
  if (text === '' && refusal === '' && calls.length === 0) return undefined;
  notePhase(turn, path, ledger);
  const proofs = proofsByCall(turn.parts, (part) => detailsOf(part, target));
  return {
    role: 'assistant',
    content: text === '' ? null : text,
    ...(turn.name !== undefined && { name: turn.name }),
    ...(refusal !== '' && { refusal }),
    ...encodeReasoning(turn, calls, path, context),
    ...(calls.length > 0 && { tool_calls: calls.map((call) => encodeCall(call, proofs.get(call), context)) }),
  };
}

function encodeCall(
  call: ToolCallPart,
  proof: JsonObject | undefined,
  { names, target, ledger }: MessageContext,
): ChatToolCall {
  const name = names.upstream(call);
  if (call.freeform && target.quirks.freeformTools) {
    return { id: call.id, type: 'custom', custom: { name, input: call.arguments } };
  }
  const args = call.freeform ? wrapFreeformInput(call.arguments) : objectArguments(call, ledger);
  const extra = proof ? { extra_content: proof } : {};
  return { id: call.id, type: 'function', function: { name, arguments: args }, ...extra };
}

/** Arguments as a JSON object: servers that apply a chat template parse them and fail on anything else. */
function objectArguments({ arguments: text }: ToolCallPart, ledger: Ledger): string {
  if (text.trim() === '') return '{}';
  if (isObject(parseJson(text))) return text;
  ledger.once({
    path: 'tool_calls.arguments',
    from: 'arguments that are no JSON object',
    to: 'an object around their text',
    action: 'emulated',
    topic: 'tools',
    reason: 'The model once wrote arguments that cannot be parsed; many servers refuse such a history.',
  });
  return JSON.stringify({ invalid_arguments: text });
}

/**
 * The reasoning fields of a message. Proofs go back to their issuer; readable reasoning goes back only where the
 * upstream demands it with its calls (https://api-docs.deepseek.com/guides/thinking_mode).
 */
function encodeReasoning(
  turn: Turn,
  calls: readonly ToolCallPart[],
  path: string,
  { target, ledger }: MessageContext,
): Partial<ChatAssistantMessage> {
  const reasoning = reasoningOf(turn, calls, target);
  const details = reasoning.flatMap((part) => detailsOf(part, target));
  const shown = details.filter((detail) => !isProof(detail));
  const text = reasoning
    .map(readable)
    .filter((entry) => entry !== '')
    .join('\n\n');
  noteSeals(reasoning, path, target, ledger);
  const echoes = target.quirks.reasoningEcho && calls.length > 0;
  if (text !== '' && !echoes && details.length === 0) {
    ledger.once({
      path,
      from: 'reasoning of earlier turns',
      to: '',
      action: 'dropped',
      topic: 'hint',
      reason: 'This upstream does not take its reasoning back.',
    });
  }
  return {
    ...(echoes && { [target.quirks.reasoningField]: text }),
    ...(shown.length > 0 && { reasoning_details: shown }),
  };
}

/** The turn's own reasoning, or, where the client's protocol dropped it, what was kept for its calls. */
function reasoningOf(turn: Turn, calls: readonly ToolCallPart[], target: Target): readonly ReasoningPart[] {
  const own = turn.parts.filter((part) => part.type === 'reasoning');
  const call = calls[0];
  if (own.length > 0 || !call || !target.vault) return own;
  return target.vault.find({ callId: call.id, name: call.name, arguments: call.arguments });
}

function readable({ text, summary }: ReasoningPart): string {
  return text !== undefined && text !== '' ? text : summary.join('\n\n');
}

/** The details inside a seal of this very upstream. */
function detailsOf({ seal }: ReasoningPart, target: Target): readonly unknown[] {
  if (seal?.kind !== 'details' || seal.protocol !== 'chat') return [];
  if (seal.issuer !== '' && seal.issuer !== target.issuer) return [];
  const details = parseJson(seal.data);
  return Array.isArray(details) ? details : [];
}

function noteSeals(reasoning: readonly ReasoningPart[], path: string, target: Target, ledger: Ledger): void {
  for (const part of reasoning) {
    if (!part.seal || detailsOf(part, target).length > 0) continue;
    const own = part.seal.issuer === target.issuer;
    ledger.once({
      path,
      from: `reasoning seal of kind ${part.seal.kind}`,
      to: '',
      action: 'dropped',
      topic: own ? 'reasoning' : 'hint',
      reason: own
        ? 'The upstream gave this proof in a form that its present protocol cannot take back.'
        : 'Only the provider that issued it can read it.',
    });
  }
}

function refusalOf(turn: Turn): string {
  return turn.parts.flatMap((part) => (part.type === 'refusal' ? [part.text] : [])).join('\n\n');
}

function notePhase(turn: Turn, path: string, ledger: Ledger): void {
  if (!turn.phase) return;
  ledger.once({
    path: `${path}.phase`,
    from: 'phase',
    to: '',
    action: 'dropped',
    topic: 'hint',
    reason: 'Chat Completions has no phases of a message.',
  });
}

function noteMedia(present: boolean, path: string, ledger: Ledger): void {
  if (!present) return;
  ledger.add({
    path,
    from: 'media in an assistant turn',
    to: '',
    action: 'refused',
    topic: 'content',
    reason: 'An assistant message of Chat Completions holds text only.',
  });
}
