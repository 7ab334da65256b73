import stringWidth from 'string-width';

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const ASCII = /^[\x20-\x7e]*$/;
/** Characters of one cell that need no second look: Latin, Greek, Cyrillic, punctuation, arrows, box drawing, blocks. */
const NARROW = /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0482\u2010-\u2027\u2190-\u21ff\u2500-\u25a0]*$/;
// Format characters that move, hide or reverse text. The joiner and the variation selectors stay: emoji need them.
const INVISIBLE =
  /[\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/**
 * Text from elsewhere (a model, a provider, a config) made safe to print: no byte of it can move the cursor, change a
 * mode or reverse the line. Control characters become visible pictures; line breaks stay.
 *
 * @param ascii also replace what is not ASCII, by one `?` a cell
 */
export function printable(text: string, ascii = false): string {
  if (ASCII.test(text)) return text;
  const safe = text
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(/\t/g, '  ')
    .replace(INVISIBLE, '')
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, controlPicture)
    .replace(/\p{Surrogate}/gu, '\ufffd');
  if (!ascii) return safe;
  return [...segmenter.segment(safe)]
    .map(({ segment }) => (/^[\n\x20-\x7e]*$/.test(segment) ? segment : '?'.repeat(stringWidth(segment))))
    .join('');
}

/** Unicode has a picture for each C0 control; a C1 control gets the replacement character. */
function controlPicture(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : '\ufffd';
}

/** Terminal cells that printable text takes. */
export function cellWidth(text: string): number {
  return NARROW.test(text) ? text.length : stringWidth(text);
}

/** The longest beginning of a text that fits into `cells`. */
export function takeCells(text: string, cells: number): string {
  if (cells <= 0) return '';
  if (NARROW.test(text)) return text.slice(0, cells);
  let width = 0;
  let end = 0;
  for (const { segment, index } of segmenter.segment(text)) {
    width += stringWidth(segment);
    if (width > cells) break;
    end = index + segment.length;
  }
  return text.slice(0, end);
}

/** What follows the first `cells` of a text; a wide character cut in two leaves a blank. */
export function dropCells(text: string, cells: number): string {
  const head = takeCells(text, cells);
  const missing = cells - cellWidth(head);
  if (missing <= 0) return text.slice(head.length);
  const [cut = ''] = [...segmenter.segment(text.slice(head.length))].map(({ segment }) => segment);
  return ' '.repeat(Math.max(0, cellWidth(cut) - missing)) + text.slice(head.length + cut.length);
}

/** Cuts a text to `cells`, its last cell being the mark when something was cut. */
export function truncate(text: string, cells: number, mark: string): string {
  if (cellWidth(text) <= cells) return text;
  if (cells < mark.length) return mark.slice(0, Math.max(0, cells));
  return takeCells(text, cells - mark.length) + mark;
}

/** A text in exactly `cells` cells. */
export function pad(text: string, cells: number, mark: string, align: 'left' | 'right' = 'left'): string {
  const cut = truncate(text, cells, mark);
  const room = ' '.repeat(Math.max(0, cells - cellWidth(cut)));
  return align === 'left' ? cut + room : room + cut;
}

/** Breaks one paragraph into lines of at most `cells`: between words where it can, indentation kept. */
export function wrap(paragraph: string, cells: number): readonly string[] {
  const room = Math.max(1, cells);
  const lines: string[] = [];
  let rest = paragraph;
  while (rest.length > 0) {
    // Measured piece by piece: a whole long paragraph, once a line, would take its length squared.
    const ahead = rest.slice(0, room * 8);
    // A character wider than the line goes in all the same, or this would never end.
    const head = takeCells(ahead, room) || (ahead.match(/^./su)?.[0] ?? ahead);
    if (head.length === rest.length) break;
    const space = rest[head.length] === ' ' ? head.length : head.lastIndexOf(' ');
    // A break far to the left wastes the line: a long word is cut instead.
    const end = space > room / 3 ? space : head.length;
    lines.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end === space ? end + 1 : end);
  }
  return rest.length > 0 || lines.length === 0 ? [...lines, rest] : lines;
}
