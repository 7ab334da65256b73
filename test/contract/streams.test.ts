import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chatStream } from '../provider/chat-answers.ts';
import { checkChatStream } from '../provider/chat-grammar.ts';
import { type Answer, CUT, HANG } from '../provider/provider.ts';
import { call, type ReplyPlan, say, think, wait } from '../provider/reply-plan.ts';
import { responsesStream } from '../provider/responses-answers.ts';
import { checkResponsesStream } from '../provider/responses-grammar.ts';
import { type Bench, CLIENT_KEY, FAST, startBench, type Upstream } from './bench.ts';

/** Streams as bytes: grammar, dialects of providers, cuts, silence (translation.md §1.4, §6, §8). */

let bench: Bench;
beforeAll(async () => {
  bench = await startBench({
    resource_limits: { stream_idle_timeout_secs: 1 },
    upstream_timeout_secs: 1,
    timers: { ...FAST, retries: 0 },
  });
});
afterAll(() => bench.close());
afterEach(() => expect(bench.refusals()).toEqual([]));

type Client = 'chat' | 'responses';
const tool = { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } };

/** The whole stream a client gets, checked against its grammar. */
async function stream(client: Client, upstream: Upstream, scripted: ReplyPlan | Answer): Promise<string> {
  bench.script(scripted);
  const response =
    client === 'chat'
      ? await bench.post('/openai/v1/chat/completions', {
          model: upstream,
          stream: true,
          stream_options: { include_usage: true },
          messages: [{ role: 'user', content: 'go' }],
          tools: [{ type: 'function', function: tool }],
        })
      : await bench.post('/openai/v1/responses', {
          model: upstream,
          stream: true,
          input: 'go',
          tools: [{ type: 'function', strict: false, ...tool }],
        });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  expect((client === 'chat' ? checkChatStream : checkResponsesStream)(text), text).toEqual([]);
  return text;
}

const failed = (client: Client): string => (client === 'chat' ? '"error":{' : '"type":"response.failed"');

const PAIRS: readonly { client: Client; upstream: Upstream }[] = [
  { client: 'chat', upstream: 'openai' },
  { client: 'chat', upstream: 'responses' },
  { client: 'responses', upstream: 'stranger' },
  { client: 'responses', upstream: 'responses' },
];

describe.each(PAIRS)('a $client client over $upstream gets a valid stream', ({ client, upstream }) => {
  it('of everything a model can say, in any pieces', async () => {
    for (const chunkBytes of [undefined, 1, 13])
      await stream(client, upstream, {
        say: [
          think('S', 'Think', 'ing'),
          say('a', 'b'),
          call('weather', { city: 'Ōsaka' }),
          call('weather', { city: 'Oslo' }),
        ],
        ...(chunkBytes !== undefined && { chunkBytes }),
      });
  });

  it('of nothing at all', async () => {
    await stream(client, upstream, { say: [] });
  });

  it('that was cut: a failure in its own words, never a completion', async () => {
    for (const said of [[say('half')], [say('x'), call('weather', { city: 'Oslo' })], [think('S', 'hm')]]) {
      const text = await stream(client, upstream, { say: said, end: 'cut' });
      expect(text).toContain(failed(client));
      expect(text).not.toContain('response.completed');
    }
  });

  it('that fell silent: a failure after the idle time', async () => {
    const text = await stream(client, upstream, { say: [say('half')], end: 'hang' });
    expect(text).toContain(failed(client));
    expect(text).toContain('half');
  });

  it('with heartbeats while the provider is silent', async () => {
    const text = await stream(client, upstream, { say: [wait(500), say('late'), wait(500), say('r')] });
    const beats = client === 'chat' ? /^:/gm : /"type":"response.in_progress"/g;
    expect(text.match(beats)?.length).toBeGreaterThan(client === 'chat' ? 1 : 2);
    expect(text).toContain('late');
  });
});

describe('usage in a Chat stream', () => {
  it.each(['openai', 'responses'] as const)('comes only when it was asked for (over %s)', async (model) => {
    for (const stream_options of [undefined, { include_usage: true }]) {
      bench.script({ say: [say('hi')] });
      const body = { model, stream: true, stream_options, messages: [{ role: 'user', content: 'x' }] };
      const text = await (await bench.post('/openai/v1/chat/completions', body)).text();
      expect(checkChatStream(text)).toEqual([]);
      expect(/"usage":\{/.test(text)).toBe(stream_options !== undefined);
    }
  });
});

describe('the official SDK', () => {
  it.each(PAIRS)('throws at a stream that was cut ($client over $upstream)', async ({ client, upstream }) => {
    bench.script({ say: [say('half')], end: 'cut' });
    const read = async (): Promise<void> => {
      const messages = [{ role: 'user' as const, content: 'x' }];
      const events =
        client === 'chat'
          ? await bench.openai.chat.completions.create({ model: upstream, messages, stream: true })
          : bench.openai.responses.stream({ model: upstream, input: 'x' });
      for await (const _ of events);
      if ('finalResponse' in events && (await events.finalResponse()).status === 'failed')
        throw new Error('the response failed');
    };
    await expect(read()).rejects.toThrow();
  });
});

describe('a cut call is never handed over as whole', () => {
  it('to a Responses client', async () => {
    const made = call('weather', '{"city":"Os');
    const text = await stream('responses', 'stranger', { say: [made], end: 'cut' });
    expect(text).not.toContain('response.output_item.done');
  });
});

const chunk = (delta: object, more: object = {}): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: null, ...more }] })}\n\n`;
const finish = chunk({}, { finish_reason: 'stop' });
const done = 'data: [DONE]\n\n';
const toolDelta = (fields: object): string => chunk({ tool_calls: [fields] });

/** Dialects of compatible servers: what they send, and the text and calls that must arrive. */
const DIALECTS: readonly {
  name: string;
  frames: readonly string[];
  text?: string;
  args?: readonly string[];
}[] = [
  { name: 'no [DONE]', frames: [chunk({ role: 'assistant', content: 'hi' }), finish], text: 'hi' },
  {
    name: 'the finish with the last content',
    frames: [chunk({ content: 'h' }), chunk({ content: 'i' }, { finish_reason: 'stop' }), done],
    text: 'hi',
  },
  {
    name: 'null deltas and null fields',
    frames: [
      chunk({ role: 'assistant', content: null, tool_calls: null, reasoning_content: null }),
      chunk({ content: 'hi' }),
      finish,
      done,
    ],
    text: 'hi',
  },
  {
    name: 'keep-alive comments and blank data',
    frames: [': PROCESSING\n\n', chunk({ content: 'hi' }), ': ping\n\n', 'data:\n\n', finish, done],
    text: 'hi',
  },
  {
    name: 'CRLF and no space after the colon',
    frames: [chunk({ content: 'hi' }), finish, done].map((frame) =>
      frame.replaceAll('\n', '\r\n').replace('data: ', 'data:'),
    ),
    text: 'hi',
  },
  {
    name: 'usage in every chunk',
    frames: [chunk({ content: 'hi' }), finish, done].map((frame) =>
      frame.replace(
        '"choices"',
        '"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4},"choices"',
      ),
    ),
    text: 'hi',
  },
  {
    name: 'a call without index and id, its arguments whole',
    frames: [toolDelta({ function: { name: 'weather', arguments: '{"city":"Oslo"}' } }), finish, done],
    args: ['{"city":"Oslo"}'],
  },
  {
    name: 'an empty id and the name again in each delta',
    frames: [
      toolDelta({ index: 0, id: '', type: 'function', function: { name: 'weather', arguments: '{"ci' } }),
      toolDelta({ index: 0, id: '', function: { name: 'weather', arguments: 'ty":"Oslo"}' } }),
      finish,
      done,
    ],
    args: ['{"city":"Oslo"}'],
  },
  {
    name: 'the index restarted for a second call',
    frames: [
      toolDelta({
        index: 0,
        id: 'a',
        type: 'function',
        function: { name: 'weather', arguments: '{"city":"A"}' },
      }),
      toolDelta({
        index: 0,
        id: 'b',
        type: 'function',
        function: { name: 'weather', arguments: '{"city":"B"}' },
      }),
      chunk({}, { finish_reason: 'tool_calls' }),
      done,
    ],
    args: ['{"city":"A"}', '{"city":"B"}'],
  },
  {
    name: 'interleaved parallel calls',
    frames: [
      toolDelta({ index: 0, id: 'a', type: 'function', function: { name: 'weather', arguments: '' } }),
      toolDelta({ index: 1, id: 'b', type: 'function', function: { name: 'weather', arguments: '{"ci' } }),
      toolDelta({ index: 0, function: { arguments: '{"city":"A"}' } }),
      toolDelta({ index: 1, function: { arguments: 'ty":"B"}' } }),
      chunk({}, { finish_reason: 'tool_calls' }),
      done,
    ],
    args: ['{"city":"A"}', '{"city":"B"}'],
  },
  {
    name: 'arguments as an object',
    frames: [
      toolDelta({ index: 0, id: 'a', function: { name: 'weather', arguments: { city: 'Oslo' } } }),
      finish,
      done,
    ],
    args: ['{"city":"Oslo"}'],
  },
  {
    name: 'reasoning under its other name',
    frames: [chunk({ reasoning: 'hm' }), chunk({ content: 'hi' }), finish, done],
    text: 'hi',
  },
];

interface OutputItem {
  readonly type: string;
  readonly arguments?: string;
  readonly call_id?: string;
  readonly content?: readonly { readonly text: string }[];
}

/** The output of a completed Responses stream. */
function outputOf(text: string): readonly OutputItem[] {
  const events = [...text.matchAll(/^data: (.*)$/gm)].map((found) => JSON.parse(found[1] ?? ''));
  const last = events.at(-1);
  expect(last.type).toBe('response.completed');
  return last.response.output;
}

describe('a Responses client understands a Chat server with', () => {
  it.each(DIALECTS)('$name', async ({ frames, text = '', args = [] }) => {
    const got = await stream('responses', 'stranger', { frames });
    const items = outputOf(got);
    expect(
      items
        .flatMap((item) => item.content ?? [])
        .map((part) => part.text)
        .join(''),
    ).toBe(text);
    const calls = items.filter((item) => item.type === 'function_call');
    expect(calls.map((item) => item.arguments)).toEqual(args);
    for (const made of calls) expect(made.call_id).toMatch(/./);
  });
});

describe('an answer in the other form is understood by its content type', () => {
  const plan: ReplyPlan = { say: [say('hi')] };

  it('JSON where a stream was asked', async () => {
    const json = {
      choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
    };
    expect(await stream('responses', 'stranger', { json })).toContain('response.completed');
  });

  it.each([
    ['chat', chatStream(plan), 'stranger'],
    ['responses', responsesStream(plan), 'responses'],
  ] as const)('a %s stream where JSON was asked', async (_, answer, upstream) => {
    bench.script(answer);
    const client = upstream === 'stranger' ? 'responses' : 'chat';
    const response =
      client === 'chat'
        ? await bench.openai.chat.completions.create({
            model: upstream,
            messages: [{ role: 'user', content: 'x' }],
          })
        : await bench.openai.responses.create({ model: upstream, input: 'x' });
    expect('output_text' in response ? response.output_text : response.choices[0]?.message.content).toBe(
      'hi',
    );
  });
});

describe('a client that leaves', () => {
  it.each([true, false])('ends the upstream request at once (stream %s)', async (asStream) => {
    bench.script(asStream ? { frames: [chunk({ content: 'a' }), HANG] } : { frames: [HANG] });
    const leaving = new AbortController();
    const before = bench.provider.aborted.length;
    const asked = fetch(`${bench.url}/openai/v1/responses`, {
      method: 'POST',
      signal: leaving.signal,
      headers: { authorization: `Bearer ${CLIENT_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'stranger', input: 'x', stream: asStream }),
    });
    asked.then((response) => response.text()).catch(() => undefined);
    await until(() => bench.requests().length === 1);
    leaving.abort();
    await until(() => bench.provider.aborted.length > before);
  });
});

describe('an error in the stream', () => {
  it.each(['before', 'behind'])('%s the content is told in the client’s own words', async (where) => {
    const error = 'data: {"error":{"message":"model crashed","type":"server_error","code":500}}\n\n';
    const frames = where === 'before' ? [error, CUT] : [chunk({ content: 'a' }), error, CUT];
    bench.script({ frames });
    const response = await bench.post('/openai/v1/responses', {
      model: 'stranger',
      input: 'x',
      stream: true,
    });
    const text = await response.text();
    expect(text).toContain('model crashed');
    if (response.status === 200) expect(checkResponsesStream(text)).toEqual([]);
    expect(text).not.toContain('response.completed');
  });
});

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 5) {
    if (waited > 2000) throw new Error('waited two seconds in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
