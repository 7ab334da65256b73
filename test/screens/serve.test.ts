import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startProvider } from '../provider/provider.ts';
import { CLI } from '../sessions/program.ts';
import { emptyHome } from './live-session.ts';
import { Screen } from './screen.ts';

const PROXY_KEY = 'key-for-the-clients-of-this-test';
const PROVIDER_KEY = 'sk-provider-key-of-this-test';

const chunk = (choices: readonly unknown[], more: object = {}) =>
  `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'model-a', choices, ...more })}\n\n`;
const delta = (piece: object, finish: string | null = null) =>
  chunk([{ index: 0, delta: piece, finish_reason: finish }]);

/** What the provider says once it is allowed to. */
const REPLY = [
  delta({ role: 'assistant', content: 'I look at ' }),
  delta({ content: 'the files.' }),
  delta({
    tool_calls: [
      { index: 0, id: 'call_1', type: 'function', function: { name: 'list_files', arguments: '{"path":' } },
    ],
  }),
  delta({ tool_calls: [{ index: 0, function: { arguments: '"src"}' } }] }),
  delta({}, 'tool_calls'),
  chunk([], { usage: { prompt_tokens: 1200, completion_tokens: 34, total_tokens: 1234 } }),
  'data: [DONE]\n\n',
];

test('a request is seen in `serve --ui` and in `watch` while its provider is silent, then what it says', async () => {
  let release: () => void = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const provider = await startProvider(async () => {
    await released;
    return { frames: REPLY };
  });
  onTestFinished(() => provider.close());
  const env = {
    ...(await emptyHome()),
    MAIN_KEY: PROVIDER_KEY,
    LLM_UNIVERSAL_PROXY_KEY: PROXY_KEY,
  };
  const config = join(env.HOME, 'proxy.yaml');
  await writeFile(
    config,
    [
      'upstreams:',
      `  MAIN: { api_root: "${provider.url}/v1", format: openai-completion, provider_key_env: MAIN_KEY }`,
      'model_aliases:',
      '  coder: { target: "MAIN:model-a", pricing: { input: 1, output: 10 } }',
    ].join('\n'),
  );
  const served = new Screen(
    process.execPath,
    [CLI, 'serve', '--ui', '--config', config, '--listen', '127.0.0.1:0'],
    { env },
  );
  onTestFinished(() => served.kill());
  await served.shows('No request yet.');
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(served.text)?.[0] ?? '';
  const watching = new Screen(process.execPath, [CLI, 'watch', url], { env, columns: 120, rows: 40 });
  onTestFinished(() => watching.kill());
  await watching.shows('No request yet.');
  const both = (text: string) => Promise.all([served.shows(text), watching.shows(text)]);

  const answer = fetch(`${url}/openai/v1/responses`, {
    method: 'POST',
    headers: { authorization: `Bearer ${PROXY_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'coder',
      input: 'Which files are there?',
      stream: true,
      tools: [
        {
          type: 'function',
          name: 'list_files',
          parameters: { type: 'object', properties: { path: { type: 'string' } } },
        },
      ],
    }),
  });
  await both('prefill');
  expect(served.text).toMatch(/1 ◌ prefill \d+s +resp→chat model-a/);
  expect(watching.text).toMatch(/resp→chat coder +model-a/);
  expect(watching.text).toContain('1 running');
  expect(provider.requests).toHaveLength(1);

  release();
  await (await answer).text();
  await both('34 tokens');
  await both('I look at the files.');
  await both('⚙ list_files');
  await both('{"path":"src"}');
  expect(served.text).toMatch(/1 ✓ 200 .*resp→chat model-a/);
  expect(watching.text).toMatch(/1\.2k in {2}34 out │ \$0\.0015/);

  served.type('3');
  await served.shows('"model": "coder"');
  served.type('\u001b[C');
  await served.shows('"model": "model-a"');
  served.type('q');
  expect(await served.ended()).toBe(0);
  expect(served.restored).toBe(true);
  expect(served.text).toMatch(/tokens +1,200 in · 34 out/);
  await watching.shows('session ended');
  await watching.shows('1,200 in');
  watching.type('q');
  expect(await watching.ended()).toBe(0);
  for (const screen of [served, watching]) {
    expect(screen.bytes).not.toContain(PROVIDER_KEY);
    expect(screen.bytes).not.toContain(PROXY_KEY);
  }
});
