import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planToolNames } from '../../../src/protocols/bridge/tool-names.ts';
import type { Tool, ToolReference, Turn } from '../../../src/protocols/conversation.ts';

const RULES = { alphabet: 'A-Za-z0-9_-', maxLength: 64, nativeFreeform: false };

function functions(...tools: readonly ToolReference[]): readonly Tool[] {
  return tools.map((tool) => ({ type: 'function', ...tool }));
}

describe('the names of tools upstream', () => {
  it('are the client’s own where the upstream takes them', () => {
    const names = planToolNames(functions({ name: 'exec_command' }), [], RULES);
    expect(names.upstream({ name: 'exec_command' })).toBe('exec_command');
    expect(names.client('exec_command')).toEqual({ name: 'exec_command', freeform: false });
  });

  it('carry the namespace, and are split back', () => {
    const tool = { namespace: 'multi_agent_v1', name: 'close_agent' };
    const names = planToolNames(functions(tool), [], RULES);
    expect(names.upstream(tool)).toBe('multi_agent_v1__close_agent');
    expect(names.client('multi_agent_v1__close_agent')).toMatchObject(tool);
  });

  it('let a namespaced tool give way to a plain one of the same name', () => {
    const plain = { name: 'a__b' };
    const child = { namespace: 'a', name: 'b' };
    for (const tools of [functions(plain, child), functions(child, plain)]) {
      const names = planToolNames(tools, [], RULES);
      expect(names.upstream(plain)).toBe('a__b');
      expect(names.upstream(child)).toMatch(/^a__b_\w+$/);
      expect(names.client(names.upstream(child))).toMatchObject(child);
    }
  });

  it('know freeform tools, also those that are in the history only', () => {
    const turns: readonly Turn[] = [
      {
        role: 'assistant',
        parts: [{ type: 'tool-call', id: 'c1', name: 'old_patch', arguments: 'x', freeform: true }],
      },
    ];
    const names = planToolNames([{ type: 'freeform', name: 'apply_patch' }], turns, RULES);
    expect(names.client('apply_patch').freeform).toBe(true);
    expect(names.client('old_patch').freeform).toBe(true);
    const native = planToolNames([{ type: 'freeform', name: 'apply_patch' }], [], {
      ...RULES,
      nativeFreeform: true,
    });
    expect(native.client('apply_patch').freeform).toBe(false);
  });

  it('keep the schema by which arguments are repaired', () => {
    const parameters = { type: 'object', properties: { n: { type: 'integer' } } };
    const names = planToolNames([{ type: 'function', name: 'f', parameters }], [], RULES);
    expect(names.client('f').parameters).toEqual(parameters);
  });

  it('fit, differ, stay the same in every turn, and lead back', () => {
    const reference = fc.record(
      {
        name: fc.oneof(
          fc.string({ minLength: 1, maxLength: 90 }),
          fc.constantFrom('a', 'a b', 'a_b', 'x__y'),
        ),
        namespace: fc.oneof(fc.string({ minLength: 1, maxLength: 40 }), fc.constantFrom('x', 'x__y')),
      },
      { requiredKeys: ['name'] },
    );
    const unique = fc.uniqueArray(reference, {
      maxLength: 12,
      selector: ({ name, namespace }) => JSON.stringify([namespace ?? '', name]),
    });
    fc.assert(
      fc.property(unique, (tools) => {
        const names = planToolNames(functions(...tools), [], RULES);
        const again = planToolNames(functions(...tools), [], RULES);
        const seen = new Set<string>();
        for (const tool of tools) {
          const name = names.upstream(tool);
          expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
          expect(seen.has(name)).toBe(false);
          seen.add(name);
          expect(again.upstream(tool)).toBe(name);
          expect(names.client(name)).toMatchObject(tool);
        }
      }),
    );
  });
});
