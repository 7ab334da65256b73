import { RequestError } from './request-error.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws {RequestError} naming the field. */
export function requireObject(value: unknown, param: string): JsonObject {
  if (!isObject(value)) throw new RequestError(`Invalid type for '${param}': expected an object.`, { param });
  return value;
}

/** @throws {RequestError} naming the field. */
export function requireString(value: unknown, param: string): string {
  if (value === undefined)
    throw new RequestError(`Missing required parameter: '${param}'.`, {
      param,
      code: 'missing_required_parameter',
    });
  if (typeof value !== 'string')
    throw new RequestError(`Invalid type for '${param}': expected a string.`, {
      param,
      code: 'invalid_type',
    });
  return value;
}

/** An absent list is an empty one. @throws {RequestError} naming the field. */
export function optionalList(value: unknown, param: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value))
    throw new RequestError(`Invalid type for '${param}': expected an array.`, {
      param,
      code: 'invalid_type',
    });
  return value;
}

/** The text of a content field: a string, or the text parts of a list. Media are not read. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .flatMap((part) => (isObject(part) && typeof part.text === 'string' ? [part.text] : []))
    .join('\n');
}
