import type { SecretSource } from './config.ts';
import type { Report } from './names.ts';
import type { Path } from './problem.ts';
import type { SecretFile } from './schema.ts';

/** A secret's place: exactly one of a variable's name and an inline value. */
export function readSecret(written: SecretFile, path: Path, report: Report): SecretSource | undefined {
  const { inline, env } = written;
  if (inline !== undefined && env !== undefined) {
    report(path, 'inline and env are mutually exclusive', { hint: 'keep env: NAME' });
    return undefined;
  }
  if (env !== undefined) return readVariableName(env, [...path, 'env'], report);
  if (inline !== undefined) return readInline(inline.trim(), [...path, 'inline'], report);
  report(path, 'must include exactly one of inline or env');
  return undefined;
}

/** A key that was pasted with a line break or a space in it would fail in every request's header. */
function readInline(value: string, path: Path, report: Report): SecretSource | undefined {
  if (isKeyText(value)) return { kind: 'inline', value };
  report(path, KEY_FAULT);
  return undefined;
}

/** Whether a text can be an API key: it must fit into a header. */
export function isKeyText(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

/** What is wrong with a text that is none. */
export const KEY_FAULT = 'holds characters that no API key has';

/** A variable's name; the key itself is written there often enough that it is never shown. */
export function readVariableName(written: string, path: Path, report: Report): SecretSource | undefined {
  const name = written.trim();
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return { kind: 'env', name };
  report(path, 'is not the name of an environment variable', {
    hint: 'name the variable that holds the key, not the key itself',
  });
  return undefined;
}
