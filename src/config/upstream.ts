import type { Protocol } from '../protocols/conversation.ts';
import { isPlaceholder, normaliseApiRoot } from './api-root.ts';
import type { ModelLimits, SecretSource, Surface, Upstream } from './config.ts';
import { readEgress } from './egress.ts';
import { FORMAT_OF, FORMATS } from './formats.ts';
import type { Report } from './names.ts';
import { type Path, shownValue } from './problem.ts';
import { quirksOf } from './quirks.ts';
import type { AliasFile, SurfaceFile, UpstreamFile } from './schema.ts';
import { readSecret, readVariableName } from './secret-source.ts';

const AUTH_OF: Readonly<Record<Protocol, Upstream['auth']>> = {
  chat: 'bearer',
  responses: 'bearer',
  messages: 'x-api-key',
  gemini: 'x-goog-api-key',
};

/** Headers that carry credentials, or that belong to the connection. */
const FORBIDDEN_HEADERS: ReadonlyMap<string, string> = new Map([
  ...[
    'authorization',
    'proxy-authorization',
    'x-api-key',
    'api-key',
    'openai-api-key',
    'x-goog-api-key',
    'anthropic-api-key',
    'cookie',
  ].map((name) => [name, 'must not be set here: it carries credentials'] as const),
  ...['connection', 'content-length', 'host', 'transfer-encoding'].map(
    (name) => [name, 'must not be set: the connection sets it'] as const,
  ),
]);

/** One upstream of the file, checked. What is wrong is reported, and the rest is read all the same. */
export function readUpstream(name: string, written: UpstreamFile, path: Path, report: Report): Upstream {
  const protocols = readProtocols(written, path, report);
  const key = readKey(written, path, report);
  if (written.auth === 'none' && key) {
    report([...path, 'auth'], 'none contradicts the key beside it', { hint: 'remove one of them' });
  }
  const limits = readLimits(written.limits);
  checkLimits(limits, [...path, 'limits'], report);
  return {
    name,
    apiRoot: readApiRoot(written, protocols, path, report),
    protocols,
    auth: written.auth ?? AUTH_OF[protocols[0]],
    ...(key && { key }),
    headers: readHeaders(written, path, report),
    ...(written.proxy !== undefined && { egress: readEgress(written.proxy, [...path, 'proxy'], report) }),
    limits,
    surface: readSurface(written.surface_defaults, [...path, 'surface_defaults'], report),
    quirks: readQuirks(written, protocols[0], path, report),
  };
}

/** The one key that was used of several spellings. */
function pick<K extends keyof UpstreamFile>(
  written: UpstreamFile,
  spellings: readonly K[],
  path: Path,
  report: Report,
): { readonly key: K; readonly value: NonNullable<UpstreamFile[K]> } | undefined {
  const found = spellings.flatMap((key) => {
    const value = written[key];
    return value === undefined || value === null ? [] : [{ key, value }];
  });
  for (const extra of found.slice(1)) {
    report([...path, String(extra.key)], `says the same as ${String(found[0]?.key)}`, {
      hint: 'keep one of them',
    });
  }
  return found[0];
}

function readApiRoot(
  written: UpstreamFile,
  protocols: readonly Protocol[],
  path: Path,
  report: Report,
): string {
  const stated = pick(written, ['api_root', 'url', 'upstream_url', 'base_url'], path, report);
  if (!stated) {
    report([...path, 'api_root'], 'is missing', { hint: 'such as https://api.example.com/v1' });
    return '';
  }
  const value = stated.value.trim();
  if (isPlaceholder(value)) return value;
  const root = normaliseApiRoot(value, protocols);
  if ('url' in root) return root.url;
  // What stands before an @ or after a ? may be a secret.
  report([...path, stated.key], root.problem, {
    ...(!/[@?#]/.test(value) && { shown: shownValue(value) ?? '' }),
    ...(root.hint !== undefined && { hint: root.hint }),
  });
  return value;
}

/** Without a `format` an endpoint is taken for the most common kind, an OpenAI-compatible one. */
function readProtocols(
  written: UpstreamFile,
  path: Path,
  report: Report,
): readonly [Protocol, ...Protocol[]] {
  const single = pick(written, ['format', 'fixed_upstream_format', 'upstream_format'], path, report);
  const listed = [...new Set(written.formats?.map((format) => FORMATS[format]) ?? [])];
  const first = single && FORMATS[single.value];
  if (first && listed.length > 0 && !listed.includes(first)) {
    report([...path, single.key], `is not among formats`, { hint: `add ${FORMAT_OF[first]} to formats` });
  }
  const [head = 'chat', ...tail] = first ? [first, ...listed.filter((each) => each !== first)] : listed;
  return [head, ...tail];
}

function readKey(written: UpstreamFile, path: Path, report: Report): SecretSource | undefined {
  const { provider_key: key, provider_key_env: env } = written;
  if (key !== undefined && env !== undefined) {
    report([...path, 'provider_key_env'], 'and provider_key are mutually exclusive', {
      hint: 'keep provider_key_env',
    });
  }
  if (key !== undefined) return readSecret(key, [...path, 'provider_key'], report);
  if (env !== undefined) return readVariableName(env, [...path, 'provider_key_env'], report);
  return undefined;
}

function readHeaders(written: UpstreamFile, path: Path, report: Report): Readonly<Record<string, string>> {
  const stated = pick(written, ['headers', 'upstream_headers'], path, report);
  for (const [name, value] of Object.entries(stated?.value ?? {})) {
    const where = [...path, stated?.key ?? 'headers', name];
    const forbidden = FORBIDDEN_HEADERS.get(name.toLowerCase());
    if (forbidden)
      report(where, forbidden, {
        hint: forbidden.endsWith('credentials') ? 'use provider_key_env' : 'remove it',
      });
    else if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name)) report(where, 'is not a header name');
    else if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) report(where, 'holds characters that a header cannot');
  }
  return stated?.value ?? {};
}

function readQuirks(
  written: UpstreamFile,
  protocol: Protocol,
  path: Path,
  report: Report,
): Upstream['quirks'] {
  const levels = typeof written.dialect === 'object' ? written.dialect.reasoning_levels : undefined;
  if (levels && !strictlyIncreasing(levels)) {
    report([...path, 'dialect', 'reasoning_levels'], 'must be strictly increasing', {
      hint: `in the order ${LADDER.join(', ')}`,
    });
  }
  return quirksOf(written, protocol);
}

const LADDER = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max', 'ultra'] as const;

function strictlyIncreasing(levels: readonly (typeof LADDER)[number][]): boolean {
  const places = levels.map((level) => LADDER.indexOf(level));
  return places.every((place, index) => index === 0 || place > (places[index - 1] ?? 0));
}

/** `limits` in our spelling. */
export function readLimits(written: AliasFile['limits']): ModelLimits {
  return {
    ...(written?.context_window !== undefined && { contextWindow: written.context_window }),
    ...(written?.max_output_tokens !== undefined && { maxOutputTokens: written.max_output_tokens }),
  };
}

/** A reply as long as the context leaves no room for a question. */
export function checkLimits(
  { contextWindow, maxOutputTokens }: ModelLimits,
  path: Path,
  report: Report,
): void {
  if (contextWindow === undefined || maxOutputTokens === undefined || maxOutputTokens < contextWindow) return;
  report([...path, 'max_output_tokens'], `must be less than context_window`, {
    shown: `${maxOutputTokens} of ${contextWindow}`,
    hint: 'the context holds the prompt and the reply together',
  });
}

/** A surface in our spelling; only what it states. */
export function readSurface(written: SurfaceFile | undefined, path: Path, report: Report): Surface {
  const { modalities, tools } = written ?? {};
  for (const direction of ['input', 'output'] as const) {
    const list = modalities?.[direction] ?? [];
    const twice = list.find((modality, index) => list.indexOf(modality) !== index);
    if (twice !== undefined) report([...path, 'modalities', direction], `lists ${twice} twice`);
  }
  return {
    ...(modalities?.input && { input: modalities.input }),
    ...(modalities?.output && { output: modalities.output }),
    ...(tools?.supports_search !== undefined && { supportsSearch: tools.supports_search }),
    ...(tools?.supports_view_image !== undefined && { supportsViewImage: tools.supports_view_image }),
    ...(tools?.apply_patch_transport && { applyPatchTransport: tools.apply_patch_transport }),
    ...(tools?.supports_parallel_calls !== undefined && {
      supportsParallelCalls: tools.supports_parallel_calls,
    }),
  };
}
