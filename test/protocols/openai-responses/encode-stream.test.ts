import { describe, expect, test } from 'vitest';
import { unpackSeal } from '../../../src/protocols/bridge/seal.ts';
import type { Seal } from '../../../src/protocols/conversation.ts';
import type { Failure } from '../../../src/protocols/failure.ts';
import { responsesCodec } from '../../../src/protocols/openai-responses/index.ts';
import { foldReply, type ReplyEvent } from '../../../src/protocols/reply.ts';
import { clientContext, conversation, encodeStream, terminalOf, wireEvents } from './contexts.ts';
import { streamProblems } from './grammar.ts';

const START: ReplyEvent = { type: 'start', id: 'chatcmpl-1', model: 'served' };
const STOP: ReplyEvent = { type: 'finish', reason: 'stop' };

function text(index: number, ...pieces: readonly string[]): ReplyEvent[] {
  return [
    { type: 'part-start', index, part: 'text' },
    ...pieces.map((piece): ReplyEvent => ({ type: 'text', index, text: piece })),
    { type: 'part-end', index, complete: true },
  ];
}

function call(index: number, name: string, args: readonly string[], complete = true): ReplyEvent[] {
  return [
    { type: 'tool-call-start', index, id: `call_${index}`, name, freeform: false },
    ...args.map((piece): ReplyEvent => ({ type: 'tool-arguments', index, text: piece })),
    { type: 'part-end', index, complete },
  ];
}

/** The items of a terminal response. */
function output(stream: string): readonly Readonly<Record<string, unknown>>[] {
  return terminalOf(stream).response.output as readonly Readonly<Record<string, unknown>>[];
}

test('a text arrives as it comes, in the documented order', () => {
  const stream = encodeStream([START, ...text(0, 'Hel', 'lo'), STOP]);
  expect(wireEvents(stream).map((event) => event.type)).toEqual([
    'response.created',
    'response.in_progress',
    'response.output_item.added',
    'response.content_part.added',
    'response.output_text.delta',
    'response.output_text.delta',
    'response.output_text.done',
    'response.content_part.done',
    'response.output_item.done',
    'response.completed',
  ]);
  expect(wireEvents(stream).map((event) => event.sequence_number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(streamProblems(stream)).toEqual([]);
  expect(output(stream)).toEqual([
    {
      id: 'msg_1',
      type: 'message',
      status: 'completed',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'Hello', annotations: [], logprobs: [] }],
      phase: 'final_answer',
    },
  ]);
});

test('no character of a text ends a line', () => {
  const stream = encodeStream([START, ...text(0, 'a\u2028b\u2029c\u0085d\ne'), STOP]);
  expect(stream).not.toMatch(/[\u0085\u2028\u2029]/);
  expect(output(stream)).toMatchObject([{ content: [{ text: 'a\u2028b\u2029c\u0085d\ne' }] }]);
});

test('the response shows the alias, repeats the request, and holds nothing of the upstream', () => {
  const tools = [
    { type: 'namespace', name: 'ns', description: 'd', tools: [{ type: 'function', name: 'f' }] },
  ];
  const { conversation: request } = responsesCodec.decodeRequest({
    model: 'alias',
    input: 'hi',
    instructions: 'Be brief.',
    tools,
    tool_choice: 'required',
    temperature: 0.5,
    max_output_tokens: 100,
    parallel_tool_calls: false,
    reasoning: { effort: 'low' },
    text: { verbosity: 'low' },
    metadata: { a: 'b' },
  });
  const { response } = terminalOf(encodeStream([START, STOP], clientContext({ request })));
  expect(response).toMatchObject({
    id: 'resp_0',
    object: 'response',
    created_at: 1700000000,
    model: 'alias',
    status: 'completed',
    error: null,
    incomplete_details: null,
    previous_response_id: null,
    instructions: 'Be brief.',
    tools,
    tool_choice: 'required',
    temperature: 0.5,
    top_p: null,
    max_output_tokens: 100,
    parallel_tool_calls: false,
    reasoning: { effort: 'low', summary: null },
    text: { format: { type: 'text' }, verbosity: 'low' },
    metadata: { a: 'b' },
    usage: null,
  });
  expect(JSON.stringify(response)).not.toContain('served');
});

describe('usage', () => {
  test('total_tokens is always there, what is unknown is 0', () => {
    const stream = encodeStream([START, { type: 'usage', usage: { input: 10, cachedRead: 4 } }, STOP]);
    expect(terminalOf(stream).response.usage).toEqual({
      input_tokens: 10,
      input_tokens_details: { cached_tokens: 4, cache_write_tokens: 0 },
      output_tokens: 0,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 10,
    });
  });

  test('unknown usage is null, not invented', () => {
    expect(terminalOf(encodeStream([START, STOP])).response.usage).toBeNull();
  });
});

describe('phases', () => {
  test('a message before a call is commentary and closed before the call begins', () => {
    const stream = encodeStream([
      START,
      ...text(0, 'Looking.'),
      ...call(1, 'f', ['{}']),
      { type: 'finish', reason: 'tool-calls' },
    ]);
    expect(output(stream)[0]).toMatchObject({ type: 'message', phase: 'commentary' });
    const order = wireEvents(stream)
      .filter((event) => event.type.startsWith('response.output_item'))
      .map((event) => `${event.type.split('.').at(-1)} ${event.output_index}`);
    expect(order).toEqual(['added 0', 'done 0', 'added 1', 'done 1']);
    expect(streamProblems(stream)).toEqual([]);
  });

  test('the text is not held back for it', () => {
    const encoder = responsesCodec.streamEncoder(clientContext());
    encoder.push(START);
    encoder.push({ type: 'part-start', index: 0, part: 'text' });
    expect(encoder.push({ type: 'text', index: 0, text: 'now' })).toContain('"delta":"now"');
  });

  test('a reply cut by the limit has none', () => {
    const [item] = output(encodeStream([START, ...text(0, 'a'), { type: 'finish', reason: 'length' }]));
    expect(item).not.toHaveProperty('phase');
  });

  test('one that came with the text is kept', () => {
    const stream = encodeStream([
      START,
      { type: 'part-start', index: 0, part: 'text', phase: 'commentary' },
      { type: 'text', index: 0, text: 'a' },
      { type: 'part-end', index: 0, complete: true },
      ...text(1, 'b').map(
        (event): ReplyEvent => (event.type === 'part-start' ? { ...event, phase: 'final_answer' } : event),
      ),
      STOP,
    ]);
    expect(output(stream).map((item) => item.phase)).toEqual(['commentary', 'final_answer']);
    expect(streamProblems(stream)).toEqual([]);
  });
});

test('text parts in a row share one message', () => {
  const stream = encodeStream([START, ...text(0, 'one'), ...text(1, 'two'), STOP]);
  expect(output(stream)).toMatchObject([{ content: [{ text: 'one' }, { text: 'two' }] }]);
  expect(streamProblems(stream)).toEqual([]);
});

test('parts without content leave no item', () => {
  const reasoning: ReplyEvent[] = [
    { type: 'part-start', index: 0, part: 'reasoning' },
    { type: 'reasoning', index: 0, text: '', form: 'summary-break' },
    { type: 'part-end', index: 0, complete: true },
  ];
  expect(output(encodeStream([START, ...reasoning, ...text(1), ...text(2, ''), STOP]))).toEqual([]);
});

describe('reasoning', () => {
  const seal: Seal = { issuer: 'a@b', protocol: 'messages', kind: 'signature', data: 'c2ln' };
  const open: ReplyEvent = { type: 'part-start', index: 0, part: 'reasoning' };
  const close: ReplyEvent = { type: 'part-end', index: 0, complete: true };

  test('a summary of two paragraphs, sealed', () => {
    const stream = encodeStream([
      START,
      open,
      { type: 'reasoning', index: 0, text: 'First', form: 'summary' },
      { type: 'reasoning', index: 0, text: ' thought', form: 'summary' },
      { type: 'reasoning', index: 0, text: '', form: 'summary-break' },
      { type: 'reasoning', index: 0, text: 'Second', form: 'summary' },
      { type: 'reasoning-seal', index: 0, seal },
      close,
      STOP,
    ]);
    const [item] = output(stream);
    expect(item).toMatchObject({
      type: 'reasoning',
      summary: [
        { type: 'summary_text', text: 'First thought' },
        { type: 'summary_text', text: 'Second' },
      ],
    });
    expect(item?.id).toMatch(/^rs_/);
    expect(unpackSeal(String(item?.encrypted_content))).toEqual(seal);
    expect(streamProblems(stream)).toEqual([]);
  });

  test('raw reasoning is shown as a summary, which is what clients show', () => {
    const stream = encodeStream([
      START,
      open,
      { type: 'reasoning', index: 0, text: 'hm', form: 'raw' },
      close,
      STOP,
    ]);
    expect(output(stream)).toMatchObject([{ summary: [{ text: 'hm' }], encrypted_content: null }]);
    expect(output(stream)[0]).not.toHaveProperty('content');
    expect(wireEvents(stream).map((event) => event.type)).toContain('response.reasoning_summary_text.delta');
  });

  test('beside a summary it is reasoning text', () => {
    const stream = encodeStream([
      START,
      open,
      { type: 'reasoning', index: 0, text: 'short', form: 'summary' },
      { type: 'reasoning', index: 0, text: 'long', form: 'raw' },
      { type: 'reasoning', index: 0, text: ' story', form: 'raw' },
      close,
      STOP,
    ]);
    expect(output(stream)).toMatchObject([
      { summary: [{ text: 'short' }], content: [{ type: 'reasoning_text', text: 'long story' }] },
    ]);
    expect(streamProblems(stream)).toEqual([]);
  });

  test('a seal alone makes an item', () => {
    const stream = encodeStream([START, open, { type: 'reasoning-seal', index: 0, seal }, close, STOP]);
    expect(output(stream)).toMatchObject([{ type: 'reasoning', summary: [] }]);
  });
});

describe('calls', () => {
  const parameters = { type: 'object', properties: { ms: { type: 'number' }, login: { type: 'boolean' } } };

  test('arguments stream as they come and are repaired when the item closes', () => {
    const request = conversation({ tools: [{ type: 'function', name: 'f', parameters }] });
    const stream = encodeStream(
      [START, ...call(0, 'f', ['{"ms":10', '00.0,"login":null}']), { type: 'finish', reason: 'tool-calls' }],
      clientContext({ request }),
    );
    const deltas = wireEvents(stream).filter(
      (event) => event.type === 'response.function_call_arguments.delta',
    );
    expect(deltas.map((event) => event.delta)).toEqual(['{"ms":10', '00.0,"login":null}']);
    expect(output(stream)).toEqual([
      {
        id: 'fc_1',
        type: 'function_call',
        status: 'completed',
        arguments: '{"ms":1000}',
        call_id: 'call_0',
        name: 'f',
      },
    ]);
  });

  test('a call without arguments has an empty object', () => {
    const stream = encodeStream([START, ...call(0, 'f', []), { type: 'finish', reason: 'tool-calls' }]);
    expect(output(stream)).toMatchObject([{ arguments: '{}' }]);
    expect(streamProblems(stream)).toEqual([]);
  });

  test('a namespaced tool is called by namespace and name, and repaired by its own schema', () => {
    const other = { type: 'object', properties: { ms: { type: 'string' } } };
    const request = conversation({
      tools: [
        { type: 'function', name: 'f', parameters: other },
        { type: 'function', name: 'f', namespace: 'ns', parameters },
      ],
    });
    const events: ReplyEvent[] = call(0, 'f', ['{"ms":1.0}']).map((event) =>
      event.type === 'tool-call-start' ? { ...event, namespace: 'ns' } : event,
    );
    const stream = encodeStream([START, ...events, STOP], clientContext({ request }));
    expect(output(stream)).toMatchObject([{ namespace: 'ns', name: 'f', arguments: '{"ms":1}' }]);
  });

  test('a freeform call is a custom tool call with its raw input', () => {
    const stream = encodeStream([
      START,
      { type: 'tool-call-start', index: 0, id: 'call_p', name: 'apply_patch', freeform: true },
      { type: 'tool-arguments', index: 0, text: '*** Begin' },
      { type: 'tool-arguments', index: 0, text: ' Patch\n' },
      { type: 'part-end', index: 0, complete: true },
      { type: 'finish', reason: 'tool-calls' },
    ]);
    expect(output(stream)).toEqual([
      {
        id: 'ctc_1',
        type: 'custom_tool_call',
        status: 'completed',
        call_id: 'call_p',
        input: '*** Begin Patch\n',
        name: 'apply_patch',
      },
    ]);
    expect(streamProblems(stream)).toEqual([]);
  });

  test('a call that the limit cut is not handed over', () => {
    const stream = encodeStream([
      START,
      ...call(0, 'f', ['{"ms":1}']),
      ...call(1, 'f', ['{"m'], false),
      { type: 'finish', reason: 'length' },
    ]);
    expect(terminalOf(stream)).toMatchObject({
      type: 'response.incomplete',
      response: { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
    });
    expect(output(stream)).toMatchObject([{ call_id: 'call_0' }]);
    const done = wireEvents(stream).filter((event) => event.type === 'response.output_item.done');
    expect(done).toHaveLength(1);
    expect(streamProblems(stream)).toEqual([]);
  });

  test('a whole call is handed over at once, while another is still open', () => {
    const encoder = responsesCodec.streamEncoder(clientContext());
    encoder.push(START);
    encoder.push({ type: 'tool-call-start', index: 0, id: 'a', name: 'f', freeform: false });
    encoder.push({ type: 'tool-call-start', index: 1, id: 'b', name: 'f', freeform: false });
    encoder.push({ type: 'tool-arguments', index: 1, text: '{}' });
    expect(encoder.push({ type: 'part-end', index: 1, complete: true })).toContain(
      'response.output_item.done',
    );
  });
});

describe('refusals and filters', () => {
  const refusal: ReplyEvent[] = [
    { type: 'part-start', index: 0, part: 'refusal' },
    { type: 'text', index: 0, text: 'I will not.' },
    { type: 'part-end', index: 0, complete: true },
    { type: 'finish', reason: 'refusal' },
  ];
  const filtered: ReplyEvent = { type: 'finish', reason: 'content-filter' };

  test('SDKs get a refusal part', () => {
    const stream = encodeStream([START, ...refusal]);
    expect(output(stream)).toMatchObject([{ content: [{ type: 'refusal', refusal: 'I will not.' }] }]);
    expect(streamProblems(stream)).toEqual([]);
  });

  test('Codex shows no refusal part, so it gets text', () => {
    const stream = encodeStream([START, ...refusal], clientContext({ codex: true }));
    expect(terminalOf(stream).type).toBe('response.completed');
    expect(output(stream)).toMatchObject([{ content: [{ type: 'output_text', text: 'I will not.' }] }]);
  });

  test('a filter is incomplete for SDKs', () => {
    expect(terminalOf(encodeStream([START, ...text(0, 'a'), filtered]))).toMatchObject({
      type: 'response.incomplete',
      response: { incomplete_details: { reason: 'content_filter' } },
    });
  });

  test('Codex would send an incomplete reply again, so a filter completes, with words', () => {
    const { conversation: request } = responsesCodec.decodeRequest({
      model: 'm',
      input: 'x',
      client_metadata: { 'x-codex-window-id': 'w' },
    });
    const stream = encodeStream([START, filtered], clientContext({ request }));
    expect(terminalOf(stream).type).toBe('response.completed');
    expect(output(stream)).toMatchObject([{ content: [{ text: expect.stringContaining('filter') }] }]);
    expect(streamProblems(stream)).toEqual([]);
  });
});

test.each(['stop', 'tool-calls', 'pause', 'refusal'] as const)('%s is completed', (reason) => {
  expect(terminalOf(encodeStream([START, { type: 'finish', reason }])).type).toBe('response.completed');
});

describe('failures', () => {
  function failed(failure: Partial<Failure>, before: readonly ReplyEvent[] = [START]) {
    const full: Failure = { kind: 'upstream', status: 502, message: 'Broken.', ...failure };
    return encodeStream([...before, { type: 'failure', failure: full }]);
  }

  test.each([
    ['rate-limit', 'rate_limit_exceeded'],
    ['quota', 'insufficient_quota'],
    ['context-length', 'context_length_exceeded'],
    ['overloaded', 'server_is_overloaded'],
    ['invalid-request', 'invalid_prompt'],
    ['upstream-authentication', 'invalid_prompt'],
    ['not-found', 'invalid_prompt'],
    ['upstream', 'server_error'],
    ['timeout', 'server_error'],
    ['cut', 'server_error'],
  ] as const)('%s has the code %s', (kind, code) => {
    const stream = failed({ kind });
    expect(terminalOf(stream)).toMatchObject({
      type: 'response.failed',
      response: { status: 'failed', error: { code, message: 'Broken.' } },
    });
    expect(streamProblems(stream)).toEqual([]);
  });

  test('one before the start still begins properly', () => {
    const stream = failed({}, []);
    expect(wireEvents(stream).map((event) => event.type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.failed',
    ]);
  });

  test('Codex is told how long to wait', () => {
    const { response } = terminalOf(failed({ kind: 'rate-limit', retryAfter: 1.5 }));
    expect(response.error).toMatchObject({ message: expect.stringContaining('try again in 1.5s') });
  });

  test('an open call is not closed by it', () => {
    const stream = failed({ kind: 'cut' }, [
      START,
      { type: 'tool-call-start', index: 0, id: 'a', name: 'f', freeform: false },
      { type: 'tool-arguments', index: 0, text: '{"a":1}' },
    ]);
    expect(wireEvents(stream).map((event) => event.type)).not.toContain('response.output_item.done');
    expect(output(stream)).toEqual([]);
  });

  test('an exceeded context is a failure that Codex understands', () => {
    const stream = encodeStream([START, { type: 'finish', reason: 'context-exceeded' }]);
    expect(terminalOf(stream)).toMatchObject({
      type: 'response.failed',
      response: { error: { code: 'context_length_exceeded' } },
    });
  });
});

describe('heartbeats', () => {
  test('the first one begins the stream', () => {
    const encoder = responsesCodec.streamEncoder(clientContext());
    const stream = [encoder.heartbeat(), encoder.heartbeat(), encoder.push(START), encoder.push(STOP)].join(
      '',
    );
    expect(wireEvents(stream).map((event) => event.type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.in_progress',
      'response.completed',
    ]);
    expect(streamProblems(stream)).toEqual([]);
  });

  test('one in mid-stream does not make SDKs forget what they gathered', () => {
    const encoder = responsesCodec.streamEncoder(clientContext());
    const events: ReplyEvent[] = [
      START,
      { type: 'part-start', index: 0, part: 'reasoning' },
      { type: 'reasoning', index: 0, text: 'hm', form: 'summary' },
      { type: 'part-end', index: 0, complete: true },
      ...text(1, 'a', 'b'),
      ...call(2, 'f', ['{"a"', ':1}']),
      STOP,
    ];
    const stream = events.map((event) => encoder.push(event) + encoder.heartbeat()).join('');
    expect(streamProblems(stream)).toEqual([]);
  });

  test('after the end nothing is written', () => {
    const encoder = responsesCodec.streamEncoder(clientContext());
    encoder.push(START);
    encoder.push(STOP);
    expect(encoder.heartbeat() + encoder.push(STOP) + encoder.push(START)).toBe('');
  });
});

test('items of this protocol that came along are shown as they are, others not at all', () => {
  const search = {
    type: 'web_search_call',
    id: 'ws_1',
    status: 'completed',
    action: { type: 'search', query: 'x' },
  };
  const stream = encodeStream([
    START,
    { type: 'opaque', index: 0, kind: 'web_search_call', json: search },
    { type: 'opaque', index: 1, kind: 'annotations', json: [{ url: 'x' }] },
    ...text(2, 'Found.'),
    STOP,
  ]);
  expect(output(stream)).toMatchObject([search, { type: 'message' }]);
  expect(streamProblems(stream)).toEqual([]);
});

test('finished items are kept for a client that will refer to them', () => {
  const kept = new Map<string, unknown>();
  const items = { find: () => undefined, keep: (id: string, item: unknown) => void kept.set(id, item) };
  const stream = encodeStream(
    [START, ...text(0, 'a'), ...call(1, 'f', ['{}']), STOP],
    clientContext({ items }),
  );
  expect([...kept.values()]).toEqual(output(stream));
});

test('a whole reply is what its stream ends in', () => {
  const events: ReplyEvent[] = [
    START,
    { type: 'part-start', index: 0, part: 'reasoning' },
    { type: 'reasoning', index: 0, text: 'a', form: 'summary' },
    { type: 'reasoning', index: 0, text: '', form: 'summary-break' },
    { type: 'reasoning', index: 0, text: 'b', form: 'summary' },
    { type: 'part-end', index: 0, complete: true },
    ...text(1, 'Hello'),
    ...call(2, 'f', ['{"a":1}']),
    { type: 'usage', usage: { input: 1, output: 2 } },
    { type: 'finish', reason: 'tool-calls' },
  ];
  const whole = responsesCodec.encodeReply(foldReply(events), clientContext());
  expect(whole).toEqual(terminalOf(encodeStream(events)).response);
});
