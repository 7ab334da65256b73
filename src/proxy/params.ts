import type { Params } from '../config/config.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * An alias's parameters merged into an upstream's request: `default` where it says nothing, `override` always.
 * Objects merge member by member, anything else is replaced whole.
 */
export function mergeParams(body: Json, params: Params): Record<string, unknown> {
  return merge(merge(params.default, body), params.override);
}

/** Whether an alias has any. */
export function hasParams({ default: defaults, override }: Params): boolean {
  return Object.keys(defaults).length > 0 || Object.keys(override).length > 0;
}

function merge(below: Json, above: Json): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const under = Object.hasOwn(below, key) ? below[key] : undefined;
    define(merged, key, isObject(under) && isObject(value) ? merge(under, value) : value);
  }
  return merged;
}

/** A member named `__proto__` is data like any other. */
function define(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
