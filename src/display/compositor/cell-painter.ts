import type { IBufferCell, Terminal } from '@xterm/headless';
import type { Rectangle } from './layout.ts';
import { changeOf, DEFAULT_COLOUR, FLAG, plainLook, TRUE_COLOUR } from './sgr.ts';

/** What the emulator keeps of a cell beyond its public interface; read with care, absent in other versions. */
interface ExtendedCell {
  readonly extended?: {
    readonly underlineStyle?: number;
    readonly underlineColor?: number;
    readonly urlId?: number;
  };
  readonly bg?: number;
}
interface LinkService {
  getLinkData(id: number): { readonly id?: string; readonly uri: string } | undefined;
}

/** Set in a cell's background word when `extended` holds something. */
const HAS_EXTENDED = 0x10000000;
/** Second half of a wide character. */
const CONTINUATION = -3;
const UNKNOWN = -2;

/**
 * Paints an emulated screen into a rectangle of the real terminal, writing only the cells that changed since the
 * last call.
 */
export class CellPainter {
  #width = 0;
  #height = 0;
  #shown = unknownCells(0);
  #cell: IBufferCell | undefined;

  /** Forgets what is on the real terminal: the next paint writes every cell. */
  reset(): void {
    this.#width = 0;
    this.#height = 0;
  }

  /** @param scrollback lines above the bottom to show, 0 for the live screen. */
  paint(terminal: Terminal, rectangle: Rectangle, scrollback = 0): string {
    this.#resize(rectangle.width, rectangle.height);
    const buffer = terminal.buffer.active;
    const top = buffer.baseY - Math.min(scrollback, buffer.baseY);
    const cell = this.#cell ?? buffer.getNullCell();
    this.#cell = cell;
    const linkData = linkService(terminal);
    const {
      characters,
      foregrounds,
      backgrounds,
      flags: attributes,
      underlineStyles,
      underlineColours,
      links,
    } = this.#shown;

    let out = '';
    const pen = plainLook();
    let link = 0;
    for (let y = 0; y < rectangle.height; y++) {
      const line = buffer.getLine(top + y);
      /** Where the real cursor stands after the last write, or -1 where that is not to be trusted. */
      let penX = -1;
      for (let x = 0; x < rectangle.width; x++) {
        const index = y * rectangle.width + x;
        let character = ' ';
        let width = 1;
        let foreground = DEFAULT_COLOUR;
        let background = DEFAULT_COLOUR;
        let flags = 0;
        let underlineStyle = 0;
        let underlineColour = DEFAULT_COLOUR;
        let url = 0;
        const found = line?.getCell(x, cell);
        if (found) {
          width = found.getWidth();
          if (width === 0) {
            characters[index] = '';
            attributes[index] = CONTINUATION;
            continue;
          }
          character = found.getChars() || ' ';
          // A wide character whose second half lies outside the rectangle would spill over.
          if (width === 2 && x + 1 >= rectangle.width) character = ' ';
          if (!found.isAttributeDefault()) {
            foreground = foregroundKey(found);
            background = backgroundKey(found);
            flags = flagsOf(found);
          }
          const extra = found as IBufferCell & ExtendedCell;
          if (extra.extended && ((extra.bg ?? 0) & HAS_EXTENDED) !== 0) {
            url = extra.extended.urlId ?? 0;
            if (flags & FLAG.underline) {
              underlineStyle = extra.extended.underlineStyle ?? 0;
              underlineColour = underlineKey(extra.extended.underlineColor ?? 0);
            }
          }
        }
        if (
          characters[index] === character &&
          attributes[index] === flags &&
          foregrounds[index] === foreground &&
          backgrounds[index] === background &&
          underlineStyles[index] === underlineStyle &&
          underlineColours[index] === underlineColour &&
          links[index] === url
        ) {
          continue;
        }
        characters[index] = character;
        attributes[index] = flags;
        foregrounds[index] = foreground;
        backgrounds[index] = background;
        underlineStyles[index] = underlineStyle;
        underlineColours[index] = underlineColour;
        links[index] = url;
        // What stood right of a wide character is gone from the real screen.
        if (width === 2 && x + 1 < rectangle.width) {
          characters[index + 1] = '';
          attributes[index + 1] = CONTINUATION;
        }
        if (penX !== x) out += `\x1b[${rectangle.y + y + 1};${rectangle.x + x + 1}H`;
        if (url !== link) {
          link = url;
          out += openLink(linkData?.getLinkData(url));
        }
        out += changeOf(pen, foreground, background, flags, underlineStyle, underlineColour);
        out += character;
        penX = width === 1 && isPlain(character) ? x + 1 : -1;
      }
    }
    return link ? `${out}\x1b]8;;\x1b\\` : out;
  }

  #resize(width: number, height: number): void {
    if (width === this.#width && height === this.#height) return;
    this.#width = width;
    this.#height = height;
    this.#shown = unknownCells(width * height);
  }
}

/** What the real terminal shows, cell by cell. */
function unknownCells(count: number) {
  return {
    characters: new Array<string>(count).fill('\0'),
    foregrounds: new Int32Array(count).fill(UNKNOWN),
    backgrounds: new Int32Array(count).fill(UNKNOWN),
    flags: new Int32Array(count).fill(UNKNOWN),
    underlineStyles: new Int32Array(count),
    underlineColours: new Int32Array(count).fill(DEFAULT_COLOUR),
    links: new Int32Array(count),
  };
}

/** Terminals disagree on the width of anything exotic: after it the cursor is placed anew. Box drawing is safe. */
function isPlain(character: string): boolean {
  if (character.length !== 1) return false;
  const code = character.charCodeAt(0);
  return code < 0x300 || (code >= 0x2500 && code < 0x2600);
}

function openLink(link: { readonly id?: string; readonly uri: string } | undefined): string {
  return link ? `\x1b]8;${link.id ? `id=${link.id}` : ''};${link.uri}\x1b\\` : '\x1b]8;;\x1b\\';
}

function linkService(terminal: Terminal): LinkService | undefined {
  return (terminal as unknown as { _core?: { _oscLinkService?: LinkService } })._core?._oscLinkService;
}

function flagsOf(cell: IBufferCell): number {
  let flags = 0;
  if (cell.isBold()) flags |= FLAG.bold;
  if (cell.isDim()) flags |= FLAG.dim;
  if (cell.isItalic()) flags |= FLAG.italic;
  if (cell.isUnderline()) flags |= FLAG.underline;
  if (cell.isBlink()) flags |= FLAG.blink;
  if (cell.isInverse()) flags |= FLAG.inverse;
  if (cell.isInvisible()) flags |= FLAG.invisible;
  if (cell.isStrikethrough()) flags |= FLAG.strikethrough;
  if (cell.isOverline()) flags |= FLAG.overline;
  return flags;
}

function foregroundKey(cell: IBufferCell): number {
  if (cell.isFgDefault()) return DEFAULT_COLOUR;
  return cell.isFgRGB() ? TRUE_COLOUR | cell.getFgColor() : cell.getFgColor();
}

function backgroundKey(cell: IBufferCell): number {
  if (cell.isBgDefault()) return DEFAULT_COLOUR;
  return cell.isBgRGB() ? TRUE_COLOUR | cell.getBgColor() : cell.getBgColor();
}

/** The emulator's packed underline colour: two bits of mode (3 = true colour), then the value. */
function underlineKey(packed: number): number {
  const mode = packed & 0x3000000;
  if (mode === 0x3000000) return TRUE_COLOUR | (packed & 0xffffff);
  return mode ? packed & 255 : DEFAULT_COLOUR;
}
