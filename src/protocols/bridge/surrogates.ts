/**
 * Splits text before a high surrogate at its end, whose other half comes with the next piece: half a character in a
 * JSON string is an error to many parsers.
 */
export function completeSurrogates(text: string): readonly [whole: string, half: string] {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff ? [text.slice(0, -1), text.slice(-1)] : [text, ''];
}
