import { isPlaceholder, normaliseApiRoot } from './api-root.ts';
import type { Alias, Config, Upstream } from './config.ts';
import { isKeyText, KEY_FAULT } from './secret-source.ts';
import type { Values } from './variables.ts';

/** A variable that a config wants. */
export interface NeededVariable {
  readonly name: string;
  readonly kind: 'url' | 'key' | 'model';
  /** What it is for, in a few words: `API key of upstream MAIN`. */
  readonly purpose: string;
}

/** Filled in by `llmup demo` itself, which starts the model behind it. */
export const DEMO_URL = 'PRESET_DEMO_ENDPOINT_BASE_URL';

/** What one upstream wants: its base URL when that is a placeholder, and its key. */
export function upstreamNeeds({ name, apiRoot, key }: Upstream): readonly NeededVariable[] {
  const needs: NeededVariable[] = [];
  if (isPlaceholder(apiRoot)) {
    const purpose =
      apiRoot === DEMO_URL
        ? `set by llmup demo, which starts the model of upstream ${name}`
        : `base URL of upstream ${name}, such as https://api.example.com/v1`;
    needs.push({ name: apiRoot, kind: 'url', purpose });
  }
  if (key?.kind === 'env')
    needs.push({ name: key.name, kind: 'key', purpose: `API key of upstream ${name}` });
  return needs;
}

/** What one alias wants beyond its upstream: its model when that is a placeholder. */
export function aliasNeeds({ name, model }: Alias): readonly NeededVariable[] {
  return isPlaceholder(model)
    ? [{ name: model, kind: 'model', purpose: `model that alias ${name} stands for` }]
    : [];
}

/** Everything that a session on `alias` (a name that resolves) wants, its fallbacks included; each variable once. */
export function neededVariables(config: Config, alias: string): readonly NeededVariable[] {
  const { upstreams, aliases } = reachable(config, alias);
  return unique([...upstreams.flatMap(upstreamNeeds), ...aliases.flatMap(aliasNeeds)]);
}

/** Those of {@link neededVariables} that have no usable value, with what is wrong with the one there is. */
export function unmetNeeds(
  config: Config,
  alias: string,
  values: Values,
): readonly (NeededVariable & { readonly fault?: string })[] {
  return faultyNeeds(config, neededVariables(config, alias), values);
}

/** Of the variables given, those that are not set or whose value cannot be used. */
export function faultyNeeds(
  config: Config,
  needs: readonly NeededVariable[],
  values: Values,
): readonly (NeededVariable & { readonly fault?: string })[] {
  return needs.flatMap((need) => {
    const value = values.get(need.name)?.trim();
    if (!value) return [need];
    const fault = valueFault(config, need, value);
    return fault === undefined ? [] : [{ ...need, fault }];
  });
}

/** What is wrong with a variable's value; a key's value is never quoted. */
function valueFault(config: Config, need: NeededVariable, value: string): string | undefined {
  switch (need.kind) {
    case 'url': {
      const upstream = [...config.upstreams.values()].find(({ apiRoot }) => apiRoot === need.name);
      const root = normaliseApiRoot(value, upstream?.protocols ?? []);
      return 'problem' in root
        ? `${root.problem}${root.hint === undefined ? '' : ` — ${root.hint}`}`
        : undefined;
    }
    case 'model':
      return /\p{Cc}/u.test(value) ? 'must not hold line breaks or tabs' : undefined;
    case 'key':
      return isKeyText(value) ? undefined : KEY_FAULT;
  }
}

/** The upstreams and aliases that a request to `name` may reach. */
export function reachable(
  config: Config,
  name: string,
): { readonly upstreams: readonly Upstream[]; readonly aliases: readonly Alias[] } {
  const alias = config.aliases.get(name) ?? firstAliasOf(config, name);
  if (alias) {
    const aliases = [alias, ...alias.fallbacks.flatMap((fallback) => config.aliases.get(fallback) ?? [])];
    const upstreams = aliases.flatMap((each) => config.upstreams.get(each.upstream) ?? []);
    return { aliases, upstreams: [...new Set(upstreams)] };
  }
  const upstream = config.upstreams.get(name.split(':', 1)[0] ?? '');
  return { aliases: [], upstreams: upstream ? [upstream] : [] };
}

function firstAliasOf(config: Config, upstream: string): Alias | undefined {
  return [...config.aliases.values()].find((alias) => alias.upstream === upstream);
}

/** Each variable once, at its first place. */
export function unique(needs: readonly NeededVariable[]): readonly NeededVariable[] {
  return needs.filter(({ name }, index) => needs.findIndex((other) => other.name === name) === index);
}
