import { type Line, type Span, STYLE, span } from '../../line.ts';
import type { Theme } from '../../theme.ts';
import { changesMeaning } from '../../totals.ts';
import { isContainer, type JsonNode, sizeOf } from './json-node.ts';
import type { LossMarks } from './marks.ts';
import type { DetailRow } from './rows.ts';

/** How a row is drawn beyond what it is. */
export interface RowLook {
  readonly width: number;
  readonly theme: Theme;
  /** Of the request that the losses name places of. */
  readonly marks: LossMarks | undefined;
}

/** One row of a document as one line; only so much of a long value is looked at as fits. */
export function rowLine(row: DetailRow, look: RowLook): Line {
  switch (row.kind) {
    case 'value':
      return valueLine(row, look);
    case 'close': {
      const bracket = Array.isArray(row.node.value) ? ']' : '}';
      return [span(`${indent(row.node.depth)}  ${bracket}${row.comma ? ',' : ''}`)];
    }
    case 'text':
      return [span(`${indent(row.depth)}  `), span(row.text)];
    case 'frame': {
      const { event } = row.frame;
      return [
        gutter(row.open, 0, look.theme),
        span(`${String(row.number).padStart(4)}  `, STYLE.dim),
        ...(event === undefined ? [] : [span(`${event}  `, STYLE.active)]),
        ...(row.open ? [] : [span(row.frame.data.slice(0, look.width), STYLE.dim)]),
      ];
    }
  }
}

function indent(depth: number): string {
  // Deep nesting must not push a value out of a narrow panel.
  return '  '.repeat(Math.min(depth, 12));
}

function gutter(open: boolean | undefined, depth: number, { symbols }: Theme): Span {
  const mark = open === undefined ? ' ' : open ? symbols.unfolded : symbols.pointer;
  return span(`${indent(depth)}${mark} `, STYLE.dim);
}

function valueLine(row: Extract<DetailRow, { kind: 'value' }>, look: RowLook): Line {
  const { node, open, comma } = row;
  const end = comma ? ',' : '';
  const head = [
    gutter(open, node.depth, look.theme),
    ...(node.key === undefined ? [] : [span(`${JSON.stringify(node.key)}`, STYLE.active), span(': ')]),
  ];
  const tail = marksFor(node, open ?? true, look);
  if (open && isContainer(node.value)) {
    return [...head, span(Array.isArray(node.value) ? '[' : '{'), ...tail];
  }
  const used = 2 * node.depth + (node.key?.length ?? 0) + 10;
  return [...head, ...valueSpans(node.value, open, end, look, look.width - used), ...tail];
}

/** @param left cells that are left on the line */
function valueSpans(
  value: unknown,
  open: boolean | undefined,
  end: string,
  look: RowLook,
  left: number,
): readonly Span[] {
  const { symbols } = look.theme;
  if (isContainer(value)) {
    if (open === undefined) return [span(`${Array.isArray(value) ? '[]' : '{}'}${end}`)];
    return [span(`${folded(value, Math.max(16, left), symbols.cut)}${end}`, STYLE.dim)];
  }
  if (typeof value !== 'string') return [span(`${JSON.stringify(value) ?? 'null'}${end}`, STYLE.warn)];
  if (open) return [span(`${value.length} characters`, STYLE.dim)];
  const room = Math.max(12, Math.min(left - 12, 400));
  const cut = value.length > room;
  const shown = JSON.stringify(value.slice(0, room));
  return cut
    ? [
        span(`${shown.slice(0, -1)}${symbols.cut}`, STYLE.string),
        span(` ${value.length} characters`, STYLE.dim),
      ]
    : [span(`${shown}${end}`, STYLE.string)];
}

/** A folded value in few words: `[41]`, `{type: "message", role: "user", …}`. */
function folded(value: object, room: number, cut: string): string {
  if (Array.isArray(value)) {
    const count = `[${value.length}]`;
    const [first] = value;
    // The parts of a message are arrays of one, mostly.
    return isContainer(first) && !Array.isArray(first) ? `${count} ${folded(first, room - 6, cut)}` : count;
  }
  const entries = Object.entries(value);
  let text = '';
  for (const [key, item] of entries) {
    const piece = `${text === '' ? '' : ', '}${key}: ${brief(item, cut)}`;
    if (text.length + piece.length > room) return `{${text}${text === '' ? '' : ', '}${cut}}`;
    text += piece;
  }
  return `{${text}}`;
}

function brief(value: unknown, cut: string): string {
  if (Array.isArray(value)) return `[${value.length}]`;
  if (isContainer(value)) return sizeOf(value) === 0 ? '{}' : `{${cut}}`;
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value.length > 24 ? value.slice(0, 23) + cut : value);
}

/** `~ dropped`, `~ function`: what translation did to this very value; of a folded one how much is inside. */
function marksFor({ path }: JsonNode, open: boolean, { marks, theme }: RowLook): Line {
  if (!marks) return [];
  const { symbols } = theme;
  const here = (marks.at.get(path) ?? []).map((loss) => {
    const words = loss.to === '' ? loss.action : `${symbols.arrow} ${loss.to}`;
    return span(`  ${symbols.loss} ${words}`, changesMeaning(loss) ? STYLE.warn : STYLE.dim);
  });
  const inside = open ? 0 : (marks.within.get(path) ?? 0);
  return inside > 0 ? [...here, span(`  ${symbols.loss}${inside} inside`, STYLE.warn)] : here;
}
