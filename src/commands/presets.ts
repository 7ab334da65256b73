import { FORMAT_OF } from '../config/formats.ts';
import { DEMO_URL, type NeededVariable, neededVariables, unique, unmetNeeds } from '../config/needs.ts';
import { llmupPaths } from '../config/paths.ts';
import { type ClientName, listPresets, openPreset, type PresetEntry, startAlias } from '../config/presets.ts';
import { readVariables, type Values } from '../config/variables.ts';
import { print, printJson, printTable } from './print.ts';

export interface PresetsOptions {
  readonly envFile?: string;
  readonly json?: boolean;
}

/**
 * `llmup presets list`: the presets that can be seen, and whether each is ready for a session.
 * @returns the exit code.
 */
export async function presetsList(options: PresetsOptions): Promise<number> {
  const paths = llmupPaths(process.env);
  const values = variables(options);
  const list = listPresets(paths).map((entry) => summary(entry, values));
  if (options.json) printJson(list);
  else {
    await printTable(
      ['preset', 'from', 'title', 'aliases', 'ready'],
      list.map(({ name, origin, title, aliases, ready, missing, problem }) => [
        name,
        origin,
        title ?? '',
        aliases.join(', '),
        problem === undefined ? readiness(ready, missing) : 'has mistakes: llmup config check',
      ]),
    );
  }
  return 0;
}

/**
 * `llmup presets show NAME`: what one preset holds and wants; which variables are set, never their values.
 * @returns the exit code.
 * @throws {UserError} when there is no such preset or it has mistakes.
 */
export async function presetsShow(name: string, options: PresetsOptions): Promise<number> {
  const preset = openPreset({ preset: name }, llmupPaths(process.env));
  const values = variables(options);
  const { config, file } = preset;
  const needs = allNeeds(config.aliases.keys(), (alias) => neededVariables(config, alias));
  const unmet = new Map(
    [...config.aliases.keys()].flatMap((alias) =>
      unmetNeeds(config, alias, values).map((need) => [need.name, need] as const),
    ),
  );
  const state = (variable: string) => {
    const need = unmet.get(variable);
    return need === undefined ? 'set' : (need.fault ?? 'not set');
  };
  if (options.json) {
    printJson({
      name: preset.name,
      file,
      title: config.title,
      description: config.description,
      start: Object.fromEntries(CLIENTS.map((client) => [client, startAlias(config, client)])),
      aliases: [...config.aliases.values()].map((alias) => ({
        name: alias.name,
        target: `${alias.upstream}:${alias.model}`,
      })),
      upstreams: [...config.upstreams.values()].map((upstream) => ({
        name: upstream.name,
        apiRoot: upstream.apiRoot,
        protocols: upstream.protocols.map((protocol) => FORMAT_OF[protocol]),
      })),
      variables: needs.map((need) => ({ ...need, state: state(need.name) })),
    });
    return 0;
  }
  print(`${preset.name}${config.title === undefined ? '' : `: ${config.title}`}`);
  if (config.description !== undefined) print(config.description);
  print(`${file}\n`);
  await printTable(
    ['upstream', 'protocol', 'address'],
    [...config.upstreams.values()].map(({ name: upstream, protocols, apiRoot }) => [
      upstream,
      protocols.map((protocol) => FORMAT_OF[protocol]).join(', '),
      apiRoot,
    ]),
  );
  if (config.aliases.size > 0) {
    print('');
    await printTable(
      ['alias', 'target', 'starts'],
      [...config.aliases.values()].map((alias) => [
        alias.name,
        `${alias.upstream}:${alias.model}`,
        CLIENTS.filter((client) => startAlias(config, client) === alias.name).join(', '),
      ]),
    );
  }
  if (needs.length > 0) {
    print('');
    await printTable(
      ['variable', 'state', 'purpose'],
      needs.map((need) => [need.name, state(need.name), need.purpose]),
    );
  }
  return 0;
}

/** Clients that a preset can start; the others come with later versions. */
const CLIENTS = ['codex'] as const satisfies readonly ClientName[];

interface Summary {
  readonly name: string;
  readonly file: string;
  readonly origin: PresetEntry['origin'];
  readonly title?: string;
  readonly description?: string;
  readonly aliases: readonly string[];
  /** Whether a session could start on the alias that it starts with. */
  readonly ready: boolean;
  readonly missing: readonly string[];
  readonly problem?: string;
}

function summary(entry: PresetEntry, values: Values): Summary {
  const { name, file, origin } = entry;
  if (!entry.loaded) {
    return { name, file, origin, aliases: [], ready: false, missing: [], problem: entry.problem };
  }
  const { config } = entry.loaded;
  const [firstUpstream = ''] = config.upstreams.keys();
  const start = startAlias(config, 'codex') ?? firstUpstream;
  const missing = unmetNeeds(config, start, values).map((need) => need.name);
  return {
    name,
    file,
    origin,
    ...(config.title !== undefined && { title: config.title }),
    ...(config.description !== undefined && { description: config.description }),
    aliases: [...config.aliases.keys()],
    ready: missing.every((name) => name === DEMO_URL),
    missing,
  };
}

function readiness(ready: boolean, missing: readonly string[]): string {
  if (!ready) return `no: set ${missing.join(', ')}`;
  return missing.includes(DEMO_URL) ? 'yes: llmup demo' : 'yes';
}

function allNeeds(
  aliases: Iterable<string>,
  needsOf: (alias: string) => readonly NeededVariable[],
): readonly NeededVariable[] {
  return unique([...aliases].flatMap(needsOf));
}

function variables({ envFile }: PresetsOptions): Values {
  const { secretsFile } = llmupPaths(process.env);
  return readVariables({ env: process.env, envFile, secretsFile });
}
