import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { reportFault } from '../../src/commands/fault.ts';
import { UserError } from '../../src/user-error.ts';

const KEY = 'provider-key-of-the-test';

let home: string;
let written: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'llmup-fault-'));
  written = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written += String(text);
    return true;
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(home, { recursive: true, force: true });
});

describe('what ends the program', () => {
  test('a mistake of the user is told as it is, with what to do', async () => {
    expect(await reportFault(new UserError('no such thing', 3, ['try another']), { LLMUP_HOME: home })).toBe(
      3,
    );
    expect(written).toBe('llmup: no such thing\n  try another\n');
  });

  test('anything else is one line, its stack in a private log, without a secret in either', async () => {
    const env = { LLMUP_HOME: home, SOME_API_KEY: KEY };
    expect(await reportFault(new Error(`broken at ${KEY}\nsecond line`), env)).toBe(70);
    const log = join(home, 'state/errors.log');
    expect(written).toBe(`llmup: internal error: broken at [redacted]\n  details: ${log}\n`);
    const text = await readFile(log, 'utf8');
    expect(text).toContain('fault.test.ts');
    expect(text).not.toContain(KEY);
    expect((await stat(log)).mode & 0o777).toBe(0o600);
  });

  test('LLMUP_DEBUG shows the stack; a log that cannot be written hides nothing', async () => {
    expect(await reportFault(new Error('broken'), { LLMUP_DEBUG: '1' })).toBe(70);
    expect(written).toMatch(/^llmup: internal error: broken\n.*Error: broken\n\s+at /s);
  });
});
