import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { unmetNeeds } from '../../src/config/needs.ts';
import { llmupPaths, type Paths } from '../../src/config/paths.ts';
import { choosePreset, listPresets, openPreset, startAlias } from '../../src/config/presets.ts';
import { userError } from './mistakes.ts';

let home: string;
let paths: Paths;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'llmup-presets-'));
  paths = llmupPaths({ LLMUP_HOME: home });
  await mkdir(paths.presets);
});
afterEach(() => rm(home, { recursive: true, force: true }));

const preset = (upstream: string, aliases: string, rest = '') =>
  `upstreams: { ${upstream}: { api_root: "https://a.example/v1", auth: none } }\nmodel_aliases: { ${aliases} }\n${rest}\n`;
const own = (name: string, text: string) => writeFile(join(paths.presets, `${name}.yaml`), text);

describe('what can be seen', () => {
  test('the shipped presets are right, have a title, and say what they want', () => {
    const list = listPresets(paths);
    expect(list.map(({ name, origin }) => [name, origin])).toEqual([
      ['demo', 'shipped'],
      ['local', 'shipped'],
      ['openai', 'shipped'],
      ['provider-neutral', 'shipped'],
    ]);
    for (const entry of list) expect(entry.loaded?.config.title).toBeTruthy();
    const openai = list.find(({ name }) => name === 'openai')?.loaded?.config;
    expect(openai && unmetNeeds(openai, 'gpt-5', new Map()).map(({ name }) => name)).toEqual([
      'OPENAI_API_KEY',
    ]);
    expect(openai && unmetNeeds(openai, 'gpt-5', new Map([['OPENAI_API_KEY', 'k']]))).toEqual([]);
  });

  test('the user’s own come first and hide a shipped one of the same name; a broken one is told of', async () => {
    await writeFile(paths.configFile, preset('MINE', 'mine: MINE:m'));
    await own('openai', preset('CORP', 'gpt: CORP:m', 'title: Corporate'));
    await own('broken', 'upstreams: [');
    const list = listPresets(paths);
    expect(list.map(({ name, origin }) => `${origin} ${name}`)).toEqual([
      'user config',
      'user broken',
      'user openai',
      'shipped demo',
      'shipped local',
      'shipped provider-neutral',
    ]);
    const broken = list.find(({ name }) => name === 'broken');
    expect(broken && !broken.loaded && broken.problem).toContain('broken.yaml:1:');
  });
});

describe('the preset of a session', () => {
  test('is named after its file, in any writing; what no path can hold is left out', async () => {
    await own('模型 ü', preset('A', 'a: "A:m"'));
    const file = join(paths.presets, '模型 ü.yaml');
    expect(choosePreset({ client: 'codex', config: file }, paths).name).toBe('模型-ü');
  });

  test('is provider-neutral, with the default of each client', () => {
    expect(choosePreset({ client: 'codex' }, paths)).toMatchObject({
      name: 'provider-neutral',
      alias: 'preset-openai-compatible',
    });
    expect(choosePreset({ client: 'claude' }, paths).alias).toBe('preset-anthropic-compatible');
    expect(choosePreset({ client: 'gemini' }, paths).alias).toBe('preset-openai-compatible');
  });

  test('is the user’s config.yaml when there is one, and its first alias when it states none', async () => {
    await writeFile(paths.configFile, preset('MINE', 'one: MINE:a, two: MINE:b'));
    expect(choosePreset({ client: 'codex' }, paths)).toMatchObject({ name: 'config', alias: 'one' });
    await writeFile(paths.configFile, preset('MINE', 'one: MINE:a, two: MINE:b', 'default_alias: two'));
    expect(choosePreset({ client: 'codex' }, paths).alias).toBe('two');
  });

  test('is the one that --preset names, by name or by file; --config outranks it', async () => {
    await own('mine', preset('MINE', 'mine: MINE:m'));
    const file = join(home, 'other.yaml');
    await writeFile(file, preset('OTHER', 'other: OTHER:m'));
    expect(choosePreset({ client: 'codex', preset: 'mine' }, paths).alias).toBe('mine');
    expect(choosePreset({ client: 'codex', preset: file }, paths)).toMatchObject({
      name: 'other',
      alias: 'other',
    });
    expect(choosePreset({ client: 'codex', preset: 'mine', config: file }, paths).alias).toBe('other');
  });

  test('an alias that one other preset knows is taken from there', async () => {
    await own('mine', preset('MINE', 'fast: MINE:m'));
    expect(choosePreset({ client: 'codex', model: 'fast' }, paths)).toMatchObject({
      name: 'mine',
      alias: 'fast',
    });
    expect(choosePreset({ client: 'codex', model: 'OLLAMA:qwen3:8b' }, paths)).toMatchObject({
      name: 'local',
    });
  });

  test('an alias that several presets know must be narrowed down', async () => {
    await own('a', preset('A', 'fast: A:m'));
    await own('b', preset('B', 'fast: B:m'));
    const error = userError(() => choosePreset({ client: 'codex', model: 'fast' }, paths));
    expect(error.exitCode).toBe(3);
    expect(error.message).toContain('a, b');
    expect(choosePreset({ client: 'codex', model: 'fast', preset: 'b' }, paths).name).toBe('b');
  });

  test('an unknown alias is refused with the nearest', async () => {
    const error = userError(() =>
      choosePreset({ client: 'codex', model: 'preset-openai-compatable' }, paths),
    );
    expect(error.exitCode).toBe(3);
    expect(error.hints[0]).toMatch(/^the nearest: preset-openai-compatible/);
    await own('broken', 'upstreams: [');
    const other = userError(() => choosePreset({ client: 'codex', model: 'nothing-like-it' }, paths));
    expect(other.hints.join()).toContain('broken');
  });

  test('a named preset is not left for another that knows the alias', async () => {
    await own('mine', preset('MINE', 'fast: MINE:m'));
    const error = userError(() => choosePreset({ client: 'codex', preset: 'mine', model: 'gpt-5' }, paths));
    expect(error.exitCode).toBe(3);
  });

  test('an unknown preset is refused with the nearest', () => {
    const error = userError(() => openPreset({ preset: 'opnai' }, paths));
    expect(error.exitCode).toBe(3);
    expect(error.hints[0]).toBe('did you mean openai?');
  });

  test('without aliases the model must be named', async () => {
    const local = openPreset({ preset: 'local' }, paths);
    expect(startAlias(local.config, 'codex')).toBeUndefined();
    const error = userError(() => choosePreset({ client: 'codex', preset: 'local' }, paths));
    expect(error.hints[0]).toContain('--model OLLAMA:MODEL');
    expect(choosePreset({ client: 'codex', preset: 'local', model: 'VLLM:x' }, paths).alias).toBe('VLLM:x');
  });
});
