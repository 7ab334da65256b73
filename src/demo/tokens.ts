/**
 * The demo model's tokenizer: a token is up to eight letters of a word, or one sign, with the space before it.
 * What it streams piece by piece is what it counts, so its usage numbers are exact, for its own vocabulary.
 */
const TOKEN = /\s*[\p{L}\p{N}_]{1,8}|\s*[^\s\p{L}\p{N}_]|\s+/gu;

/** The tokens of a text, which together are the text. */
export function tokensOf(text: string): readonly string[] {
  return text.match(TOKEN) ?? [];
}

export function countTokens(text: string): number {
  let count = 0;
  for (const _token of text.matchAll(TOKEN)) count += 1;
  return count;
}
