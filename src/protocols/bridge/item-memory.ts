/**
 * Remembers the items of earlier replies for clients that repeat them by id alone (Responses `item_reference`, which
 * the Vercel SDK sends unless told `store: false`). Given by the proxy: bounded, per caller.
 */
export interface ItemMemory {
  /** `undefined` when it is not, or no longer, known. */
  find(id: string): unknown;
  keep(id: string, item: unknown): void;
}
