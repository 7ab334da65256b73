/** What the real terminal says of itself. An absent field was not answered. */
export interface TerminalAbilities {
  readonly kittyKeyboard: boolean;
  /** As answered to `OSC 10 ?`: `rgb:ffff/ffff/ffff`. */
  readonly foreground?: string;
  readonly background?: string;
  readonly cursorColour?: string;
  readonly dark?: boolean;
  /** Synchronized output (mode 2026). */
  readonly synchronized: boolean;
}

/** Kitty flags, colours, synchronized output, and last the device attributes, which every terminal answers. */
export const PROBE = '\x1b[?u\x1b]10;?\x1b\\\x1b]11;?\x1b\\\x1b]12;?\x1b\\\x1b[?2026$p\x1b[c';

/** True once the sentinel's answer is in. */
export function probeAnswered(text: string): boolean {
  return /\x1b\[\?[\d;]*c/.test(text);
}

export function readAbilities(text: string): TerminalAbilities {
  const colour = (code: number) => new RegExp(`\\x1b\\]${code};([^\\x07\\x1b]+)`).exec(text)?.[1];
  const foreground = colour(10);
  const background = colour(11);
  const cursorColour = colour(12);
  const sync = /\x1b\[\?2026;(\d)\$y/.exec(text)?.[1];
  const dark = background === undefined ? undefined : isDark(background);
  return {
    kittyKeyboard: /\x1b\[\?\d+u/.test(text),
    synchronized: sync !== undefined && sync !== '0',
    ...(foreground !== undefined && { foreground }),
    ...(background !== undefined && { background }),
    ...(cursorColour !== undefined && { cursorColour }),
    ...(dark !== undefined && { dark }),
  };
}

/** By the luma of `rgb:RRRR/GGGG/BBBB`; undefined for a form not known. */
function isDark(colour: string): boolean | undefined {
  const found = /^rgba?:([0-9a-f]+)\/([0-9a-f]+)\/([0-9a-f]+)/i.exec(colour);
  if (!found) return undefined;
  const [red, green, blue] = found
    .slice(1, 4)
    .map((hex) => Number.parseInt(hex, 16) / (16 ** hex.length - 1));
  return (red ?? 0) * 0.299 + (green ?? 0) * 0.587 + (blue ?? 0) * 0.114 < 0.5;
}
