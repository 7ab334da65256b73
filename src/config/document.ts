import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
} from 'yaml';
import { faults, type Path } from './problem.ts';

/** A YAML file once read: its plain value, and where in the text each part of it stands. */
export interface ConfigDocument {
  /** File or preset name, for messages. */
  readonly source: string;
  readonly value: unknown;
  /** Line and column, from 1, of the key or list item at `path`; of the nearest parent where it has none. */
  locate(path: Path): Position;
}

export interface Position {
  readonly line: number;
  readonly column: number;
}

/**
 * Reads YAML text. Keys are always strings (`1.10:` stays `1.10`); merge keys and anchors are resolved.
 * @throws {UserError} naming every syntax error by line.
 */
export function openDocument(text: string, source: string): ConfigDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    // The pretty form quotes the line at fault, which may hold a secret.
    prettyErrors: false,
    stringKeys: true,
    merge: true,
  });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const syntax = [...document.errors, ...document.warnings];
  if (syntax.length > 0) {
    throw faults(
      source,
      syntax.map(({ code, message, pos }) => ({
        ...at(pos[0]),
        text: sentence(code, message, text, pos[0]),
      })),
    );
  }
  return { source, value: plain(document, source, at), locate: (path) => at(offsetOf(document, path)) };
}

/** The document as plain data. */
function plain(document: Document, source: string, at: (offset: number) => Position): unknown {
  const lost = unresolvedAliases(document).map((offset) => ({ ...at(offset), text: NO_ANCHOR }));
  if (lost.length > 0) throw faults(source, lost);
  try {
    return document.toJS();
  } catch {
    // A few nested anchors can stand for gigabytes, which the parser refuses to build.
    throw faults(source, [{ line: 1, column: 1, text: 'its aliases (*name) expand without end' }]);
  }
}

const NO_ANCHOR = 'an alias (*name) without its anchor (&name)';

function unresolvedAliases(document: Document): readonly number[] {
  const offsets: number[] = [];
  visit(document, {
    Alias(_, alias) {
      if (!alias.resolve(document)) offsets.push(startOf(alias) ?? 0);
    },
  });
  return offsets;
}

/** The offset of the deepest part of `path` that is in the text itself. */
function offsetOf(document: Document, path: Path): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => (isScalar(key) ? key.value : key) === String(step));
      if (!pair) break;
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      offset = startOf(node) ?? offset;
    } else break;
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

/** The parser's own words may quote the text at fault, which may hold a secret: said without it. */
function sentence(code: string, message: string, text: string, offset: number): string {
  switch (code) {
    case 'DUPLICATE_KEY': {
      const [key] = /^[\w.:/-]{1,60}/.exec(text.slice(offset)) ?? ['this key'];
      return `${key.replace(/:$/, '')} stands here a second time`;
    }
    case 'TAB_AS_INDENT':
      return 'indented with a tab: YAML takes spaces only';
    case 'BAD_INDENT':
      return message.startsWith('Flow') ? 'a [ or a { is not closed' : 'wrong indentation';
    case 'MULTIPLE_DOCS':
      return 'a second document begins here (`---`): a config is one document';
    case 'BAD_ALIAS':
      return NO_ANCHOR;
    case 'TAG_RESOLVE_FAILED':
      return 'an unknown tag (!name)';
    case 'MISSING_CHAR':
      return message.slice(0, 1).toLowerCase() + message.slice(1);
    case 'MULTILINE_IMPLICIT_KEY':
      return 'a key must stand on one line: is a colon or a quote missing above?';
    case 'NON_STRING_KEY':
      return 'a key must be text, not a list or a mapping';
    case 'BLOCK_AS_IMPLICIT_KEY':
      return 'text that holds a colon and a space must be quoted';
    case 'BAD_SCALAR_START':
      return 'text cannot begin with this character: quote it';
    default:
      return 'not valid YAML: is the indentation, a colon or a quote missing here?';
  }
}
