import { cellWidth, pad, printable, takeCells, truncate } from './text.ts';
import type { Theme } from './theme.ts';

/** How a piece of a line looks. Only the sixteen palette colours, so that light and dark terminals both work. */
export interface Style {
  readonly color?: 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan' | 'gray';
  readonly bold?: boolean;
  readonly dim?: boolean;
  readonly italic?: boolean;
  readonly inverse?: boolean;
}

export interface Span {
  readonly text: string;
  readonly style?: Style;
}

/** One row of a panel. Panels are functions from what they show, and a size, to lines. */
export type Line = readonly Span[];

export const STYLE = {
  title: { bold: true },
  strong: { bold: true },
  dim: { dim: true },
  ok: { color: 'green' },
  warn: { color: 'yellow' },
  bad: { color: 'red' },
  active: { color: 'cyan' },
  thinking: { color: 'magenta', dim: true, italic: true },
  tool: { color: 'cyan', bold: true },
  key: { bold: true },
  string: { color: 'green' },
  selected: { inverse: true },
} as const satisfies Record<string, Style>;

export function span(text: string, style?: Style): Span {
  return style ? { text, style } : { text };
}

export function lineWidth(line: Line): number {
  return line.reduce((sum, piece) => sum + cellWidth(piece.text), 0);
}

/** A line in exactly `cells` cells: made printable, cut with the theme's mark or filled with spaces. */
export function fitLine(line: Line, cells: number, theme: Theme): Line {
  const pieces: Span[] = [];
  let left = cells;
  for (const piece of line) {
    if (left <= 0 && piece.text.trim() === '') continue;
    if (left <= 0) return cells > 0 ? markCut(pieces, theme) : [];
    const text = printable(piece.text, theme.ascii).replaceAll('\n', ' ');
    const width = cellWidth(text);
    const cut = width > left ? truncate(text, left, theme.symbols.cut) : text;
    pieces.push({ ...piece, text: cut });
    left -= cellWidth(cut);
  }
  if (left > 0) pieces.push({ text: ' '.repeat(left) });
  return pieces;
}

/** What ends just where more would come: the last cell says so too. */
function markCut(line: Line, { symbols: { cut } }: Theme): Line {
  const last = line.at(-1);
  if (!last || last.text.endsWith(cut)) return line;
  const kept = takeCells(last.text, cellWidth(last.text) - 1);
  const gap = ' '.repeat(cellWidth(last.text) - cellWidth(kept) - 1);
  return [...line.slice(0, -1), { ...last, text: kept + gap + cut }];
}

/** A line with something at its right edge, which stays when there is no room for both. */
export function spread(left: Line, right: Line, cells: number, theme: Theme): Line {
  const tail = fitLine(right, Math.min(cells, lineWidth(right)), theme);
  return [...fitLine(left, cells - lineWidth(tail), theme), ...tail];
}

/** A line as one highlighted bar, without colours of its own: colours under inverse make a patchwork. */
export function highlight(line: Line): Line {
  return line.map((piece) => ({ text: piece.text, style: { inverse: true } }));
}

/** The text of a line, for what reads lines without drawing them. */
export function lineText(line: Line): string {
  return line.map((piece) => piece.text).join('');
}

/** One cell-exact column of a table. */
export function cell(text: string, cells: number, theme: Theme, align: 'left' | 'right' = 'left'): string {
  return pad(printable(text, theme.ascii).replaceAll('\n', ' '), cells, theme.symbols.cut, align);
}
