import { PassThrough } from 'node:stream';
import type { ReadStream } from 'node:tty';
import { expect, test } from 'vitest';
import { runPrompts } from '../../src/display/picker/prompts.ts';
import { OFFERS } from './offers.ts';

test('a secret is hidden before the first word that asks for it, and until it is taken', async () => {
  const log: string[] = [];
  const stdin = Object.assign(new PassThrough(), {
    setRawMode: (hidden: boolean) => log.push(hidden ? 'hidden' : 'shown'),
  });
  const preset = OFFERS.presets.findIndex(({ name }) => name === 'provider-neutral') + 1;
  const answers: Readonly<Record<string, string>> = {
    Preset: `${preset}`,
    PRESET_OPENAI_ENDPOINT_BASE_URL: 'https://example.com/v1',
    PRESET_ENDPOINT_MODEL: 'glm-5',
    PRESET_ENDPOINT_API_KEY: 'sk-test-0123456789',
  };
  const write = (text: string) => {
    log.push(text);
    const asked = /^([^\n,:]+)[^\n]*: $/.exec(text)?.[1];
    if (asked !== undefined) stdin.write(`${answers[asked] ?? ''}\n`);
  };
  const io = { stdin: stdin as unknown as ReadStream, stdout: { write } };

  const end = await runPrompts(OFFERS, io);

  expect(end).toMatchObject({
    kind: 'start',
    choice: { variables: { PRESET_ENDPOINT_API_KEY: 'sk-test-0123456789' } },
  });
  const told = log.flatMap((entry, at) => (entry.includes('PRESET_ENDPOINT_API_KEY') ? [at] : []));
  expect(told.length).toBeGreaterThan(1);
  expect(log.indexOf('hidden')).toBeLessThan(Math.min(...told));
  expect(log.lastIndexOf('shown')).toBeGreaterThan(Math.max(...told));
  expect(log.filter((entry) => entry === 'hidden')).toHaveLength(1);
});
