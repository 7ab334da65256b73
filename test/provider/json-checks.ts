/** Thrown by a rule; its message is what the provider would answer with a 400. */
class Refusal extends Error {}

/** Ends the judgement: `path` is the field at fault, in the request's own words. */
export function refuse(path: string, why: string): never {
  throw new Refusal(`${path}: ${why}`);
}

/** Runs rules over a body, and turns the first broken one into its message. */
export function judge(rules: () => void): string | undefined {
  try {
    rules();
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}

export type Json = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function record(value: unknown, path: string): Json {
  return isRecord(value) ? value : refuse(path, 'expected an object');
}

export function list(value: unknown, path: string): readonly unknown[] {
  return Array.isArray(value) ? value : refuse(path, 'expected an array');
}

export function text(value: unknown, path: string): string {
  return typeof value === 'string' ? value : refuse(path, 'expected a string');
}

export function filled(value: unknown, path: string): string {
  return text(value, path) === '' ? refuse(path, 'must not be empty') : text(value, path);
}

export function oneOf(value: unknown, path: string, allowed: readonly unknown[]): void {
  if (!allowed.includes(value)) refuse(path, `expected one of ${allowed.join(', ')}, got ${String(value)}`);
}

export function number(value: unknown, path: string, low: number, high: number): void {
  if (typeof value !== 'number' || !(value >= low && value <= high))
    refuse(path, `expected a number from ${low} to ${high}, got ${String(value)}`);
}

export function integer(value: unknown, path: string, low: number, high = Number.MAX_SAFE_INTEGER): void {
  number(value, path, low, high);
  if (!Number.isInteger(value)) refuse(path, 'expected an integer');
}

export function boolean(value: unknown, path: string): void {
  if (typeof value !== 'boolean') refuse(path, 'expected a boolean');
}

/** Providers answer "Unknown parameter" to what they do not know. */
export function onlyKeys(value: Json, path: string, allowed: readonly string[]): void {
  const unknown = Object.keys(value).find((key) => !allowed.includes(key));
  if (unknown !== undefined) refuse(path === '' ? unknown : `${path}.${unknown}`, 'unknown parameter');
}

/** A check of a field that may be left out; providers take `null` of an optional field for "left out". */
export function optional(value: unknown, check: (value: unknown) => void): void {
  if (value !== undefined && value !== null) check(value);
}

const DATA_URL = /^data:([a-z]+\/[a-z0-9.+-]+);base64,([A-Za-z0-9+/]*={0,2})$/;

/** An http(s) URL, or a data URL of one of the given kinds whose base64 is whole. */
export function mediaUrl(value: unknown, path: string, kind: RegExp): void {
  const url = text(value, path);
  if (/^https?:\/\/\S+$/.test(url)) return;
  dataUrl(url, path, kind);
}

export function dataUrl(url: string, path: string, kind: RegExp): void {
  const found = DATA_URL.exec(url);
  if (!found?.[1] || !found[2]) refuse(path, 'expected a URL or a base64 data URL');
  if (!kind.test(found[1])) refuse(path, `unsupported media type ${found[1]}`);
  if (found[2].length % 4 !== 0) refuse(path, 'invalid base64');
}

const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;

export function toolName(value: unknown, path: string): string {
  const name = text(value, path);
  return TOOL_NAME.test(name) ? name : refuse(path, `'${name}' does not match ${TOOL_NAME.source}`);
}

/** The parameters of a function: absent, or a JSON Schema of an object. */
export function parametersSchema(value: unknown, path: string, strict: boolean): void {
  optional(value, (schema) => {
    const root = record(schema, path);
    if (root.type !== 'object') refuse(path, `schema must be of type "object", got ${String(root.type)}`);
    if (strict) strictSchema(root, path);
  });
}

/**
 * Strict mode: every object is closed and requires all its properties.
 * https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
 */
export function strictSchema(schema: Json, path: string): void {
  if (schema.type === 'object' || schema.properties !== undefined) {
    if (schema.additionalProperties !== false) refuse(path, "'additionalProperties' must be false");
    const properties = Object.keys(isRecord(schema.properties) ? schema.properties : {});
    const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : [];
    const missing = properties.find((name) => !required.includes(name));
    if (missing !== undefined) refuse(path, `'required' must include every key, '${missing}' is missing`);
  }
  for (const [key, value] of Object.entries(schema)) {
    if (isRecord(value) && (key === 'items' || key === 'additionalItems'))
      strictSchema(value, `${path}.${key}`);
    if (isRecord(value) && (key === 'properties' || key === '$defs'))
      for (const [name, child] of Object.entries(value))
        if (isRecord(child)) strictSchema(child, `${path}.${name}`);
    if (key === 'anyOf' && Array.isArray(value))
      for (const child of value) if (isRecord(child)) strictSchema(child, `${path}.anyOf`);
  }
}

/** JSON mode is refused when no message says so; else a model would write blanks for ever. */
export function jsonNamed(format: unknown, messages: unknown, path: string): void {
  if (format === 'json_object' && !/json/i.test(JSON.stringify(messages)))
    refuse(path, "must contain the word 'json' in some form, to use JSON mode");
}
