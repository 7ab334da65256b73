import type OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { say } from '../provider/reply-plan.ts';
import { transcript } from '../provider/seen.ts';
import { type Bench, startBench } from './bench.ts';

/** What a Chat client may ask (translation.md §2, §3, §5), and what the upstream must get of it. */

type Params = Partial<OpenAI.Chat.ChatCompletionCreateParamsNonStreaming>;

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());
afterEach(() => expect(bench.refusals()).toEqual([]));

const hello: Params = { messages: [{ role: 'user', content: 'hello' }] };
const schema = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
} as const;
const weather = {
  type: 'function',
  function: { name: 'weather', description: 'Says the weather.', parameters: schema, strict: true },
} as const;
const clock = { type: 'function', function: { name: 'clock', parameters: { type: 'object' } } } as const;
const patch = {
  type: 'custom',
  custom: {
    name: 'patch',
    description: 'Edits.',
    format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: "x"' } },
  },
} as const;
const flat = { type: 'function', ...weather.function };

/** Sends to `upstream` and gives the body it got, and the losses the client was told of. */
async function send(
  upstream: 'openai' | 'responses',
  params: Params,
): Promise<{ body: unknown; warning: string }> {
  bench.script({ say: [say('hi')] });
  const { data, response } = await bench.openai.chat.completions
    .create({ messages: [], ...params, model: upstream })
    .withResponse();
  expect(data.choices[0]?.message.content).toBe('hi');
  expect(bench.bodies()).toHaveLength(1);
  return { body: bench.bodies()[0], warning: response.headers.get('x-llmup-portability-warning') ?? '' };
}

interface Row {
  readonly name: string;
  readonly params: Params;
  /** Of the Responses request. */
  readonly responses: object;
  /** Fields that the Responses API does not know. */
  readonly lost?: readonly string[];
}

const ROWS: readonly Row[] = [
  { name: 'the output cap', params: { max_tokens: 50 }, responses: { max_output_tokens: 50 } },
  {
    name: 'the output cap, spelt anew',
    params: { max_completion_tokens: 50 },
    responses: { max_output_tokens: 50 },
  },
  {
    name: 'temperature and top_p',
    params: { temperature: 0.25, top_p: 0.5 },
    responses: { temperature: 0.25, top_p: 0.5 },
  },
  {
    name: 'stop, seed, penalties and bias',
    params: {
      stop: ['END'],
      seed: 7,
      presence_penalty: 0.5,
      frequency_penalty: -0.5,
      logit_bias: { '50256': -100 },
    },
    responses: {},
    lost: ['stop', 'seed', 'presence_penalty', 'frequency_penalty', 'logit_bias'],
  },
  {
    name: 'log probabilities',
    params: { logprobs: true, top_logprobs: 2 },
    responses: {
      top_logprobs: 2,
      include: ['reasoning.encrypted_content', 'message.output_text.logprobs'],
    },
  },
  { name: 'effort', params: { reasoning_effort: 'high' }, responses: { reasoning: { effort: 'high' } } },
  {
    name: 'a JSON Schema',
    params: {
      response_format: { type: 'json_schema', json_schema: { name: 'place', strict: true, schema } },
    },
    responses: { text: { format: { type: 'json_schema', name: 'place', strict: true, schema } } },
  },
  {
    name: 'JSON mode',
    params: { response_format: { type: 'json_object' }, messages: [{ role: 'user', content: 'JSON!' }] },
    responses: { text: { format: { type: 'json_object' } } },
  },
  { name: 'verbosity', params: { verbosity: 'low' }, responses: { text: { verbosity: 'low' } } },
  { name: 'a function', params: { tools: [weather] }, responses: { tools: [flat] } },
  {
    name: 'a custom tool with a grammar',
    params: { tools: [patch] },
    responses: {
      tools: [
        {
          type: 'custom',
          name: 'patch',
          description: 'Edits.',
          format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' },
        },
      ],
    },
  },
  ...(['auto', 'none', 'required'] as const).map((choice) => ({
    name: `the choice ${choice}`,
    params: { tools: [weather], tool_choice: choice },
    responses: { tool_choice: choice },
  })),
  {
    name: 'the choice of one function',
    params: { tools: [weather, clock], tool_choice: { type: 'function', function: { name: 'weather' } } },
    responses: { tool_choice: { type: 'function', name: 'weather' } },
  },
  {
    name: 'the choice of one custom tool',
    params: { tools: [patch], tool_choice: { type: 'custom', custom: { name: 'patch' } } },
    responses: { tool_choice: { type: 'custom', name: 'patch' } },
  },
  {
    name: 'a choice among allowed tools',
    params: {
      tools: [weather, clock],
      tool_choice: {
        type: 'allowed_tools',
        allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'clock' } }] },
      },
    },
    responses: {
      tool_choice: { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'clock' }] },
    },
  },
  {
    name: 'one call at a time',
    params: { tools: [weather], parallel_tool_calls: false },
    responses: { parallel_tool_calls: false },
  },
  {
    name: 'hints',
    params: {
      user: 'u-1',
      metadata: { team: 'blue' },
      prompt_cache_key: 'key-1',
      prompt_cache_retention: '24h',
      service_tier: 'flex',
      safety_identifier: 'safe-1',
      store: false,
    },
    responses: {
      user: 'u-1',
      metadata: { team: 'blue' },
      prompt_cache_key: 'key-1',
      prompt_cache_retention: '24h',
      service_tier: 'flex',
      safety_identifier: 'safe-1',
      store: false,
    },
  },
];

describe('a Chat client may ask for', () => {
  it.each(ROWS)('$name', async ({ params, responses, lost = [] }) => {
    const relayed = await send('openai', { ...hello, ...params });
    expect(relayed.body).toEqual({ ...hello, ...params, model: 'upstream-model' });
    expect(relayed.warning).toBe('');

    const { body, warning } = await send('responses', { ...hello, ...params });
    expect(body).toMatchObject({ model: 'upstream-model', ...responses });
    expect(transcript(body)).toEqual([`user: ${params.messages ? 'JSON!' : 'hello'}`]);
    for (const field of lost) {
      expect(body).not.toHaveProperty(field);
      expect(warning).toContain(field);
    }
    if (lost.length === 0) expect(warning).toBe('');
  });

  it('nothing more: the upstream gets no invented option', async () => {
    const { body } = await send('responses', hello);
    for (const field of ['max_output_tokens', 'temperature', 'reasoning', 'tools', 'text', 'tool_choice'])
      expect(body).not.toHaveProperty(field);
    // A Chat client expects nothing to be kept, and the Responses API keeps by default.
    expect(body).toMatchObject({ store: false });
  });

  it('JSON mode without the word that Responses wants to read', async () => {
    const { body } = await send('responses', { ...hello, response_format: { type: 'json_object' } });
    expect(body).toMatchObject({ text: { format: { type: 'json_object' } } });
    expect(transcript(body).at(-1)).toBe('user: hello');
  });

  it('fewer tokens than Responses takes: its least', async () => {
    const { body } = await send('responses', { ...hello, max_tokens: 5 });
    expect(body).toMatchObject({ max_output_tokens: 16 });
  });

  it('several choices, which Responses cannot give: refused before the upstream is called', async () => {
    bench.script();
    await expect(
      bench.openai.chat.completions.create({
        messages: [{ role: 'user', content: 'x' }],
        model: 'responses',
        n: 2,
      }),
    ).rejects.toMatchObject({ status: 400, param: 'n' });
    expect(bench.bodies()).toEqual([]);
  });
});

const PNG = 'data:image/png;base64,iVBORw0KGgo=';
const PDF = 'data:application/pdf;base64,JVBERi0xLjQ=';

/** A history as a Chat client replays it, and the lines a Responses upstream must get. */
const HISTORIES: readonly { name: string; messages: Params['messages']; lines: readonly unknown[] }[] = [
  {
    name: 'system and developer turns',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'ho' },
      { role: 'developer', content: 'Now be long.' },
      { role: 'user', content: [{ type: 'text', text: 'again' }] },
    ],
    lines: [
      expect.stringMatching(/^(system|developer): Be brief\.$/),
      'user: hi',
      'assistant: ho',
      expect.stringMatching(/^(system|developer): Now be long\.$/),
      'user: again',
    ],
  },
  {
    name: 'parallel calls with text, and their results',
    messages: [
      { role: 'user', content: 'two cities' },
      {
        role: 'assistant',
        content: 'Looking.',
        tool_calls: [
          { id: 'call_a', type: 'function', function: { name: 'weather', arguments: '{"city": "Oslo"}' } },
          { id: 'call_b', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_a', content: 'snow' },
      { role: 'tool', tool_call_id: 'call_b', content: [{ type: 'text', text: 'sun' }] },
    ],
    lines: [
      'user: two cities',
      'assistant: Looking.',
      'call weather {"city": "Oslo"} #call_a',
      'call weather {"city":"Rome"} #call_b',
      'result #call_a: snow',
      'result #call_b: sun',
    ],
  },
  {
    name: 'a custom call',
    messages: [
      { role: 'user', content: 'edit' },
      {
        role: 'assistant',
        tool_calls: [{ id: 'call_c', type: 'custom', custom: { name: 'patch', input: '*** x' } }],
      },
      { role: 'tool', tool_call_id: 'call_c', content: 'done' },
    ],
    lines: ['user: edit', 'call patch *** x #call_c', 'result #call_c: done'],
  },
  {
    name: 'images and a document',
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'look' },
          { type: 'image_url', image_url: { url: PNG, detail: 'low' } },
          { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
          { type: 'file', file: { filename: 'a.pdf', file_data: PDF } },
        ],
      },
    ],
    lines: [
      'user: look',
      `user image ${PNG}`,
      'user image https://example.com/a.png',
      `user file a.pdf ${PDF}`,
    ],
  },
];

describe('a Chat client may send', () => {
  it.each(HISTORIES)('$name', async ({ messages, lines }) => {
    const relayed = await send('openai', { messages: messages ?? [] });
    expect(relayed.body).toMatchObject({ messages });
    const { body, warning } = await send('responses', { messages: messages ?? [] });
    expect(transcript(body)).toEqual(lines);
    expect(warning).toBe('');
  });

  it('an orphan result and an unanswered call: healed into text, on the ledger', async () => {
    const { body, warning } = await send('responses', {
      messages: [
        { role: 'user', content: 'go' },
        { role: 'tool', tool_call_id: 'call_gone', content: 'left over' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'call_open', type: 'function', function: { name: 'w', arguments: '{"a":1}' } }],
        },
        { role: 'user', content: 'never mind' },
      ],
    });
    const lines = transcript(body);
    expect(lines.join('\n')).toContain('left over');
    expect(lines.at(-1)).toBe('user: never mind');
    expect(warning).toMatch(/messages\[1\]/);
    expect(warning).toMatch(/messages\[2\]/);
  });

  it('calls answered late: the results come right behind the calls', async () => {
    const { body } = await send('responses', {
      messages: [
        { role: 'user', content: 'go' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'call_late', type: 'function', function: { name: 'w', arguments: '{}' } }],
        },
        { role: 'user', content: 'hurry' },
        { role: 'tool', tool_call_id: 'call_late', content: 'here' },
      ],
    });
    expect(transcript(body).slice(1, 3)).toEqual(['call w {} #call_late', 'result #call_late: here']);
  });

  it('a developer turn to a stranger, which refuses it at first', async () => {
    bench.script({ say: [say('hi')] }, { say: [say('hi')] });
    const reply = await bench.openai.chat.completions.create({
      model: 'stranger',
      messages: [
        { role: 'developer', content: 'Be brief.' },
        { role: 'user', content: 'hello' },
      ],
    });
    expect(reply.choices[0]?.message.content).toBe('hi');
    expect(transcript(bench.bodies()[1])).toEqual(['system: Be brief.', 'user: hello']);
    expect(bench.refusals()).toHaveLength(1);
    bench.script();
  });

  it('its own bytes to its own protocol: numbers, order and spacing untouched', async () => {
    bench.script({ say: [say('hi')] });
    const sent =
      '{"temperature":1.0, "model":"openai", "seed":1152921504606846977,\n"messages":[{"role":"user","content":"\\ud800 \\u00e9"}], "logit_bias":{"1":1.50}}';
    const response = await bench.post('/openai/v1/chat/completions', sent);
    expect(response.status).toBe(200);
    expect(bench.requests()[0]?.raw.toString()).toBe(sent.replace('"openai"', '"upstream-model"'));
  });
});
