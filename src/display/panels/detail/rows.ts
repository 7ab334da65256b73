import { wrap } from '../../text.ts';
import { type DetailDocument, frameNode, type SseFrameText } from './document.ts';
import { childrenOf, isContainer, isFoldable, isOpenAtFirst, type JsonNode, sizeOf } from './json-node.ts';

/** What the user folded or unfolded, by path; anything else is as it was at first. */
export type Folds = ReadonlyMap<string, boolean>;

/** One line of a document on the screen. */
export type DetailRow =
  /** A value on one line, or the first line of one that is open. */
  | {
      readonly kind: 'value';
      readonly node: JsonNode;
      /** Absent where there is nothing to fold. */
      readonly open?: boolean;
      readonly comma: boolean;
    }
  | { readonly kind: 'close'; readonly node: JsonNode; readonly comma: boolean }
  /** A line of a text that is open. */
  | { readonly kind: 'text'; readonly path: string; readonly depth: number; readonly text: string }
  | {
      readonly kind: 'frame';
      readonly path: string;
      readonly number: number;
      readonly frame: SseFrameText;
      readonly open?: boolean;
    };

/** Characters of a text that are shown when it is opened: nobody reads megabytes in a panel. */
const LONGEST_TEXT = 64 * 1024;

interface Drawn {
  readonly folds: Folds;
  readonly width: number;
  readonly rows: readonly DetailRow[];
}
const drawn = new WeakMap<DetailDocument, Drawn>();

/** The lines of a document as it is folded; only what is open is looked at. */
export function rowsOf(document: DetailDocument, folds: Folds, width: number): readonly DetailRow[] {
  const before = drawn.get(document);
  if (before?.folds === folds && before.width === width) return before.rows;
  const rows: DetailRow[] = [];
  switch (document.kind) {
    case 'json':
      pushNode(rows, { path: '', value: document.value, depth: 0 }, false, folds, width);
      break;
    case 'frames':
      for (const [index, frame] of document.frames.entries()) pushFrame(rows, frame, index, folds, width);
      break;
    case 'text':
      pushText(rows, document.text, '', 0, width);
      break;
  }
  drawn.set(document, { folds, width, rows });
  return rows;
}

function isOpen(node: JsonNode, folds: Folds): boolean {
  return isFoldable(node) && (folds.get(node.path) ?? isOpenAtFirst(node));
}

/** The path that folding at a row folds or unfolds; undefined where nothing can be. */
export function foldAt(row: DetailRow | undefined): { path: string; open: boolean } | undefined {
  switch (row?.kind) {
    case 'value':
      return row.open === undefined ? undefined : { path: row.node.path, open: row.open };
    case 'close':
      return { path: row.node.path, open: true };
    case 'text':
      return { path: row.path, open: true };
    case 'frame':
      return row.open === undefined ? undefined : { path: row.path, open: row.open };
    case undefined:
      return undefined;
  }
}

export function pathOf(row: DetailRow): string {
  return row.kind === 'value' || row.kind === 'close' ? row.node.path : row.path;
}

function pushNode(rows: DetailRow[], node: JsonNode, comma: boolean, folds: Folds, width: number): void {
  const { value, depth, path } = node;
  if (!isFoldable(node)) {
    rows.push({ kind: 'value', node, comma });
    return;
  }
  const open = isOpen(node, folds);
  rows.push({ kind: 'value', node, open, comma });
  if (!open) return;
  if (isContainer(value)) {
    let left = sizeOf(value);
    for (const child of childrenOf(node)) pushNode(rows, child, --left > 0, folds, width);
    rows.push({ kind: 'close', node, comma });
  } else if (typeof value === 'string') {
    pushText(rows, value, path, depth + 1, width);
  }
}

function pushFrame(rows: DetailRow[], frame: SseFrameText, index: number, folds: Folds, width: number): void {
  const path = `[${index}]`;
  const open = folds.get(path) ?? false;
  const row = { kind: 'frame', path, number: index + 1, frame } as const;
  if (!open) {
    // Whether it is JSON is seen when it is opened: a long stream is not parsed to be listed.
    rows.push(frame.data.startsWith('{') ? { ...row, open } : row);
    return;
  }
  rows.push({ ...row, open });
  const node = frameNode(frame, index);
  if (!node) pushText(rows, frame.data, path, 1, width);
  // The frame's own line stands for the braces around its data.
  else for (const child of childrenOf(node)) pushNode(rows, child, false, folds, width);
}

function pushText(rows: DetailRow[], text: string, path: string, depth: number, width: number): void {
  const room = Math.max(8, width - 2 - 2 * depth);
  const push = (line: string) => rows.push({ kind: 'text', path, depth, text: line });
  for (const line of text.slice(0, LONGEST_TEXT).split(/\r\n|\r|\n/)) wrap(line, room).forEach(push);
  const rest = text.length - LONGEST_TEXT;
  if (rest > 0) push(`and ${rest} more characters, which are not shown`);
}
