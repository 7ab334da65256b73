import type OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { say } from '../provider/reply-plan.ts';
import { tools as toolsOf, transcript } from '../provider/seen.ts';
import { type Bench, startBench, type Upstream } from './bench.ts';

/** What a Responses client may ask (translation.md §2–§5), and what each upstream must get of it. */

type Params = Partial<OpenAI.Responses.ResponseCreateParamsNonStreaming>;

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());
afterEach(() => expect(bench.refusals()).toEqual([]));

const schema = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
} as const;
const weather = {
  type: 'function',
  name: 'weather',
  description: 'Weather.',
  parameters: schema,
  strict: true,
} as const;
const clock = { type: 'function', name: 'clock', parameters: { type: 'object' }, strict: false } as const;
const nested = {
  type: 'function',
  function: { name: 'weather', description: 'Weather.', parameters: schema, strict: true },
};
const grammar = 'start: begin_patch hunk+ end_patch';
const patch = {
  type: 'custom',
  name: 'apply_patch',
  description: 'Edits files.',
  format: { type: 'grammar', syntax: 'lark', definition: grammar },
} as const;

async function send(upstream: Upstream, params: Params): Promise<{ body: unknown; warning: string }> {
  bench.script({ say: [say('hi')] });
  const { data, response } = await bench.openai.responses
    .create({ input: 'hello', ...params, model: upstream })
    .withResponse();
  expect(data.output_text).toBe('hi');
  expect(bench.bodies()).toHaveLength(1);
  return { body: bench.bodies()[0], warning: response.headers.get('x-llmup-portability-warning') ?? '' };
}

interface Row {
  readonly name: string;
  readonly params: Params;
  /** Of both Chat requests. */
  readonly chat: object;
  /** Only of the one to OpenAI. */
  readonly openai?: object;
  /** Named in the warning of the stranger. */
  readonly warned?: string;
}

const ROWS: readonly Row[] = [
  {
    name: 'instructions',
    params: { instructions: 'Be brief.' },
    chat: {
      messages: [
        { role: expect.stringMatching(/system|developer/), content: 'Be brief.' },
        { role: 'user', content: 'hello' },
      ],
    },
  },
  {
    name: 'the output cap',
    params: { max_output_tokens: 50 },
    chat: {},
    openai: { max_completion_tokens: 50 },
  },
  {
    name: 'temperature and top_p',
    params: { temperature: 0.25, top_p: 0.5 },
    chat: { temperature: 0.25, top_p: 0.5 },
  },
  { name: 'effort', params: { reasoning: { effort: 'low' } }, chat: { reasoning_effort: 'low' } },
  {
    name: 'a JSON Schema',
    params: { text: { format: { type: 'json_schema', name: 'place', strict: true, schema } } },
    chat: { response_format: { type: 'json_schema', json_schema: { name: 'place', strict: true, schema } } },
  },
  {
    name: 'JSON mode',
    params: { text: { format: { type: 'json_object' } }, instructions: 'Answer in JSON.' },
    chat: { response_format: { type: 'json_object' } },
  },
  { name: 'plain text', params: { text: { format: { type: 'text' } } }, chat: {} },
  { name: 'a function', params: { tools: [weather] }, chat: { tools: [nested] } },
  ...(['auto', 'none', 'required'] as const).map((choice) => ({
    name: `the choice ${choice}`,
    params: { tools: [weather], tool_choice: choice },
    chat: { tool_choice: choice },
  })),
  {
    name: 'the choice of one function',
    params: { tools: [weather, clock], tool_choice: { type: 'function', name: 'clock' } },
    chat: { tool_choice: { type: 'function', function: { name: 'clock' } } },
  },
  {
    name: 'one call at a time',
    params: { tools: [weather], parallel_tool_calls: false },
    chat: { parallel_tool_calls: false },
  },
  {
    name: 'hints',
    params: {
      user: 'u-1',
      prompt_cache_key: 'key-1',
      service_tier: 'flex',
      safety_identifier: 'safe-1',
      store: false,
      text: { verbosity: 'low' },
    },
    chat: {},
    openai: {
      user: 'u-1',
      prompt_cache_key: 'key-1',
      service_tier: 'flex',
      safety_identifier: 'safe-1',
      verbosity: 'low',
    },
  },
  {
    name: 'metadata, which OpenAI takes of stored replies only',
    params: { metadata: { team: 'blue' }, store: true },
    chat: {},
    openai: { metadata: { team: 'blue' }, store: true },
  },
  {
    name: 'log probabilities',
    params: { top_logprobs: 2, include: ['message.output_text.logprobs'] },
    chat: { logprobs: true, top_logprobs: 2 },
  },
  {
    name: 'what only summaries and includes are for',
    params: { reasoning: { summary: 'auto' }, include: ['reasoning.encrypted_content'], store: false },
    chat: {},
  },
];

describe('a Responses client may ask for', () => {
  it.each(ROWS)('$name', async ({ params, chat, openai = {}, warned = '' }) => {
    const relayed = await send('responses', params);
    expect(relayed.body).toEqual({ input: 'hello', ...params, model: 'upstream-model' });
    expect(relayed.warning).toBe('');

    const stranger = await send('stranger', params);
    expect(stranger.body).toMatchObject({ model: 'upstream-model', ...chat });
    expect(stranger.warning).toContain(warned);
    expect((await send('openai', params)).body).toMatchObject({
      model: 'upstream-model',
      ...chat,
      ...openai,
    });
  });

  it('the output cap in the words of the upstream', async () => {
    const { body } = await send('stranger', { max_output_tokens: 50 });
    expect(body).toMatchObject({ max_tokens: 50 });
  });

  it('nothing more: a stranger gets no option that was not asked for', async () => {
    const { body } = await send('stranger', {});
    expect(
      Object.keys(body as object)
        .filter((key) => key !== 'stream')
        .sort(),
    ).toEqual(['messages', 'model']);
  });

  it('a choice among allowed tools: the others are not offered', async () => {
    const { body } = await send('stranger', {
      tools: [weather, clock],
      tool_choice: { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'clock' }] },
    });
    expect([...toolsOf(body).keys()]).toEqual(['clock']);
    expect(body).toMatchObject({ tool_choice: 'required' });
  });

  it('a freeform tool: a function with one string, its grammar in the description', async () => {
    const { body, warning } = await send('stranger', { tools: [patch] });
    const tool = toolsOf(body).get('apply_patch');
    expect(tool).toMatchObject({
      type: 'function',
      parameters: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] },
    });
    expect(String(tool?.description)).toContain('Edits files.');
    expect(String(tool?.description)).toContain(grammar);
    expect(warning).toBe('');
    const forced = await send('stranger', {
      tools: [patch, clock],
      tool_choice: { type: 'custom', name: 'apply_patch' },
    });
    expect(forced.body).toMatchObject({
      tool_choice: { type: 'function', function: { name: 'apply_patch' } },
    });
  });

  it('namespaced tools: flattened, within the name alphabet and length, without collisions', async () => {
    const child = (name: string) => ({
      type: 'function',
      name,
      strict: false,
      parameters: { type: 'object' },
    });
    const long = 'x'.repeat(60);
    const { body } = await send('stranger', {
      tools: [
        { ...clock, name: 'agents__close' },
        namespace('agents', [child('close'), child(long), child(`${long}y`)]),
        // The SDK's types do not know namespaces yet.
      ] as unknown as Params['tools'] & object,
    });
    const names = [...toolsOf(body).keys()];
    expect(names).toHaveLength(4);
    expect(names[0]).toBe('agents__close');
    expect(new Set(names).size).toBe(4);
    for (const name of names) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
    const { body: plain } = await send('stranger', {
      tools: [namespace('agents', [child('close')])] as unknown as Params['tools'] & object,
    });
    expect([...toolsOf(plain).keys()]).toEqual(['agents__close']);
  });

  it('hosted tools: not offered where the upstream has none, on the ledger', async () => {
    const { body, warning } = await send('stranger', {
      tools: [{ type: 'web_search' }, weather, { type: 'code_interpreter', container: { type: 'auto' } }],
    });
    expect([...toolsOf(body).keys()]).toEqual(['weather']);
    expect(warning).toContain('tools[0]');
    expect(warning).toContain('tools[2]');
    const none = await send('stranger', {
      tools: [{ type: 'web_search' }],
      parallel_tool_calls: true,
      tool_choice: 'auto',
    });
    expect(none.body).not.toHaveProperty('tools');
    expect(none.body).not.toHaveProperty('tool_choice');
    expect(none.body).not.toHaveProperty('parallel_tool_calls');
  });

  it.each<[string, Params]>([
    ['previous_response_id', { previous_response_id: 'resp_1' }],
    ['conversation', { conversation: 'conv_1' }],
    ['prompt', { prompt: { id: 'pmpt_1' } }],
    ['background', { background: true }],
  ])(
    '%s, which only a native upstream can serve: refused before the upstream is called',
    async (param, params) => {
      bench.script();
      const asked = bench.openai.responses.create({ model: 'stranger', input: 'x', ...params });
      await expect(asked).rejects.toMatchObject({ status: 400, param });
      expect(bench.bodies()).toEqual([]);
      expect((await send('responses', params)).body).toMatchObject(params);
    },
  );
});

function namespace(name: string, tools: readonly object[]): object {
  return { type: 'namespace', name, description: `Tools of ${name}.`, tools };
}

const PNG = 'data:image/png;base64,iVBORw0KGgo=';
const PDF = 'data:application/pdf;base64,JVBERi0xLjQ=';
const user = (text: string): object => ({ role: 'user', content: [{ type: 'input_text', text }] });
const developer = (text: string): object => ({
  type: 'message',
  role: 'developer',
  content: [{ type: 'input_text', text }],
});

/** A history as a Responses client replays it, and the lines a stranger must get. */
const HISTORIES: readonly { name: string; input: readonly object[]; lines: readonly unknown[] }[] = [
  {
    name: 'leading developer items as one system turn',
    input: [developer('You are X.'), developer('Sandbox: none.'), user('hi')],
    lines: [expect.stringMatching(/^system: You are X\.\s+Sandbox: none\.$/), 'user: hi'],
  },
  {
    name: 'a later developer item as marked user text',
    input: [
      developer('You are X.'),
      user('hi'),
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'ho', annotations: [] }] },
      developer('Now be long.'),
      user('again'),
    ],
    lines: [
      'system: You are X.',
      'user: hi',
      'assistant: ho',
      // Two turns of one role in a row would break the templates of some models.
      expect.stringMatching(/^user: [\s\S]*Now be long\.[\s\S]*\n+again$/),
    ],
  },
  {
    name: 'text and parallel calls as one turn, results in call order',
    input: [
      user('two'),
      {
        type: 'message',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'Looking.', annotations: [] }],
      },
      { type: 'function_call', call_id: 'call_a', name: 'weather', arguments: '{"city": "Oslo"}' },
      { type: 'function_call', call_id: 'call_b', name: 'weather', arguments: '{"city":"Rome"}' },
      { type: 'function_call_output', call_id: 'call_b', output: 'sun' },
      { type: 'function_call_output', call_id: 'call_a', output: [{ type: 'input_text', text: 'snow' }] },
    ],
    lines: [
      'user: two',
      'assistant: Looking.',
      'call weather {"city": "Oslo"} #call_a',
      'call weather {"city":"Rome"} #call_b',
      'result #call_a: snow',
      'result #call_b: sun',
    ],
  },
  {
    name: 'a freeform call as the function it became',
    input: [
      user('edit'),
      { type: 'custom_tool_call', call_id: 'call_c', name: 'apply_patch', input: '*** "x"\n' },
      { type: 'custom_tool_call_output', call_id: 'call_c', output: 'done' },
    ],
    lines: ['user: edit', 'call apply_patch {"input":"*** \\"x\\"\\n"} #call_c', 'result #call_c: done'],
  },
  {
    name: 'a namespaced call as the function it became',
    input: [
      user('close'),
      { type: 'function_call', call_id: 'call_n', namespace: 'agents', name: 'close', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_n', output: 'closed' },
    ],
    lines: ['user: close', 'call agents__close {} #call_n', 'result #call_n: closed'],
  },
  {
    name: 'images and a document',
    input: [
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'look' },
          { type: 'input_image', image_url: PNG, detail: 'high' },
          { type: 'input_file', filename: 'a.pdf', file_data: PDF },
        ],
      },
    ],
    lines: ['user: look', `user image ${PNG}`, `user file a.pdf ${PDF}`],
  },
  {
    name: 'an image in a tool result behind all results of its turn',
    input: [
      user('look'),
      { type: 'function_call', call_id: 'call_v', name: 'view_image', arguments: '{"path":"a.png"}' },
      { type: 'function_call', call_id: 'call_w', name: 'view_image', arguments: '{"path":"b.png"}' },
      { type: 'function_call_output', call_id: 'call_v', output: [{ type: 'input_image', image_url: PNG }] },
      { type: 'function_call_output', call_id: 'call_w', output: 'no such file' },
    ],
    lines: [
      'user: look',
      'call view_image {"path":"a.png"} #call_v',
      'call view_image {"path":"b.png"} #call_w',
      expect.stringMatching(/^result #call_v: ./),
      'result #call_w: no such file',
      expect.stringMatching(/^user: ./),
      `user image ${PNG}`,
    ],
  },
  {
    name: 'an orphan output and an unanswered call as text',
    input: [
      user('go'),
      { type: 'function_call_output', call_id: 'call_gone', output: 'left over' },
      { type: 'function_call', call_id: 'call_open', name: 'weather', arguments: '{"city":"Oslo"}' },
      user('never mind'),
    ],
    lines: [
      expect.stringMatching(/^user: go\n[\s\S]*left over$/),
      expect.stringMatching(/^assistant: [\s\S]*Oslo/),
      'user: never mind',
    ],
  },
];

describe('a Responses client may send', () => {
  it.each(HISTORIES)('$name', async ({ input, lines }) => {
    const items = input as OpenAI.Responses.ResponseInput;
    const { body } = await send('stranger', { input: items });
    expect(transcript(body)).toEqual(lines);
    // OpenAI's richer forms are judged by its own rules.
    await send('openai', { input: items });
  });

  it('its own bytes to its own protocol', async () => {
    bench.script({ say: [say('hi')] });
    const sent = '{"input":[{"role":"user","content":"\\ud800"}],"temperature":1.0 ,"model":"responses"}';
    const response = await bench.post('/openai/v1/responses', sent);
    expect(response.status).toBe(200);
    expect(bench.requests()[0]?.raw.toString()).toBe(sent.replace('"responses"', '"upstream-model"'));
  });

  it('the unprefixed routes too', async () => {
    bench.script({ say: [say('hi')] });
    expect((await bench.post('/v1/responses', { model: 'stranger', input: 'x' })).status).toBe(200);
    bench.script({ say: [say('hi')] });
    const chat = { model: 'stranger', messages: [{ role: 'user', content: 'x' }] };
    expect((await bench.post('/v1/chat/completions', chat)).status).toBe(200);
  });
});
