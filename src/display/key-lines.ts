import type { KeyBinding, KeyName } from './keys.ts';
import { type Line, type Span, STYLE, span, spread } from './line.ts';
import { FRAME_COLUMNS, FRAME_ROWS } from './panels/frame.ts';
import { cellWidth, pad, wrap } from './text.ts';
import type { Theme } from './theme.ts';

const GLYPHS: Readonly<Record<string, string>> = {
  up: '↑',
  down: '↓',
  left: '←',
  right: '→',
  enter: '⏎',
  pageup: 'PgUp',
  pagedown: 'PgDn',
  ' ': 'space',
};

function keyGlyph(name: KeyName, theme: Theme): string {
  if (name.startsWith('ctrl+')) return `^${name.slice('ctrl+'.length).toUpperCase()}`;
  return theme.ascii && name !== ' ' ? name : (GLYPHS[name] ?? name);
}

/** The footer: as many of the bindings as fit, help and quit kept to the last. */
export function footerLine<Action extends string>(
  bindings: readonly KeyBinding<Action>[],
  width: number,
  theme: Theme,
  labels: Partial<Record<Action, string>> = {},
): Line {
  const entries = bindings.flatMap(({ action, footer }) => {
    if (!footer) return [];
    const keys = footer.keys.map((name) => keyGlyph(name, theme)).join(theme.ascii ? '/' : '');
    const label = labels[action] ?? footer.label;
    return [{ keys, label, width: cellWidth(keys) + cellWidth(label) + 3 }];
  });
  const pinned = entries.slice(-2);
  const shown: typeof entries = [];
  let room = width - 1 - pinned.reduce((sum, entry) => sum + entry.width, 0);
  for (const entry of entries.slice(0, -2)) {
    room -= entry.width;
    if (room < 0) break;
    shown.push(entry);
  }
  const spans: Span[] = [span(' ')];
  for (const entry of [...shown, ...pinned]) {
    spans.push(span(entry.keys, STYLE.key), span(` ${entry.label}  `, STYLE.dim));
  }
  return spread(spans, [], width, theme);
}

/** Bindings as a help lists them: one row for those that one sentence is about. */
export function helpRows<Action extends string>(
  bindings: readonly KeyBinding<Action>[],
): readonly { readonly keys: readonly KeyName[]; readonly help: string }[] {
  const rows: { keys: readonly KeyName[]; readonly help: string }[] = [];
  for (const { keys, help } of bindings) {
    const before = rows.at(-1);
    if (help !== undefined) rows.push({ keys, help });
    else if (before) before.keys = interleave(before.keys, keys);
  }
  return rows;
}

/** Those that are pressed most first: `up down k j`. */
function interleave(a: readonly KeyName[], b: readonly KeyName[]): readonly KeyName[] {
  const longest = Math.max(a.length, b.length);
  return Array.from({ length: longest }, (_, index) => [a[index], b[index]])
    .flat()
    .filter((name) => name !== undefined);
}

/** Cells that the keys may take in a help whose lines are longer than the screen. */
const NARROW_KEYS = 13;

/** The lines of a help overlay on a screen of `width` cells: keys and help each in a column, wrapped where they must. */
export function helpLines<Action extends string>(
  bindings: readonly KeyBinding<Action>[],
  width: number,
  theme: Theme,
): readonly Line[] {
  const rows = helpRows(bindings).map(({ keys, help }) => ({
    keys: keys.map((name) => keyGlyph(name, theme)).join(' '),
    help,
  }));
  const widest = Math.max(...rows.map(({ keys }) => cellWidth(keys)));
  const room = width - FRAME_COLUMNS - 2;
  const fits = rows.every(({ help }) => widest + cellWidth(help) <= room);
  const keysWidth = fits ? widest : Math.min(widest, NARROW_KEYS);
  return rows.flatMap(({ keys, help }) => {
    const [left, right] = [wrap(keys, keysWidth), wrap(help, Math.max(8, room - keysWidth))];
    return Array.from({ length: Math.max(left.length, right.length) }, (_, row) => [
      span(pad(left[row] ?? '', keysWidth, theme.symbols.cut), STYLE.key),
      span(`  ${right[row] ?? ''}`),
    ]);
  });
}

/** The lines of a long help that fit on a screen, from `top` on, and the largest `top` there is. */
export function helpWindow(
  lines: readonly Line[],
  top: number,
  height: number,
): { readonly lines: readonly Line[]; readonly lastTop: number } {
  const room = Math.max(1, height - FRAME_ROWS);
  if (lines.length <= room) return { lines, lastTop: 0 };
  const lastTop = lines.length - room + 1;
  const first = Math.min(top, lastTop);
  const more: Line = [span(first < lastTop ? 'more below' : 'more above', STYLE.dim)];
  return { lines: [...lines.slice(first, first + room - 1), more], lastTop };
}
