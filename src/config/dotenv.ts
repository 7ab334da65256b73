import { EXIT, UserError } from '../user-error.ts';

/**
 * Reads `NAME=value` lines: `export` in front, comments, single quotes (literal), double quotes (with `\n`, `\"`, `\\`).
 * Nothing is expanded.
 * @throws {UserError} naming every line that is none of these, never its content.
 */
export function parseDotenv(text: string, source: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const malformed: number[] = [];
  text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .forEach((line, index) => {
      if (/^\s*(#|$)/.test(line)) return;
      const pair = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/.exec(line);
      const value = pair ? readValue(pair[2] ?? '') : undefined;
      if (pair?.[1] === undefined || value === undefined) malformed.push(index + 1);
      else values.set(pair[1], value);
    });
  if (malformed.length > 0) {
    throw new UserError(
      [`not NAME=value:`, ...malformed.map((line) => `  ${source}:${line}`)].join('\n'),
      EXIT.config,
      ['write NAME=value, or NAME="value" where the value holds spaces, quotes or #'],
    );
  }
  return values;
}

/** The value of one line; undefined when a quote is not closed or something follows it. */
function readValue(written: string): string | undefined {
  const single = /^'([^']*)'\s*(#.*)?$/.exec(written);
  if (single) return single[1];
  const double = /^"((?:[^"\\]|\\.)*)"\s*(#.*)?$/.exec(written);
  if (double) {
    return (double[1] ?? '').replace(/\\(.)/g, (_, escaped: string) => ESCAPES[escaped] ?? escaped);
  }
  if (/^['"]/.test(written)) return undefined;
  return written.replace(/(^|\s)#.*$/, '').trim();
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
