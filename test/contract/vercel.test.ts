import { generateObject, generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { call, say, think } from '../provider/reply-plan.ts';
import { outputSchema, tools as toolsOf, transcript } from '../provider/seen.ts';
import { type Bench, startBench } from './bench.ts';

/** Vercel's `ai` with its OpenAI provider, both of that provider's protocols, over both upstream formats. */

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());
afterEach(() => expect(bench.refusals()).toEqual([]));

const CASES = (['chat', 'responses'] as const).flatMap((client) =>
  (['openai', 'stranger', 'responses'] as const).map((upstream) => ({ client, upstream })),
);

describe.each(CASES)('openai.$client over $upstream', ({ client, upstream }) => {
  const model = () => bench.vercel[client](upstream);
  // Without it the provider refers to items the upstream was to keep.
  const providerOptions: { openai: { store?: boolean } } = {
    openai: client === 'responses' ? { store: false } : {},
  };
  const weather = tool({
    description: 'Says the weather.',
    inputSchema: jsonSchema<{ city: string }>({
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    }),
    execute: ({ city }) => `snow in ${city}`,
  });

  it('generates text', async () => {
    bench.script({ say: [say('Hel', 'lo')] });
    const { text, usage, finishReason } = await generateText({
      model: model(),
      system: 'Be brief.',
      prompt: 'hi',
      temperature: 0.5,
      maxOutputTokens: 60,
      maxRetries: 0,
      providerOptions,
    });
    expect({ text, finishReason }).toEqual({ text: 'Hello', finishReason: 'stop' });
    expect(usage).toMatchObject({ inputTokens: 100, outputTokens: 20 });
    expect(transcript(bench.bodies()[0])).toEqual([
      expect.stringMatching(/^(system|developer): Be brief\.$/),
      'user: hi',
    ]);
  });

  it('streams text', async () => {
    bench.script({ say: [say('Hel', 'lo', ' 🌍')], chunkBytes: 5 });
    const stream = streamText({ model: model(), prompt: 'hi', maxRetries: 0, providerOptions });
    let text = '';
    for await (const delta of stream.textStream) text += delta;
    expect(text).toBe('Hello 🌍');
    expect(await stream.finishReason).toBe('stop');
    expect(await stream.usage).toMatchObject({ inputTokens: 100, outputTokens: 20 });
  });

  it.each([true, false])('runs tools (stream %s)', async (stream) => {
    bench.script(
      {
        say: [
          say('Looking.'),
          call('weather', { city: 'Oslo' }, { id: 'call_1' }),
          call('weather', { city: 'Rome' }, { id: 'call_2' }),
        ],
      },
      { say: [say('Snow.')] },
    );
    const options = {
      model: model(),
      prompt: 'weather?',
      tools: { weather },
      stopWhen: stepCountIs(3),
      maxRetries: 0,
      providerOptions,
    };
    const text = stream ? await streamText(options).text : (await generateText(options)).text;
    expect(text).toBe('Snow.');
    expect([...toolsOf(bench.bodies()[0]).keys()]).toEqual(['weather']);
    expect(transcript(bench.bodies()[1])).toEqual([
      'user: weather?',
      'assistant: Looking.',
      'call weather {"city":"Oslo"} #call_1',
      'call weather {"city":"Rome"} #call_2',
      'result #call_1: snow in Oslo',
      'result #call_2: snow in Rome',
    ]);
  });

  it('generates an object', async () => {
    bench.script({ say: [say('{"city":', '"Oslo"}')] });
    const schema = jsonSchema<{ city: string }>({
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    });
    const { object } = await generateObject({
      model: model(),
      schema,
      prompt: 'x',
      maxRetries: 0,
      providerOptions,
    });
    expect(object).toEqual({ city: 'Oslo' });
    expect(outputSchema(bench.bodies()[0])).toMatchObject({ type: 'object', required: ['city'] });
  });

  it('sees an image', async () => {
    bench.script({ say: [say('A dot.')] });
    const image = 'iVBORw0KGgo=';
    const content = [
      { type: 'text' as const, text: 'look' },
      { type: 'image' as const, image, mediaType: 'image/png' },
    ];
    await generateText({
      model: model(),
      messages: [{ role: 'user', content }],
      maxRetries: 0,
      providerOptions,
    });
    expect(transcript(bench.bodies()[0])).toEqual([
      'user: look',
      `user image data:image/png;base64,${image}`,
    ]);
  });

  it('reports failures with status and retry wish', async () => {
    bench.script({ status: 400, json: { error: { message: 'odd', type: 'invalid_request_error' } } });
    const asked = generateText({ model: model(), prompt: 'x', maxRetries: 0, providerOptions });
    await expect(asked).rejects.toMatchObject({ statusCode: 400, isRetryable: false, message: 'odd' });
  });
});

describe('openai.responses with its own defaults', () => {
  it.each(['stranger', 'responses'] as const)('runs tools over %s', async (upstream) => {
    bench.script(
      { say: [think('SEAL', 'Hm.'), say('Looking.'), call('clock', {}, { id: 'call_1' })] },
      { say: [say('Noon.')] },
    );
    const clock = tool({ inputSchema: jsonSchema<object>({ type: 'object' }), execute: () => 'noon' });
    const { text } = await generateText({
      model: bench.vercel.responses(upstream),
      prompt: 'x',
      tools: { clock },
      stopWhen: stepCountIs(2),
      maxRetries: 0,
    });
    expect(text).toBe('Noon.');
    if (upstream === 'stranger')
      expect(transcript(bench.bodies()[1])).toEqual([
        'user: x',
        'assistant: Looking.',
        'call clock {} #call_1',
        'result #call_1: noon',
      ]);
  });
});

describe('reasoning', () => {
  it.each(['stranger', 'responses'] as const)('is shown to openai.responses over %s', async (upstream) => {
    bench.script({ say: [think('SEAL', 'Hm, ', 'well.'), say('Yes.')] });
    const stream = streamText({ model: bench.vercel.responses(upstream), prompt: 'x', maxRetries: 0 });
    await stream.consumeStream();
    expect(await stream.reasoningText).toBe('Hm, well.');
    expect(await stream.text).toBe('Yes.');
  });

  it('goes back sealed in a tool loop', async () => {
    bench.script(
      { say: [think('SEAL+/==', 'Hm.'), call('clock', {}, { id: 'call_1' })] },
      { say: [say('Noon.')] },
    );
    const clock = tool({ inputSchema: jsonSchema<object>({ type: 'object' }), execute: () => 'noon' });
    const { text } = await generateText({
      model: bench.vercel.responses('responses'),
      prompt: 'x',
      tools: { clock },
      stopWhen: stepCountIs(2),
      maxRetries: 0,
      providerOptions: { openai: { store: false, include: ['reasoning.encrypted_content'] } },
    });
    expect(text).toBe('Noon.');
    expect(transcript(bench.bodies()[1])).toContain('reasoning: Hm. [SEAL+/==]');
  });
});
