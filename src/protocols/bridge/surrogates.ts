/** Whether a text ends in a high surrogate, whose other half comes with the next piece. */
export function endsInHalf(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff;
}

/** Splits text before half a character at its end: in a JSON string that is an error to many parsers. */
export function completeSurrogates(text: string): readonly [whole: string, half: string] {
  return endsInHalf(text) ? [text.slice(0, -1), text.slice(-1)] : [text, ''];
}
