import { EXIT, UserError } from '../user-error.ts';

export type Path = readonly (string | number)[];

/** One thing wrong in a config, by where it stands in the data. */
export interface Problem {
  readonly path: Path;
  /** What is wrong, in a few words. */
  readonly message: string;
  /** The value as it may be shown. */
  readonly shown?: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** One thing wrong in a file, by where it stands in the text. */
export interface Fault {
  readonly line: number;
  readonly column: number;
  /** Path, message, value and hint in one line. */
  readonly text: string;
}

/** How a path is written in messages: `upstreams.MAIN.formats[1]`. */
export function pathText(path: Path): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`))
    .join('');
}

/** A problem in one line. */
export function problemText(problem: Problem): string {
  const { path, message, shown, hint } = problem;
  const where = path.length > 0 ? `${pathText(path)}: ` : '';
  return `${where}${message}${shown === undefined ? '' : ` (${shown})`}${hint === undefined ? '' : ` — ${hint}`}`;
}

/** Everything wrong with one file as one error, in the order of the text. */
export function faults(source: string, list: readonly Fault[]): UserError {
  const sorted = [...list]
    .sort((a, b) => a.line - b.line || a.column - b.column)
    .map(({ line, column, text }) => `${source}:${line}:${column}  ${text}`);
  const lines = [...new Set(sorted)];
  const heading = lines.length === 1 ? 'the config has a mistake' : `the config has ${lines.length} mistakes`;
  const shown = lines.slice(0, MOST_SHOWN).map((line) => `  ${line}`);
  const more = lines.length - shown.length;
  return new UserError(
    [`${heading}:`, ...shown, ...(more > 0 ? [`  … and ${more} more`] : [])].join('\n'),
    EXIT.config,
  );
}

/** A file that is not YAML at all must not push its first mistake off the screen. */
const MOST_SHOWN = 20;

/** A value as it may be shown in a message: short, and on one line. */
export function shownValue(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (value !== null && typeof value === 'object') return Array.isArray(value) ? 'a list' : 'a mapping';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}
