import { EXIT, UserError } from '../user-error.ts';
import type { Config, Credentials, SecretSource } from './config.ts';
import type { Values } from './variables.ts';

/**
 * The values of the secrets that a hydrated config names.
 *
 * @param upstreams names of those to resolve; all when absent
 * @throws {UserError} with exit code 3 that lists every variable which is not set.
 */
export function resolveCredentials(
  config: Config,
  values: Values,
  upstreams?: Iterable<string>,
): Credentials {
  const keys = new Map<string, string>();
  const missing: string[] = [];
  for (const name of upstreams ?? config.upstreams.keys()) {
    const source = config.upstreams.get(name)?.key;
    if (!source) continue;
    const value = secretValue(source, values);
    if (value !== undefined) keys.set(name, value);
    else if (source.kind === 'env') missing.push(`  ${source.name}  API key of upstream ${name}`);
  }
  if (missing.length > 0) {
    throw new UserError(['environment variables are not set:', ...missing].join('\n'), EXIT.config);
  }
  const proxyKey =
    config.dataAuth?.mode === 'proxy_key' ? secretValue(config.dataAuth.key, values) : undefined;
  return { upstreams: keys, ...(proxyKey !== undefined && { proxyKey }) };
}

function secretValue(source: SecretSource, values: Values): string | undefined {
  const value = source.kind === 'inline' ? source.value : values.get(source.name)?.trim();
  return value || undefined;
}
