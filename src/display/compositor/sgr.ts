/** Attributes of a cell as one escape sequence (ECMA-48 SGR; underline styles and colours as in kitty and xterm). */

/** Colour keys: -1 the default, 0..255 the palette, `TRUE_COLOUR | rgb` a true colour. */
export const DEFAULT_COLOUR = -1;
export const TRUE_COLOUR = 0x1000000;

export const FLAG = {
  bold: 1,
  dim: 2,
  italic: 4,
  underline: 8,
  blink: 16,
  inverse: 32,
  invisible: 64,
  strikethrough: 128,
  overline: 256,
} as const;

const CODES: readonly (readonly [flag: number, code: string])[] = [
  [FLAG.bold, ';1'],
  [FLAG.dim, ';2'],
  [FLAG.italic, ';3'],
  [FLAG.blink, ';5'],
  [FLAG.inverse, ';7'],
  [FLAG.invisible, ';8'],
  [FLAG.strikethrough, ';9'],
  [FLAG.overline, ';53'],
];

const cache = new Map<string, string>();

/** Always starts from a reset, so that the result does not depend on what was written before. */
export function sgr(
  foreground: number,
  background: number,
  flags: number,
  underlineStyle: number,
  underlineColour: number,
): string {
  const key = `${foreground}/${background}/${flags}/${underlineStyle}/${underlineColour}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  let codes = '\x1b[0';
  for (const [flag, code] of CODES) if (flags & flag) codes += code;
  if (flags & FLAG.underline) {
    codes += underlineStyle > 1 ? `;4:${underlineStyle}` : ';4';
    if (underlineColour !== DEFAULT_COLOUR) codes += underline(underlineColour);
  }
  codes += `${colour(foreground, 30)}${colour(background, 40)}m`;
  if (cache.size > 8192) cache.clear();
  cache.set(key, codes);
  return codes;
}

/** `base` is 30 for the foreground, 40 for the background. */
function colour(key: number, base: number): string {
  if (key === DEFAULT_COLOUR) return '';
  if (key & TRUE_COLOUR) return `;${base + 8};2;${(key >> 16) & 255};${(key >> 8) & 255};${key & 255}`;
  if (key < 8) return `;${base + key}`;
  if (key < 16) return `;${base + 52 + key}`;
  return `;${base + 8};5;${key}`;
}

function underline(key: number): string {
  return key & TRUE_COLOUR ? `;58:2::${(key >> 16) & 255}:${(key >> 8) & 255}:${key & 255}` : `;58:5:${key}`;
}
