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

/** A cell's look, as {@link changeOf} compares it. */
export interface Look {
  foreground: number;
  background: number;
  flags: number;
  underlineStyle: number;
  underlineColour: number;
}

/** No attribute is on, and nothing is known to be. */
export function plainLook(): Look {
  return { foreground: 0, background: 0, flags: -1, underlineStyle: 0, underlineColour: 0 };
}

/**
 * Brings a terminal from the look `pen` to another, and `pen` with it: the colours alone where only they differ, all
 * from a reset otherwise. Empty when nothing differs.
 */
export function changeOf(
  pen: Look,
  foreground: number,
  background: number,
  flags: number,
  underlineStyle: number,
  underlineColour: number,
): string {
  let codes = '';
  if (
    flags === pen.flags &&
    underlineStyle === pen.underlineStyle &&
    underlineColour === pen.underlineColour
  ) {
    if (foreground !== pen.foreground) codes = foreground === DEFAULT_COLOUR ? ';39' : colour(foreground, 30);
    if (background !== pen.background)
      codes += background === DEFAULT_COLOUR ? ';49' : colour(background, 40);
    if (codes === '') return '';
  } else {
    codes = ';0';
    for (const [flag, code] of CODES) if (flags & flag) codes += code;
    if (flags & FLAG.underline) {
      codes += underlineStyle > 1 ? `;4:${underlineStyle}` : ';4';
      if (underlineColour !== DEFAULT_COLOUR) codes += underline(underlineColour);
    }
    codes += colour(foreground, 30) + colour(background, 40);
  }
  pen.foreground = foreground;
  pen.background = background;
  pen.flags = flags;
  pen.underlineStyle = underlineStyle;
  pen.underlineColour = underlineColour;
  return `\x1b[${codes.slice(1)}m`;
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
