/**
 * The ledger: what a translation did to the meaning of a request or a reply.
 *
 * Every field that a decoder or an encoder cannot carry unchanged yields one {@link Loss}. Nothing is lost
 * silently: `policy.ts` decides which losses pass, and the exchange record shows the rest.
 */

/** `emulated`: other shape, same meaning. `downgraded`: less precise. `dropped`: gone. `refused`: the request fails. */
export type LossAction = 'emulated' | 'downgraded' | 'dropped' | 'refused';

/**
 * What kind of meaning is affected. `hint` covers cache, metadata, telemetry, verbosity, summaries, tiers and
 * include lists: recorded, never refused in any mode, since every real client sends them.
 */
export type LossTopic = 'content' | 'tools' | 'reasoning' | 'sampling' | 'format' | 'hint';

export interface Loss {
  /** Where, in the sender's own words: `input[3].content[0].image_url`, `stop`, `tools[2]`. */
  readonly path: string;
  /** What it was, short: `image`, `custom tool`, `xhigh`. Never a user's content. */
  readonly from: string;
  /** What became of it, short; empty when dropped. */
  readonly to: string;
  readonly action: LossAction;
  readonly topic: LossTopic;
  /** One sentence for a person. */
  readonly reason: string;
}

/** How much loss a request may suffer (`compatibility_mode`). */
export type CompatibilityMode = 'strict' | 'balanced' | 'max_compat';
