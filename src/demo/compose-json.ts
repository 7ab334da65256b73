import type { Schema } from './dialogue.ts';
import { isObject } from './json-values.ts';

/** A schema may refer to itself; deeper than this only optional values lie. */
const MAX_DEPTH = 12;

/** Puts a text into JSON: as the answer of a free-form object, or wherever a schema wants a string. */
export function composeJson(schema: Schema | undefined, text: string): string {
  return JSON.stringify(schema ? compose(schema, { text, root: schema, depth: 0 }) : { answer: text });
}

interface Place {
  readonly text: string;
  readonly root: Schema;
  readonly depth: number;
}

/** The least value that a schema accepts: required and listed properties, shortest lists, first choices. */
function compose(schema: Schema, place: Place): unknown {
  if (place.depth > MAX_DEPTH) return null;
  const inner = { ...place, depth: place.depth + 1 };
  if ('const' in schema) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  if (typeof schema.$ref === 'string') return compose(resolve(schema.$ref, place.root), inner);
  for (const choice of [schema.anyOf, schema.oneOf])
    if (Array.isArray(choice))
      return compose(choice.find((option) => isObject(option) && !isNull(option)) ?? {}, inner);
  if (Array.isArray(schema.allOf)) return compose(Object.assign({}, ...schema.allOf.filter(isObject)), inner);
  const type = Array.isArray(schema.type) ? schema.type.find((name) => name !== 'null') : schema.type;
  switch (type) {
    case 'string':
      return fitted(schema, place.text);
    case 'integer':
    case 'number':
      return numberIn(schema);
    case 'boolean':
      return false;
    case 'null':
      return null;
    case 'array': {
      const length = typeof schema.minItems === 'number' ? schema.minItems : 0;
      const items = isObject(schema.items) ? schema.items : {};
      return Array.from({ length }, () => compose(items, inner));
    }
    default:
      return isObject(schema.properties) ? composeObject(schema, schema.properties, inner) : {};
  }
}

function composeObject(schema: Schema, properties: Schema, place: Place): unknown {
  const required = Array.isArray(schema.required) ? schema.required : Object.keys(properties);
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([name]) => required.includes(name))
      .map(([name, property]) => [name, isObject(property) ? compose(property, place) : place.text]),
  );
}

function isNull(schema: unknown): boolean {
  return isObject(schema) && schema.type === 'null';
}

/** Only references within the schema itself, as structured outputs allow. */
function resolve(reference: string, root: Schema): Schema {
  let found: unknown = root;
  for (const step of reference.replace(/^#\/?/, '').split('/').filter(Boolean))
    found = isObject(found) ? found[step.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined;
  return isObject(found) ? found : {};
}

function fitted(schema: Schema, text: string): string {
  const least = typeof schema.minLength === 'number' ? schema.minLength : 0;
  const most = typeof schema.maxLength === 'number' ? schema.maxLength : text.length;
  const cut = text.length > most ? text.slice(0, most).replace(/\s+\S*$/, '') || text.slice(0, most) : text;
  return cut.padEnd(least, '.');
}

function numberIn({ minimum, maximum, exclusiveMinimum }: Schema): number {
  if (typeof minimum === 'number') return minimum;
  if (typeof exclusiveMinimum === 'number') return exclusiveMinimum + 1;
  return typeof maximum === 'number' && maximum < 0 ? maximum : 0;
}
