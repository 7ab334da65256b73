import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseDotenv } from '../../src/config/dotenv.ts';
import { readVariables } from '../../src/config/variables.ts';
import { userError } from './mistakes.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'llmup-variables-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('an env file', () => {
  test('plain, exported, quoted and commented values', () => {
    const values = parseDotenv(
      [
        '\uFEFF# a comment',
        'PLAIN=value',
        '  export EXPORTED = spaced ',
        "SINGLE='a # b \\n'",
        'DOUBLE="a \\"b\\" # c\\nd" # comment',
        'TRAILING=value # comment',
        'HASH=a#b',
        'EMPTY=',
        'URL=https://x.example/?a=b',
        '',
      ].join('\r\n'),
      'my.env',
    );
    expect(Object.fromEntries(values)).toEqual({
      PLAIN: 'value',
      EXPORTED: 'spaced',
      SINGLE: 'a # b \\n',
      DOUBLE: 'a "b" # c\nd',
      TRAILING: 'value',
      HASH: 'a#b',
      EMPTY: '',
      URL: 'https://x.example/?a=b',
    });
  });

  test('names every malformed line, and repeats none', () => {
    const error = userError(() => parseDotenv("A=1\nsk-secret-1\nB=\"sk-secret-2\nC='x' y\n", 'my.env'));
    expect(error.exitCode).toBe(3);
    expect(error.message).toContain('my.env:2\n  my.env:3\n  my.env:4');
    expect(error.message).not.toContain('secret');
  });
});

describe('where a variable comes from', () => {
  test('process, then --env-file, then secrets.env, then what was entered; blank counts as not set', async () => {
    const envFile = join(directory, 'my.env');
    const secretsFile = join(directory, 'secrets.env');
    await writeFile(envFile, 'A=file\nB=file\nBLANK=\n');
    await writeFile(secretsFile, 'A=secrets\nB=secrets\nC=secrets\nBLANK=secrets\n', { mode: 0o600 });
    const variables = readVariables({
      env: { A: 'process', BLANK: '  ' },
      envFile,
      secretsFile,
      entered: { A: 'entered', C: 'entered', D: ' entered\n' },
    });
    expect(['A', 'B', 'C', 'D', 'BLANK', 'E'].map((name) => variables.get(name))).toEqual([
      'process',
      'file',
      'secrets',
      'entered',
      'secrets',
      undefined,
    ]);
    expect([...variables.given].sort()).toEqual(['A', 'B', 'BLANK', 'C', 'D']);
  });

  test.each([0o640, 0o604, 0o660])('secrets.env with mode %o is refused', async (mode) => {
    const secretsFile = join(directory, 'secrets.env');
    await writeFile(secretsFile, 'A=1\n');
    await chmod(secretsFile, mode);
    const error = userError(() => readVariables({ env: {}, secretsFile }));
    expect(error.exitCode).toBe(3);
    expect(error.hints).toEqual([`chmod 600 ${secretsFile}`]);
  });

  test('what every object has is no variable', () => {
    const variables = readVariables({ env: {}, secretsFile: join(directory, 'secrets.env') });
    for (const name of ['constructor', 'toString', '__proto__']) expect(variables.get(name)).toBeUndefined();
  });

  test('no secrets.env is fine; a missing --env-file is not', () => {
    const secretsFile = join(directory, 'secrets.env');
    expect(readVariables({ env: {}, secretsFile }).get('A')).toBeUndefined();
    const error = userError(() =>
      readVariables({ env: {}, secretsFile, envFile: join(directory, 'no.env') }),
    );
    expect(error.exitCode).toBe(3);
    expect(error.message).toContain('no.env: there is no such file');
  });
});
