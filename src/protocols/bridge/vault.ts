import type { ReasoningPart } from '../conversation.ts';

/**
 * Holds whole reasoning blocks for clients whose protocol drops opaque fields (Chat), so that the next request can
 * give them back to their issuer. Given by the proxy: bounded, keyed by caller, issuer and call.
 */
export interface ReasoningVault {
  /** The reasoning that preceded this call, in order; empty when unknown. */
  find(call: VaultKey): readonly ReasoningPart[];
}

/** A call as the client will repeat it. */
export interface VaultKey {
  readonly callId: string;
  readonly name: string;
  readonly arguments: string;
}
