import { expect, test } from 'vitest';
import { packSeal } from '../../../src/protocols/bridge/seal.ts';
import { restoreReasoning } from '../../../src/protocols/openai-responses/relay-reasoning.ts';

const NATIVE = { type: 'reasoning', id: 'rs_68af', summary: [], encrypted_content: 'gAAA' };
const USER = { role: 'user', content: 'hi' };
const A = { issuer: 'a', isForeign: (data: string) => data === 'gBBB' };

function ours(issuer: string, protocol: 'responses' | 'messages') {
  const encrypted_content = packSeal({ issuer, protocol, kind: 'encrypted', data: 'sealed' });
  return {
    type: 'reasoning',
    id: 'rs_llmup_1',
    summary: [{ type: 'summary_text', text: 'a' }],
    encrypted_content,
  };
}

test('items of others are the same objects', () => {
  const input = [USER, NATIVE, 'odd'];
  expect(restoreReasoning(input, A)).toEqual({ items: input, losses: [] });
  expect(restoreReasoning(input, A).items.every((item, at) => item === input[at])).toBe(true);
});

test('a seal of this issuer is unpacked, and loses the id that was given out here', () => {
  const { items, losses } = restoreReasoning([USER, ours('a', 'responses'), NATIVE], A);
  expect(items).toEqual([
    USER,
    { type: 'reasoning', summary: [{ type: 'summary_text', text: 'a' }], encrypted_content: 'sealed' },
    NATIVE,
  ]);
  expect(losses).toEqual([]);
});

test('what another upstream of this protocol sealed is taken out', () => {
  const foreign = { ...NATIVE, encrypted_content: 'gBBB' };
  const { items, losses } = restoreReasoning([foreign, USER, NATIVE], A);
  expect(items).toEqual([undefined, USER, NATIVE]);
  expect(losses).toMatchObject([{ path: 'input[0]', action: 'dropped' }]);
});

test('reasoning of others is taken out, sealed, unsealed or referred to, and noted once', () => {
  const unsealed = { type: 'reasoning', id: 'rs_llmup_2', summary: [], encrypted_content: null };
  const reference = { type: 'item_reference', id: 'rs_llmup_3' };
  const { items, losses } = restoreReasoning(
    [ours('b', 'responses'), USER, ours('a', 'messages'), unsealed, reference],
    A,
  );
  expect(items).toEqual([undefined, USER, undefined, undefined, undefined]);
  expect(losses).toMatchObject([{ path: 'input[0]', action: 'dropped', topic: 'hint' }]);
});
