import type { Alias, Config, Pricing, Surface } from '../config/config.ts';
import { FORMAT_OF } from '../config/formats.ts';
import { unmetNeeds } from '../config/needs.ts';
import { llmupPaths } from '../config/paths.ts';
import { openPreset } from '../config/presets.ts';
import { readVariables, type Values } from '../config/variables.ts';
import { print, printJson, printTable } from './print.ts';

export interface ModelsOptions {
  readonly config?: string;
  readonly preset?: string;
  readonly envFile?: string;
  readonly json?: boolean;
}

/**
 * `llmup models`: every alias with its route, protocol, limits, capabilities and price.
 * @returns the exit code.
 * @throws {UserError} when the config is missing or wrong.
 */
export async function models(options: ModelsOptions): Promise<number> {
  const paths = llmupPaths(process.env);
  const { config } = openPreset(options, paths);
  const values = readVariables({
    env: process.env,
    envFile: options.envFile,
    secretsFile: paths.secretsFile,
  });
  const list = [...config.aliases.values()].map((alias) => modelOf(config, alias, values));
  if (options.json) printJson(list);
  else if (list.length === 0) {
    const [upstream = 'UPSTREAM'] = config.upstreams.keys();
    print(`no aliases in ${config.source}: name a model as ${upstream}:MODEL`);
  } else {
    await printTable(
      [
        'alias',
        'route',
        'protocol',
        'context',
        'output',
        'capabilities',
        'USD per 1M in/cached/out',
        'not set',
      ],
      list.map((model) => [
        model.alias,
        model.route,
        model.protocols.join(', '),
        tokens(model.contextWindow),
        tokens(model.maxOutputTokens),
        model.capabilities.join(', '),
        priceText(model.pricing),
        model.missing.join(', '),
      ]),
    );
  }
  return 0;
}

interface Model {
  readonly alias: string;
  /** `UPSTREAM:MODEL`, with placeholders where nothing is set. */
  readonly route: string;
  readonly protocols: readonly string[];
  readonly contextWindow?: number;
  readonly maxOutputTokens?: number;
  readonly surface: Surface;
  readonly capabilities: readonly string[];
  readonly pricing?: Pricing;
  readonly fallbacks: readonly string[];
  /** Variables without a usable value. */
  readonly missing: readonly string[];
}

function modelOf(config: Config, alias: Alias, values: Values): Model {
  const upstream = config.upstreams.get(alias.upstream);
  const missing = unmetNeeds(config, alias.name, values).map(({ name }) => name);
  const model = missing.includes(alias.model) ? alias.model : (values.get(alias.model) ?? alias.model);
  return {
    alias: alias.name,
    route: `${alias.upstream}:${alias.model.startsWith('PRESET_') ? model : alias.model}`,
    protocols: (upstream?.protocols ?? []).map((protocol) => FORMAT_OF[protocol]),
    ...alias.limits,
    surface: alias.surface,
    capabilities: capabilities(alias.surface),
    ...(alias.pricing && { pricing: alias.pricing }),
    fallbacks: alias.fallbacks,
    missing,
  };
}

/** What the surface states, in words; what it leaves open is not mentioned. */
function capabilities(surface: Surface): readonly string[] {
  const states = (flag: boolean | undefined, word: string) =>
    flag === undefined ? [] : [flag ? word : `no ${word}`];
  return [
    ...(surface.input ?? []),
    ...states(surface.supportsSearch, 'search'),
    ...states(surface.supportsParallelCalls, 'parallel calls'),
  ];
}

function tokens(count: number | undefined): string {
  return count === undefined ? '' : count.toLocaleString('en-US');
}

function priceText(pricing: Pricing | undefined): string {
  return pricing ? [pricing.input, pricing.cachedRead ?? '-', pricing.output].join(' / ') : '';
}
