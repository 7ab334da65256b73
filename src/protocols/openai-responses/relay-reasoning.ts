import { isObject, type JsonObject } from '../bridge/fields.ts';
import { Ledger } from '../bridge/ledger.ts';
import { isPackedSeal, unpackSeal } from '../bridge/seal.ts';
import type { Loss } from '../loss.ts';

/** How the ids of reasoning items begin that were made here, so that they are known again. */
export const REASONING_ID = 'rs_llmup_';

/**
 * Readies a request for an upstream that speaks Responses itself, when the client's earlier turns were served by
 * another: reasoning that was made here goes back unpacked to its issuer, and is taken out for anybody else, who
 * would refuse the request for it. A request without any is returned as it is, the same object.
 *
 * Worth calling only when the bytes hold {@link REASONING_ID} or `llmup1.`.
 *
 * @param issuer the upstream's identity, as in {@link Target}
 */
export function restoreReasoning(
  request: JsonObject,
  issuer: string,
): { readonly request: JsonObject; readonly losses: readonly Loss[] } {
  const ledger = new Ledger();
  const { input } = request;
  if (!Array.isArray(input) || !input.some(isOurs)) return { request, losses: [] };
  const restored = input.flatMap((item: unknown, at): readonly unknown[] => {
    if (!isOurs(item)) return [item];
    const packed = item.encrypted_content;
    const seal = typeof packed === 'string' ? unpackSeal(packed) : undefined;
    if (seal?.protocol === 'responses' && seal.issuer === issuer) {
      // The id was given out here; the provider does not know it.
      const { id: _ours, ...rest } = item;
      return [{ ...rest, encrypted_content: seal.data }];
    }
    ledger.once({
      path: `input[${at}]`,
      from: 'reasoning of another model',
      to: '',
      action: 'dropped',
      topic: 'hint',
      reason: 'Only the provider that made it can go on from it.',
    });
    return [];
  });
  return { request: { ...request, input: restored }, losses: ledger.losses };
}

function isOurs(item: unknown): item is JsonObject {
  if (!isObject(item) || item.type !== 'reasoning') return false;
  const { id, encrypted_content: packed } = item;
  return (
    (typeof id === 'string' && id.startsWith(REASONING_ID)) ||
    (typeof packed === 'string' && isPackedSeal(packed))
  );
}
