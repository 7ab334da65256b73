import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memberValue, scanMembers, spliceMembers } from '../../src/proxy/splice.ts';

function splice(text: string, edits: Record<string, string | undefined>): string {
  const body = Buffer.from(text);
  return spliceMembers(body, scanMembers(body), new Map(Object.entries(edits))).toString();
}

function lastValue(text: string, key: string): unknown {
  const body = Buffer.from(text);
  return memberValue(body, scanMembers(body), key);
}

describe('splicing top-level members', () => {
  it('leaves numbers as the client wrote them', () => {
    const text = '{"model":"a","temperature":1.0,"seed":1152921504606846976,"x":1e400,"y":-0}';
    expect(splice(text, { model: '"b"' })).toBe(text.replace('"a"', '"b"'));
  });

  it('edits the member and not a nested one of its name', () => {
    const text = '{"metadata":{"model":"inner","a":["model"]},"model":"outer","z":"\\"model\\":\\"no\\""}';
    expect(splice(text, { model: '"new"' })).toBe(text.replace('"outer"', '"new"'));
  });

  it('edits every one of duplicate keys and reads the last, as JSON parsers do', () => {
    expect(lastValue('{"model":"a","model":"b"}', 'model')).toBe('b');
    expect(splice('{"model":"a","x":1,"model":"b"}', { model: '"c"' })).toBe(
      '{"model":"c","x":1,"model":"c"}',
    );
  });

  it('knows a key by its meaning, however it is escaped', () => {
    expect(splice('{"mod\\u0065l":"a"}', { model: '"b"' })).toBe('{"mod\\u0065l":"b"}');
  });

  it('keeps lone surrogates, escapes and invalid UTF-8 byte for byte', () => {
    const body = Buffer.concat([
      Buffer.from('{"a":"\\ud800 \\u0000 \\\\","b":"'),
      Buffer.from([0xff, 0xc3]),
      Buffer.from('","model":"m"}'),
    ]);
    const spliced = spliceMembers(body, scanMembers(body), new Map([['model', '"n"']]));
    expect(spliced.subarray(0, -4).equals(body.subarray(0, -4))).toBe(true);
  });

  it('keeps white space, and takes that of a removed member away with it', () => {
    const text = '{\n  "a" : 1 ,\n  "b" : [ 2 ] ,\n  "c" : 3\n}';
    expect(splice(text, { b: '"x"' })).toBe('{\n  "a" : 1 ,\n  "b" : "x" ,\n  "c" : 3\n}');
    expect(splice(text, { a: undefined })).toBe('{\n  "b" : [ 2 ] ,\n  "c" : 3\n}');
    expect(splice(text, { c: undefined })).toBe('{\n  "a" : 1 ,\n  "b" : [ 2 ]\n}');
  });

  it('adds to an empty object and to one that loses all it had', () => {
    expect(splice('{ }', { a: '1', b: '2' })).toBe('{"a":1,"b":2 }');
    expect(splice('{"x":0}', { x: undefined, a: '1' })).toBe('{"a":1}');
  });

  it('steps over long strings with any number of backslashes before a quote', () => {
    for (const slashes of [0, 1, 2, 3, 4, 5]) {
      const value = `${'x'.repeat(60)}${'\\'.repeat(slashes)}"${'y'.repeat(60)}`;
      const text = `{"a":${JSON.stringify(value)},"model":"m"}`;
      expect(JSON.parse(splice(text, { model: '"n"' }))).toEqual({ a: value, model: 'n' });
    }
  });

  it.each([
    '',
    ' ',
    '[]',
    '"x"',
    '{',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{,}',
    '{"a":1}{"b":2}',
    '{"a":1} x',
    '{"a":[1}}',
    '{"a":"unclosed}',
    '{"a":tru}',
    '{"a":01}',
    "{'a':1}",
    '\uFEFF{"a":1}',
    `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`,
  ])('refuses what is no JSON object: %j', (text) => {
    expect(() => scanMembers(Buffer.from(text))).toThrow(SyntaxError);
  });

  it('finds what JSON.parse finds in any object, and changes nothing but what it is told', () => {
    const key = fc.oneof(fc.constantFrom('model', 'stream', 'tools'), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(key, fc.jsonValue({ maxDepth: 4 })), { maxLength: 8 }),
        fc.constantFrom('', ' ', '\n\t'),
        key,
        fc.option(fc.jsonValue({ maxDepth: 1 }), { nil: undefined }),
        (entries, space, edited, value) => {
          const members = entries.map(
            ([name, member]) => `${space}${JSON.stringify(name)}${space}:${space}${JSON.stringify(member)}`,
          );
          const text = `${space}{${members.join(`${space},`)}${space}}${space}`;
          const before = JSON.parse(text);
          const json = value === undefined ? undefined : JSON.stringify(value);
          const body = Buffer.from(text);
          const scanned = scanMembers(body);
          const after = JSON.parse(spliceMembers(body, scanned, new Map([[edited, json]])).toString());

          expect(scanned.map((member) => member.key)).toEqual(entries.map(([name]) => name));
          const others = (object: Record<string, unknown>) =>
            Object.entries(object).filter(([name]) => name !== edited);
          expect(others(after)).toEqual(others(before));
          expect(Object.hasOwn(after, edited)).toBe(value !== undefined);
          if (value !== undefined) expect(JSON.stringify(after[edited])).toBe(json);
          for (const member of scanned.filter((one) => one.key !== edited)) {
            const raw = body.subarray(member.keyStart, member.valueEnd).toString();
            expect(spliceMembers(body, scanned, new Map([[edited, json]])).toString()).toContain(raw);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
