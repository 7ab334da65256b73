import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { userError } from './mistakes.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'llmup-load-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** A config file with the given mode. */
async function file(text: string, mode: number): Promise<string> {
  const path = join(directory, 'my.yaml');
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

const INLINE =
  'upstreams: { A: { api_root: "https://a.example/v1", provider_key: { inline: sk-secret-1 } } }';
const NAMED = 'upstreams: { A: { api_root: "https://a.example/v1", provider_key_env: K } }';

describe('a file that holds secrets', () => {
  test.each([
    ['a key', INLINE],
    ['the proxy’s key', `${NAMED}\ndata_auth: { mode: proxy_key, proxy_key: { inline: sk-secret-1 } }`],
    [
      'a hook’s credential',
      `${NAMED}\nhooks: { usage: { url: "https://h.example", authorization: sk-secret-1 } }`,
    ],
    ['an egress password', `${NAMED}\nproxy: { url: "http://me:sk-secret-1@127.0.0.1:3128" }`],
  ])('%s: refused when others can read it', async (_, text) => {
    const path = await file(text, 0o640);
    const error = userError(() => loadConfig(path));
    expect(error.exitCode).toBe(3);
    expect(error.hints).toContain(`chmod 600 ${path}`);
    expect(`${error.message}${error.hints.join()}`).not.toContain('sk-secret');
    await chmod(path, 0o600);
    expect(loadConfig(path).config.upstreams.has('A')).toBe(true);
  });

  test('a file without any may be open', async () => {
    expect(loadConfig(await file(NAMED, 0o644)).config.upstreams.has('A')).toBe(true);
  });
});

test('a file that is not there, or is a directory, is named', async () => {
  const missing = userError(() => loadConfig(join(directory, 'no.yaml')));
  expect([missing.exitCode, missing.message]).toEqual([
    3,
    `config ${join(directory, 'no.yaml')}: there is no such file`,
  ]);
  await mkdir(join(directory, 'd.yaml'));
  expect(userError(() => loadConfig(join(directory, 'd.yaml'))).message).toContain('it is a directory');
});

describe('what is no plain UTF-8', () => {
  const load = async (bytes: Buffer) => {
    const path = join(directory, 'my.yaml');
    await writeFile(path, bytes, { mode: 0o600 });
    return loadConfig(path).config;
  };
  const titled = `title: caf\u00e9\n${NAMED}`;
  const utf16 = Buffer.from(`\ufeff${titled}`, 'utf16le');

  test.each([
    ['UTF-8 with a mark', Buffer.from(`\ufeff${titled}`)],
    ['UTF-16, as a Windows shell redirects', utf16],
    ['UTF-16, the other way round', Buffer.from(utf16).swap16()],
  ])('%s is read', async (_, bytes) => {
    expect((await load(bytes)).title).toBe('caf\u00e9');
  });

  test('another encoding is refused instead of read with holes', async () => {
    const path = join(directory, 'my.yaml');
    await writeFile(path, Buffer.from(titled, 'latin1'));
    const { exitCode, message } = userError(() => loadConfig(path));
    expect([exitCode, message]).toEqual([3, expect.stringContaining('not text in UTF-8')]);
  });

  test.runIf(process.platform === 'linux')('what never ends is not read to its end', () => {
    expect(userError(() => loadConfig('/dev/zero')).message).toContain('larger than 1 MiB');
  });
});
