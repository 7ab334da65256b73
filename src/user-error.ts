/** Exit codes of llmup's own; a client's own code passes through unchanged. */
export const EXIT = { usage: 2, config: 3, clientNotFound: 4, proxy: 5, internal: 70 } as const;

/**
 * A fault the user can mend: what is wrong, where, and what to do. Printed as it is, without a stack, and never
 * with a secret in it.
 */
export class UserError extends Error {
  readonly exitCode: number;
  /** What to do next, one line each. */
  readonly hints: readonly string[];

  constructor(message: string, exitCode: number, hints: readonly string[] = []) {
    super(message);
    this.name = 'UserError';
    this.exitCode = exitCode;
    this.hints = hints;
  }
}
