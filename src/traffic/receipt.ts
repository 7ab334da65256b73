import type { Usage } from '../protocols/reply.ts';

/** What happened in a session, once it is over. */
export interface Receipt {
  readonly sessionId: string;
  readonly durationMs: number;
  readonly requests: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly retries: number;
  readonly usage: Usage;
  /** USD; absent when no request was priced. */
  readonly cost?: number;
  /** Requests whose cost is unknown, when some were priced. */
  readonly unpriced: number;
  /** Losses by what was lost, most frequent first. */
  readonly losses: readonly { readonly what: string; readonly action: string; readonly count: number }[];
  readonly errors: readonly { readonly message: string; readonly count: number }[];
  /** Absent when the client was ended by llmup or never started. */
  readonly exitCode?: number;
  readonly journal?: string;
}
