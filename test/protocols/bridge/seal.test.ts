import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packSeal, unpackSeal } from '../../../src/protocols/bridge/seal.ts';
import type { Seal } from '../../../src/protocols/conversation.ts';

const seals: fc.Arbitrary<Seal> = fc.record({
  issuer: fc.string({ unit: 'binary' }),
  protocol: fc.constantFrom('chat', 'responses', 'messages', 'gemini'),
  kind: fc.constantFrom('encrypted', 'signature', 'redacted', 'thought', 'details'),
  data: fc.string({ unit: 'binary', maxLength: 200 }),
});

test('a seal comes back byte for byte', () => {
  fc.assert(
    fc.property(seals, (seal) => {
      expect(unpackSeal(packSeal(seal))).toEqual(seal);
    }),
  );
});

test('half a surrogate pair survives', () => {
  const seal: Seal = { issuer: 'a', protocol: 'messages', kind: 'signature', data: '\ud83d' };
  expect(unpackSeal(packSeal(seal))).toEqual(seal);
});

test('a packed seal is plain ASCII without characters that need escaping', () => {
  fc.assert(
    fc.property(seals, (seal) => {
      expect(packSeal(seal)).toMatch(/^llmup1\.[A-Za-z0-9_-]+$/);
    }),
  );
});

test('foreign opaque text is no seal of ours', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(unpackSeal(text)).toBeUndefined();
    }),
  );
  for (const text of ['gAAAAABo-native', 'llmup1.', 'llmup1.e30', 'llmup1.bm90IGpzb24', 'llmup2.e30'])
    expect(unpackSeal(text)).toBeUndefined();
});

test('a seal that was cut or changed in its form is not taken for one', () => {
  const packed = packSeal({ issuer: 'a@b', protocol: 'gemini', kind: 'thought', data: 'c2lnbmF0dXJl' });
  for (let length = 0; length < packed.length; length++)
    expect(unpackSeal(packed.slice(0, length))).toBeUndefined();
  expect(unpackSeal(`${packed} `)).toBeUndefined();
  expect(unpackSeal(packed.replace('.', '. '))).toBeUndefined();
});

test('an envelope of unknown version, protocol or kind is no seal', () => {
  const pack = (envelope: object) => `llmup1.${Buffer.from(JSON.stringify(envelope)).toString('base64url')}`;
  const good = { v: 1, i: 'a', p: 'chat', k: 'details', d: 'x' };
  expect(unpackSeal(pack(good))).toEqual({ issuer: 'a', protocol: 'chat', kind: 'details', data: 'x' });
  for (const bad of [{ v: 2 }, { p: 'smtp' }, { k: 'wax' }, { d: 1 }, { i: null }])
    expect(unpackSeal(pack({ ...good, ...bad }))).toBeUndefined();
});
