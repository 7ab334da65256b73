import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultLayout, geometry, LAYOUTS } from '../../../src/display/compositor/layout.ts';

describe('geometry', () => {
  it('never leaves the terminal, never overlaps in a split, and keeps the agent usable', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 100 }),
        fc.constantFrom(...LAYOUTS),
        fc.double({ min: 0.1, max: 0.9, noNaN: true }),
        (columns, rows, layout, share) => {
          const { pane, panels, status, layout: actual } = geometry(columns, rows, layout, share);
          for (const area of [pane, panels, status]) {
            if (!area) continue;
            expect(area.x + area.width).toBeLessThanOrEqual(columns);
            expect(area.y + area.height).toBeLessThanOrEqual(rows);
          }
          expect(pane.width).toBeGreaterThan(0);
          expect(pane.height).toBeGreaterThan(0);
          if (actual === 'right' || actual === 'bottom') {
            expect(pane.width).toBeGreaterThanOrEqual(60);
            expect(pane.height).toBeGreaterThanOrEqual(actual === 'bottom' ? 12 : 1);
            const cells = pane.width * pane.height + (panels?.width ?? 0) * (panels?.height ?? 0);
            expect(cells).toBe(columns * (rows - status.height));
          }
        },
      ),
    );
  });

  it('starts full on a narrow terminal and split on a wide one', () => {
    expect(defaultLayout(80)).toBe('full');
    expect(defaultLayout(120)).toBe('right');
    expect(geometry(80, 24, 'right').layout).toBe('full');
    expect(geometry(120, 40, 'right').layout).toBe('right');
  });
});
