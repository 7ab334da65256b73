import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { configJsonSchema } from '../../src/config/json-schema.ts';

const PRESETS = new URL('../../presets/', import.meta.url);

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minLength?: number;
  readonly minItems?: number;
  readonly exclusiveMinimum?: number;
  readonly minimum?: number;
}

/** The faults of a value by the part of JSON Schema that the config's schema uses. */
function faults(schema: Schema, value: unknown, path = ''): readonly string[] {
  if (schema.anyOf) {
    return schema.anyOf.some((branch) => faults(branch, value, path).length === 0)
      ? []
      : [`${path}: fits no branch`];
  }
  if (schema.const !== undefined && value !== schema.const) return [`${path}: not ${schema.const}`];
  if (schema.enum && !schema.enum.includes(value)) return [`${path}: not in the list`];
  switch (schema.type) {
    case 'string':
      return typeof value === 'string' && value.length >= (schema.minLength ?? 0)
        ? []
        : [`${path}: not text`];
    case 'boolean':
      return typeof value === 'boolean' ? [] : [`${path}: not a boolean`];
    case 'integer':
    case 'number': {
      const fits =
        typeof value === 'number' &&
        (schema.type === 'number' || Number.isInteger(value)) &&
        value > (schema.exclusiveMinimum ?? Number.NEGATIVE_INFINITY) &&
        value >= (schema.minimum ?? Number.NEGATIVE_INFINITY);
      return fits ? [] : [`${path}: not such a number`];
    }
    case 'array':
      if (!Array.isArray(value) || value.length < (schema.minItems ?? 0)) return [`${path}: not a list`];
      return value.flatMap((item, index) => faults(schema.items ?? {}, item, `${path}[${index}]`));
    case 'object': {
      if (value === null || typeof value !== 'object' || Array.isArray(value))
        return [`${path}: not a mapping`];
      const missing = (schema.required ?? [])
        .filter((key) => !(key in value))
        .map((key) => `${path}.${key}: missing`);
      const inside = Object.entries(value).flatMap(([key, item]) => {
        const inner = schema.properties?.[key] ?? schema.additionalProperties;
        if (inner === false) return [`${path}.${key}: unknown`];
        return typeof inner === 'object' ? faults(inner, item, `${path}.${key}`) : [];
      });
      return [...missing, ...inside];
    }
    default:
      return [];
  }
}

const schema = configJsonSchema() as Schema;

describe('the JSON Schema of a config', () => {
  test('accepts every preset that ships', async () => {
    const files = (await readdir(PRESETS)).filter((file) => file.endsWith('.yaml'));
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) {
      const text = await readFile(new URL(file, PRESETS), 'utf8');
      expect(text).toContain('# yaml-language-server: $schema=./llmup.schema.json');
      expect(faults(schema, parse(text), file)).toEqual([]);
    }
  });

  test('refuses what the parser refuses', () => {
    expect(faults(schema, { upstreams: {}, upstrems: {} })).toEqual(['.upstrems: unknown']);
    expect(faults(schema, { upstreams: { A: { api_root: 'x', format: 'nonsense' } } })).toHaveLength(1);
    expect(faults(schema, { upstreams: {}, resource_limits: { stream_max_events: 0 } })).toHaveLength(1);
    expect(faults(schema, {})).toEqual(['.upstreams: missing']);
  });

  test('is the one that ships beside the presets (llmup config schema > presets/llmup.schema.json)', async () => {
    const shipped: unknown = JSON.parse(await readFile(new URL('llmup.schema.json', PRESETS), 'utf8'));
    expect(shipped).toEqual(schema);
  });
});
