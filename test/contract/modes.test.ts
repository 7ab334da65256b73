import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { say } from '../provider/reply-plan.ts';
import { type Bench, startBench } from './bench.ts';

/** How much loss passes in each mode (translation.md §1.2). */

const MODES = ['strict', 'balanced', 'max_compat'] as const;
type Mode = (typeof MODES)[number];

const benches = new Map<Mode, Bench>();
beforeAll(async () => {
  await Promise.all(
    MODES.map(async (mode) => benches.set(mode, await startBench({ compatibility_mode: mode }))),
  );
});
afterAll(async () => {
  await Promise.all([...benches.values()].map((bench) => bench.close()));
});

/** Everything Codex sends on every turn. */
const CODEX = {
  model: 'stranger',
  stream: false,
  input: [
    {
      type: 'message',
      id: 'msg_1',
      role: 'developer',
      content: [{ type: 'input_text', text: 'You are X.' }],
    },
    { type: 'message', id: 'msg_2', role: 'user', content: [{ type: 'input_text', text: 'do it' }] },
  ],
  tools: [
    { type: 'function', name: 'exec_command', strict: false, parameters: { type: 'object' } },
    {
      type: 'custom',
      name: 'apply_patch',
      description: 'Edits.',
      format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' },
    },
    {
      type: 'namespace',
      name: 'agents',
      description: 'Agents.',
      tools: [{ type: 'function', name: 'close', strict: false, parameters: { type: 'object' } }],
    },
  ],
  tool_choice: 'auto',
  parallel_tool_calls: true,
  reasoning: { effort: 'medium', summary: 'auto' },
  store: false,
  include: ['reasoning.encrypted_content'],
  prompt_cache_key: 'thread-1',
  client_metadata: { turn_id: 't-1' },
};

const chat = { model: 'responses', messages: [{ role: 'user', content: 'x' }] };

const ROWS: readonly { name: string; path: string; body: object; served: readonly Mode[] }[] = [
  { name: 'all that Codex always sends', path: 'responses', body: CODEX, served: MODES },
  {
    name: 'a lost hint',
    path: 'responses',
    body: { model: 'stranger', input: 'x', metadata: { a: 'b' }, service_tier: 'flex' },
    served: MODES,
  },
  {
    name: 'a lost sampling option',
    path: 'chat/completions',
    body: { ...chat, seed: 7 },
    served: ['balanced', 'max_compat'],
  },
  {
    name: 'a lost hosted tool',
    path: 'responses',
    body: { model: 'stranger', input: 'x', tools: [{ type: 'file_search', vector_store_ids: ['vs_1'] }] },
    served: ['max_compat'],
  },
  { name: 'several choices', path: 'chat/completions', body: { ...chat, n: 2 }, served: [] },
];

describe.each(MODES)('mode %s', (mode) => {
  it.each(ROWS)('$name', async ({ path, body, served }) => {
    const bench = benches.get(mode);
    bench?.script({ say: [say('hi')] });
    const response = await bench?.post(`/openai/v1/${path}`, body);
    const pass = served.includes(mode);
    expect(response?.status, await response?.clone().text()).toBe(pass ? 200 : 400);
    expect(bench?.bodies()).toHaveLength(pass ? 1 : 0);
    expect(bench?.refusals()).toEqual([]);
  });
});
