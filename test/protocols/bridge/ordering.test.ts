import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../../../src/protocols/bridge/ledger.ts';
import { arrangeTurns } from '../../../src/protocols/bridge/ordering.ts';
import type { Part, Turn } from '../../../src/protocols/conversation.ts';

const ANY_ID = { maxLength: Number.POSITIVE_INFINITY };

const text = (words: string): Part => ({ type: 'text', text: words });
const call = (id: string, name = 'run'): Part => ({
  type: 'tool-call',
  id,
  name,
  arguments: `{"from":"${id}"}`,
  freeform: false,
});
const result = (callId: string, words = `result of ${callId}`): Part => ({
  type: 'tool-result',
  callId,
  content: [{ type: 'text', text: words }],
});
const assistant = (...parts: Part[]): Turn => ({ role: 'assistant', parts });
const user = (...parts: Part[]): Turn => ({ role: 'user', parts });

function arrange(turns: readonly Turn[], ids = ANY_ID) {
  const ledger = new Ledger();
  return { turns: arrangeTurns(turns, ids, ledger), losses: ledger.losses };
}

describe('a history in the order that providers enforce', () => {
  it('is left alone when it is in order', () => {
    const turns = [
      user(text('hi')),
      assistant(text('ok'), call('a')),
      user(result('a')),
      assistant(text('done')),
    ];
    expect(arrange(turns)).toEqual({ turns, losses: [] });
  });

  it('answers parallel calls in one turn, in call order', () => {
    const { turns } = arrange([
      assistant(call('a')),
      assistant(call('b')),
      user(result('b')),
      user(result('a')),
    ]);
    expect(turns).toEqual([assistant(call('a'), call('b')), user(result('a'), result('b'))]);
  });

  it('moves what stands between a call and its result behind it, on the ledger', () => {
    const { turns, losses } = arrange([
      assistant(call('a')),
      { role: 'developer', parts: [text('be brief')] },
      user(result('a'), text('and?')),
    ]);
    expect(turns.map((turn) => [turn.role, turn.parts[0]?.type])).toEqual([
      ['assistant', 'tool-call'],
      ['user', 'tool-result'],
      ['developer', 'text'],
      ['user', 'text'],
    ]);
    expect(losses).toMatchObject([{ action: 'emulated', topic: 'content' }]);
  });

  it('heals an orphan result and an orphan call into text, on the ledger', () => {
    const { turns, losses } = arrange([
      user(result('lost', 'the words')),
      assistant(text('hm'), call('open')),
      user(text('go on')),
    ]);
    expect(JSON.stringify(turns)).not.toMatch(/tool-(call|result)/);
    expect(JSON.stringify(turns[0])).toContain('the words');
    expect(JSON.stringify(turns[1])).toContain('run');
    expect(losses).toMatchObject([
      { action: 'emulated', topic: 'tools' },
      { action: 'emulated', topic: 'tools' },
    ]);
  });

  it('matches ids that a provider uses again in every turn', () => {
    const { turns, losses } = arrange([
      assistant(call('call_0')),
      user(result('call_0', 'first')),
      assistant(call('call_0')),
      user(result('call_0', 'second')),
    ]);
    expect(losses).toEqual([]);
    const pairs = turns.flatMap((turn) => turn.parts);
    expect(pairs).toMatchObject([
      { id: 'call_0' },
      { callId: 'call_0', content: [{ text: 'first' }] },
      { id: 'call_0_2' },
      { callId: 'call_0_2', content: [{ text: 'second' }] },
    ]);
  });

  it('shortens ids that are too long, the same way in call and result', () => {
    const long = `chatcmpl-tool-${'0123456789abcdef'.repeat(4)}`;
    const { turns } = arrange([assistant(call(long)), user(result(long))], { maxLength: 40 });
    const [made, answer] = turns.flatMap((turn) => turn.parts);
    expect(made).toMatchObject({ id: expect.stringMatching(/^.{1,40}$/) });
    expect(answer).toMatchObject({ callId: made?.type === 'tool-call' && made.id });
  });

  it('always answers each call at once and loses no text', () => {
    const part = fc.oneof(
      fc.constantFrom('a', 'b', 'c', '').map((id) => call(id)),
      fc.constantFrom('a', 'b', 'c', '').map((id) => result(id)),
      fc.uuid().map(text),
    );
    const turn = fc.record({
      role: fc.constantFrom('user' as const, 'assistant' as const, 'developer' as const),
      parts: fc.array(part, { minLength: 1, maxLength: 4 }),
    });
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 10 }), (turns) => {
        const arranged = arrange(turns).turns;
        const seen = new Set<string>();
        arranged.forEach((turn, at) => {
          const calls = turn.parts.flatMap((part) => (part.type === 'tool-call' ? [part.id] : []));
          const results = turn.parts.flatMap((part) => (part.type === 'tool-result' ? [part.callId] : []));
          if (calls.length > 0) {
            expect(turn.role).toBe('assistant');
            const answers = arranged[at + 1]?.parts.map((part) => part.type === 'tool-result' && part.callId);
            expect(answers).toEqual(calls);
          }
          if (results.length > 0) {
            expect(results).toHaveLength(turn.parts.length);
            expect(arranged[at - 1]?.role).toBe('assistant');
          }
          for (const id of calls) {
            expect(id).not.toBe('');
            expect(seen.has(id)).toBe(false);
            seen.add(id);
          }
        });
        const words = JSON.stringify(arranged);
        for (const part of turns.flatMap((turn) => turn.parts)) {
          if (part.type === 'text') expect(words).toContain(part.text);
        }
      }),
    );
  });
});

it('tells a thousand calls of one id apart', () => {
  const turns = Array.from({ length: 1000 }, () => [assistant(call('same')), user(result('same'))]).flat();
  const ids = arrange(turns, { maxLength: 40 }).turns.flatMap(({ parts }) =>
    parts.flatMap((part) => (part.type === 'tool-call' ? [part.id] : [])),
  );
  expect(new Set(ids).size).toBe(1000);
});
