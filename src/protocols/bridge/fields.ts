import { invalidRequest } from '../failure.ts';

/** A JSON object whose members were not looked at yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object, or a 400 that names the path. */
export function objectAt(value: unknown, path: string): JsonObject {
  if (isObject(value)) return value;
  throw wrongType(path, 'an object', value);
}

export function arrayAt(value: unknown, path: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw wrongType(path, 'an array', value);
}

export function stringAt(value: unknown, path: string): string {
  if (typeof value === 'string') return value;
  throw wrongType(path, 'a string', value);
}

/** `undefined` for what is absent or null, which Chat Completions treats alike. */
export function optionalString(value: unknown, path: string): string | undefined {
  return value === undefined || value === null ? undefined : stringAt(value, path);
}

export function optionalNumber(value: unknown, path: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw wrongType(path, 'a number', value);
}

export function optionalInteger(value: unknown, path: string, least: number): number | undefined {
  const number = optionalNumber(value, path);
  if (number === undefined) return undefined;
  if (Number.isInteger(number) && number >= least) return number;
  throw invalidRequest(`Invalid '${path}': expected an integer of at least ${least}.`, path);
}

export function optionalBoolean(value: unknown, path: string): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'boolean') return value;
  throw wrongType(path, 'a boolean', value);
}

export function optionalObject(value: unknown, path: string): JsonObject | undefined {
  return value === undefined || value === null ? undefined : objectAt(value, path);
}

/** A word of the client's inside a message, kept short. */
export function quoteShort(text: string): string {
  return `'${text.length > 60 ? `${text.slice(0, 60)}…` : text}'`;
}

/** One of a few words, or a 400 that lists them. */
export function oneOf<Word extends string>(value: unknown, words: readonly Word[], path: string): Word {
  const word = words.find((candidate) => candidate === value);
  if (word !== undefined) return word;
  const shown = typeof value === 'string' ? quoteShort(value) : typeName(value);
  throw invalidRequest(
    `Invalid value for '${path}': ${shown}. Supported values are: ${quoted(words)}.`,
    path,
  );
}

function wrongType(path: string, expected: string, value: unknown) {
  if (value === undefined) return invalidRequest(`Missing required parameter: '${path}'.`, path);
  return invalidRequest(
    `Invalid type for '${path}': expected ${expected}, but got ${typeName(value)} instead.`,
    path,
  );
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word}'`).join(', ');
}
