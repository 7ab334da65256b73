import { describe, expect, it } from 'vitest';
import { chatCodec } from '../../../src/protocols/openai-chat/index.ts';
import type { FinishReason, ReplyEvent } from '../../../src/protocols/reply.ts';
import { checkChatStream } from '../../provider/chat-grammar.ts';
import { clientContext, encodeStream } from '../contexts.ts';

const finish = (reason: FinishReason): ReplyEvent => ({ type: 'finish', reason });
const words = (index: number, text: string): readonly ReplyEvent[] => [
  { type: 'part-start', index, part: 'text' },
  { type: 'text', index, text },
  { type: 'part-end', index, complete: true },
];
const call = (index: number, id: string, freeform = false): ReplyEvent => ({
  type: 'tool-call-start',
  index,
  id,
  name: freeform ? 'apply_patch' : 'run',
  freeform,
});

/** The JSON of each frame, after the grammar was checked. */
function frames(events: readonly ReplyEvent[], request = {}) {
  const stream = encodeStream(chatCodec, events, clientContext(request));
  expect(checkChatStream(stream)).toEqual([]);
  return stream
    .split('\n\n')
    .filter((block) => block.startsWith('data: {'))
    .map((block) => JSON.parse(block.slice(6)));
}

describe('the stream of a Chat client', () => {
  it('has the role first, the text, the finish, and [DONE]', () => {
    const stream = encodeStream(chatCodec, [{ type: 'start' }, ...words(0, 'Hi "you"\n'), finish('stop')]);
    const head =
      '{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"my-alias","choices":';
    expect(stream).toBe(
      [
        `data: ${head}[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}]}`,
        `data: ${head}[{"index":0,"delta":{"content":"Hi \\"you\\"\\n"},"logprobs":null,"finish_reason":null}]}`,
        `data: ${head}[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}`,
        'data: [DONE]',
        '',
      ].join('\n\n'),
    );
  });

  it('has the usage chunk only where it was asked for and known', () => {
    const events: readonly ReplyEvent[] = [
      { type: 'start' },
      { type: 'usage', usage: { input: 1, output: 1 } },
      ...words(0, 'Hi'),
      { type: 'usage', usage: { input: 3, output: 2 } },
      finish('stop'),
    ];
    const asked = { hints: { includeUsage: true } };
    const chunks = frames(events, asked);
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    });
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
    expect(frames(events).every((chunk) => !('usage' in chunk))).toBe(true);
    expect(frames([{ type: 'start' }, finish('stop')], asked).at(-1).choices).toHaveLength(1);
  });

  it('names each call once, functions and freeform tools alike', () => {
    const chunks = frames([
      { type: 'start' },
      call(0, 'c1'),
      call(1, 'c2', true),
      { type: 'tool-arguments', index: 0, text: '{"a"' },
      { type: 'tool-arguments', index: 1, text: '*** Begin' },
      { type: 'tool-arguments', index: 0, text: ':1}' },
      { type: 'part-end', index: 0, complete: true },
      { type: 'part-end', index: 1, complete: true },
      call(2, 'c3'),
      { type: 'part-end', index: 2, complete: true },
      finish('tool-calls'),
    ]);
    const deltas = chunks.flatMap((chunk) => chunk.choices[0].delta.tool_calls ?? []);
    expect(deltas).toEqual([
      { index: 0, id: 'c1', type: 'function', function: { name: 'run', arguments: '' } },
      { index: 1, id: 'c2', type: 'custom', custom: { name: 'apply_patch', input: '' } },
      { index: 0, function: { arguments: '{"a"' } },
      { index: 1, custom: { input: '*** Begin' } },
      { index: 0, function: { arguments: ':1}' } },
      { index: 2, id: 'c3', type: 'function', function: { name: 'run', arguments: '' } },
      { index: 2, function: { arguments: '{}' } },
    ]);
    expect(chunks.at(-1).choices[0].finish_reason).toBe('tool_calls');
  });

  it('shows reasoning in the one form that came, and refusals in their own field', () => {
    const chunks = frames([
      { type: 'start' },
      { type: 'part-start', index: 0, part: 'reasoning' },
      { type: 'reasoning', index: 0, text: 'One.', form: 'summary' },
      { type: 'reasoning', index: 0, text: '', form: 'summary-break' },
      { type: 'reasoning', index: 0, text: 'Two.', form: 'summary' },
      { type: 'reasoning', index: 0, text: 'raw', form: 'raw' },
      {
        type: 'reasoning-seal',
        index: 0,
        seal: { issuer: 'x', protocol: 'responses', kind: 'encrypted', data: 'QUJD' },
      },
      { type: 'part-end', index: 0, complete: true },
      { type: 'part-start', index: 1, part: 'refusal' },
      { type: 'text', index: 1, text: 'No.' },
      { type: 'part-end', index: 1, complete: true },
      finish('refusal'),
    ]);
    const told = (field: string) => chunks.map((chunk) => chunk.choices[0].delta[field] ?? '').join('');
    expect(told('reasoning_content')).toBe('One.\n\nTwo.');
    expect(told('refusal')).toBe('No.');
    expect(JSON.stringify(chunks)).not.toContain('QUJD');
  });

  it.each<readonly [FinishReason, string]>([
    ['length', 'length'],
    ['content-filter', 'content_filter'],
    ['pause', 'stop'],
    ['refusal', 'stop'],
  ])('ends %s as %s', (reason, word) => {
    expect(frames([{ type: 'start' }, finish(reason)]).at(-1).choices[0].finish_reason).toBe(word);
  });

  it('ends a failure with an error and no [DONE]', () => {
    const failure = { kind: 'cut', status: 502, message: 'The stream ended early.' } as const;
    const stream = encodeStream(chatCodec, [{ type: 'start' }, { type: 'failure', failure }]);
    expect(checkChatStream(stream)).toEqual([]);
    expect(stream).not.toContain('[DONE]');
    expect(JSON.parse(stream.split('\n\n').at(-2)?.slice(6) ?? '')).toEqual({
      error: { message: 'The stream ended early.', type: 'server_error', param: null, code: null },
    });
    const exceeded = encodeStream(chatCodec, [{ type: 'start' }, finish('context-exceeded')]);
    expect(exceeded).toContain('"code":"context_length_exceeded"');
    expect(exceeded).not.toContain('[DONE]');
  });

  it('is silent after its end, and keeps alive by comments until then', () => {
    const encoder = chatCodec.streamEncoder(clientContext());
    expect(encoder.heartbeat()).toMatch(/^:[^\n]*\n\n$/);
    encoder.push({ type: 'start' });
    encoder.push(finish('stop'));
    expect(encoder.push(finish('stop'))).toBe('');
    expect(encoder.heartbeat()).toBe('');
  });

  it('answers a client of functions in their form', () => {
    const chunks = frames(
      [
        { type: 'start' },
        call(0, 'c1'),
        { type: 'tool-arguments', index: 0, text: '{}' },
        { type: 'part-end', index: 0, complete: true },
        finish('tool-calls'),
      ],
      { native: { functions: [] } },
    );
    expect(chunks.flatMap((chunk) => chunk.choices[0].delta.function_call ?? [])).toEqual([
      { name: 'run', arguments: '' },
      { arguments: '{}' },
    ]);
    expect(chunks.at(-1).choices[0].finish_reason).toBe('function_call');
  });
});
