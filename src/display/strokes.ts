import type { Key } from 'ink';
import type { KeyBinding, KeyName } from './keys.ts';

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
