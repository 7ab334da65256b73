import type { Protocol } from '../protocols/conversation.ts';
import type { Alias, Config, Route, Upstream } from './config.ts';
import { byLikeness } from './nearest.ts';

/**
 * Where a model name leads: an alias; else `UPSTREAM:MODEL`; else an upstream's own name, which stands for its first
 * alias's model (for the name itself where it has no alias: servers of a single model ignore it); else the default
 * of the client's protocol. A target model's name alone leads nowhere.
 */
export function resolveRoute(config: Config, model: string, client: Protocol): Route | undefined {
  const found = resolveName(config, model);
  if (found) return found;
  const fallback = config.defaultAlias[client];
  const alias = fallback === undefined ? undefined : config.aliases.get(fallback);
  return alias && aliasRoute(config, alias, model, 'default');
}

/** The same for a name that must stand for itself, as `--model` does. */
export function resolveName(config: Config, model: string): Route | undefined {
  const alias = config.aliases.get(model);
  if (alias) return aliasRoute(config, alias, model, 'alias');

  const colon = model.indexOf(':');
  const upstream = config.upstreams.get(colon < 0 ? model : model.slice(0, colon));
  if (!upstream) return undefined;
  if (colon < 0) {
    const first = [...config.aliases.values()].find((each) => each.upstream === upstream.name);
    return first
      ? aliasRoute(config, first, model, 'upstream')
      : plainRoute(upstream, model, model, 'upstream');
  }
  const target = model.slice(colon + 1);
  return target === '' ? undefined : plainRoute(upstream, model, target, 'explicit');
}

function aliasRoute(config: Config, alias: Alias, asked: string, via: Route['via']): Route | undefined {
  const upstream = config.upstreams.get(alias.upstream);
  if (!upstream) return undefined;
  const { model, limits, surface, params, pricing, fallbacks } = alias;
  return {
    alias: asked,
    via,
    upstream,
    model,
    limits,
    surface,
    params,
    ...(pricing && { pricing }),
    fallbacks,
  };
}

/** A route that no alias describes: the upstream's own limits and surface. */
function plainRoute(upstream: Upstream, asked: string, model: string, via: Route['via']): Route {
  const { limits, surface } = upstream;
  return {
    alias: asked,
    via,
    upstream,
    model,
    limits,
    surface,
    params: { default: {}, override: {} },
    fallbacks: [],
  };
}

/** Up to three routable names, the likest to `model` first. */
export function nearestNames(config: Config, model: string): readonly string[] {
  const names = config.aliases.size > 0 ? config.aliases.keys() : config.upstreams.keys();
  return byLikeness(model, names).slice(0, 3);
}
