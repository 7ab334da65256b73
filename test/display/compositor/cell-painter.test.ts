import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CellPainter } from '../../../src/display/compositor/cell-painter.ts';
import { cellsOf, emulator, FEATURE_SCREEN, write } from './cells.ts';

describe('the cell painter', () => {
  it('shows a feature screen cell for cell, at an offset, beside other content', async () => {
    const child = emulator(80, 24);
    const user = emulator(100, 30);
    await write(child, FEATURE_SCREEN);
    const area = { x: 7, y: 3, width: 80, height: 24 };
    await write(user, new CellPainter().paint(child, area));
    expect(cellsOf(user, area)).toEqual(cellsOf(child));
    expect(cellsOf(user, { x: 0, y: 0, width: 7, height: 30 }).join()).toBe(
      cellsOf(emulator(100, 30), { x: 0, y: 0, width: 7, height: 30 }).join(),
    );
  });

  it('writes nothing when nothing changed, and only what changed otherwise', async () => {
    const child = emulator(80, 24);
    const painter = new CellPainter();
    const area = { x: 0, y: 0, width: 80, height: 24 };
    await write(child, FEATURE_SCREEN);
    painter.paint(child, area);
    expect(painter.paint(child, area)).toBe('');
    await write(child, '\x1b[23;10Hq');
    expect(painter.paint(child, area)).toBe('\x1b[23;10H\x1b[0mq');
  });

  it('follows any sequence of writes', async () => {
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 30 }),
      fc.constantFrom(
        '日本',
        '😀',
        '\r\n',
        '\x1b[K',
        '\x1b[2J',
        '\x1b[L',
        '\x1b[M',
        '\x1b[@',
        '\x1b[P',
        '\x1b[?1049h',
        '\x1b[?1049l',
      ),
      fc
        .tuple(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 30 }))
        .map(([y, x]) => `\x1b[${y};${x}H`),
      fc.integer({ min: 0, max: 255 }).map((colour) => `\x1b[38;5;${colour};1m`),
      fc.constant('\x1b[0m'),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(piece, { maxLength: 8 }), { maxLength: 6 }), async (frames) => {
        const child = emulator(30, 10);
        const user = emulator(30, 10);
        const painter = new CellPainter();
        for (const pieces of frames) {
          await write(child, pieces.join(''));
          await write(user, painter.paint(child, { x: 0, y: 0, width: 30, height: 10 }));
          expect(cellsOf(user)).toEqual(cellsOf(child));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('shows the scrollback', async () => {
    const child = emulator(20, 5);
    const user = emulator(20, 5);
    for (let line = 1; line <= 12; line++) await write(child, `line ${line}\r\n`);
    await write(user, new CellPainter().paint(child, { x: 0, y: 0, width: 20, height: 5 }, 3));
    expect(user.buffer.active.getLine(0)?.translateToString(true).trimEnd()).toBe('line 6');
  });
});
