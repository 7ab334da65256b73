import { cellWidth } from './text.ts';

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const PIECES = /\x1b\[[0-9;]*m|[^\x1b]+/g;
/** Characters that every terminal draws one cell wide: Latin, Greek, Cyrillic, punctuation, arrows, box drawing, blocks. */
const CERTAIN = /^[\x20-\x7e\u00a1-\u02ff\u0370-\u0482\u2010-\u2027\u2190-\u21ff\u2500-\u25a0]*$/;

/**
 * A drawn row as bytes for a terminal. Terminals disagree on the width of emoji and of some symbols: after each of
 * them the column is given anew, so that what follows stands where it belongs in all of them.
 *
 * @param start the column at which the row begins, 1 the first
 */
export function rowBytes(row: string, start = 1): string {
  if (CERTAIN.test(row.replace(/\x1b\[[0-9;]*m/g, ''))) return row;
  let column = start;
  let bytes = '';
  for (const [piece] of row.matchAll(PIECES)) {
    if (piece.startsWith('\x1b')) {
      bytes += piece;
    } else if (CERTAIN.test(piece)) {
      bytes += piece;
      column += piece.length;
    } else {
      for (const { segment } of segmenter.segment(piece)) {
        bytes += segment;
        column += cellWidth(segment);
        if (!CERTAIN.test(segment)) bytes += `\x1b[${column}G`;
      }
    }
  }
  return bytes;
}
