import { isObject, type JsonObject } from '../bridge/fields.ts';

/** For what an upstream says, where nothing is complained about: a value of the wanted type, or `undefined`. */
export function asObject(value: unknown): JsonObject | undefined {
  return isObject(value) ? value : undefined;
}

export function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
