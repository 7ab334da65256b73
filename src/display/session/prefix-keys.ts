import { CTRL, spelledKey } from '../compositor/spelled-key.ts';
import type { KeyBinding } from '../keys.ts';

/** What a key does after the prefix, while a session is on the screen. */
export type SessionAction =
  | 'full'
  | 'right'
  | 'bottom'
  | 'panels'
  | 'cycle'
  | 'wider'
  | 'narrower'
  | 'focus'
  | 'scroll-up'
  | 'scroll-down'
  | 'redraw'
  | 'suspend'
  | 'end'
  | 'help'
  | 'literal';

export const SESSION_KEYS: readonly KeyBinding<SessionAction>[] = [
  { action: 'full', keys: ['1'], help: 'the agent alone' },
  { action: 'right', keys: ['2'], help: 'panels at the right' },
  { action: 'bottom', keys: ['3'], help: 'panels below' },
  { action: 'panels', keys: ['4'], help: 'panels alone' },
  { action: 'cycle', keys: [' '], help: 'the next layout', footer: { keys: [' '], label: 'layout' } },
  { action: 'wider', keys: ['<', '+'], help: 'more room for the panels' },
  { action: 'narrower', keys: ['>', '-'], help: 'less room for the panels' },
  {
    action: 'focus',
    keys: ['tab', 'o'],
    help: 'move the keys between agent and panels',
    footer: { keys: ['tab'], label: 'focus' },
  },
  { action: 'scroll-up', keys: ['pageup', '['], help: 'scroll the agent back; the wheel does too' },
  { action: 'scroll-down', keys: ['pagedown', ']'], help: 'scroll the agent forward' },
  { action: 'redraw', keys: ['r', 'ctrl+l'], help: 'draw everything anew' },
  { action: 'suspend', keys: ['z', 'ctrl+z'], help: 'stop llmup; fg goes on. Ctrl-Z does the same' },
  {
    action: 'end',
    keys: ['q'],
    help: 'end the session, after a question',
    footer: { keys: ['q'], label: 'end' },
  },
  { action: 'literal', keys: ['prefix'], help: 'send the prefix key to the agent' },
  { action: 'help', keys: ['?', 'h'], help: 'this list', footer: { keys: ['?'], label: 'help' } },
];

/** Escape sequences of named keys, and control characters, as the tables write them. */
const NAMED: Readonly<Record<string, string>> = {
  '\t': 'tab',
  '\f': 'ctrl+l',
  '\x1a': 'ctrl+z',
  '\x1b[5~': 'pageup',
  '\x1b[6~': 'pagedown',
  '\x1b[5;2~': 'pageup',
  '\x1b[6;2~': 'pagedown',
};

/** The table's name of a key that follows the prefix, in whatever encoding the terminal sends it. */
export function prefixKeyName(key: string): string {
  const named = NAMED[key];
  if (named !== undefined) return named;
  const spelled = spelledKey(key);
  if (!spelled) return key;
  const { character, modifiers } = spelled;
  if (modifiers & CTRL) return `ctrl+${character}`;
  return NAMED[character] ?? character;
}
