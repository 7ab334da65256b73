import { createHash } from 'node:crypto';
import { countTokens } from './tokens.ts';

/** Prefixes remembered; a long session has a few hundred. */
const MAX_PREFIXES = 4096;

/** Tokens of a prompt, and how many of them were the beginning of an earlier prompt. */
export interface PromptTokens {
  readonly input: number;
  readonly cached: number;
}

/** A prompt cache as providers have it: what a prompt begins with costs less the second time. */
export class PromptCache {
  /** Hash of each prefix seen. Insertion order is age. */
  readonly #prefixes = new Set<string>();

  /** Counts a prompt, given in the pieces at which a prefix may end (tools, then turn by turn), and remembers it. */
  read(pieces: readonly string[]): PromptTokens {
    let prefix = '';
    let input = 0;
    let cached = 0;
    for (const piece of pieces) {
      prefix = createHash('sha256').update(prefix).update('\0').update(piece).digest('base64');
      input += countTokens(piece);
      // A known prefix implies that all shorter ones were known when it was written.
      if (this.#prefixes.delete(prefix)) cached = input;
      this.#prefixes.add(prefix);
    }
    for (const oldest of this.#prefixes) {
      if (this.#prefixes.size <= MAX_PREFIXES) break;
      this.#prefixes.delete(oldest);
    }
    return { input, cached };
  }
}
