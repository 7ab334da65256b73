import { describe, expect, test } from 'vitest';
import { responsesCodec } from '../../../src/protocols/openai-responses/index.ts';
import { foldReply } from '../../../src/protocols/reply.ts';
import { decodeStream, replyOf, upstreamContext } from './contexts.ts';

const CREATED = {
  type: 'response.created',
  response: { id: 'resp_1', model: 'gpt-x', status: 'in_progress', output: [] },
};
const USAGE = {
  input_tokens: 10,
  input_tokens_details: { cached_tokens: 4 },
  output_tokens: 5,
  output_tokens_details: { reasoning_tokens: 2 },
  total_tokens: 15,
};

function completed(output: readonly object[] = [], rest: object = {}) {
  return {
    type: 'response.completed',
    response: { id: 'resp_1', status: 'completed', output, usage: USAGE, ...rest },
  };
}

function message(text: string, rest: object = {}) {
  return {
    type: 'message',
    id: 'msg_1',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text, annotations: [] }],
    ...rest,
  };
}

const CALL = {
  type: 'function_call',
  id: 'fc_1',
  call_id: 'call_1',
  name: 'f',
  arguments: '{"a":1}',
  status: 'completed',
};

describe('text', () => {
  const whole = [{ type: 'text', text: 'Hello', complete: true }];

  test('by deltas', () => {
    const reply = replyOf([
      CREATED,
      {
        type: 'response.output_item.added',
        output_index: 0,
        item: { type: 'message', id: 'msg_1', content: [] },
      },
      {
        type: 'response.content_part.added',
        output_index: 0,
        content_index: 0,
        part: { type: 'output_text', text: '' },
      },
      { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'Hel' },
      { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'lo' },
      { type: 'response.output_text.done', output_index: 0, content_index: 0, text: 'Hello' },
      {
        type: 'response.content_part.done',
        output_index: 0,
        content_index: 0,
        part: { type: 'output_text', text: 'Hello' },
      },
      { type: 'response.output_item.done', output_index: 0, item: message('Hello') },
      completed([message('Hello')]),
    ]);
    expect(reply).toEqual({
      id: 'resp_1',
      model: 'gpt-x',
      parts: whole,
      usage: { input: 10, output: 5, cachedRead: 4, reasoning: 2 },
      end: { type: 'finish', reason: 'stop' },
    });
  });

  test.each([
    [
      'the finished item alone',
      [{ type: 'response.output_item.done', output_index: 0, item: message('Hello') }],
    ],
    ['the terminal response alone', []],
    ['the finished text alone', [{ type: 'response.output_text.done', item_id: 'msg_1', text: 'Hello' }]],
    ['deltas without a place', [{ type: 'response.output_text.delta', delta: 'Hello' }]],
    [
      'deltas that are not all',
      [
        { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'Hel' },
        { type: 'response.output_item.done', output_index: 0, item: message('Hello') },
      ],
    ],
  ])('by %s', (_, events) => {
    expect(replyOf([CREATED, ...events, completed([message('Hello')])]).parts).toEqual(whole);
  });

  test('by deltas, with a terminal response that holds no output', () => {
    const delta = {
      type: 'response.output_text.delta',
      item_id: 'x',
      output_index: 0,
      content_index: 0,
      delta: 'Hello',
    };
    expect(replyOf([delta, completed()]).parts).toEqual(whole);
  });

  test('ids that change from event to event', () => {
    const reply = replyOf([
      { type: 'response.output_item.added', output_index: 0, item: { type: 'message', id: 'a' } },
      { type: 'response.output_text.delta', item_id: 'b', output_index: 0, content_index: 0, delta: 'Hello' },
      { type: 'response.output_item.done', output_index: 0, item: message('Hello', { id: 'c' }) },
      completed([message('Hello', { id: 'd' })]),
    ]);
    expect(reply.parts).toEqual(whole);
  });

  test('unknown events, [DONE] and broken frames are passed over', () => {
    const events = decodeStream([
      ': hello\n\n',
      'data: {"type":"response.shiny","x":1}\n\n',
      'data: {not json\n\n',
      'data: 7\n\n',
      `event: response.output_text.delta\ndata: {"delta":"Hello"}\n\n`,
      `data: ${JSON.stringify(completed())}\n\n`,
      'data: [DONE]\n\n',
    ]);
    expect(foldReply(events).parts).toEqual(whole);
  });

  test('several content parts and messages, with their phases', () => {
    const first = {
      ...message('a'),
      phase: 'commentary',
      content: [
        { type: 'output_text', text: 'a' },
        { type: 'refusal', refusal: 'no' },
      ],
    };
    const reply = replyOf([completed([first, message('b', { id: 'msg_2', phase: 'final_answer' })])]);
    expect(reply.parts).toEqual([
      { type: 'text', text: 'a', phase: 'commentary', complete: true },
      { type: 'refusal', text: 'no', phase: 'commentary', complete: true },
      { type: 'text', text: 'b', phase: 'final_answer', complete: true },
    ]);
    expect(reply.end).toEqual({ type: 'finish', reason: 'refusal' });
  });

  test('a character that two deltas share is passed on whole', () => {
    const events = decodeStream([
      'data: {"type":"response.output_text.delta","output_index":0,"delta":"a\\ud83d"}\n\n',
      'data: {"type":"response.output_text.delta","output_index":0,"delta":"\\ude42b"}\n\n',
      `data: ${JSON.stringify(completed())}\n\n`,
    ]);
    expect(events.flatMap((event) => (event.type === 'text' ? [event.text] : []))).toEqual(['a', '🙂b']);
  });
});

describe('calls', () => {
  const whole = [
    { type: 'tool-call', id: 'call_1', name: 'f', freeform: false, arguments: '{"a":1}', complete: true },
  ];

  test.each([
    [
      'deltas',
      [
        { type: 'response.output_item.added', output_index: 0, item: { ...CALL, arguments: '' } },
        { type: 'response.function_call_arguments.delta', output_index: 0, item_id: 'fc_1', delta: '{"a"' },
        { type: 'response.function_call_arguments.delta', output_index: 0, item_id: 'fc_1', delta: ':1}' },
        {
          type: 'response.function_call_arguments.done',
          output_index: 0,
          item_id: 'fc_1',
          arguments: '{"a":1}',
        },
        { type: 'response.output_item.done', output_index: 0, item: CALL },
      ],
    ],
    ['the finished item alone', [{ type: 'response.output_item.done', output_index: 0, item: CALL }]],
    [
      'arguments as an object',
      [{ type: 'response.output_item.done', item: { ...CALL, arguments: { a: 1 } } }],
    ],
    [
      'deltas before the name is known',
      [
        { type: 'response.function_call_arguments.delta', output_index: 0, delta: '{"a":1}' },
        { type: 'response.output_item.done', output_index: 0, item: CALL },
      ],
    ],
    [
      'an item that is never finished',
      [
        { type: 'response.output_item.added', output_index: 0, item: { ...CALL, arguments: '' } },
        { type: 'response.function_call_arguments.delta', output_index: 0, delta: '{"a":1}' },
      ],
    ],
  ])('by %s', (_, events) => {
    const reply = replyOf([CREATED, ...events, completed()]);
    expect(reply.parts).toEqual(whole);
    expect(reply.end).toEqual({ type: 'finish', reason: 'tool-calls' });
  });

  test('parallel calls that interleave', () => {
    const item = (n: number) => ({
      type: 'function_call',
      id: `fc_${n}`,
      call_id: `call_${n}`,
      name: 'f',
      arguments: '',
    });
    const delta = (n: number, delta: string) => ({
      type: 'response.function_call_arguments.delta',
      output_index: n,
      delta,
    });
    const reply = replyOf([
      { type: 'response.output_item.added', output_index: 0, item: item(0) },
      { type: 'response.output_item.added', output_index: 1, item: item(1) },
      delta(1, '{"b"'),
      delta(0, '{"a"'),
      delta(1, ':2}'),
      delta(0, ':1}'),
      completed(),
    ]);
    expect(reply.parts).toMatchObject([{ arguments: '{"a":1}' }, { arguments: '{"b":2}' }]);
  });

  test('a call without an id gets one', () => {
    const { call_id: _, id: __, ...bare } = CALL;
    expect(replyOf([completed([bare])]).parts).toMatchObject([{ id: 'call_0' }]);
  });

  test('a custom tool call is freeform', () => {
    const item = {
      type: 'custom_tool_call',
      id: 'ctc_1',
      call_id: 'call_1',
      name: 'patch',
      input: '*** Begin',
    };
    const reply = replyOf([
      { type: 'response.output_item.added', output_index: 0, item: { ...item, input: '' } },
      { type: 'response.custom_tool_call_input.delta', output_index: 0, delta: '*** ' },
      { type: 'response.custom_tool_call_input.delta', output_index: 0, delta: 'Begin' },
      { type: 'response.output_item.done', output_index: 0, item },
      completed(),
    ]);
    expect(reply.parts).toMatchObject([{ freeform: true, name: 'patch', arguments: '*** Begin' }]);
  });

  test('tools get their own names back, bridged ones their raw input', () => {
    const toolNames = {
      upstream: () => '',
      client: (name: string) =>
        name === 'ns__f' ? { name: 'f', namespace: 'ns', freeform: false } : { name, freeform: true },
    };
    const reply = replyOf(
      [
        completed([
          { ...CALL, name: 'ns__f' },
          { ...CALL, name: 'patch', arguments: '{"input":"a\\nb"}' },
        ]),
      ],
      upstreamContext({ toolNames }),
    );
    expect(reply.parts).toMatchObject([
      { name: 'f', namespace: 'ns', freeform: false },
      { name: 'patch', freeform: true, arguments: 'a\nb' },
    ]);
  });

  test('a call cut by the limit is not complete', () => {
    const cut = { ...CALL, arguments: '{"a', status: 'incomplete' };
    const response = {
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output: [CALL, cut],
    };
    const reply = replyOf([{ type: 'response.incomplete', response }]);
    expect(reply.parts).toMatchObject([{ complete: true }, { complete: false, arguments: '{"a' }]);
    expect(reply.end).toMatchObject({ type: 'finish', reason: 'length' });
  });

  test('one that was never finished and is not JSON is not complete', () => {
    const reply = replyOf([
      { type: 'response.output_item.added', output_index: 0, item: { ...CALL, arguments: '' } },
      { type: 'response.function_call_arguments.delta', output_index: 0, delta: '{"a' },
      completed(),
    ]);
    expect(reply.parts).toMatchObject([{ complete: false }]);
  });
});

describe('reasoning', () => {
  const item = {
    type: 'reasoning',
    id: 'rs_1',
    summary: [
      { type: 'summary_text', text: 'First' },
      { type: 'summary_text', text: 'Second' },
    ],
    content: [{ type: 'reasoning_text', text: 'raw' }],
    encrypted_content: 'gAAAA=',
  };
  const whole = {
    type: 'reasoning',
    summary: ['First', 'Second'],
    text: 'raw',
    seal: {
      issuer: 'openai@https://api.openai.com',
      protocol: 'responses',
      kind: 'encrypted',
      data: 'gAAAA=',
    },
    complete: true,
  };

  test('by deltas', () => {
    const reply = replyOf([
      {
        type: 'response.output_item.added',
        output_index: 0,
        item: { ...item, summary: [], content: [], encrypted_content: 'early' },
      },
      { type: 'response.reasoning_text.delta', output_index: 0, content_index: 0, delta: 'raw' },
      {
        type: 'response.reasoning_summary_part.added',
        output_index: 0,
        summary_index: 0,
        part: { type: 'summary_text', text: '' },
      },
      { type: 'response.reasoning_summary_text.delta', output_index: 0, summary_index: 0, delta: 'Fi' },
      { type: 'response.reasoning_summary_text.delta', output_index: 0, summary_index: 0, delta: 'rst' },
      { type: 'response.reasoning_summary_text.done', output_index: 0, summary_index: 0, text: 'First' },
      { type: 'response.reasoning_summary_text.delta', output_index: 0, summary_index: 1, delta: 'Second' },
      { type: 'response.output_item.done', output_index: 0, item },
      completed([item]),
    ]);
    expect(reply.parts).toEqual([whole]);
  });

  test('by the finished item alone', () => {
    expect(replyOf([completed([item])]).parts).toEqual([whole]);
  });

  test('an item with nothing to say is passed over', () => {
    expect(replyOf([completed([{ type: 'reasoning', id: 'rs_1', summary: [] }])]).parts).toEqual([]);
  });
});

test('the item of a hosted tool is kept whole', () => {
  const item = {
    type: 'web_search_call',
    id: 'ws_1',
    status: 'completed',
    action: { type: 'search', query: 'x' },
  };
  const reply = replyOf([
    { type: 'response.output_item.added', output_index: 0, item: { ...item, status: 'in_progress' } },
    { type: 'response.web_search_call.searching', output_index: 0, item_id: 'ws_1' },
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.output_item.done', output_index: 1, item: message('Found.') },
    completed([item, message('Found.')]),
  ]);
  expect(reply.parts).toMatchObject([
    { type: 'opaque', kind: 'web_search_call', json: item },
    { text: 'Found.' },
  ]);
});

describe('endings', () => {
  test.each([
    ['max_output_tokens', 'length'],
    ['content_filter', 'content-filter'],
    ['something_new', 'length'],
  ])('incomplete by %s is %s', (reason, expected) => {
    const response = { status: 'incomplete', incomplete_details: { reason }, output: [] };
    expect(replyOf([{ type: 'response.incomplete', response }]).end).toMatchObject({
      reason: expected,
      detail: reason,
    });
  });

  test.each([
    [
      'response.failed',
      {
        type: 'response.failed',
        response: {
          status: 'failed',
          error: { code: 'rate_limit_exceeded', message: 'Slow down, try again in 2s' },
        },
      },
      'rate-limit',
    ],
    [
      'a flat error event',
      { type: 'error', code: 'context_length_exceeded', message: 'Too long', param: null },
      'context-length',
    ],
    [
      'a nested error event',
      { type: 'error', error: { type: 'insufficient_quota', code: 'insufficient_quota', message: 'Pay.' } },
      'quota',
    ],
    [
      'an error without a type',
      { error: { message: 'Overloaded', code: 'server_is_overloaded' } },
      'overloaded',
    ],
    [
      'a failed response in a completed event',
      {
        type: 'response.completed',
        response: { status: 'failed', error: { code: 'server_error', message: 'Oops' } },
      },
      'upstream',
    ],
    [
      'a cancelled response',
      { type: 'response.completed', response: { status: 'cancelled', output: [] } },
      'upstream',
    ],
  ])('%s', (_, event, kind) => {
    const { end } = replyOf([CREATED, event]);
    expect(end).toMatchObject({ type: 'failure', failure: { kind } });
  });

  test('a stream that just ends was cut, and its open call stays open', () => {
    const reply = replyOf([
      CREATED,
      { type: 'response.output_item.added', output_index: 0, item: { ...CALL, arguments: '' } },
      { type: 'response.function_call_arguments.delta', output_index: 0, delta: '{"a":1}' },
    ]);
    expect(reply.end).toMatchObject({ type: 'failure', failure: { kind: 'cut' } });
    expect(reply.parts).toMatchObject([{ complete: false }]);
  });

  test('[DONE] alone is no ending', () => {
    expect(foldReply(decodeStream(['data: [DONE]\n\n'])).end).toMatchObject({ failure: { kind: 'cut' } });
  });

  test('nothing is emitted after the end', () => {
    const events = decodeStream(
      [completed(), CREATED, completed()].map((event) => `data: ${JSON.stringify(event)}\n\n`),
    );
    expect(events.filter((event) => event.type === 'finish' || event.type === 'failure')).toHaveLength(1);
    expect(events.at(-1)?.type).toBe('finish');
  });
});

describe('whole replies', () => {
  function whole(body: unknown) {
    return foldReply(responsesCodec.decodeReply(body, upstreamContext()));
  }

  test('a response object', () => {
    const response = completed([message('Hello'), CALL]).response;
    expect(whole(response)).toMatchObject({
      id: 'resp_1',
      parts: [{ text: 'Hello' }, { name: 'f' }],
      usage: { input: 10, output: 5 },
      end: { reason: 'tool-calls' },
    });
  });

  test('an output without a status is complete', () => {
    expect(whole({ output: [message('Hello')] }).end).toEqual({ type: 'finish', reason: 'stop' });
  });

  test.each([
    ['an error with status 200', { error: { message: 'No credit', code: 'insufficient_quota' } }, 'quota'],
    ['a background response', { status: 'queued', output: [] }, 'upstream'],
    ['another protocol’s reply', { choices: [] }, 'upstream'],
    ['a web page', '<html>', 'upstream'],
    ['nothing', null, 'upstream'],
  ])('%s is a failure', (_, body, kind) => {
    expect(whole(body).end).toMatchObject({ type: 'failure', failure: { kind } });
  });
});

describe('a call that cannot be handed over', () => {
  const { name: _, ...nameless } = CALL;

  test.each<[string, readonly object[]]>([
    ['has no name', [{ type: 'response.output_item.done', output_index: 0, item: nameless }]],
    [
      'has half its arguments and no end',
      [
        { type: 'response.output_item.added', output_index: 0, item: { ...CALL, arguments: '' } },
        { type: 'response.function_call_arguments.delta', output_index: 0, delta: '{"a":' },
      ],
    ],
    [
      'is incomplete by its own word',
      [{ type: 'response.output_item.done', output_index: 0, item: { ...CALL, status: 'incomplete' } }],
    ],
  ])('makes a completed response a failure: it %s', (_, items) => {
    expect(replyOf([CREATED, ...items, completed()])).toMatchObject({
      end: { type: 'failure', failure: { kind: 'upstream', code: 'invalid_upstream_response' } },
    });
  });

  test('is what the limit leaves', () => {
    const reply = replyOf([
      CREATED,
      { type: 'response.output_item.added', output_index: 0, item: { ...CALL, arguments: '' } },
      { type: 'response.function_call_arguments.delta', output_index: 0, delta: '{"a":' },
      { type: 'response.incomplete', response: { incomplete_details: { reason: 'max_output_tokens' } } },
    ]);
    expect(reply).toMatchObject({ parts: [{ complete: false }], end: { reason: 'length' } });
  });
});

test('an item announced after its end is not begun again', () => {
  const reply = replyOf([
    CREATED,
    { type: 'response.output_item.done', output_index: 0, item: CALL },
    { type: 'response.output_item.added', output_index: 0, item: CALL },
    completed([CALL]),
  ]);
  expect(reply.parts).toHaveLength(1);
});

test('a call without arguments has an empty object of them, for whoever keeps the events', () => {
  const reply = replyOf([CREATED, completed([{ ...CALL, arguments: '' }])]);
  expect(reply.parts).toMatchObject([{ type: 'tool-call', arguments: '{}' }]);
});

test.each([-1, 1.5, 1e308, '0'])('items are told apart by their ids where output_index is %j', (odd) => {
  const add = (id: string) => ({
    type: 'response.output_item.done',
    output_index: odd,
    item: { ...CALL, id },
  });
  expect(replyOf([CREATED, add('fc_1'), add('fc_2'), completed()]).parts).toHaveLength(2);
});

test('a call whose arguments are nested too deeply to be written fails the reply', () => {
  const deep: unknown = Array.from({ length: 50_000 }).reduce((inner) => ({ inner }), {});
  const events = responsesCodec.decodeReply(
    { status: 'completed', output: [{ ...CALL, arguments: deep }] },
    upstreamContext(),
  );
  const { parts, end } = foldReply(events);
  // Neither whole nor an empty object, which would be another call.
  expect(parts).toMatchObject([{ type: 'tool-call', complete: false }]);
  expect(end).toMatchObject({ type: 'failure', failure: { kind: 'upstream', status: 502 } });
});
