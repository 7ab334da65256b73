import { expect, it } from 'vitest';
import { Said } from '../../src/sessions/said.ts';
import type { ExchangeDelta } from '../../src/traffic/exchange.ts';

function delta(text: string, kind: ExchangeDelta['kind'] = 'text', part = 0): ExchangeDelta {
  return { exchangeId: 'ex_1', kind, text, part };
}

function saidOf(...deltas: readonly ExchangeDelta[]): readonly ExchangeDelta[] {
  const said = new Said();
  for (const one of deltas) said.add(one);
  return said.deltas;
}

it('joins the words of one part, and keeps apart what is something else', () => {
  expect(
    saidOf(
      delta('I think', 'reasoning'),
      delta(' so', 'reasoning'),
      delta('Yes', 'text', 1),
      delta('.', 'text', 1),
      delta('No', 'text', 2),
      delta('read', 'tool-call', 3),
      delta('read', 'tool-call', 3),
      delta('{"a":', 'tool-arguments', 3),
      delta('1}', 'tool-arguments', 3),
    ),
  ).toEqual([
    delta('I think so', 'reasoning'),
    delta('Yes.', 'text', 1),
    delta('No', 'text', 2),
    delta('read', 'tool-call', 3),
    delta('read', 'tool-call', 3),
    delta('{"a":1}', 'tool-arguments', 3),
  ]);
});

it('keeps the end of much text, whole characters only', () => {
  const long = saidOf(
    delta('early', 'reasoning'),
    ...Array.from({ length: 60_000 }, () => delta('\u{1f600}!')),
  );
  expect(long).toHaveLength(1);
  const [{ text = '' } = {}] = long;
  expect(text.length).toBeGreaterThan(60_000);
  expect(text.length).toBeLessThan(140_000);
  expect(text).toMatch(/^(?:!?)(?:\u{1f600}!)+$/u);
});

it('keeps no more of many parts than of one', () => {
  const many = saidOf(...Array.from({ length: 3000 }, (_, part) => delta('x'.repeat(100), 'text', part)));
  const kept = many.reduce((sum, { text }) => sum + text.length, 0);
  expect(kept).toBeLessThan(140_000);
  expect(many.at(-1)?.part).toBe(2999);
});
