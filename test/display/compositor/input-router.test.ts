import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { InputRouter, PREFIX_AGAIN, parsePrefix } from '../../../src/display/compositor/input-router.ts';

const prefix = parsePrefix('ctrl-\\');
if (!prefix) throw new Error('the default prefix must parse');

/** Records what the router makes of its input; adjacent keys are joined, as a reader would see them. */
function record() {
  const log: string[] = [];
  const add = (kind: string, text: string) => {
    const last = log.at(-1);
    if (kind !== 'command' && last?.startsWith(`${kind}:`)) log[log.length - 1] = last + text;
    else log.push(`${kind}:${text}`);
  };
  const router = new InputRouter(
    {
      keys: (text) => add('keys', text),
      paste: (text, edge) => {
        add('paste', text);
        if (edge.last) log.push('end of paste');
      },
      mouse: (event) => log.push(`mouse:${event.button} ${event.x},${event.y}${event.release ? ' up' : ''}`),
      focus: (gained) => log.push(`focus:${gained}`),
      command: (key) => add('command', key),
      armed: () => undefined,
    },
    prefix as NonNullable<typeof prefix>,
  );
  return { log, router };
}

describe('the input router', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const INPUT =
    'hello\x1b[A\x1b[13;2u\x1bOP\x1b[<0;5;7M\x1b[<0;5;7m\x1b[I\x1c2é😀\x1b[200~pasted \x1c \x1b[31m text\x1b[201~after\x1c\x1c\x1b[92;5uq\x1b[27;5;92~\x1b[5~\x1b]11;rgb:0/0/0\x1b\\\x1b[?62;c\x03';
  const EXPECTED = [
    'keys:hello\x1b[A\x1b[13;2u\x1bOP',
    'mouse:0 4,6',
    'mouse:0 4,6 up',
    'focus:true',
    'command:2',
    'keys:é😀',
    'paste:pasted \x1c \x1b[31m text',
    'end of paste',
    'keys:after',
    `command:${PREFIX_AGAIN}`,
    'command:q',
    'command:\x1b[5~',
    'keys:\x03',
  ];

  it('tells keys, pastes, mouse, focus and commands apart, and swallows late answers', () => {
    const { log, router } = record();
    router.feed(INPUT);
    expect(log).toEqual(EXPECTED);
  });

  it('understands the same input however it is split', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (sizes) => {
        const { log, router } = record();
        const units = Array.from(INPUT);
        for (let at = 0, turn = 0; at < units.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          router.feed(units.slice(at, at + size).join(''));
          at += size;
        }
        expect(log).toEqual(EXPECTED);
      }),
    );
  });

  it('gives a lone escape as a key once nothing follows', () => {
    const { log, router } = record();
    router.feed('\x1b');
    expect(log).toEqual([]);
    vi.runAllTimers();
    expect(log).toEqual(['keys:\x1b']);
  });

  it('disarms the prefix after a while', () => {
    const { log, router } = record();
    router.feed('\x1c');
    vi.runAllTimers();
    router.feed('2');
    expect(log).toEqual(['keys:2']);
  });

  it('hands a large paste on piece by piece', () => {
    const { log, router } = record();
    const text = 'x'.repeat(5_000_000);
    router.feed('\x1b[200~');
    for (let at = 0; at < text.length; at += 65_536) router.feed(text.slice(at, at + 65_536));
    router.feed('\x1b[201~');
    expect(log).toEqual([`paste:${text}`, 'end of paste']);
  });
});

describe('parsePrefix', () => {
  it('takes the usual spellings and refuses what cannot be a prefix', () => {
    expect(parsePrefix('ctrl-]')).toEqual({ label: 'Ctrl-]', control: '\x1d', character: ']' });
    expect(parsePrefix('^\\')?.label).toBe('Ctrl-\\');
    expect(parsePrefix('C-g')?.label).toBe('Ctrl-G');
    expect(parsePrefix('ctrl-c')).toBeUndefined();
    expect(parsePrefix('f12')).toBeUndefined();
  });
});
