import { type DetailDocument, frameNode } from './document.ts';
import { childrenOf, isContainer, type JsonNode } from './json-node.ts';
import { type DetailRow, pathOf } from './rows.ts';

/** Where something was found, and what has to be open for it to be seen. */
export interface Match {
  readonly path: string;
  readonly ancestors: readonly string[];
}

/** More than these nobody steps through. */
const MOST_MATCHES = 1000;

interface Found {
  readonly query: string;
  readonly matches: readonly Match[];
}
const found = new WeakMap<DetailDocument, Found>();

/** The values of a document that hold a text, folded or not, in order. Upper and lower case are the same. */
export function findMatches(document: DetailDocument, query: string): readonly Match[] {
  const before = found.get(document);
  if (before?.query === query) return before.matches;
  const matches = query === '' ? [] : [...matchesOf(document, query.toLowerCase())];
  found.set(document, { query, matches });
  return matches;
}

/** The row of a match, once what is around it is open: the very line of a text, or the value itself. */
export function rowOfMatch(rows: readonly DetailRow[], { path }: Match, query: string): number {
  const wanted = query.toLowerCase();
  const first = rows.findIndex((row) => pathOf(row) === path);
  const line = rows.findIndex(
    (row) => row.kind === 'text' && row.path === path && row.text.toLowerCase().includes(wanted),
  );
  return Math.max(0, line === -1 ? first : line);
}

function* matchesOf(document: DetailDocument, wanted: string): Generator<Match> {
  let left = MOST_MATCHES;
  for (const match of allMatches(document, wanted)) {
    yield match;
    if (--left === 0) return;
  }
}

function* allMatches(document: DetailDocument, wanted: string): Generator<Match> {
  switch (document.kind) {
    case 'json':
      yield* matchesBelow({ path: '', value: document.value, depth: 0 }, [], wanted);
      break;
    case 'frames':
      for (const [index, frame] of document.frames.entries()) {
        if (!`${frame.event ?? ''}\n${frame.data}`.toLowerCase().includes(wanted)) continue;
        const node = frameNode(frame, index);
        const inside = node ? [...matchesBelow(node, [], wanted)] : [];
        yield* inside.length > 0 ? inside : [{ path: `[${index}]`, ancestors: [] }];
      }
      break;
    case 'text':
      if (document.text.toLowerCase().includes(wanted)) yield { path: '', ancestors: [] };
      break;
  }
}

function* matchesBelow(node: JsonNode, ancestors: readonly string[], wanted: string): Generator<Match> {
  const { path, key = '', value } = node;
  const inKey = key.toLowerCase().includes(wanted);
  if (isContainer(value)) {
    if (inKey) yield { path, ancestors };
    const around = [...ancestors, path];
    for (const child of childrenOf(node)) yield* matchesBelow(child, around, wanted);
    return;
  }
  const inValue = String(value).toLowerCase().includes(wanted);
  // A text is opened, so that the line that was looked for is seen.
  if (inKey || inValue) yield { path, ancestors: inValue ? [...ancestors, path] : ancestors };
}
