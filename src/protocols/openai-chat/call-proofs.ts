import { isObject, type JsonObject } from '../bridge/fields.ts';
import type { Part, ReasoningPart, ToolCallPart } from '../conversation.ts';

/**
 * The `extra_content` of a call: Gemini's compatible endpoint puts the signature of the thoughts before a call into it,
 * and refuses a history in which the call comes back without (https://ai.google.dev/gemini-api/docs/openai). It travels
 * as a detail of the reasoning that stands before the call.
 */
const CALL_PROOF = 'tool_call.extra_content';

/** The proof that an entry of `tool_calls` brings, as a detail. */
export function proofOf(entry: unknown): JsonObject | undefined {
  if (!isObject(entry) || !isObject(entry.extra_content)) return undefined;
  return { type: CALL_PROOF, extra_content: entry.extra_content };
}

/** Whether a detail belongs to a call and not into `reasoning_details`. */
export function isProof(detail: unknown): detail is JsonObject & { readonly extra_content: JsonObject } {
  return isObject(detail) && detail.type === CALL_PROOF && isObject(detail.extra_content);
}

/**
 * The proofs of a turn by the call that each stands before; one that stands behind all calls belongs to the last.
 *
 * @param detailsOf the details in a reasoning part that the upstream may be given
 */
export function proofsByCall(
  parts: readonly Part[],
  detailsOf: (part: ReasoningPart) => readonly unknown[],
): ReadonlyMap<ToolCallPart, JsonObject> {
  const proofs = new Map<ToolCallPart, JsonObject>();
  let waiting: JsonObject | undefined;
  let last: ToolCallPart | undefined;
  for (const part of parts) {
    if (part.type === 'reasoning') waiting = detailsOf(part).find(isProof)?.extra_content ?? waiting;
    if (part.type !== 'tool-call') continue;
    last = part;
    if (waiting) proofs.set(part, waiting);
    waiting = undefined;
  }
  if (waiting && last && !proofs.has(last)) proofs.set(last, waiting);
  return proofs;
}
