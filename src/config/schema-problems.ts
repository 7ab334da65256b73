import type * as z from 'zod/mini';
import { nearest } from './nearest.ts';
import type { Path, Problem } from './problem.ts';
import { shownValue } from './problem.ts';
import { branches, shapeOf, stepInto } from './schema-walk.ts';
import { isSecretPath } from './secrets.ts';

type Issue = z.core.$ZodIssue;
type Schema = z.core.$ZodType;

/** What the schema found, as problems in words that fit a config file. */
export function schemaProblems(schema: Schema, issues: readonly Issue[], value: unknown): readonly Problem[] {
  return issues.flatMap((issue) => problemsOf(schema, issue, [], value));
}

function problemsOf(schema: Schema, issue: Issue, base: Path, root: unknown): readonly Problem[] {
  const path: Path = [...base, ...issue.path.map((step) => (typeof step === 'number' ? step : String(step)))];
  const value = valueAt(root, path);
  // A file that is one bare text may be a key that was saved alone.
  const shown = path.length === 0 || isSecretPath(path) ? undefined : shownValue(value);
  const problem = (message: string, hint?: string): readonly Problem[] => [
    { path, message, ...(shown !== undefined && { shown }), ...(hint !== undefined && { hint }) },
  ];

  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = keysAt(schema, path);
      // The value of a misspelt key may be a secret, so it is not shown.
      return issue.keys.map((key) => {
        const meant = nearest(key, known);
        const hint = meant === undefined ? `keys here: ${known.join(', ')}` : `did you mean ${meant}?`;
        return { path: [...path, key], message: 'unknown key', hint };
      });
    }
    case 'invalid_type':
      if (value === undefined) return problem('is missing');
      if (value === null) return problem('has no value');
      return problem(
        `must be ${TYPES[issue.expected] ?? `a ${issue.expected}`}`,
        typeHint(issue.expected, value, path),
      );
    case 'invalid_value': {
      const words = issue.values.map(String);
      const meant = typeof value === 'string' ? nearest(value, words) : undefined;
      const few = words.length <= 6 || meant === undefined;
      return problem(
        few ? `must be ${words.length > 1 ? 'one of ' : ''}${words.join(', ')}` : 'is not known',
        meant === undefined ? undefined : `did you mean ${meant}?`,
      );
    }
    case 'too_small':
      if (issue.origin === 'string') return problem('must not be blank');
      if (issue.origin === 'array') return problem('must not be empty');
      return problem(
        issue.inclusive ? `must be at least ${issue.minimum}` : `must be more than ${issue.minimum}`,
      );
    case 'too_big':
      return problem(`must be at most ${issue.maximum}`);
    case 'invalid_union': {
      // The branch whose type fits tells best what is wrong inside; if none fits, the types are what to say.
      const inside = issue.errors.find((branch) => !branch.some(isWrongKind));
      if (inside) return inside.flatMap((nested) => problemsOf(schema, nested, path, root));
      const kinds = issue.errors.flat().filter(isWrongKind);
      return problem(`must be ${[...new Set(kinds.map(kindWords))].join(', or ')}`);
    }
    case 'invalid_key':
      return [{ path, message: 'a name must not be blank' }];
    default:
      return problem(issue.message);
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
};

/** Whether a union's branch failed because the value is of another kind altogether. */
function isWrongKind(issue: Issue): boolean {
  return issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value');
}

function kindWords(issue: Issue): string {
  if (issue.code === 'invalid_value') {
    return `${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}`;
  }
  return issue.code === 'invalid_type' ? (TYPES[issue.expected] ?? issue.expected) : '';
}

function typeHint(expected: string, value: unknown, path: Path): string | undefined {
  if (path.at(-1) === 'provider_key' || path.at(-1) === 'proxy_key') return `write { env: NAME }`;
  if (expected === 'string' && (typeof value === 'number' || typeof value === 'boolean')) return 'quote it';
  if (
    (expected === 'number' || expected === 'int') &&
    typeof value === 'string' &&
    value.trim() !== '' &&
    !Number.isNaN(Number(value))
  ) {
    return 'write it without quotes';
  }
  return undefined;
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (value === null || typeof value !== 'object') return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

/** The keys a mapping at `path` may have, by walking the schema alongside. */
function keysAt(schema: Schema, path: Path): readonly string[] {
  let schemas: readonly Schema[] = branches(schema);
  for (const step of path) schemas = schemas.flatMap((each) => stepInto(each, step)).flatMap(branches);
  return [...new Set(schemas.flatMap((each) => Object.keys(shapeOf(each))))];
}
