import type { Key } from 'ink';
import { type Line, type Span, STYLE, span, spread } from './line.ts';
import { cellWidth } from './text.ts';
import type { Theme } from './theme.ts';

/** A key as the tables below write it: `up`, `enter`, `ctrl+c`, or the character itself. */
export type KeyName = string;

/** One thing a user can do. The footer, the help overlay and the dispatch all read this. */
export interface KeyBinding<Action extends string> {
  readonly action: Action;
  readonly keys: readonly KeyName[];
  /** For the help overlay, one short sentence. */
  readonly help: string;
  /** In the footer, which shows what fits in this order; absent means help only. */
  readonly footer?: { readonly keys: readonly KeyName[]; readonly label: string };
}

export type WatchAction =
  | 'up'
  | 'down'
  | 'page-up'
  | 'page-down'
  | 'first'
  | 'last'
  | 'follow'
  | 'losses'
  | 'focus'
  | 'help'
  | 'back'
  | 'quit';

export const WATCH_KEYS: readonly KeyBinding<WatchAction>[] = [
  {
    action: 'up',
    keys: ['up', 'k'],
    help: 'the exchange above, or a line up in the stream',
    footer: { keys: ['up', 'down'], label: 'select' },
  },
  { action: 'down', keys: ['down', 'j'], help: 'the exchange below, or a line down in the stream' },
  { action: 'page-up', keys: ['pageup', 'ctrl+u'], help: 'a page up' },
  { action: 'page-down', keys: ['pagedown', 'ctrl+d', ' '], help: 'a page down' },
  { action: 'first', keys: ['home', 'g'], help: 'the oldest exchange, the start of the stream' },
  { action: 'last', keys: ['end', 'G'], help: 'the newest exchange, the end of the stream' },
  {
    action: 'follow',
    keys: ['f'],
    help: 'follow the newest exchange, or stay where you are',
    footer: { keys: ['f'], label: 'follow' },
  },
  {
    action: 'losses',
    keys: ['l'],
    help: 'what translation changed in this exchange',
    footer: { keys: ['l'], label: 'losses' },
  },
  {
    action: 'focus',
    keys: ['tab', 'shift+tab'],
    help: 'move the keys between Routes and Stream',
    footer: { keys: ['tab'], label: 'focus' },
  },
  { action: 'help', keys: ['?'], help: 'this list', footer: { keys: ['?'], label: 'help' } },
  { action: 'back', keys: ['esc'], help: 'back to Routes' },
  { action: 'quit', keys: ['q', 'ctrl+c'], help: 'quit', footer: { keys: ['q'], label: 'quit' } },
];

export type PickerAction =
  | 'up'
  | 'down'
  | 'first'
  | 'last'
  | 'next-section'
  | 'previous-section'
  | 'next-alias'
  | 'previous-alias'
  | 'filter'
  | 'enter-value'
  | 'start'
  | 'help'
  | 'back'
  | 'quit';

export const PICKER_KEYS: readonly KeyBinding<PickerAction>[] = [
  {
    action: 'up',
    keys: ['up', 'k'],
    help: 'the line above',
    footer: { keys: ['up', 'down'], label: 'move' },
  },
  { action: 'down', keys: ['down', 'j'], help: 'the line below' },
  { action: 'first', keys: ['home', 'g'], help: 'the first line' },
  { action: 'last', keys: ['end', 'G'], help: 'the last line' },
  {
    action: 'next-section',
    keys: ['tab'],
    help: 'preset, client, values',
    footer: { keys: ['tab'], label: 'section' },
  },
  { action: 'previous-section', keys: ['shift+tab'], help: 'the section before' },
  { action: 'next-alias', keys: ['right'], help: 'the next model of the preset' },
  { action: 'previous-alias', keys: ['left'], help: 'the model before' },
  {
    action: 'filter',
    keys: ['/'],
    help: 'show only presets that contain some letters',
    footer: { keys: ['/'], label: 'filter' },
  },
  {
    action: 'enter-value',
    keys: ['e'],
    help: 'enter a value that is missing; it stays in memory',
    footer: { keys: ['e'], label: 'enter value' },
  },
  {
    action: 'start',
    keys: ['enter'],
    help: 'start; what is missing is asked for first',
    footer: { keys: ['enter'], label: 'start' },
  },
  { action: 'help', keys: ['?'], help: 'this list', footer: { keys: ['?'], label: 'help' } },
  { action: 'back', keys: ['esc'], help: 'clear the filter, then quit' },
  {
    action: 'quit',
    keys: ['q', 'ctrl+c'],
    help: 'quit, nothing is started',
    footer: { keys: ['q'], label: 'quit' },
  },
];

export type FieldAction = 'submit' | 'erase' | 'clear' | 'cancel' | 'quit';

/** While a value or a filter is typed, every other key is part of it. */
export const FIELD_KEYS: readonly KeyBinding<FieldAction>[] = [
  {
    action: 'submit',
    keys: ['enter', 'tab'],
    help: 'take the value',
    footer: { keys: ['enter'], label: 'take it' },
  },
  { action: 'erase', keys: ['backspace'], help: 'erase the last character' },
  {
    action: 'clear',
    keys: ['ctrl+u'],
    help: 'erase everything',
    footer: { keys: ['ctrl+u'], label: 'clear' },
  },
  {
    action: 'cancel',
    keys: ['esc'],
    help: 'leave it as it was',
    footer: { keys: ['esc'], label: 'cancel' },
  },
  { action: 'quit', keys: ['ctrl+c'], help: 'quit, nothing is started' },
];

/** The name of a key that Ink read; undefined for text, which may be several characters at once. */
function keyName(input: string, key: Key): KeyName | undefined {
  if (key.upArrow) return 'up';
  if (key.downArrow) return 'down';
  if (key.leftArrow) return 'left';
  if (key.rightArrow) return 'right';
  if (key.pageUp) return 'pageup';
  if (key.pageDown) return 'pagedown';
  if (key.home) return 'home';
  if (key.end) return 'end';
  if (key.return) return 'enter';
  if (key.escape) return 'esc';
  if (key.tab) return key.shift ? 'shift+tab' : 'tab';
  // Terminals send DEL for the backspace key, which Ink reports as `delete`.
  if (key.backspace || key.delete) return 'backspace';
  if (key.ctrl) return `ctrl+${input}`;
  if (key.meta) return `alt+${input}`;
  return undefined;
}

/** What one read from the terminal holds: a named key, or text. */
export type Stroke = { readonly key: KeyName } | { readonly text: string };

/**
 * One read of Ink as strokes, in order: a fast typist's keys arrive together. A line break at the end is the enter
 * key; one inside is a paste's, and no key.
 */
export function strokesOf(input: string, key: Key): readonly Stroke[] {
  const name = keyName(input, key);
  if (name !== undefined) return [{ key: name }];
  const characters = [...input];
  const isPaste = /[^\r\n]/.test(input);
  return characters.flatMap((character, index): readonly Stroke[] => {
    if (character === '\r' || character === '\n') {
      return isPaste && index < characters.length - 1 ? [] : [{ key: 'enter' }];
    }
    return [controlKey(character) ?? { text: character }];
  });
}

/** The key behind a control character: terminals send ctrl+a as 1, and so on. */
function controlKey(character: string): Stroke | undefined {
  if (character === '\t') return { key: 'tab' };
  if (character === '\u007f' || character === '\b') return { key: 'backspace' };
  const code = character.charCodeAt(0);
  return code < 0x20 ? { key: `ctrl+${String.fromCharCode(code + 0x60)}` } : undefined;
}

/** What a stroke does by a table, if anything. */
export function actionOf<Action extends string>(
  bindings: readonly KeyBinding<Action>[],
  stroke: Stroke,
): Action | undefined {
  const name = 'key' in stroke ? stroke.key : stroke.text;
  return bindings.find((binding) => binding.keys.includes(name))?.action;
}

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
