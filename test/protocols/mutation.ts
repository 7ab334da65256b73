import fc from 'fast-check';

/** Values that do not belong where they are put. */
const ODD: readonly unknown[] = [
  null,
  true,
  '',
  ' ',
  'x',
  0,
  -1,
  1.5,
  1e308,
  2 ** 53,
  [],
  {},
  [null],
  [[]],
  [1, 'a', null, {}],
  '\ud800',
  '\udc00',
  '\0',
  '__proto__',
  'constructor',
  'toString',
  JSON.parse('{"__proto__":{"type":"text"},"constructor":1}'),
  { length: 3 },
  { toString: 1 },
  'y'.repeat(3000),
  '{"input":"',
  Array.from({ length: 200 }).reduce((inner) => [inner], 0),
];

type Place = readonly (string | number)[];

/** A valid value with a few things in it replaced, left out, doubled or moved. */
export function mutationOf(valid: unknown): fc.Arbitrary<unknown> {
  const change = fc.record({
    at: fc.nat(),
    kind: fc.constantFrom('replace', 'replace', 'remove', 'double', 'swap'),
    other: fc.nat(),
  });
  return fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => {
    const value: unknown = structuredClone(valid);
    for (const { at, kind, other } of changes) {
      const places = placesIn(value);
      const place = places[at % Math.max(places.length, 1)];
      if (place) alter(value, place, kind, other);
    }
    return value;
  });
}

function placesIn(value: unknown, at: Place = []): readonly Place[] {
  if (typeof value !== 'object' || value === null || at.length > 10) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    const place = [...at, Array.isArray(value) ? Number(key) : key];
    return [place, ...placesIn(member, place)];
  });
}

function alter(value: unknown, place: Place, kind: string, other: number): void {
  const holder = place.slice(0, -1).reduce<unknown>((at, key) => (at as Holder)[key], value) as Holder;
  const key = place.at(-1) ?? 0;
  if (Array.isArray(holder) && typeof key === 'number') {
    if (kind === 'remove') holder.splice(key, 1);
    if (kind === 'double') holder.splice(key, 0, structuredClone(holder[key]));
    if (kind === 'swap') holder.push(...holder.splice(key, 1));
  } else if (kind === 'remove') delete holder[key];
  if (kind === 'replace') holder[key] = structuredClone(ODD[other % ODD.length]);
}

type Holder = Record<string | number, unknown>;
