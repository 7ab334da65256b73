import { CTRL, type SpelledKey, spelledKey } from './spelled-key.ts';

/**
 * Splits what the user's terminal sends into keys, pastes, mouse and focus reports, without interpreting keys: they
 * go to the agent as they came. One key is taken, the prefix.
 */

export interface MouseEvent {
  /** SGR button code: 0..2 buttons, 32 motion, 64 and 65 the wheel, plus modifiers 4, 8, 16. */
  readonly button: number;
  /** 0-based cells. */
  readonly x: number;
  readonly y: number;
  readonly release: boolean;
}

export interface InputHandlers {
  /** Keys in the terminal's own encoding, possibly several. */
  keys(text: string): void;
  /** A piece of a bracketed paste, without the brackets. */
  paste(text: string, edge: { readonly first: boolean; readonly last: boolean }): void;
  mouse(event: MouseEvent): void;
  focus(gained: boolean): void;
  /** One key, pressed after the prefix; {@link PREFIX_AGAIN} for the prefix itself. */
  command(key: string): void;
  /** The prefix was pressed, or its time ran out. */
  armed(armed: boolean): void;
}

export const PREFIX_AGAIN = 'prefix';

export interface Prefix {
  /** As shown to users: `Ctrl-\`. */
  readonly label: string;
  /** What it sends without a keyboard protocol. */
  readonly control: string;
  /** The key that is pressed with Ctrl. */
  readonly character: string;
}

/** Control characters that may serve as a prefix, by the key that makes them with Ctrl. */
const PREFIX_KEYS: Readonly<Record<string, number>> = {
  '\\': 0x1c,
  ']': 0x1d,
  '^': 0x1e,
  _: 0x1f,
  g: 7,
  o: 15,
  t: 20,
  y: 25,
};

/** The prefix a user asked for: `ctrl-\`, `C-]`, `^g`; undefined when it is not one that can be taken. */
export function parsePrefix(text: string): Prefix | undefined {
  const key = /^(?:ctrl[-+]|c-|\^)(.)$/i.exec(text.trim())?.[1]?.toLowerCase();
  const code = key === undefined ? undefined : PREFIX_KEYS[key];
  if (key === undefined || code === undefined) return undefined;
  return { label: `Ctrl-${key.toUpperCase()}`, control: String.fromCharCode(code), character: key };
}

/** The keys that are pressed, one by one, without those that are let go. */
export function* pressedKeys(keys: string): Generator<string> {
  for (let rest = keys; rest; ) {
    const key = keyAt(rest);
    rest = rest.slice(key.length);
    const spelled = spelledKey(key);
    if (!spelled?.released && !spelled?.isModifier) yield key;
  }
}

function keyAt(text: string): string {
  const sequence = text[0] === '\x1b' ? SEQUENCE.exec(text)?.[0] : undefined;
  return sequence ?? String.fromCodePoint(text.codePointAt(0) ?? 0);
}

/** A whole escape sequence at the start of the text. */
const SEQUENCE =
  /^(?:\x1b\[<(?<button>\d+);(?<x>\d+);(?<y>\d+)(?<up>[Mm])|\x1b\[(?<focus>[IO])|(?<paste>\x1b\[200~)|(?<reply>\x1b\[\?[\d;]*(?:[cnu]|\$y)|\x1b\]\d+;[^\x07\x1b]*(?:\x07|\x1b\\)|\x1bP[^\x1b]*\x1b\\)|\x1b\[[\d;:<=>?]*[ -/]*[@-~]|\x1bO.|\x1b[^[\]OP\x1b])/s;
/** The start of one that may still become whole. */
const INCOMPLETE = /^\x1b(?:$|\[[\d;:<=>?]*[ -/]*$|O$|\][^\x07\x1b]*\x1b?$|P[^\x1b]*\x1b?$)/;
const PASTE_END = '\x1b[201~';

/** After this an escape on its own is the Escape key. */
const ESCAPE_MS = 30;
/** An armed prefix forgets. */
const PREFIX_MS = 2000;

export class InputRouter {
  readonly #handlers: InputHandlers;
  readonly #prefix: Prefix;
  #rest = '';
  #pasting: 'no' | 'first' | 'more' = 'no';
  #armed = false;
  #prefixSent: string;
  #escapeTimer: NodeJS.Timeout | undefined;
  #prefixTimer: NodeJS.Timeout | undefined;

  constructor(handlers: InputHandlers, prefix: Prefix) {
    this.#handlers = handlers;
    this.#prefix = prefix;
    this.#prefixSent = prefix.control;
  }

  /** The prefix key in the encoding in which the terminal last sent it. */
  get prefixSent(): string {
    return this.#prefixSent;
  }

  /** What one read of the terminal gave. */
  feed(text: string): void {
    clearTimeout(this.#escapeTimer);
    let rest = this.#rest + text;
    this.#rest = '';
    let keys = '';
    const flush = () => {
      if (keys) this.#handlers.keys(keys);
      keys = '';
    };
    while (rest) {
      if (this.#pasting !== 'no') {
        rest = this.#takePaste(rest);
        continue;
      }
      const sequence = rest[0] === '\x1b' ? SEQUENCE.exec(rest) : undefined;
      const groups = sequence?.groups;
      if (
        sequence &&
        groups &&
        (groups.button ?? groups.focus ?? groups.paste ?? groups.reply) !== undefined
      ) {
        flush();
        rest = rest.slice(sequence[0].length);
        this.#report(groups);
        continue;
      }
      if (!sequence && INCOMPLETE.test(rest)) {
        flush();
        this.#rest = rest;
        this.#escapeTimer = setTimeout(() => this.#giveUp(), ESCAPE_MS);
        return;
      }
      const key = sequence?.[0] ?? String.fromCodePoint(rest.codePointAt(0) ?? 0);
      rest = rest.slice(key.length);
      const spelled = key.startsWith('\x1b[') ? spelledKey(key) : undefined;
      const isPrefix = key === this.#prefix.control || (spelled !== undefined && this.#isPrefix(spelled));
      // Letting go of the prefix, or pressing Shift for the key that follows it, is no key.
      if ((isPrefix && spelled?.released) || (this.#armed && (spelled?.released || spelled?.isModifier))) {
        continue;
      }
      if (this.#armed) {
        flush();
        this.#arm(false);
        this.#handlers.command(isPrefix ? PREFIX_AGAIN : key);
      } else if (isPrefix) {
        flush();
        this.#prefixSent = key;
        this.#arm(true);
      } else {
        keys += key;
      }
    }
    flush();
  }

  /** Forgets timers; for the way out. */
  close(): void {
    clearTimeout(this.#escapeTimer);
    clearTimeout(this.#prefixTimer);
  }

  #isPrefix({ character, modifiers }: SpelledKey): boolean {
    return modifiers === CTRL && character === this.#prefix.character;
  }

  #report(groups: Record<string, string | undefined>): void {
    if (groups.button !== undefined) {
      this.#handlers.mouse({
        button: Number(groups.button),
        x: Number(groups.x) - 1,
        y: Number(groups.y) - 1,
        release: groups.up === 'm',
      });
    } else if (groups.focus !== undefined) {
      this.#handlers.focus(groups.focus === 'I');
    } else if (groups.paste !== undefined) {
      this.#pasting = 'first';
    }
    // A late answer to a query of ours is nobody's.
  }

  /** Hands on a paste piece by piece; an end mark split over two reads is waited for. Returns what follows it. */
  #takePaste(text: string): string {
    const first = this.#pasting === 'first';
    const end = text.indexOf(PASTE_END);
    if (end >= 0) {
      this.#pasting = 'no';
      this.#handlers.paste(text.slice(0, end), { first, last: true });
      return text.slice(end + PASTE_END.length);
    }
    let keep = Math.min(text.length, PASTE_END.length - 1);
    while (keep > 0 && !PASTE_END.startsWith(text.slice(text.length - keep))) keep--;
    const ready = text.slice(0, text.length - keep);
    this.#rest = text.slice(text.length - keep);
    if (ready) {
      this.#handlers.paste(ready, { first, last: false });
      this.#pasting = 'more';
    }
    return '';
  }

  /** The rest of a sequence never came: what is there are keys. */
  #giveUp(): void {
    const keys = this.#rest;
    this.#rest = '';
    if (!keys) return;
    if (this.#armed) {
      this.#arm(false);
      this.#handlers.command(keys);
    } else {
      this.#handlers.keys(keys);
    }
  }

  #arm(armed: boolean): void {
    clearTimeout(this.#prefixTimer);
    this.#armed = armed;
    if (armed) {
      this.#prefixTimer = setTimeout(() => this.#arm(false), PREFIX_MS);
      this.#prefixTimer.unref();
    }
    this.#handlers.armed(armed);
  }
}
