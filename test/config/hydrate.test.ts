import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resolveCredentials } from '../../src/config/credentials.ts';
import { hydrate } from '../../src/config/hydrate.ts';
import { loadConfig } from '../../src/config/load.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { llmupPaths } from '../../src/config/paths.ts';
import { openPreset, shippedPreset } from '../../src/config/presets.ts';
import { userError } from './mistakes.ts';

const KEY = 'sk-the-very-secret-key';
const neutral = () => openPreset({ preset: 'provider-neutral' }, llmupPaths({ HOME: '/nowhere' }));

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'llmup-hydrate-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Loads a config from a private file. */
async function load(text: string) {
  const file = join(directory, 'my.yaml');
  await writeFile(file, text, { mode: 0o600 });
  return loadConfig(file);
}

describe('the shipped preset for any endpoint', () => {
  const values = new Map([
    ['PRESET_OPENAI_ENDPOINT_BASE_URL', 'https://api.example.com/v1/chat/completions'],
    ['PRESET_ENDPOINT_MODEL', 'vendor/model:free'],
    ['PRESET_ENDPOINT_API_KEY', KEY],
  ]);

  test('asks for what the chosen alias needs, and no more', () => {
    const { config, text, leftOut } = hydrate(neutral(), values, {
      kind: 'alias',
      alias: 'preset-openai-compatible',
    });
    expect(config.upstreams.get('PRESET-OPENAI-COMPATIBLE')?.apiRoot).toBe('https://api.example.com/v1');
    expect(config.aliases.get('preset-openai-compatible')?.model).toBe('vendor/model:free');
    expect([...config.upstreams.keys()]).toEqual(['PRESET-OPENAI-COMPATIBLE']);
    expect([...config.aliases.keys()]).toEqual(['preset-openai-compatible']);
    expect(leftOut).toEqual([
      { upstream: 'PRESET-ANTHROPIC-COMPATIBLE', reason: 'PRESET_ANTHROPIC_ENDPOINT_BASE_URL is not set' },
    ]);
    // Side calls of a client whose default alias is gone go to the chosen one.
    expect(config.defaultAlias.messages).toBe('preset-openai-compatible');
    expect(text).toContain('provider_key_env: PRESET_ENDPOINT_API_KEY');
    expect(text).not.toContain(KEY);
    expect(JSON.stringify([...config.upstreams.values()])).not.toContain(KEY);
    expect(resolveCredentials(config, values).upstreams.get('PRESET-OPENAI-COMPATIBLE')).toBe(KEY);
  });

  test('keeps what else is usable', () => {
    const more = new Map([
      ...values,
      ['PRESET_ANTHROPIC_ENDPOINT_BASE_URL', 'https://api.example.com/anthropic'],
    ]);
    const { config, leftOut } = hydrate(neutral(), more, {
      kind: 'alias',
      alias: 'preset-openai-compatible',
    });
    expect(config.upstreams.get('PRESET-ANTHROPIC-COMPATIBLE')?.apiRoot).toBe(
      'https://api.example.com/anthropic/v1',
    );
    expect(config.defaultAlias.messages).toBe('preset-anthropic-compatible');
    expect(leftOut).toEqual([]);
  });

  test('lists every missing variable at once, with what it is for', () => {
    const error = userError(() =>
      hydrate(neutral(), new Map([['PRESET_ENDPOINT_MODEL', '  ']]), {
        kind: 'alias',
        alias: 'preset-openai-compatible',
      }),
    );
    expect(error.exitCode).toBe(3);
    expect(error.message).toMatch(/3 environment variables are not set/);
    expect(error.message).toMatch(/PRESET_OPENAI_ENDPOINT_BASE_URL +base URL of upstream/);
    expect(error.message).toMatch(/PRESET_ENDPOINT_API_KEY +API key of upstream/);
    expect(error.message).toMatch(/PRESET_ENDPOINT_MODEL +model that alias/);
    expect(error.message).not.toContain('ANTHROPIC');
    expect(error.hints.join()).toContain('--env-file');
  });

  test('the demo’s own address is nothing to export: the remedy is to start the demo', () => {
    const demo = loadConfig(shippedPreset('demo'));
    const { hints } = userError(() => hydrate(demo, new Map(), { kind: 'alias', alias: 'demo' }));
    expect(hints).toEqual(['llmup demo starts it']);
  });

  test('a server needs all of it', () => {
    const error = userError(() => hydrate(neutral(), values, { kind: 'all', keys: true }));
    expect(error.message).toContain('PRESET_ANTHROPIC_ENDPOINT_BASE_URL');
    expect(error.message).not.toContain('PRESET_OPENAI_ENDPOINT_BASE_URL');
  });

  test('a server whose clients bring their own keys needs none', () => {
    const urls = new Map([
      ...[...values].filter(([name]) => !name.endsWith('KEY')),
      ['PRESET_ANTHROPIC_ENDPOINT_BASE_URL', 'https://api.example.com'],
    ] as [string, string][]);
    expect([...hydrate(neutral(), urls, { kind: 'all', keys: false }).config.upstreams.keys()]).toHaveLength(
      2,
    );
  });

  test('a value that cannot be used is an error that names its variable', () => {
    const wrong = new Map([
      ['PRESET_OPENAI_ENDPOINT_BASE_URL', 'https://me:sk-secret@host/v1'],
      ['PRESET_ENDPOINT_MODEL', 'm'],
      ['PRESET_ENDPOINT_API_KEY', 'two words'],
    ]);
    const error = userError(() =>
      hydrate(neutral(), wrong, { kind: 'alias', alias: 'preset-openai-compatible' }),
    );
    expect(error.message).toMatch(/PRESET_OPENAI_ENDPOINT_BASE_URL +must not hold a user name or password/);
    expect(error.message).toMatch(/PRESET_ENDPOINT_API_KEY +holds characters that no API key has/);
    expect(error.message).not.toMatch(/sk-secret|two words/);
  });
});

describe('a config of one’s own', () => {
  const text = `
# a comment that holds sk-commented
upstreams:
  A: { api_root: https://a.example/v1, provider_key: { inline: sk-inline-secret } }
  B: { api_root: https://b.example/v1, provider_key_env: B_KEY, proxy: { url: "http://me:pass-word@127.0.0.1:3128" } }
  C: { base_url: PRESET_C_URL, provider_key_env: C_KEY }
model_aliases:
  a: { target: A:one, fallbacks: [b, c] }
  b: B:two
  c: C:PRESET_C_MODEL
default_alias: c
tiers: { opus: c, haiku: b }
hooks: { usage: { url: "https://h.example", authorization: hook-secret } }
`;

  test('an alias needs its fallbacks too', async () => {
    const loaded = await load(text);
    const error = userError(() => hydrate(loaded, new Map(), { kind: 'alias', alias: 'a' }));
    expect(error.message.match(/[A-Z_]*_(KEY|URL|MODEL)/g)).toEqual([
      'B_KEY',
      'PRESET_C_URL',
      'C_KEY',
      'PRESET_C_MODEL',
    ]);
  });

  test('what cannot be used is left out, with every mention of it', async () => {
    const { config, leftOut } = hydrate(await load(text), new Map([['B_KEY', 'k']]), { kind: 'available' });
    expect([...config.upstreams.keys()]).toEqual(['A', 'B']);
    expect(config.aliases.get('a')?.fallbacks).toEqual(['b']);
    expect(config.defaultAlias).toEqual({});
    expect(config.tiers).toEqual({ haiku: 'b' });
    expect(leftOut).toEqual([{ upstream: 'C', reason: 'PRESET_C_URL is not set, C_KEY is not set' }]);
  });

  test('the text that is written or shown holds no secret of any kind', async () => {
    const values = new Map([
      ['B_KEY', KEY],
      ['C_KEY', KEY],
      ['PRESET_C_URL', 'https://c.example/v1'],
      ['PRESET_C_MODEL', 'three'],
    ]);
    const hydrated = hydrate(await load(text), values, { kind: 'all', keys: true });
    expect(hydrated.text).not.toMatch(/sk-inline|sk-commented|hook-secret|pass-word|very-secret/);
    expect(hydrated.text).toContain('target: A:one');
    expect(hydrated.text).toContain('c: C:three');
    expect(parseConfig(hydrated.text, 'runtime').upstreams.get('C')?.apiRoot).toBe('https://c.example/v1');
    expect(Object.fromEntries(resolveCredentials(hydrated.config, values).upstreams)).toEqual({
      A: 'sk-inline-secret',
      B: KEY,
      C: KEY,
    });
  });

  test('UPSTREAM:MODEL needs that upstream alone', async () => {
    const { config } = hydrate(await load(text), new Map([['B_KEY', 'k']]), {
      kind: 'alias',
      alias: 'B:other',
    });
    expect(config.upstreams.has('B')).toBe(true);
  });

  test('an upstream without any credential is a mistake, unless it says so', async () => {
    const open = 'upstreams: { A: { api_root: "http://127.0.0.1:1/v1" } }\nmodel_aliases: { a: A:m }\n';
    const loaded = await load(open);
    const error = userError(() => hydrate(loaded, new Map(), { kind: 'alias', alias: 'a' }));
    expect(error.exitCode).toBe(3);
    expect(error.hints.join()).toContain('auth: none');
    const stated = await load(open.replace('" }', '", auth: none }'));
    const { config } = hydrate(stated, new Map(), { kind: 'alias', alias: 'a' });
    expect(resolveCredentials(config, new Map()).upstreams.size).toBe(0);
  });

  test('what is shown holds no header that looks like a credential', async () => {
    const headers = '{ X-Title: shown, x-gateway-token: gateway-secret }';
    const loaded = await load(
      `upstreams: { A: { api_root: "http://h/v1", auth: none, headers: ${headers} } }`,
    );
    const { config, text: shown } = hydrate(loaded, new Map(), { kind: 'available' });
    expect(shown).toContain('X-Title: shown');
    expect(shown).not.toContain('gateway-secret');
    expect(config.upstreams.get('A')?.headers).toMatchObject({ 'x-gateway-token': 'gateway-secret' });
  });

  test('credentials that are missing are listed by name', async () => {
    const loaded = await load(text);
    const error = userError(() => resolveCredentials(loaded.config, new Map(), ['A', 'B', 'C']));
    expect(error.exitCode).toBe(3);
    expect(error.message).toMatch(/B_KEY.*\n.*C_KEY/);
  });
});
