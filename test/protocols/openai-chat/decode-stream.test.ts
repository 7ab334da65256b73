import { describe, expect, it } from 'vitest';
import { planToolNames } from '../../../src/protocols/bridge/tool-names.ts';
import type { UpstreamContext } from '../../../src/protocols/codec.ts';
import { chatCodec } from '../../../src/protocols/openai-chat/index.ts';
import type { Quirks } from '../../../src/protocols/quirks.ts';
import { foldReply, type ReplyEvent } from '../../../src/protocols/reply.ts';
import { decodeStream, upstreamContext } from '../contexts.ts';

type Json = Record<string, unknown>;

const DONE = 'data: [DONE]\n\n';
const frame = (body: unknown): string => `data: ${JSON.stringify(body)}\n\n`;
const chunk = (delta: Json, finish: string | null = null, more: Json = {}): string =>
  frame({
    id: 'cmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'served',
    choices: [{ index: 0, delta, finish_reason: finish }],
    ...more,
  });
const say = (content: string) => chunk({ content });
const callDelta = (call: Json) => chunk({ tool_calls: [call] });

function events(
  frames: readonly string[],
  context: UpstreamContext = upstreamContext(),
): readonly ReplyEvent[] {
  return decodeStream(chatCodec, frames, context);
}

function replyOf(frames: readonly string[], context?: UpstreamContext) {
  return foldReply(events(frames, context));
}

const withQuirks = (quirks: Partial<Quirks>) => upstreamContext(quirks);

describe('an ordinary stream', () => {
  it('becomes one part of text, with usage from the chunk after the finish', () => {
    const usage = {
      prompt_tokens: 10,
      completion_tokens: 7,
      total_tokens: 17,
      prompt_tokens_details: { cached_tokens: 4 },
      completion_tokens_details: { reasoning_tokens: 3 },
    };
    expect(
      events([
        chunk({ role: 'assistant', content: '' }),
        say('Hel'),
        say('lo'),
        chunk({}, 'stop'),
        frame({ id: 'cmpl-1', model: 'served', choices: [], usage }),
        DONE,
      ]),
    ).toEqual([
      { type: 'start', id: 'cmpl-1', model: 'served' },
      { type: 'part-start', index: 0, part: 'text' },
      { type: 'text', index: 0, text: 'Hel' },
      { type: 'text', index: 0, text: 'lo' },
      { type: 'part-end', index: 0, complete: true },
      { type: 'usage', usage: { input: 10, output: 7, cachedRead: 4, reasoning: 3 } },
      { type: 'finish', reason: 'stop' },
    ]);
  });

  it('holds its end back until usage can have come', () => {
    const got: ReplyEvent[] = [];
    const decoder = chatCodec.streamDecoder(upstreamContext(), (event) => got.push(event));
    decoder.push({ data: '{"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}' });
    expect(decoder.done).toBe(false);
    decoder.push({ data: '[DONE]' });
    expect(decoder.done).toBe(true);
    expect(got.at(-1)).toEqual({ type: 'finish', reason: 'stop' });
    decoder.push({ data: '{"choices":[{"delta":{"content":"late"}}]}' });
    decoder.end();
    expect(got.filter((event) => event.type === 'finish')).toHaveLength(1);
  });

  it.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['content_filter', 'content-filter'],
    ['model_context_window_exceeded', 'context-exceeded'],
    ['sensitive', 'content-filter'],
    ['tool_calls', 'stop'],
  ])('ends by %s as %s', (word, reason) => {
    expect(replyOf([say('Hi'), chunk({}, word), DONE]).end).toEqual({ type: 'finish', reason });
  });

  it.each(['constructor', '__proto__'])('takes the reason %s for a plain end', (word) => {
    expect(replyOf([say('Hi'), chunk({}, word), DONE]).end).toMatchObject({ reason: 'stop' });
  });

  it('marks the part that the limit cut', () => {
    expect(replyOf([say('Hal'), chunk({}, 'length')]).parts).toMatchObject([
      { type: 'text', complete: false },
    ]);
  });

  it('tells a refusal', () => {
    const reply = replyOf([chunk({ refusal: 'I can' }), chunk({ refusal: 'not.' }), chunk({}, 'stop'), DONE]);
    expect(reply).toMatchObject({
      parts: [{ type: 'refusal', text: 'I cannot.' }],
      end: { reason: 'refusal' },
    });
  });
});

describe('a stream that did not end', () => {
  it.each([
    ['before anything', []],
    ['after its start', [chunk({ role: 'assistant' })]],
    ['within text', [say('Hal')]],
    ['within a call', [callDelta({ index: 0, id: 'c', function: { name: 'run', arguments: '{"a' } })]],
    ['with [DONE] but no reason', [say('All of it.'), DONE]],
  ])('is cut: %s', (_where, frames) => {
    const got = events(frames);
    expect(got.at(-1)).toMatchObject({ type: 'failure', failure: { kind: 'cut', status: 502 } });
    expect(got.filter((event) => event.type === 'part-end')).toEqual([]);
  });
});

describe('the dialects of compatible servers', () => {
  it.each<readonly [string, readonly string[]]>([
    ['no [DONE]', [say('Hi'), chunk({}, 'stop')]],
    ['the reason with the last content', [chunk({ content: 'Hi' }, 'stop'), DONE]],
    [
      'null deltas',
      [
        chunk({ content: null, tool_calls: null, refusal: null }),
        say('Hi'),
        chunk({ content: null }, 'stop'),
        DONE,
      ],
    ],
    ['empty reasons', [chunk({ content: 'Hi' }, ''), chunk({ content: '' }, 'stop'), DONE]],
    ['comments between', [': OPENROUTER PROCESSING\n\n', say('Hi'), ': ping\n\n', chunk({}, 'stop'), DONE]],
    ['CRLF', [say('Hi').replaceAll('\n', '\r\n'), chunk({}, 'stop').replaceAll('\n', '\r\n')]],
    ['content as parts', [chunk({ content: [{ type: 'text', text: 'Hi' }] }), chunk({}, 'stop')]],
    [
      'a delta of null',
      [frame({ choices: [{ index: 0, delta: null, finish_reason: null }] }), say('Hi'), chunk({}, 'stop')],
    ],
    [
      'an empty first chunk (Azure)',
      [frame({ id: '', model: '', choices: [], prompt_filter_results: [] }), say('Hi'), chunk({}, 'stop')],
    ],
    [
      'a whole reply as the only event',
      [
        frame({
          object: 'chat.completion',
          choices: [{ message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
        }),
      ],
    ],
    [
      'a message beside each delta (Perplexity)',
      [
        frame({
          object: 'chat.completion',
          choices: [{ index: 0, delta: { content: 'H' }, message: { content: 'H' } }],
        }),
        frame({
          object: 'chat.completion',
          choices: [{ index: 0, delta: { content: 'i' }, message: { content: 'Hi' }, finish_reason: 'stop' }],
        }),
      ],
    ],
    [
      'a second choice',
      [say('Hi'), frame({ choices: [{ index: 1, delta: { content: 'No' } }] }), chunk({}, 'stop')],
    ],
  ])('are understood: %s', (_what, frames) => {
    const reply = replyOf(frames);
    expect(reply.parts).toEqual([{ type: 'text', text: 'Hi', complete: true }]);
    expect(reply.end).toEqual({ type: 'finish', reason: 'stop' });
  });

  it.each<readonly [string, string]>([
    ['beside the choices', chunk({}, 'stop', { usage: { prompt_tokens: 3, completion_tokens: 2 } })],
    [
      'as null, then in a chunk of its own',
      chunk({}, 'stop', { usage: null }) +
        frame({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } }),
    ],
    [
      'inside the choice (Moonshot)',
      frame({
        choices: [
          { index: 0, delta: {}, finish_reason: 'stop', usage: { prompt_tokens: 3, completion_tokens: 2 } },
        ],
      }),
    ],
    ['of Groq', chunk({}, 'stop', { x_groq: { usage: { prompt_tokens: 3, completion_tokens: 2 } } })],
  ])('give usage %s', (_where, last) => {
    expect(replyOf([say('Hi'), last]).usage).toEqual({ input: 3, output: 2 });
  });

  it('give cached tokens in DeepSeek’s words', () => {
    const usage = {
      prompt_tokens: 30,
      completion_tokens: 2,
      prompt_cache_hit_tokens: 20,
      prompt_cache_miss_tokens: 10,
    };
    expect(replyOf([chunk({ content: 'Hi' }, 'stop', { usage })]).usage).toEqual({
      input: 30,
      output: 2,
      cachedRead: 20,
    });
  });

  it.each([
    ['among the completion tokens', 110, 10],
    ['beside them', 140, 40],
  ])('with reasoning counted %s', (_where, total_tokens, output) => {
    const usage = {
      prompt_tokens: 100,
      completion_tokens: 10,
      total_tokens,
      completion_tokens_details: { reasoning_tokens: 30 },
    };
    const read = { input: 100, output, reasoning: 30 };
    expect(replyOf([chunk({ content: 'Hi' }, 'stop', { usage })]).usage).toEqual(read);
  });

  it('repeat everything so far, by quirk', () => {
    const frames = [say('ha'), say('haha'), chunk({ content: 'haha!' }, 'stop')];
    expect(replyOf(frames, withQuirks({ cumulativeDeltas: true })).parts).toMatchObject([{ text: 'haha!' }]);
    expect(replyOf([say('ha'), say('ha'), chunk({}, 'stop')]).parts).toMatchObject([{ text: 'haha' }]);
  });

  it('cut a character in two', () => {
    const frames = [
      'data: {"choices":[{"delta":{"content":"a\\ud83d"}}]}\n\n',
      'data: {"choices":[{"delta":{"content":"\\ude42b"},"finish_reason":"stop"}]}\n\n',
    ];
    const texts = events(frames).flatMap((event) => (event.type === 'text' ? [event.text] : []));
    expect(texts).toEqual(['a', '🙂b']);
  });
});

describe('reasoning', () => {
  it.each<readonly [string, Json]>([
    ['reasoning_content', { reasoning_content: 'Hm.' }],
    ['reasoning', { reasoning: 'Hm.' }],
    ['both alike', { reasoning_content: 'Hm.', reasoning: 'Hm.' }],
    [
      'Mistral’s thinking part',
      { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] }] },
    ],
  ])('is read from %s', (_field, delta) => {
    expect(replyOf([chunk(delta), say('Yes'), chunk({}, 'stop')]).parts).toMatchObject([
      { type: 'reasoning', text: 'Hm.', complete: true },
      { type: 'text', text: 'Yes' },
    ]);
  });

  it('in details is told once, and sealed whole for its issuer', () => {
    const reply = replyOf([
      chunk({ reasoning: 'Let ', reasoning_details: [{ type: 'reasoning.text', text: 'Let ', index: 0 }] }),
      chunk({ reasoning: 'me.', reasoning_details: [{ type: 'reasoning.text', text: 'me.', index: 0 }] }),
      chunk({ reasoning_details: [{ type: 'reasoning.text', signature: 'c2ln', index: 0 }] }),
      chunk({ reasoning_details: [{ type: 'reasoning.encrypted', data: 'QUJD', index: 1 }] }),
      say('Yes'),
      chunk({}, 'stop'),
    ]);
    const [thought] = reply.parts;
    expect(thought).toMatchObject({ type: 'reasoning', text: 'Let me.' });
    const seal = thought?.type === 'reasoning' ? thought.seal : undefined;
    expect(seal).toMatchObject({ issuer: upstreamContext().issuer, protocol: 'chat', kind: 'details' });
    expect(JSON.parse(seal?.data ?? '')).toEqual([
      { type: 'reasoning.text', text: 'Let me.', signature: 'c2ln', index: 0 },
      { type: 'reasoning.encrypted', data: 'QUJD', index: 1 },
    ]);
  });

  it('between think tags is parted from the answer, by quirk, however the tags are cut', () => {
    const whole = '\n<think>\nI <b>wonder</b> </th\n</think>\n\nYes <think>so</think>';
    for (let size = 1; size <= whole.length; size++) {
      const frames = (whole.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []).map(say);
      const { parts } = replyOf([...frames, chunk({}, 'stop')], withQuirks({ thinkTags: true }));
      expect(parts).toMatchObject([
        { type: 'reasoning', text: 'I <b>wonder</b> </th\n' },
        { type: 'text', text: 'Yes <think>so</think>' },
      ]);
    }
    expect(replyOf([say(whole), chunk({}, 'stop')]).parts).toMatchObject([{ type: 'text', text: whole }]);
    const unclosed = replyOf([say('<think>still'), chunk({}, 'length')], withQuirks({ thinkTags: true }));
    expect(unclosed.parts).toMatchObject([{ type: 'reasoning', text: 'still', complete: false }]);
    const plain = replyOf([say('<thi'), chunk({}, 'stop')], withQuirks({ thinkTags: true }));
    expect(plain.parts).toMatchObject([{ type: 'text', text: '<thi' }]);
  });
});

describe('tool calls', () => {
  const calls = (frames: readonly string[], context?: UpstreamContext) =>
    replyOf(frames, context).parts.map((part) =>
      part.type === 'tool-call' ? [part.id, part.name, part.arguments] : part,
    );
  const end = chunk({}, 'tool_calls');

  it('stream their arguments as they come', () => {
    expect(
      events([
        chunk({ role: 'assistant', content: null }),
        callDelta({ index: 0, id: 'c1', type: 'function', function: { name: 'run', arguments: '' } }),
        callDelta({ index: 0, function: { arguments: '{"cmd":' } }),
        callDelta({ index: 0, function: { arguments: '"ls"}' } }),
        end,
        DONE,
      ]),
    ).toEqual([
      { type: 'start', id: 'cmpl-1', model: 'served' },
      { type: 'tool-call-start', index: 0, id: 'c1', name: 'run', freeform: false },
      { type: 'tool-arguments', index: 0, text: '{"cmd":' },
      { type: 'tool-arguments', index: 0, text: '"ls"}' },
      { type: 'part-end', index: 0, complete: true },
      { type: 'finish', reason: 'tool-calls' },
    ]);
  });

  it('are handed over with the reason, while usage and [DONE] are waited for', () => {
    const got: ReplyEvent[] = [];
    const decoder = chatCodec.streamDecoder(upstreamContext(), (event) => got.push(event));
    const push = (text: string) => decoder.push({ data: text.slice('data: '.length).trim() });
    push(callDelta({ index: 0, id: 'c1', function: { name: 'run', arguments: '{"cmd":"ls"}' } }));
    push(callDelta({ index: 1, id: 'c2', function: { name: 'list', arguments: '' } }));
    push(chunk({}, 'tool_calls'));
    // A call without arguments could still get some.
    expect(got.filter(({ type }) => type === 'part-end')).toEqual([
      { type: 'part-end', index: 0, complete: true },
    ]);
    push(callDelta({ index: 0, function: { arguments: '  ' } }));
    push(callDelta({ index: 1, function: { arguments: '{"all":true}' } }));
    push(frame({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } }));
    expect(decoder.done).toBe(false);
    push(DONE);
    expect(foldReply(got)).toMatchObject({
      parts: [
        { id: 'c1', arguments: '{"cmd":"ls"}', complete: true },
        { id: 'c2', arguments: '{"all":true}', complete: true },
      ],
      usage: { input: 1, output: 2 },
      end: { type: 'finish', reason: 'tool-calls' },
    });
  });

  it('that the limit cut wait for the end', () => {
    const call = callDelta({ index: 0, id: 'c1', function: { name: 'run', arguments: '{"cmd":"ls"' } });
    expect(replyOf([call, chunk({}, 'length'), DONE])).toMatchObject({
      parts: [{ complete: false }],
      end: { reason: 'length' },
    });
  });

  it('keep their arguments apart by ids that are new with every delta, whatever braces are in them', () => {
    const pieces = ['{"a":"', '}', '}', '{', '\\"', '}', '"}'];
    const deltas = pieces.map((args, at) =>
      callDelta({
        index: 0,
        id: `id${at}`,
        function: { ...(at === 0 && { name: 'run' }), arguments: args },
      }),
    );
    expect(replyOf([...deltas, end, DONE]).parts).toMatchObject([{ id: 'id0', arguments: pieces.join('') }]);
  });

  it.each<readonly [string, readonly string[]]>([
    [
      'interleaved',
      [
        callDelta({ index: 0, id: 'c1', function: { name: 'a', arguments: '{"x"' } }),
        callDelta({ index: 1, id: 'c2', function: { name: 'b', arguments: '{"y"' } }),
        callDelta({ index: 0, function: { arguments: ':1}' } }),
        callDelta({ index: 1, function: { arguments: ':2}' } }),
      ],
    ],
    [
      'in one chunk',
      [
        chunk({
          tool_calls: [
            { index: 0, id: 'c1', function: { name: 'a', arguments: '{"x":1}' } },
            { index: 1, id: 'c2', function: { name: 'b', arguments: '{"y":2}' } },
          ],
        }),
      ],
    ],
    [
      'without indexes',
      [
        callDelta({ id: 'c1', function: { name: 'a', arguments: '{"x"' } }),
        callDelta({ id: 'c1', function: { arguments: ':1}' } }),
        callDelta({ id: 'c2', function: { name: 'b', arguments: '{"y":2}' } }),
      ],
    ],
    [
      'without indexes and ids on later deltas',
      [
        callDelta({ id: 'c1', function: { name: 'a', arguments: '{"x"' } }),
        callDelta({ function: { arguments: ':1}' } }),
        callDelta({ id: 'c2', function: { name: 'b', arguments: '{"y"' } }),
        callDelta({ function: { arguments: ':2}' } }),
      ],
    ],
    [
      'all with index 0',
      [
        callDelta({ index: 0, id: 'c1', function: { name: 'a', arguments: '{"x":1}' } }),
        callDelta({ index: 0, id: 'c2', function: { name: 'b', arguments: '{"y":2}' } }),
      ],
    ],
    [
      'with a new id on every delta',
      [
        callDelta({ index: 0, id: 'c1', function: { name: 'a', arguments: '' } }),
        callDelta({ index: 0, id: 'other', function: { arguments: '{"x":1}' } }),
        callDelta({ index: 1, id: 'c2', function: { name: 'b', arguments: '' } }),
        callDelta({ index: 1, id: 'another', function: { arguments: '{"y":2}' } }),
      ],
    ],
    [
      'with name and id on every delta',
      [
        callDelta({ index: 0, id: 'c1', function: { name: 'a', arguments: '{"x"' } }),
        callDelta({ index: 0, id: 'c1', function: { name: 'a', arguments: ':1}' } }),
        callDelta({ index: 0, id: 'c1', function: { name: 'a', arguments: '' } }),
        callDelta({ index: 1, id: 'c2', function: { name: 'b', arguments: '{"y":2}' } }),
      ],
    ],
    [
      'with a name that comes later',
      [
        callDelta({ index: 0, id: 'c1', function: { arguments: '{"x"' } }),
        callDelta({ index: 0, function: { name: 'a', arguments: ':1}' } }),
        callDelta({ index: 1, id: 'c2', function: { name: 'b' } }),
        callDelta({ index: 1, function: { arguments: '{"y":2}' } }),
      ],
    ],
    [
      'with arguments as an object',
      [
        callDelta({ index: 0, id: 'c1', function: { name: 'a', arguments: { x: 1 } } }),
        callDelta({ index: 1, id: 'c2', function: { name: 'b', arguments: { y: 2 } } }),
      ],
    ],
    [
      'with empty ids and nulls after the first',
      [
        callDelta({ index: 0, id: 'c1', function: { name: 'a', arguments: '{"x"' } }),
        callDelta({ index: 0, id: '', function: { name: null, arguments: ':1}' } }),
        callDelta({ index: 1, id: 'c2', function: { name: 'b', arguments: null } }),
        callDelta({ index: 1, id: null, function: { name: '', arguments: '{"y":2}' } }),
      ],
    ],
  ])('are put together: %s', (_how, frames) => {
    expect(calls([...frames, end, DONE])).toEqual([
      ['c1', 'a', '{"x":1}'],
      ['c2', 'b', '{"y":2}'],
    ]);
  });

  it('without an id get one', () => {
    expect(
      calls([
        callDelta({ function: { name: 'a', arguments: '{"x":1}' } }),
        callDelta({ index: null, id: '', function: { name: 'a', arguments: '{"x":2}' } }),
        end,
      ]),
    ).toEqual([
      ['call_1', 'a', '{"x":1}'],
      ['call_2', 'a', '{"x":2}'],
    ]);
  });

  it('end the reply by their own word, whatever the server says', () => {
    const reply = replyOf([
      callDelta({ index: 0, id: 'c1', function: { name: 'a', arguments: '{}' } }),
      chunk({}, 'stop'),
    ]);
    expect(reply.end).toMatchObject({ reason: 'tool-calls' });
  });

  it('without arguments have an empty object of them', () => {
    expect(calls([callDelta({ index: 0, id: 'c1', function: { name: 'a', arguments: '' } }), end])).toEqual([
      ['c1', 'a', '{}'],
    ]);
  });

  it('cut by the limit are not whole, while those before are', () => {
    const reply = replyOf([
      callDelta({ index: 0, id: 'c1', function: { name: 'a', arguments: '{"x":1}' } }),
      callDelta({ index: 1, id: 'c2', function: { name: 'b', arguments: '{"y":' } }),
      chunk({}, 'length'),
    ]);
    expect(reply.parts.map((part) => part.type === 'tool-call' && part.complete)).toEqual([true, false]);
    expect(reply.end).toMatchObject({ reason: 'length' });
  });

  it('of the days of functions are calls too', () => {
    expect(
      calls([
        chunk({ function_call: { name: 'a', arguments: '' } }),
        chunk({ function_call: { arguments: '{"x":1}' } }),
        chunk({}, 'function_call'),
      ]),
    ).toEqual([['call_1', 'a', '{"x":1}']]);
  });

  it('follow text as parts of their own', () => {
    const reply = replyOf([
      say('Let me look.'),
      callDelta({ index: 0, id: 'c1', function: { name: 'a', arguments: '{}' } }),
      end,
    ]);
    expect(reply.parts.map((part) => part.type)).toEqual(['text', 'tool-call']);
  });

  it('of freeform tools stream their raw text; namespaced ones are split back', () => {
    const toolNames = planToolNames(
      [
        { type: 'freeform', name: 'apply_patch' },
        { type: 'function', namespace: 'agents', name: 'close' },
      ],
      [],
      { alphabet: 'A-Za-z0-9_-', maxLength: 64, nativeFreeform: false },
    );
    const got = events(
      [
        callDelta({ index: 0, id: 'c1', function: { name: 'apply_patch', arguments: '{"inp' } }),
        callDelta({ index: 0, function: { arguments: 'ut":"*** Begin\\n' } }),
        callDelta({ index: 0, function: { arguments: '+x\\u00e9"}' } }),
        callDelta({ index: 1, id: 'c2', function: { name: 'agents__close', arguments: '{}' } }),
        end,
      ],
      upstreamContext({}, { toolNames }),
    );
    expect(got.slice(1)).toEqual([
      { type: 'tool-call-start', index: 0, id: 'c1', name: 'apply_patch', freeform: true },
      { type: 'tool-arguments', index: 0, text: '*** Begin\n' },
      { type: 'tool-arguments', index: 0, text: '+xé' },
      { type: 'tool-call-start', index: 1, id: 'c2', name: 'close', namespace: 'agents', freeform: false },
      { type: 'tool-arguments', index: 1, text: '{}' },
      { type: 'part-end', index: 0, complete: true },
      { type: 'part-end', index: 1, complete: true },
      { type: 'finish', reason: 'tool-calls' },
    ]);
  });

  it('of custom tools that the upstream knows carry raw text as it is', () => {
    const reply = replyOf([
      callDelta({ index: 0, id: 'c1', type: 'custom', custom: { name: 'apply_patch', input: '{"input":' } }),
      callDelta({ index: 0, custom: { input: '"x"}' } }),
      end,
    ]);
    expect(reply.parts).toMatchObject([{ freeform: true, name: 'apply_patch', arguments: '{"input":"x"}' }]);
  });

  it('without a name are the upstream’s failure', () => {
    const reply = replyOf([callDelta({ index: 0, id: 'c1', function: { arguments: '{}' } }), end]);
    expect(reply.end).toMatchObject({ type: 'failure', failure: { kind: 'upstream' } });
  });
});

describe('an error inside the stream', () => {
  it.each<readonly [string, string, Json]>([
    [
      'OpenAI’s object',
      frame({ error: { message: 'Overloaded', type: 'overloaded_error' } }),
      { kind: 'overloaded' },
    ],
    [
      'a numeric code (OpenRouter)',
      frame({
        error: { code: 429, message: 'Rate limited' },
        choices: [{ delta: {}, finish_reason: 'error' }],
      }),
      { kind: 'rate-limit', status: 429 },
    ],
    [
      'text',
      frame({ error: 'context length exceeded' }),
      { kind: 'context-length', code: 'context_length_exceeded' },
    ],
    [
      'vLLM’s object',
      frame({ object: 'error', message: 'bad', type: 'BadRequestError', code: 400 }),
      { kind: 'invalid-request', status: 400 },
    ],
    ['an error event', 'event: error\ndata: {"message":"boom"}\n\n', { kind: 'upstream' }],
    [
      'inside a choice',
      frame({
        choices: [
          { delta: {}, error: { code: 502, message: 'Provider returned error' }, finish_reason: 'error' },
        ],
      }),
      { kind: 'upstream', status: 502 },
    ],
    ['a reason', chunk({}, 'insufficient_system_resource') + DONE, { kind: 'overloaded' }],
    ['what is not JSON', 'data: <html>oops\n\n', { kind: 'upstream', code: 'invalid_upstream_response' }],
  ])('ends the reply: %s', (_what, last, failure) => {
    const got = events([say('Hal'), last, say('more'), chunk({}, 'stop'), DONE]);
    expect(got.at(-1)).toMatchObject({ type: 'failure', failure });
    expect(got.filter((event) => event.type === 'text')).toHaveLength(1);
  });
});
