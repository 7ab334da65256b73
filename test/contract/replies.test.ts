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
