import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unpackSeal } from '../../../src/protocols/bridge/seal.ts';
import type { Conversation, Part, Turn } from '../../../src/protocols/conversation.ts';
import { responsesCodec } from '../../../src/protocols/openai-responses/index.ts';
import {
  type Citation,
  foldReply,
  type Reply,
  type ReplyEvent,
  type ReplyPart,
} from '../../../src/protocols/reply.ts';
import { refuseResponses } from '../../provider/responses-rules.ts';
import { arbitraryReply, awkwardText } from '../arbitrary-reply.ts';
import { clientContext, conversation, decodeStream, encodeStream, target, terminalOf } from './contexts.ts';
import { streamProblems } from './grammar.ts';

/** What a reply says, in the form in which this protocol can say it again. */
function meaning(reply: Reply) {
  const { end } = reply;
  const parts = reply.parts
    // A failure leaves thoughts unfinished, and a seal comes with their end.
    .filter((part) => end.type === 'finish' || part.type !== 'reasoning')
    .flatMap((part): readonly unknown[] => said(part));
  return {
    // Items stand in the order of their first content.
    parts: parts.map((part) => JSON.stringify(part)).sort(),
    usage: { ...reply.usage, cachedWrite: undefined },
    end: end.type === 'failure' ? 'failure' : reasonOf(end.reason, reply.parts),
  };
}

function said(part: ReplyPart): readonly unknown[] {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return part.text === ''
        ? []
        : [{ type: part.type, text: part.text, citations: part.citations?.map(written) }];
    case 'reasoning': {
      const thought = [part.text, ...part.summary].filter((text) => text !== '');
      const seal = part.seal && (unpackSeal(part.seal.data) ?? part.seal);
      return thought.length > 0 || seal ? [{ type: 'reasoning', thought, seal }] : [];
    }
    case 'tool-call': {
      if (!part.complete) return [];
      const args = part.freeform ? part.arguments : part.arguments || '{}';
      return [{ type: 'call', id: part.id, name: part.name, args, freeform: part.freeform }];
    }
    case 'opaque':
      return [];
  }
}

/** Here a citation has a title and a place, whether anybody gave one or not. */
function written({ url, title = url, span = { start: 0, end: 0 } }: Citation): Citation {
  return { url, title, span };
}

/** A pause, and a refusal without words, have no words here. */
function reasonOf(reason: string, parts: readonly ReplyPart[]): string {
  if (reason === 'length' || reason === 'content-filter') return reason;
  if (parts.some((part) => part.type === 'tool-call')) return 'tool-calls';
  return parts.some((part) => part.type === 'refusal' && part.text !== '') ? 'refusal' : 'stop';
}

describe('replies', () => {
  test('any reply makes a valid stream, with heartbeats anywhere', () => {
    fc.assert(
      fc.property(arbitraryReply(), fc.infiniteStream(fc.boolean()), (events, beats) => {
        const encoder = responsesCodec.streamEncoder(clientContext());
        const pieces = events.map(
          (event) => (beats.next().value ? encoder.heartbeat() : '') + encoder.push(event),
        );
        expect(streamProblems(pieces.join(''))).toEqual([]);
      }),
    );
  });

  test('for Codex every reply but a cut one completes or fails for good', () => {
    fc.assert(
      fc.property(arbitraryReply(), (events) => {
        const { type, response } = terminalOf(encodeStream(events, clientContext({ codex: true })));
        const reason = (response.incomplete_details as { reason?: string } | null)?.reason;
        expect(['response.completed', 'response.failed', 'response.incomplete']).toContain(type);
        expect(reason === undefined || reason === 'max_output_tokens').toBe(true);
        expect(JSON.stringify(response.output)).not.toContain('"type":"refusal"');
      }),
    );
  });

  test('read back, a stream means what was written, however its bytes are cut', () => {
    fc.assert(
      fc.property(arbitraryReply(), fc.array(fc.nat()), (events, cuts) => {
        const stream = encodeStream(events);
        const read = foldReply(decodeStream(piecesOf(stream, cuts)));
        expect(meaning(read)).toEqual(meaning(foldReply(events)));
        expect(decodeStream(piecesOf(stream, cuts))).toEqual(decodeStream([stream]));
      }),
    );
  });

  test('a whole reply means the same as its stream', () => {
    fc.assert(
      fc.property(arbitraryReply(), (events) => {
        fc.pre(events.at(-1)?.type === 'finish');
        const stream = terminalOf(encodeStream(events)).response;
        const whole = responsesCodec.encodeReply(foldReply(events), clientContext()) as typeof stream;
        expect(whole.status).toEqual(stream.status);
        expect(texts(whole)).toEqual(texts(stream));
      }),
    );
  });

  test('a stream cut anywhere before its end is a failure, and no call of it is made up', () => {
    fc.assert(
      fc.property(arbitraryReply(), fc.double({ min: 0, max: 0.999, noNaN: true }), (events, share) => {
        const stream = encodeStream(events);
        const body = stream.slice(0, stream.lastIndexOf('event: '));
        const read = decodeStream([body.slice(0, Math.floor(body.length * share))]);
        expect(read.at(-1)?.type).toBe('failure');
        expectGrammar(read);
        const whole = new Set(
          foldReply(events).parts.flatMap((part) =>
            part.type === 'tool-call' && part.complete ? [part.id] : [],
          ),
        );
        for (const part of foldReply(read).parts) {
          if (part.type === 'tool-call' && part.complete) expect(whole).toContain(part.id);
        }
      }),
    );
  });

  test('what a decoder emits keeps to the grammar of replies, whatever comes', () => {
    const types = [
      'response.created',
      'response.output_item.added',
      'response.output_item.done',
      'response.content_part.done',
      'response.output_text.delta',
      'response.output_text.done',
      'response.refusal.delta',
      'response.reasoning_summary_text.delta',
      'response.function_call_arguments.delta',
      'response.custom_tool_call_input.done',
      'response.completed',
      'response.incomplete',
      'response.failed',
      'error',
    ];
    const item = fc.record(
      {
        type: fc.constantFrom(
          'message',
          'function_call',
          'custom_tool_call',
          'reasoning',
          'web_search_call',
          7,
        ),
        id: fc.constantFrom('a', 'b', null),
        name: fc.constantFrom('f', undefined, null),
        arguments: fc.constantFrom('{}', '{', null, {}),
        content: fc.constantFrom([], [null], [{ type: 'output_text', text: 'x' }], 'x'),
        summary: fc.constantFrom([], [{ text: 'x' }], 3),
        encrypted_content: fc.constantFrom('x', null),
        status: fc.constantFrom('completed', 'incomplete', 'in_progress', 9),
      },
      { requiredKeys: [] },
    );
    const event = fc.record(
      {
        type: fc.constantFrom(...types),
        output_index: fc.constantFrom(0, 1, 5, '0'),
        item_id: fc.constantFrom('a', 'b', null),
        content_index: fc.constantFrom(0, 1, null),
        delta: fc.constantFrom('x', '\ud83d', '', 3, null),
        text: fc.constantFrom('xx', null),
        item: fc.oneof(item, fc.constant(null)),
        part: fc.oneof(item, fc.constant(null)),
        response: fc.record(
          {
            status: fc.constantFrom('completed', 'failed', 'queued', 5),
            output: fc.oneof(fc.array(item, { maxLength: 3 }), fc.constant(null)),
            error: fc.constantFrom(null, 'x', { message: 'm', code: 'server_error' }),
            usage: fc.constantFrom(null, {}, { input_tokens: -1 }, { input_tokens: 3, output_tokens: 'x' }),
          },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: ['type'] },
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        expectGrammar(decodeStream(events.map((one) => `data: ${JSON.stringify(one)}\n\n`)));
      }),
      { numRuns: 500 },
    );
  });
});

/** All the texts of a response; items stand in the order of their first content. */
function texts(response: Readonly<Record<string, unknown>>): readonly string[] {
  const found = JSON.stringify(response.output).match(/"(text|refusal|arguments|input)":"(?:[^"\\]|\\.)*"/g);
  return [...(found ?? [])].sort();
}

/** The grammar in `reply.ts`. */
function expectGrammar(events: readonly ReplyEvent[]): void {
  expect(events[0]?.type).toBe('start');
  const open = new Set<number>();
  let next = 0;
  for (const [at, event] of events.entries()) {
    const last = event.type === 'finish' || event.type === 'failure';
    expect(last).toBe(at === events.length - 1);
    if (event.type === 'finish') expect(open.size).toBe(0);
    if (!('index' in event)) continue;
    const begins = event.type === 'part-start' || event.type === 'tool-call-start' || event.type === 'opaque';
    if (begins) expect(event.index).toBe(next++);
    else expect(open).toContain(event.index);
    if (event.type === 'part-end') open.delete(event.index);
    else if (event.type !== 'opaque') open.add(event.index);
  }
}

function piecesOf(text: string, cuts: readonly number[]): readonly string[] {
  const at = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((start, index) => text.slice(start, at[index]));
}

describe('requests', () => {
  const words = awkwardText.filter((text) => text !== '');
  const plain: fc.Arbitrary<Part> = fc.oneof(
    words.map((text): Part => ({ type: 'text', text })),
    fc.constant<Part>({
      type: 'image',
      source: { kind: 'url', url: 'https://example.com/a.png' },
      detail: 'low',
    }),
  );
  const spoken: fc.Arbitrary<Turn> = fc
    .record({
      role: fc.constantFrom('user', 'developer'),
      parts: fc.array(plain, { minLength: 1, maxLength: 3 }),
    })
    .map(({ role, parts }) => ({ role: role as 'user' | 'developer', parts }));
  /** A step of the model: what it said, its calls, and their results. */
  const step: fc.Arbitrary<readonly Turn[]> = fc
    .array(fc.record({ name: fc.constantFrom('f', 'apply_patch'), args: words, output: awkwardText }), {
      maxLength: 3,
    })
    .chain((calls) =>
      fc.record({ calls: fc.constant(calls), text: words, id: fc.constantFrom('call_0', 'call_1') }),
    )
    .map(({ calls, text, id }) => [
      {
        role: 'assistant',
        parts: [
          { type: 'text', text } as const,
          ...calls.map(({ name, args }, at) => ({
            type: 'tool-call' as const,
            id: `${id}_${at}`,
            name,
            freeform: name === 'apply_patch',
            arguments: name === 'apply_patch' ? args : JSON.stringify({ args }),
          })),
        ],
      },
      ...(calls.length > 0
        ? [
            {
              role: 'user' as const,
              parts: calls.map(({ output, name }, at) => ({
                type: 'tool-result' as const,
                callId: `${id}_${at}`,
                content: output === '' ? [] : [{ type: 'text' as const, text: output }],
                ...(name === 'apply_patch' && { freeform: true }),
              })),
            },
          ]
        : []),
    ]);

  const request: fc.Arbitrary<Conversation> = fc
    .record({
      first: spoken,
      rest: fc.array(
        fc.oneof(
          step,
          spoken.map((turn) => [turn]),
        ),
        { maxLength: 6 },
      ),
      maxTokens: fc.option(fc.integer({ min: 16, max: 9999 }), { nil: undefined }),
      temperature: fc.option(fc.double({ min: 0, max: 2, noNaN: true }), { nil: undefined }),
    })
    .map(({ first, rest, maxTokens, temperature }) =>
      conversation({
        origin: 'chat',
        turns: [first, ...rest.flat()],
        tools: [
          { type: 'function', name: 'f', parameters: { type: 'object', properties: {} } },
          { type: 'freeform', name: 'apply_patch' },
        ],
        output: maxTokens === undefined ? {} : { maxTokens },
        sampling: temperature === undefined ? {} : { temperature },
      }),
    );

  test('what is encoded is accepted, and read back it means the same', () => {
    fc.assert(
      fc.property(request, (given) => {
        const { body, losses } = responsesCodec.encodeRequest(given, target());
        expect(refuseResponses(body)).toBeUndefined();
        expect(losses).toEqual([]);
        const { conversation: read } = responsesCodec.decodeRequest(body);
        expect(content(read)).toEqual(content(given));
        expect(read.output).toEqual(given.output);
        expect(read.sampling).toEqual(given.sampling);
        expect(read.tools.map((tool) => tool.type)).toEqual(given.tools.map((tool) => tool.type));
      }),
    );
  });
});

/** Everything that is said, in order; ids count only in what they connect. */
function content({ turns }: Conversation): readonly unknown[] {
  const ids = new Map<string, number>();
  return turns.flatMap((turn) =>
    turn.parts.map((part) => {
      if (part.type === 'tool-call') {
        ids.set(part.id, ids.size);
        return { name: part.name, arguments: part.arguments, freeform: part.freeform };
      }
      if (part.type === 'tool-result') {
        const text = part.content.map((piece) => (piece.type === 'text' ? piece.text : piece.type)).join('');
        return { text, freeform: part.freeform === true };
      }
      return { role: turn.role, part };
    }),
  );
}
