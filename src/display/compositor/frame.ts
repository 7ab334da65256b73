import { rowBytes } from '../row-bytes.ts';
import type { Rectangle } from './layout.ts';

const BEGIN = '\x1b[?2026h\x1b[?25l';
const END = '\x1b[?2026l';

/** Rows of ready-made text (with colours), written only where they changed. */
export class RowPainter {
  #written: (string | undefined)[] = [];

  reset(): void {
    this.#written = [];
  }

  paint(rows: readonly string[], rectangle: Rectangle): string {
    let out = '';
    for (let y = 0; y < rectangle.height; y++) {
      const row = rows[y] ?? '';
      if (row === this.#written[y]) continue;
      this.#written[y] = row;
      // Erase the row's cells, then write it: a shorter row must not leave the old one's end.
      const left = rectangle.x + 1;
      out += `\x1b[${rectangle.y + y + 1};${left}H\x1b[0m\x1b[${rectangle.width}X${rowBytes(row, left)}\x1b[0m`;
    }
    return out;
  }
}

/** One synchronized frame: the terminal shows it whole, the cursor last. */
export function frame(
  content: string,
  cursor: { readonly x: number; readonly y: number; readonly visible: boolean } | undefined,
): string {
  const place = cursor ? `\x1b[${cursor.y + 1};${cursor.x + 1}H${cursor.visible ? '\x1b[?25h' : ''}` : '';
  return `${BEGIN}${content}${place}${END}`;
}
