import { expect, test } from 'vitest';
import { codexCatalogEntry } from '../../src/config/codex-catalog.ts';
import type { ModelLimits } from '../../src/config/config.ts';

const plain = { name: 'coder', limits: {}, surface: {}, efforts: [] } as const;

test('an entry has every field without which Codex does not start', () => {
  expect(codexCatalogEntry(plain)).toMatchObject({
    slug: 'coder',
    display_name: 'coder',
    supported_reasoning_levels: [],
    shell_type: 'unified_exec',
    visibility: 'list',
    supported_in_api: true,
    priority: expect.any(Number),
    support_verbosity: false,
    apply_patch_tool_type: 'freeform',
    truncation_policy: { mode: 'tokens', limit: 10_000 },
    experimental_supported_tools: [],
    base_instructions: expect.stringContaining('coding agent'),
  });
});

test.each([
  // Nine tenths of the window,
  [{ contextWindow: 100_000 }, 90_000],
  // of what the largest output leaves,
  [{ contextWindow: 200_000, maxOutputTokens: 128_000 }, 64_800],
  // of half where it leaves nothing,
  [{ contextWindow: 100_000, maxOutputTokens: 100_000 }, 45_000],
  // and of an assumed window where none is known: without one Codex never compacts.
  [{}, 115_200],
])('compaction comes before the upstream refuses: %j', (limits: ModelLimits, limit) => {
  expect(codexCatalogEntry({ ...plain, limits })).toMatchObject({
    context_window: limits.contextWindow ?? 128_000,
    auto_compact_token_limit: limit,
  });
});

test.each([
  [{}, ['text', 'image']],
  [{ supportsViewImage: false }, ['text']],
  [{ input: ['text'] as const }, ['text']],
  [{ input: ['text', 'image', 'audio', 'pdf'] as const }, ['text', 'image', 'audio']],
])('Codex is told what the model can take in: %j', (surface, modalities) => {
  expect(codexCatalogEntry({ ...plain, surface }).input_modalities).toEqual(modalities);
});

test('efforts offered are those the upstream takes, and none is chosen for the user', () => {
  const entry = codexCatalogEntry({ ...plain, efforts: ['low', 'high'] });
  expect(entry.supported_reasoning_levels).toEqual([
    { effort: 'low', description: expect.any(String) },
    { effort: 'high', description: expect.any(String) },
  ]);
  expect(entry).not.toHaveProperty('default_reasoning_level');
});

test('instructions can be given instead of llmup’s own', () => {
  expect(codexCatalogEntry(plain, 'Be brief.').base_instructions).toBe('Be brief.');
});
