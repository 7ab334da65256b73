import { expect, test } from 'vitest';
import { packSeal } from '../../../src/protocols/bridge/seal.ts';
import { restoreReasoning } from '../../../src/protocols/openai-responses/relay-reasoning.ts';

const NATIVE = { type: 'reasoning', id: 'rs_68af', summary: [], encrypted_content: 'gAAA' };
const USER = { role: 'user', content: 'hi' };

function ours(issuer: string, protocol: 'responses' | 'messages') {
  const encrypted_content = packSeal({ issuer, protocol, kind: 'encrypted', data: 'sealed' });
  return {
    type: 'reasoning',
    id: 'rs_llmup_1',
    summary: [{ type: 'summary_text', text: 'a' }],
    encrypted_content,
  };
}

test('a request without anything of ours is the same object', () => {
  const request = { input: [USER, NATIVE] };
  expect(restoreReasoning(request, 'a').request).toBe(request);
  expect(restoreReasoning({ input: 'hi' }, 'a').request).toEqual({ input: 'hi' });
});

test('a seal of this issuer is unpacked, and loses the id that was given out here', () => {
  const { request, losses } = restoreReasoning(
    { model: 'm', input: [USER, ours('a', 'responses'), NATIVE] },
    'a',
  );
  expect(request).toEqual({
    model: 'm',
    input: [
      USER,
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'a' }], encrypted_content: 'sealed' },
      NATIVE,
    ],
  });
  expect(losses).toEqual([]);
});

test('reasoning of others is taken out, sealed or not, and noted once', () => {
  const unsealed = { type: 'reasoning', id: 'rs_llmup_2', summary: [], encrypted_content: null };
  const { request, losses } = restoreReasoning(
    { input: [ours('b', 'responses'), USER, ours('a', 'messages'), unsealed] },
    'a',
  );
  expect(request.input).toEqual([USER]);
  expect(losses).toMatchObject([{ path: 'input[0]', action: 'dropped', topic: 'hint' }]);
});
