import { stringify } from 'yaml';
import { EXIT, UserError } from '../user-error.ts';
import type { Alias, Config, Upstream } from './config.ts';
import type { LoadedConfig } from './load.ts';
import {
  aliasNeeds,
  DEMO_URL,
  faultyNeeds,
  type NeededVariable,
  neededVariables,
  reachable,
  unique,
  upstreamNeeds,
} from './needs.ts';
import { readConfig } from './parse.ts';
import { withoutSecrets } from './secrets.ts';
import type { Values } from './variables.ts';

/**
 * How much of a config must be usable. `alias`: what one session needs, a name that resolves; the rest stays where
 * its variables are set. `all`: everything, as `serve` does; `keys` is false where clients bring their own.
 * `available`: whatever is usable.
 */
export type Need =
  | { readonly kind: 'alias'; readonly alias: string }
  | { readonly kind: 'all'; readonly keys: boolean }
  | { readonly kind: 'available' };

export interface Hydrated {
  /** Without placeholders, and without what could not be hydrated. */
  readonly config: Config;
  /** The same as YAML, to be written or shown: it holds names of secrets, never their values. */
  readonly text: string;
  /** Upstreams left out, and why. */
  readonly leftOut: readonly { readonly upstream: string; readonly reason: string }[];
}

/**
 * Puts values in the place of `PRESET_*` placeholders, in API roots and in alias targets. Keys stay names.
 * @throws {UserError} with exit code 3 that lists every variable which is missing or unusable, and what it is for.
 */
export function hydrate(loaded: LoadedConfig, values: Values, need: Need): Hydrated {
  const { config, document } = loaded;
  const required = requiredBy(config, need);
  assertKeyed(required.upstreams, need);
  assertUsable(config, required.variables, values);

  const leftOut = [...config.upstreams.values()].flatMap((upstream) => {
    if (required.upstreams.includes(upstream)) return [];
    const reason = unusable(config, upstream, values);
    return reason === undefined ? [] : [{ upstream: upstream.name, reason }];
  });
  const gone = new Set(leftOut.map(({ upstream }) => upstream));
  if (gone.size === config.upstreams.size) {
    const needs = unique([...config.upstreams.values()].flatMap(upstreamNeeds));
    throw unusableError(faultyNeeds(config, needs, values));
  }
  const kept = new Set(
    [...config.aliases.values()]
      .filter(
        (alias) => !gone.has(alias.upstream) && faultyNeeds(config, aliasNeeds(alias), values).length === 0,
      )
      .map(({ name }) => name),
  );
  const fallback = need.kind === 'alias' && kept.has(need.alias) ? need.alias : undefined;
  const hydrated = fill(document.value as Table, { config, values, gone, kept, fallback });
  return {
    config: readConfig(document, hydrated),
    text: `# Made by llmup from ${loaded.file}. It names secrets, and holds none.\n${stringify(withoutSecrets(hydrated))}`,
    leftOut,
  };
}

/** What must be there, or the caller cannot go on. */
function requiredBy(
  config: Config,
  need: Need,
): { readonly upstreams: readonly Upstream[]; readonly variables: readonly NeededVariable[] } {
  switch (need.kind) {
    case 'alias':
      return {
        upstreams: reachable(config, need.alias).upstreams,
        variables: neededVariables(config, need.alias),
      };
    case 'all': {
      const upstreams = [...config.upstreams.values()];
      const variables = [
        ...upstreams.flatMap(upstreamNeeds),
        ...[...config.aliases.values()].flatMap(aliasNeeds),
      ];
      return {
        upstreams,
        variables: unique([
          ...variables.filter(({ kind }) => need.keys || kind !== 'key'),
          ...proxyKeyNeeds(config),
        ]),
      };
    }
    case 'available':
      return { upstreams: [], variables: [] };
  }
}

function proxyKeyNeeds({ dataAuth }: Config): readonly NeededVariable[] {
  return dataAuth?.mode === 'proxy_key' && dataAuth.key.kind === 'env'
    ? [{ name: dataAuth.key.name, kind: 'key', purpose: 'key that clients of this proxy must present' }]
    : [];
}

/** Why an upstream cannot be used as things are; undefined when it can. */
function unusable(config: Config, upstream: Upstream, values: Values): string | undefined {
  if (!hasCredential(upstream)) return 'it has no provider_key_env';
  const faults = faultyNeeds(config, upstreamNeeds(upstream), values);
  if (faults.length === 0) return undefined;
  return faults.map(({ name, fault }) => `${name} ${fault ?? 'is not set'}`).join(', ');
}

function hasCredential({ key, auth }: Upstream): boolean {
  return key !== undefined || auth === 'none' || auth === 'cli_proxy_api';
}

/** An upstream without any credential is a slip far more often than an open endpoint, which says `auth: none`. */
function assertKeyed(upstreams: readonly Upstream[], need: Need): void {
  if (need.kind === 'all' && !need.keys) return;
  const open = upstreams.filter((upstream) => !hasCredential(upstream)).map(({ name }) => name);
  if (open.length === 0) return;
  throw new UserError(`no key is configured for upstream ${open.join(', ')}`, EXIT.config, [
    'add provider_key_env: NAME to it, or auth: none when the endpoint wants no key',
  ]);
}

function assertUsable(config: Config, needs: readonly NeededVariable[], values: Values): void {
  const faults = faultyNeeds(config, needs, values);
  if (faults.length > 0) throw unusableError(faults);
}

function unusableError(faults: readonly (NeededVariable & { readonly fault?: string })[]): UserError {
  const width = Math.max(...faults.map(({ name }) => name.length));
  const lines = faults.map(
    ({ name, purpose, fault }) =>
      `  ${name.padEnd(width)}  ${fault === undefined ? purpose : `${fault} (${purpose})`}`,
  );
  const missing = faults.filter(({ fault }) => fault === undefined).length;
  const heading =
    missing === faults.length
      ? `${missing === 1 ? 'an environment variable is' : `${missing} environment variables are`} not set:`
      : 'environment variables are missing or cannot be used:';
  return new UserError([heading, ...lines].join('\n'), EXIT.config, remedies(faults));
}

function remedies(faults: readonly NeededVariable[]): readonly string[] {
  // Nobody but the demo itself knows where its model listens.
  if (faults.every(({ name }) => name === DEMO_URL)) return ['llmup demo starts it'];
  return [
    'export them, or put NAME=value lines into a file for --env-file, or into secrets.env beside config.yaml (chmod 600)',
    ...(faults.some(({ kind }) => kind === 'key')
      ? ['for an endpoint that wants no key, any text will do']
      : []),
  ];
}

type Table = Readonly<Record<string, unknown>>;

interface Filling {
  readonly config: Config;
  readonly values: Values;
  /** Upstreams to leave out. */
  readonly gone: ReadonlySet<string>;
  /** Aliases to keep. */
  readonly kept: ReadonlySet<string>;
  /** What stands in for a default alias that is left out. */
  readonly fallback: string | undefined;
}

/** The file's data with values for placeholders, without what is left out. */
function fill(file: Table, filling: Filling): Table {
  const { config, gone, kept, fallback } = filling;
  const keptAlias = (name: unknown) => (kept.has(String(name)) ? name : fallback);
  return Object.fromEntries(
    Object.entries(file).flatMap(([key, value]): [string, unknown][] => {
      switch (key) {
        case 'upstreams':
          return [
            [
              key,
              mapTable(value, (upstream, name) =>
                gone.has(name) ? undefined : fillUpstream(upstream, filling),
              ),
            ],
          ];
        case 'model_aliases':
          return [
            [
              key,
              mapTable(value, (written, name) => {
                const alias = config.aliases.get(name);
                return alias && kept.has(name) ? fillAlias(written, alias, filling) : undefined;
              }),
            ],
          ];
        case 'default_alias': {
          const left = typeof value === 'string' ? keptAlias(value) : mapTable(value, keptAlias);
          return left === undefined ? [] : [[key, left]];
        }
        case 'tiers':
          return [[key, mapTable(value, (name) => (kept.has(String(name)) ? name : undefined))]];
        default:
          return [[key, value]];
      }
    }),
  );
}

function fillUpstream(upstream: unknown, { config, values }: Filling): unknown {
  const placeholders = new Set([...config.upstreams.values()].map(({ apiRoot }) => apiRoot));
  return mapTable(upstream, (value, key) => {
    if (!['api_root', 'url', 'upstream_url', 'base_url'].includes(key) || typeof value !== 'string')
      return value;
    const name = value.trim();
    return placeholders.has(name) ? (values.get(name) ?? value) : value;
  });
}

function fillAlias(written: unknown, alias: Alias, { values, kept }: Filling): unknown {
  const target = `${alias.upstream}:${values.get(aliasNeeds(alias)[0]?.name ?? '') ?? alias.model}`;
  if (typeof written === 'string') return target;
  return mapTable(written, (value, key) => {
    if (key === 'target') return target;
    if (key === 'fallbacks' && Array.isArray(value)) return value.filter((name) => kept.has(String(name)));
    return value;
  });
}

/** A mapping with each value replaced; those that become undefined are left out. */
function mapTable(table: unknown, replace: (value: unknown, key: string) => unknown): Table {
  return Object.fromEntries(
    Object.entries(table ?? {}).flatMap(([key, value]): [string, unknown][] => {
      const replaced = replace(value, key);
      return replaced === undefined ? [] : [[key, replaced]];
    }),
  );
}
