import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { appeared, CLI } from '../sessions/program.ts';
import { emptyHome } from './live-session.ts';
import { Screen } from './screen.ts';

/** Says its process's number before, and after it that the terminal has its settings back. */
const SCRIPT = `
echo "what stood here before"; before=$(stty -g)
sh -c 'echo $$ >"$0"; exec "$@"' "$@"
while [ "$(stty -g)" != "$before" ]; do sleep 0.02; done
echo "settings as before"; cat`;

test.each([
  ['llmup watch', ['watch'], 'Sessions'],
  ['the picker', [], 'Preset'],
  ['llmup serve --ui', ['serve', '--ui', '--listen', '127.0.0.1:0', '--config'], 'Routes'],
])('%s killed: a guard puts the terminal back', async (_, args, shown) => {
  const env = await emptyHome();
  const config = join(env.HOME, 'proxy.yaml');
  await writeFile(
    config,
    'upstreams: { MAIN: { api_root: "http://127.0.0.1:9/v1", format: openai-completion, auth: none } }\n' +
      'data_auth: { mode: proxy_key, proxy_key: { env: PROXY_KEY } }\n',
  );
  const file = join(env.HOME, 'pid');
  const line = [process.execPath, CLI, ...args, ...(args.at(-1) === '--config' ? [config] : [])];
  const screen = new Screen('/bin/sh', ['-c', SCRIPT, 'sh', file, ...line], {
    env: { ...env, PROXY_KEY: 'key-of-the-test' },
  });
  onTestFinished(() => screen.kill());
  await screen.until(({ modes, text }) => modes.alternate && text.includes(shown), shown);
  process.kill(Number(await appeared(file)), 'SIGKILL');
  await screen.shows('settings as before');
  await screen.until(({ restored }) => restored, 'a restored terminal');
  expect(screen.text).toContain('what stood here before');
  expect(await readFile(file, 'utf8')).toMatch(/^\d+\n$/);
});
