import { fitLine, type Line, lineWidth, STYLE, span } from '../line.ts';
import type { Theme } from '../theme.ts';

export interface FrameOptions {
  readonly title: string;
  /** At the right of the upper edge. */
  readonly note?: Line;
  /** The keys go here. */
  readonly focused?: boolean;
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
}

/** Cells a frame takes from its content, left and right together; above and below are two rows. */
export const FRAME_COLUMNS = 4;
export const FRAME_ROWS = 2;

/** Puts content into a titled box of exactly `width` by `height` cells. */
export function frame(content: readonly Line[], options: FrameOptions): readonly Line[] {
  const { width, height, theme, focused } = options;
  const { border } = theme.symbols;
  const edge = focused ? STYLE.active : STYLE.dim;
  const inner = Math.max(0, width - FRAME_COLUMNS);
  const rows = Array.from({ length: Math.max(0, height - FRAME_ROWS) }, (_, row) => [
    span(`${border.vertical} `, edge),
    ...fitLine(content[row] ?? [], inner, theme),
    span(` ${border.vertical}`, edge),
  ]);
  const bottom = border.bottomLeft + border.horizontal.repeat(Math.max(0, width - 2)) + border.bottomRight;
  return [upperEdge(options), ...rows, [span(bottom, edge)]];
}

/** `╭─ Routes ─────── note ─╮`; the note goes first when there is no room for both. */
function upperEdge({ title, note = [], focused, width, theme }: FrameOptions): Line {
  const { border } = theme.symbols;
  const edge = focused ? STYLE.active : STYLE.dim;
  const noteWidth = note.length > 0 ? lineWidth(note) + 3 : 0;
  const titleRoom = Math.max(0, width - 6 - noteWidth);
  const fits = note.length === 0 || titleRoom >= Math.min(title.length, 8);
  const shown = fitLine(
    [span(title, focused ? { ...STYLE.active, bold: true } : STYLE.title)],
    Math.min(title.length, fits ? titleRoom : Math.max(0, width - 6)),
    theme,
  );
  const tail = fits && note.length > 0 ? [span(' '), ...note, span(` ${border.horizontal}`, edge)] : [];
  const line = [span(`${border.topLeft}${border.horizontal} `, edge), ...shown, span(' ')];
  const rule = Math.max(0, width - 1 - lineWidth(line) - lineWidth(tail));
  return [...line, span(border.horizontal.repeat(rule), edge), ...tail, span(border.topRight, edge)];
}
