import { expect, test } from 'vitest';
import { clientEnvironment } from '../../src/sessions/environment.ts';

const nothing = { secretNames: [], secretValues: [], without: [], set: {} };

test('provider keys do not reach the client: by the name the config gives, and by the names people use', () => {
  const parent = {
    MY_OWN_NAME: 'key-of-my-own',
    OPENAI_API_KEY: 'key-of-openai',
    DEEPSEEK_API_KEY: 'key-of-deepseek',
    PRESET_ENDPOINT_API_KEY: 'key-of-preset',
    PRESET_OTHER_TOKEN: 'token-of-preset',
    PRESET_ENDPOINT_MODEL: 'a-model',
    EDITOR: 'vi',
  };
  const env = clientEnvironment({ ...nothing, parent, secretNames: ['MY_OWN_NAME'] });
  expect(env).toMatchObject({ EDITOR: 'vi', PRESET_ENDPOINT_MODEL: 'a-model' });
  expect(JSON.stringify(env)).not.toMatch(/key-of|token-of/);
});

test('copies of a key do not reach it either, wherever the key came from', () => {
  const parent = {
    OPENAI_API_KEY: 'named-secret',
    COPY: 'named-secret',
    HEADER: 'Authorization: Bearer file-secret',
    EMPTY: '',
    NEAR: 'named-secre',
  };
  const env = clientEnvironment({ ...nothing, parent, secretValues: ['file-secret'] });
  expect(env).toMatchObject({ EMPTY: '', NEAR: 'named-secre' });
  expect(env).not.toHaveProperty('COPY');
  expect(env).not.toHaveProperty('HEADER');
});

test('a short or placeholder key takes nothing else away', () => {
  const parent = {
    OPENAI_API_KEY: 'none',
    NOTE: 'nonexistent',
    PATH: '/opt/llama.cpp/bin:/bin',
    LLAMA: 'llama.cpp',
  };
  const env = clientEnvironment({ ...nothing, parent, secretValues: ['llama.cpp'] });
  expect(env).toMatchObject({ NOTE: 'nonexistent', PATH: '/opt/llama.cpp/bin:/bin' });
  expect(env).not.toHaveProperty('LLAMA');
});

test('clouds, forges and forward proxies stay, since the agent’s own commands need them', () => {
  const parent = {
    AWS_SECRET_ACCESS_KEY: 'cloud-secret',
    GITHUB_TOKEN: 'forge-secret',
    HTTPS_PROXY: 'http://proxy:3128',
    GOOGLE_APPLICATION_CREDENTIALS: '/home/me/gcp.json',
  };
  expect(clientEnvironment({ ...nothing, parent })).toMatchObject(parent);
});

test('what chooses another endpoint is left out, what the session gives wins', () => {
  const env = clientEnvironment({
    ...nothing,
    parent: { OPENAI_BASE_URL: 'http://elsewhere', CODEX_HOME: '/mine' },
    without: ['OPENAI_BASE_URL', 'CODEX_HOME'],
    set: { CODEX_HOME: '/session' },
  });
  expect(env).not.toHaveProperty('OPENAI_BASE_URL');
  expect(env.CODEX_HOME).toBe('/session');
});

test.each([
  [{}, '127.0.0.1,localhost,::1'],
  [{ NO_PROXY: 'corp.example, .internal' }, 'corp.example,.internal,127.0.0.1,localhost,::1'],
  [{ no_proxy: 'a', NO_PROXY: 'b,localhost' }, 'b,localhost,a,127.0.0.1,::1'],
  [{ no_proxy: '*' }, '*'],
])('loopback goes around forward proxies, in both spellings: %j', (parent, expected) => {
  const env = clientEnvironment({ ...nothing, parent });
  expect(env).toMatchObject({ NO_PROXY: expected, no_proxy: expected });
});
