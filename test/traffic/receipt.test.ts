import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import type { Loss } from '../../src/protocols/loss.ts';
import type { Exchange } from '../../src/traffic/exchange.ts';
import { type Receipt, ReceiptTally } from '../../src/traffic/receipt.ts';
import { formatReceipt } from '../../src/traffic/receipt-text.ts';
import { exchange } from './exchanges.ts';

function receiptOf(exchanges: readonly Exchange[], end: Partial<Receipt> = {}): Receipt {
  const tally = new ReceiptTally();
  for (const record of exchanges) tally.onEvent({ type: 'exchange', exchange: record });
  return tally.receipt({ sessionId: '7k2m9x', durationMs: 252_400, exitCode: 0, ...end });
}

const LOSSES: readonly Loss[] = [
  {
    path: 'tools[3]',
    from: 'custom tool',
    to: 'function',
    action: 'emulated',
    topic: 'tools',
    reason: 'The upstream knows functions only.',
  },
  {
    path: 'reasoning.effort',
    from: 'xhigh',
    to: 'high',
    action: 'downgraded',
    topic: 'reasoning',
    reason: 'The model knows no higher one.',
  },
  {
    path: 'prompt_cache_key',
    from: 'key',
    to: '',
    action: 'dropped',
    topic: 'hint',
    reason: 'Not known there.',
  },
  {
    path: 'metadata',
    from: 'metadata',
    to: '',
    action: 'dropped',
    topic: 'hint',
    reason: 'Not known there.',
  },
];

const BUSY: readonly Exchange[] = [
  exchange({
    usage: { input: 31_000, output: 2_100, cachedRead: 24_000, reasoning: 900 },
    cost: 0.0213,
    losses: LOSSES,
  }),
  exchange({
    usage: { input: 17_210, output: 1_014, cachedRead: 16_500, reasoning: 120 },
    cost: 0.0099,
    attempts: 3,
    losses: LOSSES.map((loss) => ({ ...loss, path: loss.path.replace('3', '4') })),
  }),
  exchange({ usage: { input: 40, output: 9 } }),
  exchange({ state: 'streaming' }),
  exchange({ state: 'cancelled', error: { kind: 'internal', message: 'the client left' } }),
  ...Array.from({ length: 2 }, () => {
    const { usage: _unknown, ...rest } = exchange({
      state: 'failed',
      timing: { sent: 2, end: 90 },
      error: { kind: 'rate-limit', message: 'local answered 429: slow down' },
    });
    return rest;
  }),
];

test('a session adds up', () => {
  expect(receiptOf(BUSY)).toEqual({
    sessionId: '7k2m9x',
    durationMs: 252_400,
    exitCode: 0,
    requests: 6,
    failed: 2,
    cancelled: 1,
    retries: 2,
    usage: { input: 49_450, output: 3_203, cachedRead: 40_500, reasoning: 1_020 },
    cost: expect.closeTo(0.0312, 6),
    unpriced: 2,
    losses: [
      { what: 'hint', action: 'dropped', count: 4 },
      { what: 'custom tool → function', action: 'emulated', count: 2 },
      { what: 'reasoning.effort xhigh → high', action: 'downgraded', count: 2 },
    ],
    errors: [{ message: 'local answered 429: slow down', count: 2 }],
  });
});

test('a session in full', () => {
  const home = '/home/ada';
  const journal = `${home}/.local/state/llmup/sessions/7k2m9x/journal.jsonl`;
  expect(`\n${formatReceipt(receiptOf(BUSY, { journal }), { home })}`).toMatchInlineSnapshot(`
    "
    llmup · 4m 12s · session 7k2m9x
      requests   6 · 2 failed · 1 cancelled · 2 retries
      tokens     49,450 in (40,500 cached, 82%) · 3,203 out (1,020 reasoning)
      cost       $0.0312 · without 2 requests of unknown price
      losses     2× custom tool → function emulated
                 2× reasoning.effort xhigh → high downgraded
                 4 hints dropped
      errors     2× local answered 429: slow down
      journal    ~/.local/state/llmup/sessions/7k2m9x/journal.jsonl
    "
  `);
});

test('the cause at the end of a long message is told', () => {
  const message =
    'upstream "PRESET-OPENAI-COMPATIBLE" (http://127.0.0.1:1) refused the connection: connect ECONNREFUSED 127.0.0.1:1';
  const failed = exchange({ state: 'failed', error: { kind: 'upstream', message } });
  const rows = formatReceipt(receiptOf([failed])).split('\n');
  expect(rows.join(' ').replace(/\s+/g, ' ')).toContain(message);
  for (const row of rows) expect(row.length).toBeLessThanOrEqual(80);
});

test('a quiet session', () => {
  const receipt = receiptOf([exchange({ cost: 0.00002 })], { durationMs: 4_210 });
  expect(`\n${formatReceipt(receipt)}`).toMatchInlineSnapshot(`
    "
    llmup · 4.2s · session 7k2m9x
      requests   1
      tokens     1,200 in · 80 out
      cost       < $0.0001
    "
  `);
});

test('no request at all', () => {
  expect(`\n${formatReceipt(receiptOf([], { durationMs: 312, exitCode: 1 }))}`).toMatchInlineSnapshot(`
    "
    llmup · 0.3s · session 7k2m9x · exit code 1
      requests   none: the client asked nothing of the model
    "
  `);
});

test('nothing known of tokens and prices', () => {
  const { usage: _unknown, ...silent } = exchange();
  expect(`\n${formatReceipt(receiptOf([silent]), { ascii: true })}`).toMatchInlineSnapshot(`
    "
    llmup | 4m 12s | session 7k2m9x
      requests   1
      tokens     the provider did not say
      cost       no price known
    "
  `);
});

test('hostile and long texts keep to 80 columns and cannot touch the terminal', () => {
  const bad = exchange({
    state: 'failed',
    error: {
      kind: 'upstream',
      message: `\u001b[2J\u001b]0;owned\u0007line one\r\nline two \u009b31m ${'漢字 '.repeat(60)}`,
    },
    losses: Array.from({ length: 9 }, (_, index) => ({
      path: `tools[${index}]`,
      from: `hosted tool ${'x'.repeat(90)} number ${index}`,
      to: '',
      action: 'dropped' as const,
      topic: 'tools' as const,
      reason: 'Unknown.',
    })),
  });
  const receipt = receiptOf(
    [
      bad,
      exchange({
        usage: { input: 9e12, output: 8e11, cachedRead: 7e12, cachedWrite: 6e11, reasoning: 5e11 },
      }),
    ],
    {
      sessionId: 'x'.repeat(200),
    },
  );
  for (const options of [{}, { ascii: true }]) {
    const text = formatReceipt(receipt, options);
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(text).toContain('line one line two');
    for (const line of text.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(80);
  }
});

test('colour only on demand, and only around the same words', () => {
  const receipt = receiptOf(BUSY);
  const coloured = formatReceipt(receipt, { colour: true });
  expect(coloured).toContain('\u001b[31m2 failed\u001b[39m');
  expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(formatReceipt(receipt));
});

test('an upstream that invents errors without end does not fill the memory', () => {
  const many = Array.from({ length: 1000 }, (_, index) =>
    exchange({ state: 'failed', error: { kind: 'upstream', message: `error ${index}` } }),
  );
  expect(receiptOf(many).errors.length).toBeLessThanOrEqual(200);
  expect(receiptOf(many).failed).toBe(1000);
});
