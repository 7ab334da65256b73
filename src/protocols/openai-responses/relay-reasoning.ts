import { isObject, type JsonObject } from '../bridge/fields.ts';
import { Ledger } from '../bridge/ledger.ts';
import { isPackedSeal, unpackSeal } from '../bridge/seal.ts';
import type { Loss } from '../loss.ts';

/** How the ids of reasoning items begin that were made here, so that they are known again. */
export const REASONING_ID = 'rs_llmup_';

/** What the bytes of a request hold if {@link restoreReasoning} has anything to do with it. */
export const REASONING_MARKS: readonly string[] = [REASONING_ID, 'llmup1.'];

/** Whose seals a request may hold, and whose it may not. */
interface SealOwner {
  /** The upstream's identity, as in {@link Target}. */
  readonly issuer: string;
  /** Whether another upstream is known to have sealed this. */
  readonly isForeign: (data: string) => boolean;
}

/**
 * Readies the input items of a request for an upstream that speaks Responses itself, when the client's earlier turns
 * were served by another: reasoning that was made here goes back unpacked to its issuer, and is taken out for anybody
 * else, who would refuse the request for it. So is what another upstream of this protocol sealed.
 *
 * @returns as many items as there were: the same object where nothing is to be done, undefined where one is taken out
 */
export function restoreReasoning(
  input: readonly unknown[],
  { issuer, isForeign }: SealOwner,
): { readonly items: readonly unknown[]; readonly losses: readonly Loss[] } {
  const ledger = new Ledger();
  const items = input.map((item, at): unknown => {
    if (!isOurs(item) && !(isSealed(item) && isForeign(item.encrypted_content))) return item;
    const packed = item.encrypted_content;
    const seal = typeof packed === 'string' ? unpackSeal(packed) : undefined;
    if (seal?.protocol === 'responses' && seal.issuer === issuer) {
      // The id was given out here; the provider does not know it.
      const { id: _ours, ...rest } = item;
      return { ...rest, encrypted_content: seal.data };
    }
    ledger.once({
      path: `input[${at}]`,
      from: 'reasoning of another model',
      to: '',
      action: 'dropped',
      topic: 'hint',
      reason: 'Only the provider that made it can go on from it.',
    });
    return undefined;
  });
  return { items, losses: ledger.losses };
}

function isSealed(item: unknown): item is JsonObject & { readonly encrypted_content: string } {
  return isObject(item) && item.type === 'reasoning' && typeof item.encrypted_content === 'string';
}

/** Reasoning that was made here, or a reference to it. */
function isOurs(item: unknown): item is JsonObject {
  if (!isObject(item) || (item.type !== 'reasoning' && item.type !== 'item_reference')) return false;
  const { id, encrypted_content: packed } = item;
  return (
    (typeof id === 'string' && id.startsWith(REASONING_ID)) ||
    (typeof packed === 'string' && isPackedSeal(packed))
  );
}
