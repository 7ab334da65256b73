import { expect, test } from 'vitest';
import { runDemoCommand } from '../../src/commands/demo.ts';
import { EXIT, UserError } from '../../src/user-error.ts';

test('a client that does not exist is a usage error that names those that do', async () => {
  const fault = await runDemoCommand('cursor', {}, []).catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(UserError);
  expect(fault).toMatchObject({ exitCode: EXIT.usage, message: expect.stringContaining('cursor') });
  expect((fault as UserError).hints.join()).toContain('codex');
});

test.each([{ config: 'mine.yaml' }, { preset: 'openai' }, { proxyBase: 'http://127.0.0.1:1' }])(
  'what the demo has of its own cannot be given: %j',
  async (options) => {
    await expect(runDemoCommand('codex', options, [])).rejects.toMatchObject({
      exitCode: EXIT.usage,
      hints: [expect.stringContaining('leave --')],
    });
  },
);
