import { cleanup, render } from 'ink-testing-library';
import { afterEach, expect, test } from 'vitest';
import type { PickerChoice, PickerModel } from '../../src/display/picker/model.ts';
import { Picker } from '../../src/display/picker/picker.tsx';
import { createTheme } from '../../src/display/theme.ts';
import { plainFrame, untilFrame } from './frames.ts';
import { OFFERS } from './offers.ts';

const KEYS = {
  up: '\u001b[A',
  down: '\u001b[B',
  right: '\u001b[C',
  enter: '\r',
  escape: '\u001b',
  backspace: '\u007f',
  tab: '\t',
};

afterEach(cleanup);

function picking(model: PickerModel = OFFERS) {
  const choices: (PickerChoice | undefined)[] = [];
  const { lastFrame, frames, stdin } = render(
    <Picker
      model={model}
      size={{ columns: 80, rows: 24 }}
      theme={createTheme({}, { LANG: 'C.UTF-8' })}
      onDone={(choice) => choices.push(choice)}
    />,
  );
  return {
    frames,
    choices,
    shows: (text: string) => untilFrame(lastFrame, (frame) => frame.includes(text)),
    type: (keys: string) => stdin.write(keys),
    done: () =>
      untilFrame(
        () => String(choices.length),
        (count) => count !== '0',
      ),
  };
}

test('a ready preset starts with one key', async () => {
  const { shows, type, choices, done } = picking();
  await shows('▸ glm-coding');
  type(KEYS.enter);
  await done();
  expect(choices).toEqual([
    { preset: 'glm-coding', client: 'codex', alias: 'opus', install: false, variables: {} },
  ]);
});

test('what is missing is asked for in place, then the session starts', async () => {
  const { shows, type, choices, done } = picking();
  await shows('needs 3 values');
  type(KEYS.down);
  await shows('PRESET_ENDPOINT_API_KEY');
  type(KEYS.enter);
  await shows('https://api.example.com/v1;');
  type('ftp://example');
  type(KEYS.enter);
  await shows('must be an http or https URL');
  type('\u0015');
  type('https://example.com/v1x');
  type(KEYS.backspace);
  await shows('https://example.com/v1▏');
  type(KEYS.enter);
  await shows('model that the alias stands for');
  type(`glm-5${KEYS.enter}`);
  await shows('needs 1 value');
  type('sk-test-0123456789');
  await shows('••••••••••••••••••▏');
  type(KEYS.enter);
  await done();
  expect(choices).toEqual([
    {
      preset: 'provider-neutral',
      client: 'codex',
      alias: 'preset-openai-compatible',
      install: false,
      variables: {
        PRESET_OPENAI_ENDPOINT_BASE_URL: 'https://example.com/v1',
        PRESET_ENDPOINT_MODEL: 'glm-5',
        PRESET_ENDPOINT_API_KEY: 'sk-test-0123456789',
      },
    },
  ]);
});

test('a secret is in no frame: not while it is typed, refused, taken, or edited again', async () => {
  const { shows, type, frames } = picking();
  await shows('▸ glm-coding');
  type(KEYS.down);
  await shows('▸ provider-neutral');
  type(`${KEYS.tab}`);
  type(`${KEYS.tab}`);
  await shows('base URL of upstream');
  type('G');
  await shows('API key of upstream');
  type('e');
  await shows('kept in memory only');
  for (const [index, character] of [...'sk-hidden value'].entries()) {
    type(character);
    await shows(`  ${'•'.repeat(index + 1)}▏`);
  }
  type(KEYS.enter);
  await shows('holds characters that no API key has');
  type('\u0015sk-hidden-value-42\r');
  await shows('needs 2 values');
  await shows('✓ entered  ••••••••');
  type('e');
  await shows('▏');
  type(KEYS.escape);
  await shows('✓ entered');
  const all = frames.map(plainFrame).join('\n');
  expect(frames.length).toBeGreaterThan(15);
  for (const piece of ['sk-', 'hidden', 'value-42', 'idd']) expect(all).not.toContain(piece);
});

test('a pasted key is taken without its line break', async () => {
  const { shows, type, choices, done } = picking({
    ...OFFERS,
    presets: OFFERS.presets.map((preset) => ({
      ...preset,
      aliases: preset.aliases.map((alias) => ({
        ...alias,
        variables: alias.variables.filter(({ secret }) => secret),
      })),
    })),
  });
  await shows('▸ glm-coding');
  type(KEYS.down);
  await shows('▸ provider-neutral');
  type(KEYS.enter);
  await shows('kept in memory only');
  type('sk-pasted\n');
  await done();
  expect(choices[0]?.variables).toEqual({ PRESET_ENDPOINT_API_KEY: 'sk-pasted' });
});

test('another model of the preset, another client', async () => {
  const { shows, type, choices, done } = picking();
  await shows('opus → glm-5.2');
  type(KEYS.right);
  await shows('haiku → glm-5.2-air');
  type(KEYS.tab);
  type(KEYS.down);
  await shows('▸ proxy only');
  type(KEYS.enter);
  await done();
  expect(choices).toMatchObject([{ preset: 'glm-coding', client: 'serve', alias: 'haiku' }]);
});

test('a preset without models of its own asks for one', async () => {
  const { shows, type, choices, done } = picking();
  await shows('▸ glm-coding');
  type('G');
  await shows('▸ local');
  await shows('needs a model');
  type(KEYS.enter);
  await shows('the name the server gives it');
  type('qwen3-coder:30b\r');
  await done();
  expect(choices).toEqual([
    { preset: 'local', client: 'codex', alias: 'OLLAMA:qwen3-coder:30b', install: false, variables: {} },
  ]);
});

test('a preset with mistakes says so, and does not start', async () => {
  const { shows, type, choices } = picking();
  await shows('▸ glm-coding');
  type(KEYS.down);
  type(KEYS.down);
  await shows('▸ torn');
  type(KEYS.enter);
  await shows('✗ torn.yaml line 3');
  expect(choices).toEqual([]);
});

test('a missing client is fetched by starting it', async () => {
  const { shows, type, choices, done } = picking({
    ...OFFERS,
    clients: [{ id: 'codex', label: 'Codex CLI', fetches: '0.169.0' }],
  });
  await shows('starting fetches 0.169.0');
  type(KEYS.enter);
  await done();
  expect(choices).toMatchObject([{ client: 'codex', install: true }]);
});

test('the filter narrows the list, esc widens it again', async () => {
  const { shows, type } = picking();
  await shows('▸ glm-coding');
  type('/');
  await shows('keep the filter');
  type('openai');
  const narrow = await shows('▸ provider-neutral');
  expect(narrow).not.toContain('glm-coding');
  type(KEYS.enter);
  await shows('/openai');
  type(KEYS.escape);
  // What was found stays selected among all of them.
  expect(await shows('glm-coding')).toContain('▸ provider-neutral');
  type('/nothing');
  await shows('no preset matches');
});

test('q, esc and ctrl+c quit without a choice; while a value is typed q is a letter', async () => {
  for (const key of ['q', KEYS.escape, '\u0003']) {
    const { shows, type, choices, done } = picking();
    await shows('▸ glm-coding');
    type(key);
    await done();
    expect(choices).toEqual([undefined]);
    cleanup();
  }
  const { shows, type, choices } = picking();
  await shows('▸ glm-coding');
  type(KEYS.down);
  await shows('▸ provider-neutral');
  type(KEYS.enter);
  await shows('▏');
  type('q?');
  await shows('q?▏');
  type(KEYS.escape);
  await shows('○ missing');
  expect(choices).toEqual([]);
});
