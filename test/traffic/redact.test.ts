import { expect, test } from 'vitest';
import { createRedactor } from '../../src/traffic/redact.ts';

const KEY = 'k3y/with+"odd"\\chars=42';

test('a secret is gone from a text in every form in which it can be written', () => {
  const redact = createRedactor([KEY]);
  const forms = [
    KEY,
    JSON.stringify({ key: KEY }),
    JSON.stringify({ body: JSON.stringify({ key: KEY }) }),
    `https://example.test/v1?key=${encodeURIComponent(KEY)}`,
    `https://example.test/v1?k=${encodeURIComponent(KEY).toLowerCase()}`,
    JSON.stringify(KEY).replaceAll('/', '\\/'),
  ];
  for (const form of forms) {
    const clean = redact(`before ${form} after`);
    expect(clean).toContain('[redacted]');
    expect(clean).not.toMatch(/with.{1,6}odd|chars/i);
    expect(clean).toMatch(/^before .* after$/);
  }
});

test.each(['', 'u', 'us', 'use', 'user', 'müller'])('Basic credentials of user "%s" are gone', (user) => {
  const redact = createRedactor([KEY]);
  for (const encoding of ['base64', 'base64url'] as const) {
    const encoded = Buffer.from(`${user}:${KEY}`).toString(encoding);
    const clean = redact(`authorization: Basic ${encoded}, realm="x"`);
    expect(clean).toMatch(/^authorization: Basic [\w+/-]{0,12}\[redacted\], realm="x"$/);
    const left = clean.match(/Basic ([\w+/-]*)/)?.[1] ?? '';
    expect(KEY).not.toContain(
      Buffer.from(left, encoding)
        .toString('utf8')
        .slice(user.length + 1) || '\0',
    );
  }
});

test('the longer of two overlapping secrets goes first, and nothing is replaced twice', () => {
  const redact = createRedactor(['secret-key', 'secret-key-of-the-team', 'redacted']);
  expect(redact('a secret-key-of-the-team b secret-key c')).toBe('a [redacted] b [redacted] c');
});

test('short values are ordinary words and stay', () => {
  expect(createRedactor(['none', 'ollama', ''])('ollama has none')).toBe('ollama has none');
});

test.each([
  ['Incorrect API key provided: sk-proj-Abc123Def456Ghi789Jkl', 'Incorrect API key provided: sk-[redacted]'],
  ['sent Authorization: Bearer eyJhbGciOi.JIUzI1NiIs.InR5cCI6Ik==', 'sent Authorization: Bearer [redacted]'],
  ['bad key AIzaSyA1234567890abcdefghijklmnopqrstuv!', 'bad key AIza[redacted]!'],
  ['{"x-api-key": "0123456789abcdef0123"}', '{"x-api-key": "[redacted]"}'],
  [
    'GET /v1beta/models?alt=sse&key=0123456789abcdef0123 failed',
    'GET /v1beta/models?alt=sse&key=[redacted] failed',
  ],
])('what looks like a key goes even when nobody told: %s', (text, clean) => {
  expect(createRedactor([])(text)).toBe(clean);
});

test.each([
  'a task-oriented, risk-averse plan with .sk-toggleable-content-label',
  'Bearer authentication is required',
  'send it as Bearer $OPENAI_API_KEY',
  'Incorrect API key provided: sk-abc***************wxyz',
])('what only looks a little like a key stays: %s', (text) => {
  expect(createRedactor([])(text)).toBe(text);
});

test('hostile texts do not make it slow to the point of hanging', () => {
  const redact = createRedactor([KEY]);
  for (const piece of [
    'sk-',
    'Bearer ',
    'api-key:',
    '?key=',
    'a+',
    Buffer.from(KEY).toString('base64').slice(1),
  ])
    expect(redact(piece.repeat(100_000)).length).toBeGreaterThan(0);
});

test('a secret that is not well-formed Unicode is no reason to fail', () => {
  expect(createRedactor(['half a pair \ud800'])('x half a pair \ud800 y')).toBe('x [redacted] y');
});
