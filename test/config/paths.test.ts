import { describe, expect, test } from 'vitest';
import { llmupPaths } from '../../src/config/paths.ts';
import { userError } from './mistakes.ts';

describe('where llmup keeps its files', () => {
  test('below HOME by the XDG defaults', () => {
    expect(llmupPaths({ HOME: '/home/ada' })).toEqual({
      config: '/home/ada/.config/llmup',
      configFile: '/home/ada/.config/llmup/config.yaml',
      secretsFile: '/home/ada/.config/llmup/secrets.env',
      presets: '/home/ada/.config/llmup/presets',
      state: '/home/ada/.local/state/llmup',
      data: '/home/ada/.local/share/llmup',
      runtime: '/home/ada/.local/state/llmup/run',
    });
  });

  test('in the XDG directories where they are named; a relative one is ignored', () => {
    const paths = llmupPaths({
      HOME: '/home/ada',
      XDG_CONFIG_HOME: '/c',
      XDG_STATE_HOME: 'relative',
      XDG_RUNTIME_DIR: '/run/user/1',
    });
    expect(paths.config).toBe('/c/llmup');
    expect(paths.state).toBe('/home/ada/.local/state/llmup');
    expect(paths.runtime).toBe('/run/user/1/llmup');
  });

  test('all in LLMUP_HOME, whatever else is set', () => {
    const paths = llmupPaths({ LLMUP_HOME: '/l', XDG_CONFIG_HOME: '/c', XDG_RUNTIME_DIR: '/r' });
    expect(Object.values(paths).every((path) => path.startsWith('/l'))).toBe(true);
  });

  test.each([{}, { HOME: '' }, { HOME: 'relative' }, { XDG_CONFIG_HOME: '/c' }])(
    'without a home (%j) there is a message, and no falling back to the temp directory',
    (env) => {
      const error = userError(() => llmupPaths(env));
      expect(error.exitCode).toBe(3);
      expect(error.message).toContain('HOME');
      expect(error.hints.join()).toContain('LLMUP_HOME');
    },
  );
});
