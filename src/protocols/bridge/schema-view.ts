type JsonObject = Readonly<Record<string, unknown>>;

/**
 * What a JSON Schema says of one value, as far as arguments are repaired by it. Branches of `anyOf`, `oneOf` and
 * `allOf` are all taken as possible, so that a doubt leaves a value as it is.
 */
export class SchemaView {
  readonly #root: JsonObject;
  readonly #branches: readonly JsonObject[];

  constructor(schema: JsonObject, root: JsonObject = schema) {
    this.#root = root;
    this.#branches = [...branchesOf(schema, root, new Set())];
  }

  /** Whether null is a value the schema takes, or does not speak of. */
  get allowsNull(): boolean {
    return this.#branches.some((branch) => {
      if (branch.nullable === true) return true;
      if ('const' in branch) return branch.const === null;
      if (Array.isArray(branch.enum)) return branch.enum.includes(null);
      const types = typesOf(branch);
      return types.length === 0 ? !impliesType(branch) : types.includes('null');
    });
  }

  get allowsNumber(): boolean {
    return this.#branches.some((branch) =>
      typesOf(branch).some((type) => type === 'integer' || type === 'number'),
    );
  }

  requires(key: string): boolean {
    return this.#branches.some((branch) => Array.isArray(branch.required) && branch.required.includes(key));
  }

  /** The schema of a member, if there is one. */
  member(key: string): SchemaView | undefined {
    for (const branch of this.#branches) {
      const properties = asObject(branch.properties);
      const named = properties && Object.hasOwn(properties, key) ? asObject(properties[key]) : undefined;
      if (named) return new SchemaView(named, this.#root);
    }
    for (const branch of this.#branches) {
      const others = asObject(branch.additionalProperties);
      if (others) return new SchemaView(others, this.#root);
    }
    return undefined;
  }

  /** The schema of an array's element, if there is one. */
  element(index: number): SchemaView | undefined {
    for (const branch of this.#branches) {
      const tuple = Array.isArray(branch.prefixItems) ? branch.prefixItems : branch.items;
      const item = Array.isArray(tuple) ? (tuple[index] ?? branch.additionalItems) : branch.items;
      const schema = asObject(item);
      if (schema) return new SchemaView(schema, this.#root);
    }
    return undefined;
  }
}

/** Beyond them a schema is taken as it stands. */
const MOST_BRANCHES = 200;

/** A schema with its references followed and its combinators laid side by side. */
function branchesOf(schema: JsonObject, root: JsonObject, seen: Set<JsonObject>): readonly JsonObject[] {
  // Schemas may refer to themselves, and to each other in many ways: each is looked at once.
  if (seen.has(schema)) return [];
  if (seen.size >= MOST_BRANCHES) return [schema];
  seen.add(schema);
  const target = typeof schema.$ref === 'string' ? resolve(schema.$ref, root) : undefined;
  const parts = [
    ...(target ? [target] : []),
    ...[schema.anyOf, schema.oneOf, schema.allOf].flatMap((list) => (Array.isArray(list) ? list : [])),
  ];
  const nested = parts.flatMap((part) => {
    const branch = asObject(part);
    return branch ? branchesOf(branch, root, seen) : [];
  });
  const speaks = typesOf(schema).length > 0 || impliesType(schema) || nested.length === 0;
  return speaks ? [schema, ...nested] : nested;
}

/** Follows a reference within the same schema (`#/$defs/Name`). */
function resolve(reference: string, root: JsonObject): JsonObject | undefined {
  if (reference === '#') return root;
  if (!reference.startsWith('#/')) return undefined;
  let at: unknown = root;
  for (const segment of reference.slice(2).split('/')) {
    const key = decodeSegment(segment);
    const holder = asObject(at);
    if (!holder || !Object.hasOwn(holder, key)) return undefined;
    at = holder[key];
  }
  return asObject(at);
}

function decodeSegment(segment: string): string {
  const plain = segment.replaceAll('~1', '/').replaceAll('~0', '~');
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}

function typesOf(schema: JsonObject): readonly unknown[] {
  if (Array.isArray(schema.type)) return schema.type;
  return schema.type === undefined ? [] : [schema.type];
}

/** Keywords that only make sense for one type stand for it where `type` is left out. */
function impliesType(schema: JsonObject): boolean {
  return ['properties', 'items', 'prefixItems', 'enum', 'const'].some((keyword) => keyword in schema);
}

function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}
