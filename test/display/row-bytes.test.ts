import xterm from '@xterm/headless';
import { expect, test } from 'vitest';
import { rowBytes } from '../../src/display/row-bytes.ts';

test('certain characters and colours pass unchanged', () => {
  const row = '\u001b[32m│ ✓ Grüße → end │\u001b[39m';
  expect(rowBytes('\u001b[32m│ Grüße → end │\u001b[39m')).toBe('\u001b[32m│ Grüße → end │\u001b[39m');
  expect(rowBytes(row)).toContain('✓\u001b[4G');
});

test('what follows a character stands in its column even where the terminal thinks it narrower', async () => {
  // This emulator gives an emoji one cell, most terminals two.
  const terminal = new xterm.Terminal({ cols: 40, rows: 1, allowProposedApi: true });
  const row = '│ 🚀 \u001b[1m你好\u001b[22m 👩‍👩‍👧 end │';
  await new Promise<void>((resolve) => terminal.write(rowBytes(row), resolve));
  const line = terminal.buffer.active.getLine(0);
  const column = (text: string) =>
    Array.from({ length: 40 }, (_, x) => line?.getCell(x)?.getChars()).indexOf(text);
  expect(column('你')).toBe(5);
  expect(column('e')).toBe(13);
  expect(column('d')).toBe(15);
});
