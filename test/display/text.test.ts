import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { fitLine, lineText, span } from '../../src/display/line.ts';
import { dropCells, pad, printable, takeCells, truncate, wrap } from '../../src/display/text.ts';
import { createTheme } from '../../src/display/theme.ts';

/** Text as models and attackers write it: wide, combining, joined, controlling. */
const anyText = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        'a',
        ' ',
        '你',
        '🚀',
        'e\u0301',
        '👩‍👩‍👧',
        '\u001b[31m',
        '\u202e',
        '\r',
        '\n',
        '\u009b2J',
      ),
    )
    .map((parts) => parts.join('')),
);

test('a line that is cut says so, between two of its pieces too', () => {
  const theme = createTheme({}, { LANG: 'C.UTF-8' });
  const text = (cells: number) => lineText(fitLine([span('abcd'), span('efgh')], cells, theme));
  expect([text(8), text(6), text(4), text(3)]).toEqual(['abcdefgh', 'abcde…', 'abc…', 'ab…']);
  expect(lineText(fitLine([span('abcd'), span('   ')], 4, theme))).toBe('abcd');
  expect(lineText(fitLine([span('ab日'), span('本')], 4, theme))).toBe('ab …');
});

test('nothing that controls a terminal survives', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(printable(text)).not.toMatch(
        /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/,
      );
    }),
  );
});

test('a control sequence becomes visible instead of being obeyed', () => {
  expect(printable('before\u001b[2Jafter\u0007')).toBe('before␛[2Jafter␇');
  expect(printable('one\r\ntwo\rthree\u2028four')).toBe('one\ntwo\nthree\nfour');
  expect(printable('abc\u202edcba')).toBe('abcdcba');
});

test('text that is safe stays as it is', () => {
  expect(printable('Grüße, 你好 👩‍👩‍👧 ✓\n  if (a) {}')).toBe('Grüße, 你好 👩‍👩‍👧 ✓\n  if (a) {}');
});

test('in ASCII each cell of other characters is a question mark', () => {
  expect(printable('a→b 你 é', true)).toBe('a?b ?? ?');
  fc.assert(fc.property(anyText, (text) => /^[\n\x20-\x7e]*$/.test(printable(text, true))));
});

test('a cut text never takes more cells than it may, and a padded one takes exactly as many', () => {
  fc.assert(
    fc.property(anyText, fc.nat({ max: 30 }), (raw, cells) => {
      const text = printable(raw).replaceAll('\n', ' ');
      expect(stringWidth(truncate(text, cells, '…'))).toBeLessThanOrEqual(cells);
      expect(stringWidth(takeCells(text, cells))).toBeLessThanOrEqual(cells);
      expect(stringWidth(pad(text, cells, '…'))).toBe(cells);
    }),
  );
});

test('what follows a cut wide character begins with a blank', () => {
  expect(dropCells('你好', 1)).toBe(' 好');
  expect(dropCells('你好', 2)).toBe('好');
  expect(dropCells('abc', 5)).toBe('');
});

test('words wrap, indentation stays, long words are cut', () => {
  expect(wrap('I will update the parser', 11)).toEqual(['I will', 'update the', 'parser']);
  expect(wrap('    return indented code', 14)).toEqual(['    return', 'indented code']);
  expect(wrap('x'.repeat(12), 5)).toEqual(['xxxxx', 'xxxxx', 'xx']);
  expect(wrap('你好世界', 5)).toEqual(['你好', '世界']);
  expect(wrap('', 5)).toEqual(['']);
});

test('wrapping loses nothing but blanks and exceeds no line', () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 2, max: 40 }), (raw, cells) => {
      const text = printable(raw).replaceAll('\n', ' ');
      const lines = wrap(text, cells);
      expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(cells);
    }),
  );
});
