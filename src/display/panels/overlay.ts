import { fitLine, type Line, lineWidth, type Span } from '../line.ts';
import { cellWidth, dropCells, takeCells } from '../text.ts';
import type { Theme } from '../theme.ts';
import { FRAME_COLUMNS, FRAME_ROWS, frame } from './frame.ts';

/** A box in the middle of a screen, as large as its content and no larger than the screen. */
export function overlay(
  screen: readonly Line[],
  content: readonly Line[],
  title: string,
  size: { readonly width: number; readonly height: number },
  theme: Theme,
): readonly Line[] {
  const width = Math.min(size.width, Math.max(...content.map(lineWidth), title.length + 4) + FRAME_COLUMNS);
  const height = Math.min(size.height, content.length + FRAME_ROWS);
  const box = frame(content, { title, focused: true, width, height, theme });
  const left = Math.floor((size.width - width) / 2);
  const top = Math.floor((size.height - height) / 2);
  return Array.from({ length: size.height }, (_, row) => {
    const under = fitLine(screen[row] ?? [], size.width, theme);
    const over = box[row - top];
    return over
      ? [...sliceLine(under, 0, left), ...over, ...sliceLine(under, left + width, size.width)]
      : under;
  });
}

/** The cells of a fitted line from one column to before another. */
function sliceLine(line: Line, from: number, to: number): Line {
  const pieces: Span[] = [];
  let column = 0;
  for (const piece of line) {
    const start = Math.max(0, from - column);
    const end = to - column;
    column += cellWidth(piece.text);
    if (end <= start) break;
    // A wide character across either edge leaves a blank there.
    const text = dropCells(piece.text, start);
    const kept = takeCells(text, end - start);
    const gap = Math.min(end - start, cellWidth(text)) - cellWidth(kept);
    if (kept !== '' || gap > 0) pieces.push({ ...piece, text: kept + ' '.repeat(Math.max(0, gap)) });
  }
  return pieces;
}
