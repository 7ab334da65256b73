import { existsSync, readdirSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Protocol } from '../protocols/conversation.ts';
import { EXIT, UserError } from '../user-error.ts';
import type { Config } from './config.ts';
import { type LoadedConfig, loadConfig } from './load.ts';
import { unknownName } from './names.ts';
import { byLikeness } from './nearest.ts';
import type { Paths } from './paths.ts';
import { resolveName } from './resolve.ts';

export type ClientName = 'codex' | 'claude' | 'gemini';

/** The protocol each client speaks. */
const PROTOCOL_OF: Readonly<Record<ClientName, Protocol>> = {
  codex: 'responses',
  claude: 'messages',
  gemini: 'gemini',
};

/** A preset as it is found, before it is read. */
export interface PresetFile {
  /** File name without its ending; `config` for the user's `config.yaml`. Safe in a path. */
  readonly name: string;
  /** Absolute path. */
  readonly file: string;
  readonly origin: 'user' | 'shipped';
}

/** A preset as it is listed: read, or what keeps it from being read. */
export type PresetEntry = PresetFile &
  ({ readonly loaded: LoadedConfig } | { readonly loaded: undefined; readonly problem: string });

/** Every preset that can be seen: the user's `config.yaml` and presets, then the shipped ones; a user's hides a shipped one of its name. */
export function listPresets(paths: Paths): readonly PresetEntry[] {
  return findPresets(paths).map((found) => {
    try {
      return { ...found, loaded: loadConfig(found.file) };
    } catch (error) {
      if (error instanceof UserError) return { ...found, loaded: undefined, problem: error.message };
      throw error;
    }
  });
}

export interface PresetWish {
  /** `--config`: a file. */
  readonly config?: string | undefined;
  /** `--preset`: a file or a name. */
  readonly preset?: string | undefined;
}

export interface ChosenPreset extends LoadedConfig {
  /** Names the client's persistent home. */
  readonly name: string;
}

/**
 * The config to work with: `--config`, `--preset`, the user's `config.yaml`, else the preset `provider-neutral`.
 * @throws {UserError} with exit code 3 when it is not there or not right.
 */
export function openPreset(wish: PresetWish, paths: Paths): ChosenPreset {
  if (wish.config !== undefined) return openFile(wish.config);
  if (wish.preset !== undefined) {
    return isFileName(wish.preset) ? openFile(wish.preset) : open(presetNamed(wish.preset, paths));
  }
  return open(defaultPreset(paths));
}

export interface SessionWish extends PresetWish {
  /** `--model`: an alias, or `UPSTREAM:MODEL`. */
  readonly model?: string | undefined;
  readonly client: ClientName;
}

export interface SessionChoice extends ChosenPreset {
  /** What the client is started with: a name that resolves in `config`. */
  readonly alias: string;
}

/**
 * The preset and alias of a session. Without `--model` it is the preset's default for the client, else its first
 * alias. With one, and no preset named, the only other preset that knows the alias is taken.
 * @throws {UserError} with exit code 3 when a name is unknown, or known to several presets.
 */
export function choosePreset(wish: SessionWish, paths: Paths): SessionChoice {
  const chosen = openPreset(wish, paths);
  const { model } = wish;
  if (model === undefined) return { ...chosen, alias: firstAlias(chosen, wish.client) };
  if (resolveName(chosen.config, model)) return { ...chosen, alias: model };
  if (wish.config !== undefined || wish.preset !== undefined)
    throw unknownAlias(model, [chosen.config], chosen.name);

  const others = listPresets(paths).filter(({ file }) => file !== chosen.file);
  const knowing = others.flatMap((entry) =>
    entry.loaded && resolveName(entry.loaded.config, model) ? [{ name: entry.name, ...entry.loaded }] : [],
  );
  const [only, ...more] = knowing;
  if (only && more.length === 0) return { ...only, alias: model };
  if (only) {
    throw new UserError(
      `several presets define the alias ${JSON.stringify(model)}: ${names(knowing)}`,
      EXIT.config,
      [`name one: --preset ${only.name}`],
    );
  }
  const broken = others.filter(({ loaded }) => !loaded);
  throw unknownAlias(
    model,
    [chosen.config, ...others.flatMap(({ loaded }) => (loaded ? [loaded.config] : []))],
    chosen.name,
    broken.length > 0 ? [`not searched, since they have mistakes: ${names(broken)}; see llmup presets`] : [],
  );
}

/** The alias a client starts with when none is named; undefined when the config has no alias. */
export function startAlias(config: Config, client: ClientName): string | undefined {
  const [first] = config.aliases.keys();
  return config.defaultAlias[PROTOCOL_OF[client]] ?? first;
}

function firstAlias({ config, file }: LoadedConfig, client: ClientName): string {
  const alias = startAlias(config, client);
  if (alias !== undefined) return alias;
  const [upstream = 'UPSTREAM'] = config.upstreams.keys();
  throw new UserError(`${file} has no aliases, so the model must be named`, EXIT.config, [
    `--model ${upstream}:MODEL, or add model_aliases to the file`,
  ]);
}

function unknownAlias(
  model: string,
  configs: readonly Config[],
  preset: string,
  more: readonly string[] = [],
): UserError {
  const known = [...new Set(configs.flatMap((config) => [...config.aliases.keys()]))];
  const near = byLikeness(model, known).slice(0, 3);
  return new UserError(
    `there is no alias ${JSON.stringify(model)} in preset ${preset}${configs.length > 1 ? ', nor in any other' : ''}`,
    EXIT.config,
    [
      near.length > 0
        ? `the nearest: ${near.join(', ')}; llmup models lists them all`
        : 'the file has no aliases: --model UPSTREAM:MODEL',
      ...more,
    ],
  );
}

function names(list: readonly { readonly name: string }[]): string {
  return list.map(({ name }) => name).join(', ');
}

function openFile(file: string): ChosenPreset {
  return open({ name: presetName(file), file: resolve(file) });
}

function open({ name, file }: Pick<PresetFile, 'name' | 'file'>): ChosenPreset {
  return { name, ...loadConfig(file) };
}

function isFileName(text: string): boolean {
  return /[/\\]/.test(text) || /\.ya?ml$/i.test(text);
}

/** A file's name as it can stand in a path of ours. */
function presetName(file: string): string {
  return (
    basename(file, extname(file))
      .replace(/[^\p{L}\p{M}\p{N}_.-]+/gu, '-')
      .replace(/^\.+/, '') || 'config'
  );
}

function presetNamed(name: string, paths: Paths): PresetFile {
  const found = findPresets(paths);
  const preset = found.find((each) => each.name === name);
  if (preset) return preset;
  const known = found.map((each) => each.name);
  throw new UserError(`there is no preset ${JSON.stringify(name)}`, EXIT.config, [
    unknownName(name, known),
    `presets are files in ${paths.presets}, or those that llmup brings; a path works too`,
  ]);
}

function defaultPreset(paths: Paths): PresetFile {
  return existsSync(paths.configFile)
    ? { name: 'config', file: paths.configFile, origin: 'user' }
    : presetNamed('provider-neutral', paths);
}

function findPresets(paths: Paths): readonly PresetFile[] {
  const own: PresetFile[] = existsSync(paths.configFile)
    ? [{ name: 'config', file: paths.configFile, origin: 'user' }]
    : [];
  const found = [...own, ...presetsIn(paths.presets, 'user'), ...presetsIn(shippedPresets(), 'shipped')];
  return found.filter(({ name }, index) => found.findIndex((other) => other.name === name) === index);
}

function presetsIn(directory: string, origin: PresetFile['origin']): readonly PresetFile[] {
  return filesIn(directory)
    .filter((file) => /^[^.].*\.ya?ml$/i.test(file))
    .sort()
    .map((file) => ({ name: presetName(file), file: join(directory, file), origin }));
}

function filesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // The user has no presets of their own.
  }
}

/** The file of a preset that llmup brings, whatever the user has by that name. */
export function shippedPreset(name: string): string {
  return join(shippedPresets(), `${name}.yaml`);
}

/** The presets beside the running program: `dist/…` in the package, `src/config/…` in the sources. */
function shippedPresets(): string {
  const candidates = ['../presets', '../../presets'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  return candidates.find((directory) => existsSync(join(directory, 'provider-neutral.yaml'))) ?? '';
}
