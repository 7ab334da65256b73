import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startProvider } from '../provider/provider.ts';
import { CLI } from '../sessions/program.ts';
import { emptyHome } from './live-session.ts';
import { Screen, type ScreenOptions } from './screen.ts';

const KEYS = { up: '\u001b[A', down: '\u001b[B', enter: '\r', escape: '\u001b', tab: '\t' };
const AGENT = new URL('agent.mjs', import.meta.url).pathname;
const SECRET = 'sk-typed-by-hand-4711';

interface Desk {
  readonly env: Record<string, string>;
  readonly workspace: string;
}

/** A user's machine, with or without a client on it, and nothing set. */
async function newDesk(client: boolean): Promise<Desk> {
  const env = await emptyHome();
  const home = env.HOME;
  const [workspace, programs] = [join(home, 'app'), join(home, 'bin')];
  await mkdir(workspace);
  await mkdir(programs);
  if (client) {
    await writeFile(join(programs, 'codex'), `#!/bin/sh\nexec "${process.execPath}" "${AGENT}" "$@"\n`);
    await chmod(join(programs, 'codex'), 0o755);
  }
  // Nothing of the real machine: neither its clients nor its keys.
  return { workspace, env: { ...env, PATH: `${programs}:/usr/bin:/bin`, OPENAI_API_KEY: '' } };
}

function llmup({ env, workspace }: Desk, options: ScreenOptions = {}): Screen {
  const screen = new Screen(process.execPath, [CLI], { ...options, cwd: workspace, env });
  onTestFinished(() => screen.kill());
  return screen;
}

/** Answers what the neutral preset asks for, up to the key, which is typed and not yet taken. */
async function enterValues(screen: Screen, url: string): Promise<void> {
  await screen.shows('such as');
  screen.type(`${url}${KEYS.enter}`);
  await screen.shows('model that alias');
  screen.type(`glm-5.2${KEYS.enter}`);
  await screen.shows('API key of upstream');
  screen.type(SECRET);
  await screen.shows('•'.repeat(SECRET.length));
}

/** The screen without what differs from machine to machine. */
function still(screen: Screen): string {
  return `${screen.text.replace(/^( llmup )\S+/, '$10.0.0')}\n`;
}

for (const [columns, rows] of [
  [80, 24],
  [120, 40],
] as const) {
  test(`the picker at ${columns}x${rows}`, async () => {
    const screen = llmup(await newDesk(true), { columns, rows });
    await screen.shows('▸ demo');
    await expect(still(screen)).toMatchFileSnapshot(`picker-${columns}x${rows}.txt`);

    screen.type(KEYS.up);
    await screen.shows('▸ provider-neutral');
    screen.type(KEYS.enter);
    await enterValues(screen, 'https://api.example.com/v1');
    await expect(still(screen)).toMatchFileSnapshot(`picker-value-${columns}x${rows}.txt`);

    screen.type(KEYS.escape);
    await screen.until(({ text }) => !text.includes('cancel'));
    screen.type('?');
    await screen.shows('start; what is missing is asked for first');
    await expect(still(screen)).toMatchFileSnapshot(`picker-help-${columns}x${rows}.txt`);
    screen.type(' ');
    screen.type('q');
    expect(await screen.ended()).toBe(0);
    expect(screen.restored).toBe(true);
    expect(screen.bytes).not.toContain(SECRET);
    expect(screen.text).toBe('');
  });
}

test('the picker at 60x15 and at 200x50: nothing that is needed is out of sight', async () => {
  for (const [columns, rows] of [
    [60, 15],
    [200, 50],
  ] as const) {
    const screen = llmup(await newDesk(true), { columns, rows });
    await screen.shows('▸ demo');
    screen.type(KEYS.up);
    await screen.shows('▸ provider-neutral');
    await expect(still(screen)).toMatchFileSnapshot(`picker-${columns}x${rows}.txt`);
    screen.type('v');
    await screen.shows('web search');
    await expect(still(screen)).toMatchFileSnapshot(`picker-route-${columns}x${rows}.txt`);
    for (let line = 0; line < 20; line++) screen.type('j');
    if (rows === 15) await screen.shows('preset-anthropic-compatible → ');
    expect(screen.wrapped).toBe(false);
  }
});

test('the first minutes: pick, enter what is missing, and the client has the terminal and the keys', async () => {
  const provider = await startProvider(() => ({
    json: {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      model: 'glm-5.2',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Good day.' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 },
    },
  }));
  onTestFinished(() => provider.close());
  const desk = await newDesk(true);
  const screen = llmup(desk);
  await screen.shows('▸ demo');
  screen.type('/');
  await screen.shows('keep the filter');
  screen.type('neutral');
  await screen.shows('▸ provider-neutral');
  screen.type(KEYS.enter);
  await screen.until(({ text }) => text.includes('/neutral ─'));
  screen.type(KEYS.enter);
  await enterValues(screen, `${provider.url}/v1`);
  screen.type(KEYS.enter);
  await screen.shows('agent on preset-openai-compatible, secrets:');
  screen.type('say good day\r');
  await screen.shows('Good day.');
  expect(await screen.ended()).toBe(7);

  expect(screen.restored).toBe(true);
  expect(screen.text).toMatch(/requests +1$/m);
  expect(screen.text).not.toContain('PRESET_ENDPOINT_API_KEY');
  expect(provider.requests[0]?.headers.authorization).toBe(`Bearer ${SECRET}`);
  expect(provider.requests[0]?.body).toMatchObject({ model: 'glm-5.2' });
  expect(screen.bytes).not.toContain(SECRET);
  expect(await everyFileOf(desk.env.HOME ?? '')).not.toContain(SECRET);
});

test('the demo needs nothing, and its session is an ordinary one', async () => {
  const screen = llmup(await newDesk(true));
  await screen.shows('▸ demo');
  screen.type(KEYS.enter);
  await screen.shows('agent on demo');
  screen.type('what is llmup?\r');
  expect(await screen.ended()).toBe(7);
  expect(screen.text).toContain('session ');
});

test('the proxy alone says its address and its key, and ends with ctrl+c', async () => {
  const screen = llmup(await newDesk(false));
  await screen.shows('▸ demo');
  expect(screen.text).toMatch(/Codex CLI +○ starting fetches/);
  screen.type(KEYS.tab);
  screen.type(KEYS.down);
  await screen.shows('▸ proxy only');
  screen.type(KEYS.enter);
  await screen.shows('listening on http://127.0.0.1:');
  expect(screen.text).toContain('key of this run: ');
  screen.type('\u0003');
  expect(await screen.ended()).toBe(0);
  expect(screen.restored).toBe(true);
});

test('a terminal that cannot be drawn on: the same by questions and answers', async () => {
  const { env, workspace } = await newDesk(true);
  const screen = llmup({ workspace, env: { ...env, TERM: 'dumb' } });
  await screen.shows('Preset, 1 to 4, enter for 4:');
  screen.type('9\r');
  await screen.shows('There is no 9.');
  screen.type('3\r');
  await screen.shows('Model, 1 to 2, enter for 1:');
  screen.type('\r');
  await screen.shows('Client, 1 to 2, enter for 1:');
  screen.type('\r');
  await screen.shows('\nPRESET_OPENAI_ENDPOINT_BASE_URL:');
  screen.type('nowhere\r');
  await screen.shows('That will not do: ');
  screen.type('http://127.0.0.1:9/v1\r');
  await screen.shows('\nPRESET_ENDPOINT_MODEL:');
  screen.type('glm-5.2\r');
  await screen.shows('\nPRESET_ENDPOINT_API_KEY:');
  screen.type(`${SECRET}x\u007f\r`);
  await screen.shows('agent on preset-openai-compatible, secrets:');
  screen.type('\u0004');
  await screen.ended();
  expect(screen.bytes).not.toContain(SECRET);
  expect(screen.bytes).not.toContain('\u001b');
});

test('a log is no terminal: said, with what to do instead', async () => {
  const { env, workspace } = await newDesk(true);
  const screen = llmup({ workspace, env: { ...env, CI: '1' } });
  expect(await screen.ended()).toBe(2);
  expect(screen.text).toContain('llmup demo codex');
  expect(screen.bytes).not.toContain('\u001b');
});

/** The text of all files below a directory. */
async function everyFileOf(directory: string): Promise<string> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'latin1')));
  expect(texts.length).toBeGreaterThan(2);
  return texts.join('\n');
}
