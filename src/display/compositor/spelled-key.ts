/**
 * A key that the terminal spells out: `CSI code[:shifted[:base]] [; modifiers[:event] [; text]] u` of the kitty
 * keyboard protocol (https://sw.kovidgoyal.net/kitty/keyboard-protocol/), or xterm's modifyOtherKeys,
 * `CSI 27 ; modifiers ; code ~`.
 */
export interface SpelledKey {
  /** What it types; the unshifted key where that is not told. */
  readonly character: string;
  /** Bits of shift, alt, ctrl, super, hyper and meta (1 to 32), without the locks. */
  readonly modifiers: number;
  readonly released: boolean;
  /** Shift, Ctrl, a lock: no key of its own. */
  readonly isModifier: boolean;
}

export const CTRL = 4;
/** Caps lock and num lock, which some terminals report with every key. */
const LOCKS = 64 | 128;

const KITTY = /^\x1b\[(\d+)(?::(\d*))?(?::\d*)?(?:;(\d*)(?::(\d))?)?(?:;([\d:]*))?u$/;
const MODIFY_OTHER_KEYS = /^\x1b\[27;(\d+);(\d+)~$/;

/** Reads one; undefined for a key that comes in its old form. */
export function spelledKey(sequence: string): SpelledKey | undefined {
  const xterm = MODIFY_OTHER_KEYS.exec(sequence);
  if (xterm) return key(Number(xterm[2]), modifiersOf(xterm[1]), false);
  const kitty = KITTY.exec(sequence);
  if (!kitty) return undefined;
  const [, code, shifted, modifiers, event, text] = kitty;
  const bits = modifiersOf(modifiers);
  const typed = text ? Number(text.split(':')[0]) : bits & 1 && shifted ? Number(shifted) : Number(code);
  return key(typed, bits, event === '3', Number(code));
}

function key(typed: number, modifiers: number, released: boolean, code = typed): SpelledKey {
  return {
    character: typed > 0 && typed <= 0x10ffff ? String.fromCodePoint(typed) : '',
    modifiers,
    released,
    // The protocol's own code points of locks and modifiers.
    isModifier: (code >= 57358 && code <= 57360) || (code >= 57441 && code <= 57454),
  };
}

/** They are sent plus one; none is 1. */
function modifiersOf(sent: string | undefined): number {
  return (Number(sent || 1) - 1) & ~LOCKS;
}

/** Whether it is Ctrl and this character, pressed. */
export function isCtrl(sequence: string, character: string): boolean {
  const found = spelledKey(sequence);
  return found?.character === character && found.modifiers === CTRL && !found.released;
}
