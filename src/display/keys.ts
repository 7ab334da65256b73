import type { WatchPanel } from './panels/watch-panel.ts';

/** A key as the tables below write it: `up`, `enter`, `ctrl+c`, or the character itself. */
export type KeyName = string;

/** One thing a user can do. The footer, the help overlay and the dispatch all read this. */
export interface KeyBinding<Action extends string> {
  readonly action: Action;
  readonly keys: readonly KeyName[];
  /** For the help, one short sentence; absent where the binding before speaks for both. */
  readonly help?: string;
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
  | 'open'
  | 'previous-tab'
  | 'next-tab'
  | 'previous-exchange'
  | 'next-exchange'
  | 'fold'
  | 'find'
  | 'next-match'
  | 'previous-match'
  | 'sort'
  | 'reverse'
  | 'follow'
  | 'pause'
  | 'copy'
  | `panel-${WatchPanel}`
  | 'focus'
  | 'focus-back'
  | 'help'
  | 'back'
  | 'quit';

/** A key of the panels, and where it means something; without a list, everywhere. */
export interface WatchBinding extends KeyBinding<WatchAction> {
  readonly panels?: readonly WatchPanel[];
}

/** In the order of the footer, which shows what fits. */
export const WATCH_KEYS: readonly WatchBinding[] = [
  {
    action: 'up',
    keys: ['up', 'k'],
    help: 'another exchange, or another line',
    footer: { keys: ['up', 'down'], label: 'scroll' },
  },
  { action: 'down', keys: ['down', 'j'] },
  { action: 'page-up', keys: ['pageup', 'ctrl+u'], help: 'a page up or down' },
  { action: 'page-down', keys: ['pagedown', 'ctrl+d', ' '] },
  { action: 'first', keys: ['home', 'g'], help: 'the first or the last' },
  { action: 'last', keys: ['end', 'G'] },
  {
    action: 'open',
    keys: ['enter'],
    help: 'the exchange in Detail; in Sessions, watch it',
    footer: { keys: ['enter'], label: 'detail' },
    panels: ['routes', 'stream', 'losses', 'detail', 'sessions'],
  },
  {
    action: 'previous-tab',
    keys: ['left'],
    help: 'in Detail, the body before or after',
    footer: { keys: ['left', 'right'], label: 'body' },
    panels: ['detail'],
  },
  { action: 'next-tab', keys: ['right'], panels: ['detail'] },
  {
    action: 'fold',
    keys: ['z'],
    help: 'fold or unfold what the cursor is on; so does enter',
    panels: ['detail'],
  },
  {
    action: 'find',
    keys: ['/'],
    help: 'filter Routes, or search in Stream and Detail',
    footer: { keys: ['/'], label: 'search' },
    panels: ['routes', 'stream', 'detail'],
  },
  {
    action: 'next-match',
    keys: ['n'],
    help: 'the next match, or the one before',
    panels: ['stream', 'detail'],
  },
  { action: 'previous-match', keys: ['N'], panels: ['stream', 'detail'] },
  {
    action: 'previous-exchange',
    keys: ['['],
    help: 'the exchange before or after',
    footer: { keys: ['[', ']'], label: 'exchange' },
    panels: ['stream', 'detail', 'losses'],
  },
  {
    action: 'next-exchange',
    keys: [']'],
    panels: ['stream', 'detail', 'losses'],
  },
  {
    action: 'follow',
    keys: ['f'],
    help: 'follow the newest exchange, or stay here',
    footer: { keys: ['f'], label: 'follow' },
    panels: ['routes', 'stream', 'losses', 'detail', 'log'],
  },
  {
    action: 'sort',
    keys: ['s'],
    help: 'sort: duration, tokens, cost, ttft; reversed',
    footer: { keys: ['s'], label: 'sort' },
    panels: ['routes'],
  },
  { action: 'reverse', keys: ['S'], panels: ['routes'] },
  {
    action: 'copy',
    keys: ['c'],
    help: 'copy the summary, the text or the body',
    footer: { keys: ['c'], label: 'copy' },
    panels: ['routes', 'stream', 'detail'],
  },
  {
    action: 'pause',
    keys: ['p'],
    help: 'freeze the picture; nothing is lost meanwhile',
    footer: { keys: ['p'], label: 'pause' },
  },
  {
    action: 'focus',
    keys: ['tab'],
    help: 'move the keys to another panel',
    footer: { keys: ['tab'], label: 'panel' },
  },
  { action: 'focus-back', keys: ['shift+tab'] },
  { action: 'panel-routes', keys: ['1'], help: 'Routes: one line for each exchange' },
  { action: 'panel-stream', keys: ['2'], help: 'Stream: what the model says' },
  { action: 'panel-detail', keys: ['3'], help: 'Detail: what went in and out, on both sides' },
  { action: 'panel-losses', keys: ['4', 'l'], help: 'Losses: what translation changed' },
  { action: 'panel-upstreams', keys: ['5'], help: 'Upstreams: how each of them does' },
  { action: 'panel-sessions', keys: ['6'], help: 'Sessions: others to watch, in llmup watch' },
  { action: 'panel-log', keys: ['7'], help: 'Log: errors, retries, notes' },
  { action: 'help', keys: ['?'], help: 'this list', footer: { keys: ['?'], label: 'help' } },
  { action: 'back', keys: ['esc'], help: 'back: out of Detail, to Routes, no filter' },
  {
    action: 'quit',
    keys: ['q', 'ctrl+c'],
    help: 'quit; beside an agent, back to it',
    footer: { keys: ['q'], label: 'quit' },
  },
];

/** The keys that mean something in a panel. */
export function keysOf(panel: WatchPanel): readonly WatchBinding[] {
  return WATCH_KEYS.filter(({ panels }) => !panels || panels.includes(panel));
}

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
  | 'preview'
  | 'again'
  | 'start'
  | 'help'
  | 'back'
  | 'quit';

export const PICKER_KEYS: readonly KeyBinding<PickerAction>[] = [
  {
    action: 'up',
    keys: ['up', 'k'],
    help: 'another line',
    footer: { keys: ['up', 'down'], label: 'move' },
  },
  { action: 'down', keys: ['down', 'j'] },
  { action: 'first', keys: ['home', 'g'], help: 'the first or the last line' },
  { action: 'last', keys: ['end', 'G'] },
  {
    action: 'next-section',
    keys: ['tab'],
    help: 'preset, client, values; and back',
    footer: { keys: ['tab'], label: 'section' },
  },
  { action: 'previous-section', keys: ['shift+tab'] },
  { action: 'previous-alias', keys: ['left'], help: 'another model of the preset' },
  { action: 'next-alias', keys: ['right'] },
  {
    action: 'start',
    keys: ['enter'],
    help: 'start; what is missing is asked for first',
    footer: { keys: ['enter'], label: 'start' },
  },
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
    footer: { keys: ['e'], label: 'value' },
  },
  {
    action: 'again',
    keys: ['r'],
    help: 'start the newest of the recent sessions again',
    footer: { keys: ['r'], label: 'again' },
  },
  {
    action: 'preview',
    keys: ['v'],
    help: 'where requests go, and what they lose on the way',
    footer: { keys: ['v'], label: 'route' },
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
