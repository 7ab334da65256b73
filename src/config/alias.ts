import type { Alias, Params, Pricing, Upstream } from './config.ts';
import { type Report, unknownName } from './names.ts';
import { type Path, shownValue } from './problem.ts';
import type { AliasFile } from './schema.ts';
import { checkLimits, readLimits, readSurface } from './upstream.ts';

/** Request members that decide where a request goes and how its reply is read: the proxy's own. */
const OWN_PARAMS = ['model', 'stream'] as const;

/** One alias of the file, checked, with its upstream's limits and surface beneath its own. */
export function readAlias(
  name: string,
  written: string | AliasFile,
  upstreams: ReadonlyMap<string, Upstream>,
  path: Path,
  report: Report,
): Alias {
  const file: AliasFile = typeof written === 'string' ? { target: written } : written;
  const targetPath = typeof written === 'string' ? path : [...path, 'target'];
  const { upstream: upstreamName, model } = readTarget(file.target, upstreams, targetPath, report);
  const upstream = upstreams.get(upstreamName);
  const limits = { ...upstream?.limits, ...readLimits(file.limits) };
  if (file.limits) checkLimits(limits, [...path, 'limits'], report);
  return {
    name,
    upstream: upstreamName,
    model,
    limits,
    surface: { ...upstream?.surface, ...readSurface(file.surface, [...path, 'surface'], report) },
    params: readParams(file, path, report),
    fallbacks: file.fallbacks ?? [],
    ...(file.pricing && { pricing: readPricing(file.pricing) }),
  };
}

/** `UPSTREAM:MODEL`, split at the first colon: a model's own name may hold more of them. */
function readTarget(
  target: string,
  upstreams: ReadonlyMap<string, Upstream>,
  path: Path,
  report: Report,
): { readonly upstream: string; readonly model: string } {
  const shown = shownValue(target) ?? '';
  const colon = target.indexOf(':');
  if (colon < 0) {
    const [only] = upstreams.size === 1 ? upstreams.keys() : [];
    report(path, 'must be UPSTREAM:MODEL: the colon is missing', {
      shown,
      hint: `such as ${upstreams.has(target.trim()) ? `${target.trim()}:MODEL` : `${only ?? 'UPSTREAM'}:${target.trim()}`}`,
    });
    return { upstream: '', model: '' };
  }
  const upstream = target.slice(0, colon).trim();
  const model = target.slice(colon + 1).trim();
  if (!upstreams.has(upstream)) {
    const known = [...upstreams.keys()];
    report(path, `there is no upstream ${JSON.stringify(upstream)}`, {
      shown,
      hint: unknownName(upstream, known),
    });
  }
  if (model === '') report(path, 'must be UPSTREAM:MODEL: the model is missing', { shown });
  return { upstream, model };
}

/** `params`, and the two other ways of saying it. Of two that say the same, the later one in this order holds. */
function readParams(file: AliasFile, path: Path, report: Report): Params {
  const byMode: Record<'default' | 'override', Record<string, unknown>> = {
    default: { ...file.params?.default },
    override: { ...file.params?.override },
  };
  for (const { key, value, mode = 'default' } of file.param_overrides ?? []) {
    // An entry named extra_body stands for its members.
    Object.assign(byMode[mode], key === 'extra_body' && isTable(value) ? value : { [key]: value });
  }
  Object.assign(byMode.override, file.extra_body);
  for (const own of OWN_PARAMS) {
    if (own in byMode.default || own in byMode.override) {
      report(path, `its params must not set ${own}`, {
        hint: own === 'model' ? 'the target names the model' : 'the client decides on streaming',
      });
    }
  }
  return byMode;
}

function isTable(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function readPricing(written: NonNullable<AliasFile['pricing']>): Pricing {
  return {
    input: written.input,
    output: written.output,
    ...(written.cached_read !== undefined && { cachedRead: written.cached_read }),
    ...(written.cached_write !== undefined && { cachedWrite: written.cached_write }),
  };
}

/** Reports fallbacks that do not exist, and circles of them. */
export function checkFallbacks(aliases: ReadonlyMap<string, Alias>, path: Path, report: Report): void {
  const known = [...aliases.keys()];
  for (const { name, fallbacks } of aliases.values()) {
    fallbacks.forEach((fallback, index) => {
      if (!aliases.has(fallback)) {
        report([...path, name, 'fallbacks', index], 'there is no such alias', {
          shown: fallback,
          hint: unknownName(fallback, known),
        });
      }
    });
    const circle = circleFrom(name, aliases);
    // Each circle is reported once, at its first alias.
    const first = circle?.every((member) => known.indexOf(member) >= known.indexOf(name));
    if (circle && first) report([...path, name, 'fallbacks'], `go in a circle: ${circle.join(' → ')}`);
  }
}

/** The way from an alias over fallbacks back to itself, if there is one. */
function circleFrom(start: string, aliases: ReadonlyMap<string, Alias>): readonly string[] | undefined {
  const seen = new Set<string>();
  const walk = (way: readonly string[]): readonly string[] | undefined => {
    for (const next of aliases.get(way.at(-1) ?? '')?.fallbacks ?? []) {
      if (next === start) return [...way, next];
      if (seen.has(next)) continue;
      seen.add(next);
      const found = walk([...way, next]);
      if (found) return found;
    }
    return undefined;
  };
  return walk([start]);
}
