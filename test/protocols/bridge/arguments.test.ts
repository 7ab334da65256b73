import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { repairArguments } from '../../../src/protocols/bridge/arguments.ts';

const EXEC = {
  type: 'object',
  properties: {
    cmd: { type: 'string' },
    login: { type: 'boolean' },
    yield_time_ms: { type: 'number' },
    max_output_tokens: { type: 'integer' },
    shell: { type: ['string', 'null'] },
    env: { type: 'object', additionalProperties: { type: 'integer' } },
    rules: {
      type: 'array',
      items: { type: 'object', properties: { n: { type: 'integer' }, s: { type: 'string' } } },
    },
  },
  required: ['cmd'],
};

describe('blank arguments', () => {
  test.each(['', '  \n', 'null', ' null ', '[]'])('%j become an empty object', (text) => {
    expect(repairArguments(text, EXEC)).toBe('{}');
    expect(repairArguments(text, undefined)).toBe('{}');
  });
});

test('JSON inside a JSON string is what was meant', () => {
  expect(repairArguments('"{\\"cmd\\":\\"ls\\",\\"yield_time_ms\\":1.0}"', EXEC)).toBe(
    '{"cmd":"ls","yield_time_ms":1}',
  );
  expect(repairArguments('"ls"', EXEC)).toBe('"ls"');
});

describe('integral floats', () => {
  test.each([
    ['{"yield_time_ms":1000.0}', '{"yield_time_ms":1000}'],
    ['{"max_output_tokens": 1e3 }', '{"max_output_tokens": 1000 }'],
    ['{"max_output_tokens":1.5E1}', '{"max_output_tokens":15}'],
    ['{"max_output_tokens":-20.00}', '{"max_output_tokens":-20}'],
    ['{"max_output_tokens":-0.0}', '{"max_output_tokens":0}'],
    ['{"max_output_tokens":120e-1}', '{"max_output_tokens":12}'],
    ['{"env":{"a":1.0,"b":2}}', '{"env":{"a":1,"b":2}}'],
    ['{"rules":[{"n":1.0},{"n":2.0,"s":"3.0"}]}', '{"rules":[{"n":1},{"n":2,"s":"3.0"}]}'],
  ])('%s → %s', (given, repaired) => {
    expect(repairArguments(given, EXEC)).toBe(repaired);
  });

  test.each([
    '{"yield_time_ms":200.5}',
    '{"yield_time_ms":1e-7}',
    '{"yield_time_ms":1e40}',
    '{"cmd":"sleep 1.0"}',
    '{"unknown":1.0}',
    '{"max_output_tokens":12345678901234567890123}',
  ])('%s stays', (given) => {
    expect(repairArguments(given, EXEC)).toBe(given);
  });
});

describe('nulls of optional members', () => {
  test.each([
    ['{"cmd":"ls","login":null}', '{"cmd":"ls"}'],
    ['{"login":null,"cmd":"ls"}', '{"cmd":"ls"}'],
    ['{ "login" : null , "cmd" : "ls" }', '{ "cmd" : "ls" }'],
    ['{"login":null}', '{}'],
    ['{"login":null,"yield_time_ms":null}', '{}'],
    [
      '{"login":null,"cmd":"ls","yield_time_ms":null,"max_output_tokens":5.0}',
      '{"cmd":"ls","max_output_tokens":5}',
    ],
    ['{"rules":[{"n":null,"s":"a"}],"cmd":"x"}', '{"rules":[{"s":"a"}],"cmd":"x"}'],
  ])('%s → %s', (given, repaired) => {
    expect(repairArguments(given, EXEC)).toBe(repaired);
  });

  test.each([
    ['required', '{"cmd":null}'],
    ['allowed to be null', '{"cmd":"x","shell":null}'],
    ['unknown to the schema', '{"cmd":"x","other":null}'],
    ['element of an array', '{"cmd":"x","rules":[null]}'],
  ])('%s: stays', (_, given) => {
    expect(repairArguments(given, EXEC)).toBe(given);
  });

  test('combinators and references are followed', () => {
    const schema = {
      type: 'object',
      $defs: { Count: { type: 'integer' } },
      properties: {
        a: { $ref: '#/$defs/Count' },
        b: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
        c: { oneOf: [{ type: 'integer' }, { type: 'string' }] },
        d: { enum: ['x', 'y'] },
        e: { description: 'anything' },
      },
    };
    expect(repairArguments('{"a":1.0,"b":2.0,"c":3.0,"e":4.0}', schema)).toBe('{"a":1,"b":2,"c":3,"e":4.0}');
    expect(repairArguments('{"a":null,"b":null,"c":null,"d":null,"e":null}', schema)).toBe(
      '{"b":null,"e":null}',
    );
  });

  test('a schema that refers to itself ends', () => {
    const schema = { type: 'object', properties: { next: { $ref: '#' }, n: { type: 'integer' } } };
    expect(repairArguments('{"next":{"next":{"n":1.0,"next":null}}}', schema)).toBe(
      '{"next":{"next":{"n":1}}}',
    );
    const loop = { $ref: '#/$defs/A', $defs: { A: { $ref: '#/$defs/A' } } };
    expect(repairArguments('{"n":1.0}', loop)).toBe('{"n":1.0}');
  });
});

test.each(['{"cmd":"ls"', '{"yield_time_ms":1.0,}', 'not json 1.0', '{"a":1.0} trailing'])(
  'text that is not JSON stays: %s',
  (text) => {
    expect(repairArguments(text, EXEC)).toBe(text);
  },
);

test('key order, spacing, duplicate keys and big integers keep their bytes', () => {
  const text = '{"z":1,\n "cmd":"a\\u00e9\\n","cmd":"b", "id":12345678901234567890,"yield_time_ms":5.0}';
  expect(repairArguments(text, EXEC)).toBe(text.replace('5.0', '5'));
});

test('hostile nesting does not exhaust the stack', () => {
  const deep = `${'{"next":'.repeat(50_000)}1.0${'}'.repeat(50_000)}`;
  const schema = { type: 'object', properties: { next: { $ref: '#' }, n: { type: 'integer' } } };
  expect(repairArguments(deep, schema)).toBe(deep);
});

test('whatever is repaired means the same, but for the nulls', () => {
  const value = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
  );
  const schema = { type: 'object', additionalProperties: { type: ['number', 'string', 'boolean'] } };
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.oneof(value, fc.constant(null))),
      fc.nat(3),
      (object, indent) => {
        const repaired: unknown = JSON.parse(repairArguments(JSON.stringify(object, null, indent), schema));
        const expected = Object.entries(object).filter(([, member]) => member !== null);
        // -0 and 0 are one integer.
        expect(repaired).toEqual(JSON.parse(JSON.stringify(Object.fromEntries(expected))));
      },
    ),
  );
});

test('a schema that refers to itself in many ways is looked at once', () => {
  const node = { anyOf: Array.from({ length: 12 }, () => ({ $ref: '#/$defs/node' })) };
  const schema = {
    $defs: { node, leaf: { type: 'integer' } },
    type: 'object',
    properties: { n: { anyOf: [{ $ref: '#/$defs/node' }, { $ref: '#/$defs/leaf' }] } },
  };
  expect(repairArguments('{"n":3.0}', schema)).toBe('{"n":3}');
});
