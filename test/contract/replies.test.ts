import { generateText, streamText } from 'ai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { call, decline, freeform, type ReplyPlan, say, think, USAGE } from '../provider/reply-plan.ts';
import { transcript } from '../provider/seen.ts';
import { type Bench, startBench } from './bench.ts';
import { askChat, askResponses, type Outcome } from './outcome.ts';

/** What a client gets of a reply (translation.md §3, §4, §6): each client, each upstream, streamed and not. */

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());
afterEach(() => expect(bench.refusals()).toEqual([]));

const parameters = {
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'integer' } },
  required: ['city'],
};

const CASES = (['chat', 'responses'] as const).flatMap((client) =>
  (['stranger', 'responses'] as const).flatMap((upstream) =>
    [true, false].map((stream) => ({ client, upstream, stream, how: stream ? 'streamed' : 'whole' })),
  ),
);

describe.each(CASES)('a $client client over $upstream, $how', ({ client, upstream, stream }) => {
  const ask = (plan: ReplyPlan): Promise<Outcome> => {
    bench.script(plan);
    if (client === 'chat')
      return askChat(bench.openai, stream, {
        model: upstream,
        messages: [{ role: 'user', content: 'go' }],
        tools: [{ type: 'function', function: { name: 'weather', parameters } }],
      });
    return askResponses(bench.openai, stream, {
      model: upstream,
      input: 'go',
      tools: [{ type: 'function', name: 'weather', parameters, strict: false }],
    });
  };
  const relayed = client === 'responses' ? upstream === 'responses' : upstream === 'stranger';
  const done = client === 'chat' ? 'stop' : 'completed';

  it('text, in the name the client asked for, with usage', async () => {
    const outcome = await ask({ say: [say('Hel', 'lo ', '🌍 né')] });
    expect(outcome).toMatchObject({ text: 'Hello 🌍 né', calls: [], finish: done, usage: USAGE });
    // Relays hand on the provider's bytes; only what is built here names the alias.
    expect(outcome.model).toBe(relayed ? 'upstream-model-0613' : upstream);
  });

  it('text split anywhere, also inside a character', async () => {
    for (const chunkBytes of [1, 7]) {
      const outcome = await ask({ say: [think('E', 'hm'), say('né 🌍 ', '𝄞', '\n\r\n"\\')], chunkBytes });
      expect(outcome.text).toBe('né 🌍 𝄞\n\r\n"\\');
    }
  });

  it('calls: ids, order and arguments as the provider wrote them', async () => {
    const outcome = await ask({
      say: [
        say('Looking.'),
        call('weather', '{"city":"Ōsaka \\"1\\"","days":2}', { id: 'call_1', deltaLength: 1 }),
        call('weather', '{"city":"Oslo"}', { id: 'call_2' }),
      ],
    });
    expect(outcome.text).toBe('Looking.');
    expect(outcome.calls).toEqual([
      { name: 'weather', arguments: '{"city":"Ōsaka \\"1\\"","days":2}', id: 'call_1' },
      { name: 'weather', arguments: '{"city":"Oslo"}', id: 'call_2' },
    ]);
    expect(outcome.finish).toBe(client === 'chat' ? 'tool_calls' : 'completed');
  });

  it('a call without arguments', async () => {
    const outcome = await ask({ say: [call('weather', '')] });
    if (!relayed) expect(outcome.calls[0]?.arguments).toBe('{}');
  });

  it('readable reasoning', async () => {
    const outcome = await ask({ say: [think('SEAL', 'Let me ', 'think.'), say('Done.')] });
    expect(outcome).toMatchObject({ reasoning: 'Let me think.', text: 'Done.', finish: done });
  });

  it('the output limit', async () => {
    const outcome = await ask({ say: [say('half a ')], finish: 'length' });
    expect(outcome.text).toBe('half a ');
    expect(outcome.finish).toBe(client === 'chat' ? 'length' : 'incomplete/max_output_tokens');
  });

  it('no usage where the provider gave none', async () => {
    const outcome = await ask({ say: [say('x')], usage: null });
    expect(outcome.text).toBe('x');
    expect(outcome.usage?.input ?? 0).toBe(0);
  });

  it('a refusal: its words are shown', async () => {
    const outcome = await ask({ say: [decline('I will ', 'not.')] });
    expect(outcome.text + outcome.refusal).toBe('I will not.');
  });
});

describe('a content filter', () => {
  it.each([true, false])('ends a Chat reply as such (stream %s)', async (stream) => {
    bench.script({ say: [say('I can')], finish: 'content_filter' });
    const messages = [{ role: 'user' as const, content: 'go' }];
    const outcome = await askChat(bench.openai, stream, { model: 'responses', messages });
    expect(outcome).toMatchObject({ text: 'I can', finish: 'content_filter' });
  });

  it.each([true, false])('ends a Responses reply as such (stream %s)', async (stream) => {
    bench.script({ say: [say('I can')], finish: 'content_filter' });
    const outcome = await askResponses(bench.openai, stream, { model: 'stranger', input: 'go' });
    expect(outcome).toMatchObject({ text: 'I can', finish: 'incomplete/content_filter' });
  });

  it('does not leave a reply to Codex incomplete, which would repeat the request', async () => {
    bench.script({ say: [say('I can')], finish: 'content_filter' });
    const headers = { 'user-agent': 'codex_exec/0.169.0 (Debian 12.0.0; x86_64)', originator: 'codex_exec' };
    const body = { model: 'stranger', stream: true, input: [{ role: 'user', content: 'go' }] };
    const text = await (await bench.post('/openai/v1/responses', body, headers)).text();
    expect(text).toContain('"type":"response.completed"');
    expect(text).toContain('I can');
  });
});

describe('a call cut by the output limit', () => {
  it.each([true, false])('is not handed over to a Responses client (stream %s)', async (stream) => {
    bench.script({ say: [say('So'), call('weather', '{"city":"Os')], finish: 'length' });
    const outcome = await askResponses(bench.openai, stream, {
      model: 'stranger',
      input: 'go',
      tools: [{ type: 'function', name: 'weather', parameters, strict: false }],
    });
    expect(outcome).toMatchObject({ text: 'So', calls: [], finish: 'incomplete/max_output_tokens' });
  });
});

describe('a Responses client gets back its own tools', () => {
  const freeformTool = { type: 'custom', name: 'apply_patch' } as const;

  it.each([true, false])('a freeform call with its raw text (stream %s)', async (stream) => {
    const input = '*** Begin Patch\n+"né" \\ 🌍\n*** End Patch\n';
    for (const model of ['stranger', 'openai', 'responses'] as const) {
      bench.script({ say: [freeform('apply_patch', input, { id: 'call_p', deltaLength: 3 })] });
      const outcome = await askResponses(bench.openai, stream, { model, input: 'go', tools: [freeformTool] });
      expect(outcome.calls).toEqual([{ name: 'apply_patch', arguments: input, id: 'call_p' }]);
    }
  });

  it('a namespaced call with namespace and name', async () => {
    bench.script({ say: [call('close', { a: 1 }, { namespace: 'agents' })] });
    const child = { type: 'function', name: 'close', strict: false, parameters: { type: 'object' } };
    const response = await bench.post('/openai/v1/responses', {
      model: 'stranger',
      input: 'go',
      tools: [{ type: 'namespace', name: 'agents', description: 'Agents.', tools: [child] }],
    });
    expect(await response.json()).toMatchObject({
      output: [{ type: 'function_call', namespace: 'agents', name: 'close', arguments: '{"a":1}' }],
    });
  });

  it('arguments in the types of the schema: integral floats as integers, no nulls of optional fields', async () => {
    bench.script({
      say: [call('weather', '{"city":"Oslo","days":2.0}'), call('weather', '{"city":"x","days":null}')],
    });
    const outcome = await askResponses(bench.openai, true, {
      model: 'stranger',
      input: 'go',
      tools: [{ type: 'function', name: 'weather', parameters, strict: false }],
    });
    expect(outcome.calls.map((made) => made.arguments)).toEqual(['{"city":"Oslo","days":2}', '{"city":"x"}']);
  });
});

describe('sealed reasoning comes back to its issuer, byte for byte', () => {
  const seal = `gAAAAAB+/=${'x'.repeat(400)}`;

  it.each([true, false])('through a Chat client, which drops it (stream %s)', async (stream) => {
    bench.script({ say: [think(seal, 'Hm.'), call('weather', '{"city":"Oslo"}', { id: 'call_v' })] });
    const question = { role: 'user', content: 'weather?' } as const;
    const tools = [{ type: 'function' as const, function: { name: 'weather', parameters } }];
    const first = await askChat(bench.openai, stream, { model: 'responses', messages: [question], tools });
    expect(first.calls).toHaveLength(1);
    expect(JSON.stringify(first)).not.toContain(seal);

    bench.script({ say: [say('Snow.')] });
    await askChat(bench.openai, stream, {
      model: 'responses',
      tools,
      messages: [
        question,
        {
          role: 'assistant',
          content: null,
          tool_calls: first.calls.map(({ id, name, arguments: text }) => ({
            id,
            type: 'function' as const,
            function: { name, arguments: text },
          })),
        },
        { role: 'tool', tool_call_id: 'call_v', content: 'snow' },
      ],
    });
    expect(transcript(bench.bodies()[0])).toEqual([
      'user: weather?',
      `reasoning: Hm. [${seal}]`,
      'call weather {"city":"Oslo"} #call_v',
      'result #call_v: snow',
    ]);
  });

  it('through a Responses client, in its own field', async () => {
    const include = ['reasoning.encrypted_content' as const];
    const params = { model: 'responses', store: false, include };
    bench.script({ say: [think(seal, 'Hm.'), say('One.')] });
    const first = await bench.openai.responses.create({ ...params, input: 'go' });
    bench.script({ say: [say('Two.')] });
    const history = [...first.output, { role: 'user' as const, content: 'on' }];
    await bench.openai.responses.create({ ...params, input: history as never });
    expect(transcript(bench.bodies()[0])).toEqual([
      `reasoning: Hm. [${seal}]`,
      'assistant: One.',
      'user: on',
    ]);
  });

  it('and to nobody else: a stranger gets the readable history only', async () => {
    bench.script({ say: [say('Two.')] });
    const sealed = {
      type: 'reasoning',
      id: 'rs_1',
      summary: [{ type: 'summary_text', text: 'Hm.' }],
      encrypted_content: seal,
    };
    const input = [
      { role: 'user', content: 'go' },
      sealed,
      { role: 'assistant', content: 'One.' },
      { role: 'user', content: 'on' },
    ];
    await bench.openai.responses.create({ model: 'stranger', input: input as never });
    expect(bench.requests()[0]?.raw.toString()).not.toContain(seal);
    expect(transcript(bench.bodies()[0]).filter((line) => !line.startsWith('reasoning'))).toEqual([
      'user: go',
      'assistant: One.',
      'user: on',
    ]);
  });
});

it('call ids are the same each time the client repeats its history', async () => {
  const long = `call_${'y'.repeat(90)}|fc_1`;
  const input = [
    { role: 'user', content: 'go' },
    { type: 'function_call', call_id: long, name: 'weather', arguments: '{}' },
    { type: 'function_call_output', call_id: long, output: 'x' },
  ];
  const seen = [];
  for (let turn = 0; turn < 2; turn += 1) {
    bench.script({ say: [say('ok')] });
    await bench.openai.responses.create({ model: 'stranger', input: input as never });
    seen.push(transcript(bench.bodies()[0]));
  }
  expect(seen[0]).toEqual(seen[1]);
});

describe('citations of pages', () => {
  const text = 'Sky 🌍 is blue.';
  const page = { start_index: 9, end_index: 13, title: 'Sky', url: 'https://sky.example/?a=1&b="2"' };
  const chunk = (delta: object, finish_reason: string | null = null): string =>
    `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
  const event = (type: string, fields: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: 0, ...fields })}\n\n`;

  const CHAT = { type: 'url_citation', url_citation: page };
  const chatAnswers = {
    streamed: {
      frames: [
        chunk({ role: 'assistant', content: '' }),
        chunk({ content: text }),
        chunk({ annotations: [CHAT] }),
        chunk({}, 'stop'),
        'data: [DONE]\n\n',
      ],
    },
    whole: {
      json: {
        id: 'c',
        object: 'chat.completion',
        created: 1,
        model: 'm',
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: text, refusal: null, annotations: [CHAT] },
            finish_reason: 'stop',
          },
        ],
      },
    },
  };
  const RESPONSES = { type: 'url_citation', ...page };
  const part = { type: 'output_text', text, annotations: [RESPONSES], logprobs: [] };
  const item = { id: 'm1', type: 'message', role: 'assistant', status: 'completed', content: [part] };
  const at = { item_id: 'm1', output_index: 0, content_index: 0 };
  const response = { id: 'r', object: 'response', status: 'completed', model: 'm', output: [item] };
  const responsesAnswers = {
    streamed: {
      frames: [
        event('response.created', { response: { ...response, status: 'in_progress', output: [] } }),
        event('response.output_item.added', { output_index: 0, item: { ...item, content: [] } }),
        event('response.content_part.added', { ...at, part: { ...part, text: '', annotations: [] } }),
        event('response.output_text.delta', { ...at, delta: text, logprobs: [] }),
        event('response.output_text.annotation.added', { ...at, annotation_index: 0, annotation: RESPONSES }),
        event('response.output_text.done', { ...at, text, logprobs: [] }),
        event('response.content_part.done', { ...at, part }),
        event('response.output_item.done', { output_index: 0, item }),
        event('response.completed', { response }),
      ],
    },
    whole: { json: response },
  };

  it.each(['streamed', 'whole'] as const)('of a Chat upstream: a Responses client, %s', async (how) => {
    bench.script(chatAnswers[how]);
    const params = { model: 'stranger', input: 'go' };
    const final =
      how === 'whole'
        ? await bench.openai.responses.create(params)
        : await bench.openai.responses.stream(params).finalResponse();
    expect(final.output_text).toBe(text);
    expect(final.output).toMatchObject([{ content: [{ annotations: [RESPONSES] }] }]);
  });

  it.each(['streamed', 'whole'] as const)('of a Responses upstream: a Chat client, %s', async (how) => {
    bench.script(responsesAnswers[how]);
    const params = { model: 'responses', messages: [{ role: 'user' as const, content: 'go' }] };
    if (how === 'whole') {
      const { choices } = await bench.openai.chat.completions.create(params);
      expect(choices[0]?.message).toMatchObject({ content: text, annotations: [CHAT] });
      return;
    }
    const deltas = [];
    for await (const { choices } of await bench.openai.chat.completions.create({ ...params, stream: true }))
      deltas.push(choices[0]?.delta ?? {});
    expect(deltas).toContainEqual({ annotations: [CHAT] });
    expect(deltas.map(({ content }) => content ?? '').join('')).toBe(text);
  });

  it.each(['chat', 'responses'] as const)('are sources to Vercel, as a %s client', async (client) => {
    for (const streams of [true, false]) {
      const how = streams ? 'streamed' : 'whole';
      bench.script(client === 'chat' ? responsesAnswers[how] : chatAnswers[how]);
      const params = {
        model: bench.vercel[client](client === 'chat' ? 'responses' : 'stranger'),
        prompt: 'go',
        maxRetries: 0,
        providerOptions: { openai: client === 'responses' ? { store: false } : {} },
      };
      const sources = streams ? await streamText(params).sources : (await generateText(params)).sources;
      expect(sources).toMatchObject([{ sourceType: 'url', url: page.url, title: page.title }]);
    }
  });
});
