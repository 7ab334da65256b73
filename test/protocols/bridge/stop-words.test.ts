import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StopWords, stopAt } from '../../../src/protocols/bridge/stop-words.ts';
import { foldReply, type ReplyEvent } from '../../../src/protocols/reply.ts';
import { arbitraryReply } from '../arbitrary-reply.ts';
import { checkReply } from '../reply-grammar.ts';

const said = (...texts: readonly string[]): readonly ReplyEvent[] => [
  { type: 'start' },
  { type: 'part-start', index: 0, part: 'text' },
  ...texts.map((text) => ({ type: 'text', index: 0, text }) as const),
  { type: 'part-end', index: 0, complete: true },
  { type: 'usage', usage: { input: 1, output: 9 } },
  { type: 'finish', reason: 'length' },
];
const textOf = (events: readonly ReplyEvent[]): string =>
  foldReply(events)
    .parts.map((part) => (part.type === 'text' ? part.text : ''))
    .join('');

/** The text up to the first stop word, told in any other way. */
function plainCut(words: readonly string[], text: string): string {
  for (let end = 1; end <= text.length; end++) {
    const begun = text.slice(0, end);
    const ended = words.filter((word) => begun.endsWith(word)).map((word) => begun.length - word.length);
    if (ended.length > 0) return text.slice(0, Math.min(...ended));
  }
  return text;
}

test('a text in any pieces ends before the first stop word', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '🙂'), maxLength: 12 });
  const words = fc.array(
    letters.filter((word) => word !== '' && word.length < 5),
    { maxLength: 4 },
  );
  fc.assert(
    fc.property(words, fc.array(letters, { maxLength: 8 }), (stops, pieces) => {
      const events = stopAt(stops, said(...pieces));
      expect(checkReply(events)).toEqual([]);
      expect(textOf(events)).toBe(plainCut(stops, pieces.join('')));
    }),
    { numRuns: 1000 },
  );
});

test('any reply stays one that keeps to its grammar', () => {
  fc.assert(
    fc.property(
      arbitraryReply(),
      fc.array(fc.string({ maxLength: 2 }), { maxLength: 3 }),
      (events, words) => {
        const kept: ReplyEvent[] = [];
        const stops = new StopWords(words, (event) => kept.push(event));
        for (const event of events) stops.push(event);
        expect(checkReply(kept)).toEqual([]);
        if (!stops.stopped) expect(foldReply(kept)).toEqual(foldReply(events));
      },
    ),
  );
});

test('what a whole reply used is told, and that it stopped', () => {
  expect(foldReply(stopAt(['END'], said('to the E', 'N', 'D of it')))).toEqual({
    parts: [{ type: 'text', text: 'to the ', complete: true }],
    usage: { input: 1, output: 9 },
    end: { type: 'finish', reason: 'stop' },
  });
});

test('a call that was whole before the word stays one, one that was not does not', () => {
  const call = (index: number, complete: boolean): readonly ReplyEvent[] => [
    { type: 'tool-call-start', index, id: `c${index}`, name: 'f', freeform: false },
    { type: 'tool-arguments', index, text: '{"END":1}' },
    ...(complete ? [{ type: 'part-end', index, complete } as const] : []),
  ];
  const reply = foldReply(
    stopAt(
      ['END'],
      [
        { type: 'start' },
        ...call(0, true),
        ...call(1, false),
        { type: 'part-start', index: 2, part: 'text' },
        { type: 'text', index: 2, text: 'xEND' },
      ],
    ),
  );
  expect(reply.parts).toMatchObject([{ complete: true }, { complete: false }, { text: 'x', complete: true }]);
  expect(reply.end).toEqual({ type: 'finish', reason: 'tool-calls' });
});

test('log probabilities go with their tokens', () => {
  const tokens = ['a', 'E', 'b', 'EN', 'D'].map((token) => ({ token, logprob: -1, top_logprobs: [] }));
  const events: readonly ReplyEvent[] = [
    { type: 'start' },
    { type: 'part-start', index: 0, part: 'text' },
    { type: 'text', index: 0, text: 'aE', logprobs: tokens.slice(0, 2) },
    { type: 'text', index: 0, text: 'bEN', logprobs: tokens.slice(2, 4) },
    { type: 'text', index: 0, text: 'D', logprobs: tokens.slice(4) },
  ];
  expect(foldReply(stopAt(['END'], events)).parts).toMatchObject([
    { text: 'aEb', logprobs: [{ token: 'a' }, { token: 'E' }, { token: 'b' }] },
  ]);
});
