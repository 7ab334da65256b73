import { expect, it } from 'vitest';
import type { CompatibilityMode } from '../../src/protocols/loss.ts';
import { chatCodec } from '../../src/protocols/openai-chat/index.ts';
import { responsesCodec } from '../../src/protocols/openai-responses/index.ts';
import { refusedLosses } from '../../src/protocols/policy.ts';
import { targetOf } from './contexts.ts';

/** What a Responses request towards a stranger may not lose. */
function refused(mode: CompatibilityMode, fields: object): readonly string[] {
  const decoded = responsesCodec.decodeRequest({ model: 'm', input: 'x', ...fields });
  const encoded = chatCodec.encodeRequest(decoded.conversation, targetOf());
  return refusedLosses(mode, [...decoded.losses, ...encoded.losses]).map(({ path }) => path);
}

const search = { type: 'web_search', external_web_access: false };

it.each<[string, object, readonly string[], readonly string[]]>([
  ['the search that Codex always offers', { tools: [search], tool_choice: 'auto' }, [], ['tools[0]']],
  ['a search that is insisted on', { tools: [search], tool_choice: search }, ['tool_choice'], ['tools[0]']],
  ['another hosted tool', { tools: [{ type: 'file_search' }] }, ['tools[0]'], ['tools[0]']],
  ['an effort nobody knows', { reasoning: { effort: 'odd' } }, [], ['reasoning.effort']],
  ['sampling that has no place', { seed: 1 }, [], ['seed']],
  ['hints', { metadata: { a: 'b' }, prompt_cache_key: 'k', text: { verbosity: 'low' } }, [], []],
])('%s', (_, fields, balanced, strict) => {
  expect(refused('max_compat', fields)).toEqual([]);
  expect(refused('balanced', fields)).toEqual(balanced);
  expect(refused('strict', fields)).toEqual(expect.arrayContaining([...strict]));
});
