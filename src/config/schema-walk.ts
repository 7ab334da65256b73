import type * as z from 'zod/mini';

type Schema = z.core.$ZodType;

/** A schema without what wraps it; of a union, its branches. */
export function branches(schema: Schema): readonly Schema[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'optional') return branches(def.innerType);
  if (def.type === 'union') return def.options.flatMap(branches);
  return [schema];
}

/** What a schema says of one member or item. */
export function stepInto(schema: Schema, step: string | number): readonly Schema[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'record') return [def.valueType];
  if (def.type === 'array') return [def.element];
  const inner = shapeOf(schema)[step];
  return inner ? [inner] : [];
}

/** The keys of a mapping that the schema names, and what it says of each. */
export function shapeOf(schema: Schema): Readonly<Record<string, Schema>> {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'object') return def.shape;
  if (def.type === 'record' && (def.keyType as z.core.$ZodTypes)._zod.def.type === 'enum') {
    return Object.fromEntries(
      [...((def.keyType as z.core.$ZodTypes)._zod.values ?? [])].map((key) => [String(key), def.valueType]),
    );
  }
  return {};
}

/**
 * Data without the optional keys that have no value: in YAML `hooks:` over nothing but comments says what leaving it
 * out says. Where a value may be anything, as in a request's `params`, null is one.
 */
export function withoutBlanks(schema: Schema, value: unknown): unknown {
  const inside = (step: string | number, item: unknown): unknown =>
    branches(schema)
      .flatMap((branch) => stepInto(branch, step))
      .reduce((left, each) => withoutBlanks(each, left), item);
  if (Array.isArray(value)) return value.map((item: unknown, index) => inside(index, item));
  if (value === null || typeof value !== 'object') return value;
  const isBlank = (name: string, item: unknown) =>
    item === null && branches(schema).some((branch) => isOptional(shapeOf(branch)[name]));
  const kept = Object.entries(value).filter(([name, item]) => !isBlank(name, item));
  return Object.fromEntries(kept.map(([name, item]) => [name, inside(name, item)]));
}

function isOptional(schema: Schema | undefined): boolean {
  return (schema as z.core.$ZodTypes | undefined)?._zod?.def.type === 'optional';
}
