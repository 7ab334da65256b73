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
  | 'focus-back'
  | 'help'
  | 'back'
  | 'quit';

export const WATCH_KEYS: readonly KeyBinding<WatchAction>[] = [
  {
    action: 'up',
    keys: ['up', 'k'],
    help: 'the exchange above, or a line up',
    footer: { keys: ['up', 'down'], label: 'select' },
  },
  { action: 'down', keys: ['down', 'j'], help: 'the exchange below, or a line down' },
  { action: 'page-up', keys: ['pageup', 'ctrl+u'], help: 'a page up' },
  { action: 'page-down', keys: ['pagedown', 'ctrl+d', ' '], help: 'a page down' },
  { action: 'first', keys: ['home', 'g'], help: 'the oldest exchange, or the first line' },
  { action: 'last', keys: ['end', 'G'], help: 'the newest exchange, or the end' },
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
    keys: ['tab'],
    help: 'move the keys to the next panel',
    footer: { keys: ['tab'], label: 'panel' },
  },
  { action: 'focus-back', keys: ['shift+tab'], help: 'to the panel before' },
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
