import type { KeyBinding, KeyName } from './keys.ts';
import { type Line, type Span, STYLE, span, spread } from './line.ts';
import { cellWidth } from './text.ts';
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

/** The lines of a help overlay. */
export function helpLines<Action extends string>(
  bindings: readonly KeyBinding<Action>[],
  theme: Theme,
): readonly Line[] {
  const rows = bindings.map((binding) => ({
    keys: binding.keys.map((name) => keyGlyph(name, theme)).join(' '),
    help: binding.help,
  }));
  const keysWidth = Math.max(...rows.map(({ keys }) => cellWidth(keys)));
  return rows.map(({ keys, help }) => [
    span(keys + ' '.repeat(keysWidth - cellWidth(keys)), STYLE.key),
    span(`  ${help}`),
  ]);
}
