/** Bytes of a text that are copied at most: terminals drop longer sequences, some of them without a word. */
const MOST_COPIED = 100_000;

export interface Copied {
  /** For the terminal: the sequence that puts the text on the user's clipboard. */
  readonly sequence: string;
  /** What was copied, for the user. */
  readonly bytes: number;
  readonly of: number;
}

/**
 * A text for the user's clipboard, through the terminal, so that it works over SSH too: OSC 52, see
 * https://invisible-island.net/xterm/ctlseqs/ctlseqs.html#h3-Operating-System-Commands. A long one is cut.
 */
export function copyText(text: string): Copied {
  const whole = Buffer.from(text);
  let end = Math.min(whole.length, MOST_COPIED);
  // Not within a character: a continuation byte of UTF-8 begins with the bits 10.
  while (end < whole.length && ((whole[end] ?? 0) & 0xc0) === 0x80) end--;
  const sequence = `\x1b]52;c;${whole.subarray(0, end).toString('base64')}\x07`;
  return { sequence, bytes: end, of: whole.length };
}
