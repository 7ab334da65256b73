import { fitLine, type Line, lineWidth, STYLE, span } from '../line.ts';
import { cellWidth } from '../text.ts';
import type { Theme } from '../theme.ts';

/** The other panels that a place can show, by the keys that bring them up. */
export interface Tabs {
  readonly before: readonly Tab[];
  /** The key of the one shown. */
  readonly key: string;
  readonly after: readonly Tab[];
}

interface Tab {
  readonly key: string;
  readonly name: string;
}

/** Where a panel is drawn, and how. */
export interface Place {
  /** The keys go here. */
  readonly focused?: boolean;
  readonly tabs?: Tabs | undefined;
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
}

export interface FrameOptions extends Place {
  readonly title: string;
  /** At the right of the upper edge. */
  readonly note?: Line;
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

/** `╭─ Routes ─────── note ─╮`; the other tabs shrink first, then the note goes. */
function upperEdge(options: FrameOptions): Line {
  const { title, note = [], focused, width, theme } = options;
  const { border } = theme.symbols;
  const edge = focused ? STYLE.active : STYLE.dim;
  const noteWidth = note.length > 0 ? lineWidth(note) + 3 : 0;
  const most = Math.max(0, width - 6);
  const least = Math.min(cellWidth(title), 8);
  const withNote = most - noteWidth;
  const room = withNote >= least ? withNote : most;
  const choices = titleLines(options);
  const fitting = choices.find((line) => lineWidth(line) <= room) ?? choices.at(-1) ?? [];
  const shown = fitLine(fitting, Math.min(lineWidth(fitting), room), theme);
  const tail =
    room === withNote && note.length > 0 ? [span(' '), ...note, span(` ${border.horizontal}`, edge)] : [];
  const line = [span(`${border.topLeft}${border.horizontal} `, edge), ...shown, span(' ')];
  const rule = Math.max(0, width - 1 - lineWidth(line) - lineWidth(tail));
  return [...line, span(border.horizontal.repeat(rule), edge), ...tail, span(border.topRight, edge)];
}

/** The title among the other tabs, the longest first: `2 Stream  4 Losses`, `2 Stream  4 Los`, `2 Stream [4]`. */
function titleLines({ title, tabs, focused }: FrameOptions): readonly Line[] {
  const name = span(title, focused ? { ...STYLE.active, bold: true } : STYLE.title);
  if (!tabs) return [[name]];
  const own = [span(`${tabs.key} `, focused ? STYLE.active : STYLE.dim), name];
  const others = [...tabs.before, ...tabs.after];
  if (others.length === 0) return [own, [name]];
  const among = (letters: number): Line => {
    const other = (tab: Tab) => span(`${tab.key} ${tab.name.slice(0, letters)}`, STYLE.dim);
    const gap = span('  ');
    return [
      ...tabs.before.flatMap((tab) => [other(tab), gap]),
      ...own,
      ...tabs.after.flatMap((tab) => [gap, other(tab)]),
    ];
  };
  const keys = span(` [${others.map(({ key }) => key).join('')}]`, STYLE.dim);
  return [among(Number.POSITIVE_INFINITY), among(3), [...own, keys], own, [name]];
}
