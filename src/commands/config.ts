import { existsSync } from 'node:fs';
import { hydrate } from '../config/hydrate.ts';
import { unmetNeeds } from '../config/needs.ts';
import { llmupPaths } from '../config/paths.ts';
import { openPreset, type PresetWish } from '../config/presets.ts';
import { resolveName } from '../config/resolve.ts';
import { readVariables } from '../config/variables.ts';
import { EXIT, UserError } from '../user-error.ts';
import { print, printJson } from './print.ts';

export interface ConfigOptions {
  readonly config?: string;
  readonly preset?: string;
  readonly envFile?: string;
  readonly model?: string;
  readonly json?: boolean;
}

/**
 * `llmup config check [name|file]`: says whether a config is right, and which variables it still wants.
 * @returns the exit code.
 * @throws {UserError} with exit code 3 that lists every mistake.
 */
export async function configCheck(file: string | undefined, options: ConfigOptions): Promise<number> {
  const paths = llmupPaths(process.env);
  const preset = openPreset(wishOf(file, options), paths);
  const values = readVariables({
    env: process.env,
    envFile: options.envFile,
    secretsFile: paths.secretsFile,
  });
  const { config } = preset;
  const names = config.aliases.size > 0 ? [...config.aliases.keys()] : [...config.upstreams.keys()];
  const unready = names.flatMap((alias) => {
    const missing = unmetNeeds(config, alias, values).map(({ name, fault }) => ({
      name,
      fault: fault ?? 'not set',
    }));
    return missing.length > 0 ? [{ alias, missing }] : [];
  });
  if (options.json) {
    printJson({
      file: preset.file,
      ok: true,
      upstreams: [...config.upstreams.keys()],
      aliases: [...config.aliases.keys()],
      unready,
    });
    return 0;
  }
  print(
    `${preset.file}: ok, ${counted(config.upstreams.size, 'upstream')}, ${counted(config.aliases.size, 'alias', 'aliases')}`,
  );
  for (const { alias, missing } of unready) {
    print(`  ${alias} is not ready: ${missing.map(({ name, fault }) => `${name} ${fault}`).join(', ')}`);
  }
  return 0;
}

/**
 * `llmup config render [name|file]`: the config as a session or a server would use it, without a secret in it.
 * @returns the exit code.
 * @throws {UserError} with exit code 3 when it is wrong, or nothing in it is usable.
 */
export async function configRender(file: string | undefined, options: ConfigOptions): Promise<number> {
  const paths = llmupPaths(process.env);
  const preset = openPreset(wishOf(file, options), paths);
  const values = readVariables({
    env: process.env,
    envFile: options.envFile,
    secretsFile: paths.secretsFile,
  });
  const { model } = options;
  if (model !== undefined && !resolveName(preset.config, model)) {
    throw new UserError(`there is no alias ${JSON.stringify(model)} in ${preset.file}`, EXIT.config, [
      'llmup models lists them',
    ]);
  }
  const { text, leftOut } = hydrate(
    preset,
    values,
    model === undefined ? { kind: 'available' } : { kind: 'alias', alias: model },
  );
  print(text);
  for (const { upstream, reason } of leftOut) {
    process.stderr.write(`llmup: left out ${upstream}: ${reason}\n`);
  }
  return 0;
}

/** `llmup config schema`: the JSON Schema of a config, for editors. */
export async function configSchema(): Promise<number> {
  const { configJsonSchema } = await import('../config/json-schema.ts');
  printJson(configJsonSchema());
  return 0;
}

/** The argument may be a preset's name too, as it may for `llmup presets show`. */
function wishOf(named: string | undefined, { config, preset }: ConfigOptions): PresetWish {
  if (named === undefined) return { config, preset };
  return existsSync(named) ? { config: named } : { preset: named };
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
