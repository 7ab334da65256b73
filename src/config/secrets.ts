import type { Path } from './problem.ts';

/** What stands in the place of a secret in everything that is shown or written. */
const HIDDEN = '[hidden]';

/**
 * Whether what stands at `path` of a config file is, or may by mistake be, a secret: inline keys, hook
 * credentials, header values, and what was written where a variable's name belongs.
 */
export function isSecretPath(path: Path): boolean {
  const last = path.at(-1);
  return (
    path.some(
      (step) =>
        step === 'provider_key' || step === 'proxy_key' || step === 'headers' || step === 'upstream_headers',
    ) ||
    last === 'provider_key_env' ||
    last === 'authorization' ||
    last === 'inline'
  );
}

/** Paths of the secrets that a config file holds by value. */
export function inlineSecrets(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value === 'string') return isInlineSecret(path, value) ? [path] : [];
  if (Array.isArray(value)) return value.flatMap((item, index) => inlineSecrets(item, [...path, index]));
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, item]) => inlineSecrets(item, [...path, key]));
}

/** The same data with {@link HIDDEN} in the place of every secret. */
export function withoutSecrets(value: unknown, path: Path = []): unknown {
  if (typeof value === 'string') {
    if (!isInlineSecret(path, value) && !isCredentialHeader(path)) return value;
    return path.at(-1) === 'url' ? hideUserinfo(value) : HIDDEN;
  }
  if (Array.isArray(value)) return value.map((item, index) => withoutSecrets(item, [...path, index]));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withoutSecrets(item, [...path, key])]),
  );
}

function isInlineSecret(path: Path, value: string): boolean {
  const last = path.at(-1);
  if (last === 'inline') return path.at(-2) === 'provider_key' || path.at(-2) === 'proxy_key';
  if (last === 'authorization') return path[0] === 'hooks';
  return last === 'url' && hasUserinfo(value);
}

/** Headers are not for secrets, and still hold some: a key of a gateway, beside the provider's own. */
function isCredentialHeader(path: Path): boolean {
  const holder = path.at(-2);
  return (holder === 'headers' || holder === 'upstream_headers') && CREDENTIAL_NAME.test(String(path.at(-1)));
}

/** Names of headers that are not known and still tell what they hold: `x-gateway-token`. */
const CREDENTIAL_NAME =
  /(^|[-_])(api-?key|key|token|secret|password|auth|authorization|credentials?)($|[-_])/i;

/** Whether a URL carries a user name or a password, well-formed or not. */
export function hasUserinfo(url: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*@/i.test(url.trim());
}

function hideUserinfo(url: string): string {
  return url.replace(/\/\/[^/?#]*@/, '//hidden@');
}
