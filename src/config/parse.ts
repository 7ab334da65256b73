import type { Protocol } from '../protocols/conversation.ts';
import { checkFallbacks, readAlias } from './alias.ts';
import type { Config, DataAuth, Listen, ResourceLimits, Tier, Timers } from './config.ts';
import { type ConfigDocument, openDocument } from './document.ts';
import { readEgress } from './egress.ts';
import { FORMATS, type Format } from './formats.ts';
import { parseListen } from './listen.ts';
import { checkNames, type Report, unknownName } from './names.ts';
import { faults, type Problem, pathText, problemText, shownValue } from './problem.ts';
import { remainder } from './remainder.ts';
import { type ConfigFile, configFile } from './schema.ts';
import { schemaProblems } from './schema-problems.ts';
import { withoutBlanks } from './schema-walk.ts';
import { readSecret } from './secret-source.ts';
import { hasUserinfo } from './secrets.ts';
import { readUpstream } from './upstream.ts';

const TIERS = ['opus', 'sonnet', 'haiku', 'subagent'] as const satisfies readonly Tier[];

/**
 * Reads a config or a preset. `PRESET_*` placeholders are left as they are: see `hydrate.ts`.
 *
 * @param source file or preset name, for messages
 * @throws {UserError} with exit code 3, listing every mistake with its line.
 */
export function parseConfig(text: string, source: string): Config {
  const document = openDocument(text, source);
  return readConfig(document, document.value);
}

/**
 * The same from data: `written` is the document's own, or what hydration made of it.
 * @throws {UserError} with exit code 3, listing every mistake with the line it came from.
 */
export function readConfig(document: ConfigDocument, written: unknown): Config {
  const value = withoutBlanks(configFile, written);
  if (value === null || value === undefined) {
    throw faults(document.source, [
      { line: 1, column: 1, text: 'the file is empty — begin with `upstreams:`' },
    ]);
  }
  const parsed = configFile.safeParse(value);
  const problems: Problem[] = [
    ...unusableNames(value),
    ...(parsed.success ? [] : schemaProblems(configFile, parsed.error.issues, value)),
  ];
  const refused = problems.map(({ path }) => pathText(path));
  const rest = parsed.success
    ? parsed
    : configFile.safeParse(
        remainder(
          value,
          problems.map(({ path }) => path),
        ),
      );
  const config = rest.success
    ? configOf(rest.data, document.source, (path, message, more) => {
        if (!refused.includes(pathText(path))) problems.push({ path, message, ...more });
      })
    : undefined;
  if (config && problems.length === 0) return config;
  throw faults(
    document.source,
    problems.map((problem) => ({ ...document.locate(problem.path), text: problemText(problem) })),
  );
}

/** `__proto__` is passed over by whatever reads the file into plain objects: an alias of that name would be missing. */
function unusableNames(value: unknown): readonly Problem[] {
  if (value === null || typeof value !== 'object') return [];
  return NAMED.flatMap((key) => {
    const names: unknown = Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
    if (names === null || typeof names !== 'object' || !Object.hasOwn(names, '__proto__')) return [];
    return [{ path: [key, '__proto__'], message: 'this name cannot be used', hint: 'take another' }];
  });
}

const NAMED = ['upstreams', 'model_aliases'] as const;

/** The config that the file describes, with the defaults; what is wrong goes to `report`. */
function configOf(file: ConfigFile, source: string, report: Report): Config {
  const upstreamNames = Object.keys(file.upstreams);
  checkNames(['upstreams'], upstreamNames, report, 'upstream');
  if (upstreamNames.length === 0) report(['upstreams'], 'at least one upstream must be configured');
  const upstreams = new Map(
    Object.entries(file.upstreams).map(([name, written]) => [
      name,
      readUpstream(name, written, ['upstreams', name], report),
    ]),
  );
  const written = file.model_aliases ?? {};
  checkNames(['model_aliases'], Object.keys(written), report, 'alias');
  const aliases = new Map(
    Object.entries(written).map(([name, alias]) => [
      name,
      readAlias(name, alias, upstreams, ['model_aliases', name], report),
    ]),
  );
  checkFallbacks(aliases, ['model_aliases'], report);
  if (file.proxy !== undefined && file.upstream_proxy !== undefined) {
    report(['upstream_proxy'], 'says the same as proxy', { hint: 'keep one of them' });
  }
  const proxy = file.proxy ?? file.upstream_proxy;
  const dataAuth = file.data_auth && readDataAuth(file.data_auth, file, report);
  checkHooks(file.hooks, report);
  const aliasNames = [...aliases.keys()];
  return {
    source,
    ...(file.title !== undefined && { title: file.title }),
    ...(file.description !== undefined && { description: file.description }),
    listen: readListen(file.listen, report),
    compatibilityMode:
      file.compatibility_mode === 'max-compat' ? 'max_compat' : (file.compatibility_mode ?? 'max_compat'),
    egress: proxy === undefined ? { kind: 'environment' } : readEgress(proxy, ['proxy'], report),
    ...(dataAuth && { dataAuth }),
    upstreams,
    aliases,
    defaultAlias: readDefaultAlias(file.default_alias, aliasNames, report),
    tiers: readTiers(file.tiers ?? {}, aliasNames, report),
    limits: resourceLimits(file.resource_limits ?? {}),
    timers: timers(file),
  };
}

function readListen(written: string | undefined, report: Report): Listen {
  const listen = parseListen(written ?? '127.0.0.1:8080');
  if (listen) return listen;
  report(['listen'], 'must be host:port', {
    shown: shownValue(written) ?? '',
    hint: 'such as 127.0.0.1:8080',
  });
  return { host: '127.0.0.1', port: 0 };
}

function readDataAuth(
  written: NonNullable<ConfigFile['data_auth']>,
  file: ConfigFile,
  report: Report,
): DataAuth | undefined {
  const path = ['data_auth', 'proxy_key'];
  if (written.mode === 'client_provider_key') {
    if (written.proxy_key) report(path, 'must be omitted when mode=client_provider_key');
    for (const [name, upstream] of Object.entries(file.upstreams)) {
      if (upstream.provider_key?.inline !== undefined) {
        report(
          ['upstreams', name, 'provider_key', 'inline'],
          'must be omitted when mode=client_provider_key',
        );
      }
    }
    return { mode: 'client_provider_key' };
  }
  if (!written.proxy_key) {
    report(path, 'is required when mode=proxy_key', { hint: 'proxy_key: { env: NAME }' });
    return undefined;
  }
  const key = readSecret(written.proxy_key, path, report);
  return key && { mode: 'proxy_key', key };
}

/** Hooks are not called yet; a file that names them must still be right. */
function checkHooks(hooks: ConfigFile['hooks'], report: Report): void {
  for (const kind of ['exchange', 'usage'] as const) {
    const url = hooks?.[kind]?.url;
    if (url === undefined) continue;
    const path = ['hooks', kind, 'url'];
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      report(path, 'must be an http or https URL');
    else if (hasUserinfo(url))
      report(path, 'must not hold a user name or password', { hint: 'use authorization' });
  }
}

function readDefaultAlias(
  written: ConfigFile['default_alias'],
  known: readonly string[],
  report: Report,
): Config['defaultAlias'] {
  if (written === undefined) return {};
  if (typeof written === 'string') {
    checkAlias(written, ['default_alias'], known, report);
    return { chat: written, responses: written, messages: written, gemini: written };
  }
  const byProtocol: Partial<Record<Protocol, string>> = {};
  for (const [format, alias] of Object.entries(written)) {
    checkAlias(alias, ['default_alias', format], known, report);
    byProtocol[FORMATS[format as Format]] = alias;
  }
  return byProtocol;
}

function readTiers(
  written: NonNullable<ConfigFile['tiers']>,
  known: readonly string[],
  report: Report,
): Config['tiers'] {
  const tiers: Partial<Record<Tier, string>> = {};
  for (const tier of TIERS) {
    const alias = written[tier];
    if (alias === undefined) continue;
    checkAlias(alias, ['tiers', tier], known, report);
    tiers[tier] = alias;
  }
  return tiers;
}

function checkAlias(name: string, path: readonly string[], known: readonly string[], report: Report): void {
  if (known.includes(name)) return;
  report(path, 'there is no such alias', { shown: shownValue(name) ?? '', hint: unknownName(name, known) });
}

function resourceLimits(written: NonNullable<ConfigFile['resource_limits']>): ResourceLimits {
  const MiB = 1024 * 1024;
  return {
    maxRequestBodyBytes: written.max_request_body_bytes ?? 32 * MiB,
    maxNonStreamResponseBytes: written.max_non_stream_response_bytes ?? 64 * MiB,
    maxUpstreamErrorBodyBytes: written.max_upstream_error_body_bytes ?? 64 * 1024,
    maxSseFrameBytes: written.max_sse_frame_bytes ?? 16 * MiB,
    streamMaxEvents: written.stream_max_events ?? 1_000_000,
    maxAccumulatedStreamStateBytes: written.max_accumulated_stream_state_bytes ?? 8 * MiB,
    fetchMedia: written.fetch_media ?? false,
  };
}

function timers({ upstream_timeout_secs, resource_limits, timers = {} }: ConfigFile): Timers {
  return {
    connect: milliseconds(timers.connect_timeout_secs ?? 10),
    firstByte: milliseconds(upstream_timeout_secs ?? 120),
    streamIdle: milliseconds(resource_limits?.stream_idle_timeout_secs ?? 300),
    streamMaxDuration: milliseconds(resource_limits?.stream_max_duration_secs ?? 3600),
    unary: milliseconds(timers.unary_timeout_secs ?? 600),
    heartbeat: milliseconds(timers.heartbeat_after_secs ?? 30),
    retryBase: milliseconds(timers.retry_base_secs ?? 0.5),
    retryMax: milliseconds(timers.retry_max_secs ?? 20),
    retries: timers.retries ?? 2,
    grace: milliseconds(timers.grace_secs ?? 10),
  };
}

/** At least 1 ms, and no more than a timer of Node can count: it would fire at once. */
function milliseconds(seconds: number): number {
  return Math.min(Math.max(Math.round(seconds * 1000), 1), 2 ** 31 - 1);
}
