import { expect, test } from 'vitest';
import { readCodexArguments } from '../../src/clients/codex-arguments.ts';

test.each([
  [[], true],
  [['fix the bug'], true],
  [['exec', 'fix'], true],
  [['e', 'fix'], true],
  [['-s', 'read-only', 'resume', '--last'], true],
  [['review', '--uncommitted'], true],
  [['debug', 'models'], true],
  [['exec', '--', '--help'], true],
  [['login', 'status'], false],
  [['-c', 'a=b', 'mcp', 'list'], false],
  [['exec', '--help'], false],
  [['-V'], false],
  [['a', 'task'], false],
])('%j asks a model: %j', (args, usesModel) => {
  expect(readCodexArguments(args).usesModel).toBe(usesModel);
});

test.each([
  [['-m', 'x'], 'x'],
  [['exec', '-mx', 'p'], 'x'],
  [['-m=x'], 'x'],
  [['--model=x', 'exec'], 'x'],
  [['exec', '-c', 'model="x"', 'p'], 'x'],
  [['exec', '-c', 'model = x', 'p'], 'x'],
  [['exec', '-c', 'model=y', '-m', 'x', 'p'], 'x'],
  [['exec', '--', '-m', 'x'], undefined],
  [['exec', '-o', '-m', 'p'], undefined],
  [['exec', '-c', 'model_verbosity=low', 'p'], undefined],
])('the model in %j is %j', (args, model) => {
  expect(readCodexArguments(args).model).toBe(model);
});

test.each([
  [['exec', 'prompt'], true],
  [['exec', '-s', 'read-only', 'prompt'], true],
  [['exec', '-'], false],
  [['exec'], false],
  [['exec', '-s', 'read-only'], false],
  [['exec', '-i', 'a.png', 'b.png'], false],
  [['exec', 'resume', '--last', 'prompt'], false],
  [['prompt'], false],
])('in %j stdin is an addition: %j', (args, optional) => {
  expect(readCodexArguments(args).stdinOptional).toBe(optional);
});

test.each([
  [['--oss'], '--oss'],
  [['exec', '--local-provider', 'ollama', 'x'], '--local-provider'],
  [['-c', 'model_provider="mine"'], '-c model_provider=…'],
  [['exec', '--config=model_providers.mine.base_url="http://x"', 'x'], '-c model_providers.mine.base_url=…'],
  [['-c', 'model_providers={a={name="a"}}'], '-c model_providers=…'],
  [['-c', 'openai_base_url="http://x"'], '-c openai_base_url=…'],
  [['--remote', 'ws://x'], '--remote'],
  [['--enable', 'daemon_auto_start'], '--enable daemon_auto_start'],
  [['-c', 'features.daemon_auto_start=true'], '-c features.daemon_auto_start'],
])('%j fights the session', (args, argument) => {
  const { conflicts } = readCodexArguments(args);
  expect(conflicts.map((conflict) => conflict.argument)).toEqual([argument]);
  expect(conflicts[0]?.remedy).not.toBe('');
});

test.each([
  [['exec', '--oss-is-a-word-in-a-prompt']],
  [['exec', '--', '--oss']],
  [['exec', '-c', 'model_reasoning_effort=high', '--search', '--full-auto', 'x']],
  [['-c', 'features.daemon_auto_start=false']],
  [['-s', 'danger-full-access', '-a', 'never', 'model_provider=mine']],
])('%j does not', (args) => {
  expect(readCodexArguments(args).conflicts).toEqual([]);
});

test.each([
  [[], true],
  [['fix it'], true],
  [['resume', '--last'], true],
  [['exec', 'fix it'], false],
  [['review'], false],
  [['--version'], false],
])('%j draws on the terminal: %j', (args, interactive) => {
  expect(readCodexArguments(args).interactive).toBe(interactive);
});

test('the directory and the profiles asked for', () => {
  expect(readCodexArguments(['-C', '../x', '-p', 'fast', 'exec', 'go'])).toMatchObject({
    directory: '../x',
    profiles: ['fast'],
  });
});
