import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/parse.ts';
import { nearestNames, resolveRoute } from '../../src/config/resolve.ts';

const config = parseConfig(
  `
upstreams:
  MAIN: { api_root: https://a.example/v1, auth: none, limits: { context_window: 1000 } }
  OTHER: { api_root: https://b.example/v1, auth: none }
model_aliases:
  big: { target: "MAIN:vendor-big", pricing: { input: 1, output: 2 }, limits: { context_window: 500 } }
  OTHER: MAIN:shadow
  qwen3:8b: MAIN:qwen
default_alias: { responses: big }
`,
  'my.yaml',
);

describe('where a model name leads', () => {
  test.each([
    ['big', 'alias', 'MAIN', 'vendor-big', 500],
    ['qwen3:8b', 'alias', 'MAIN', 'qwen', 1000],
    ['OTHER', 'alias', 'MAIN', 'shadow', 1000],
    ['MAIN:some/model:free', 'explicit', 'MAIN', 'some/model:free', 1000],
    ['OTHER:x', 'explicit', 'OTHER', 'x', undefined],
    ['MAIN', 'upstream', 'MAIN', 'vendor-big', 500],
    ['gpt-5-mini', 'default', 'MAIN', 'vendor-big', 500],
    ['MAIN:', 'default', 'MAIN', 'vendor-big', 500],
  ])('%s: by %s', (name, via, upstream, model, context) => {
    const route = resolveRoute(config, name, 'responses');
    expect(route).toMatchObject({ alias: name, via, model, upstream: { name: upstream } });
    expect(route?.limits.contextWindow).toBe(context);
  });

  test('a client without a default, and a target’s own name, lead nowhere', () => {
    expect(resolveRoute(config, 'gpt-5-mini', 'chat')).toBeUndefined();
    expect(resolveRoute(config, 'vendor-big', 'chat')).toBeUndefined();
  });

  test('an upstream without aliases stands for itself', () => {
    const text = 'upstreams: { LLAMA: { api_root: "http://127.0.0.1:8080/v1", auth: none } }';
    expect(resolveRoute(parseConfig(text, 'my.yaml'), 'LLAMA', 'chat')).toMatchObject({ model: 'LLAMA' });
  });

  test('the nearest names come first', () => {
    expect(nearestNames(config, 'bgi')[0]).toBe('big');
    expect(nearestNames(config, 'qwen')[0]).toBe('qwen3:8b');
  });
});
