import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planToolNames } from '../../../src/protocols/bridge/tool-names.ts';
import type { Conversation, Part, Tool, Turn } from '../../../src/protocols/conversation.ts';
import { RequestRefused } from '../../../src/protocols/failure.ts';
import { chatCodec } from '../../../src/protocols/openai-chat/index.ts';
import { foldReply, type Reply, type ReplyEvent } from '../../../src/protocols/reply.ts';
import { checkChatStream } from '../../provider/chat-grammar.ts';
import { refuseChat } from '../../provider/chat-rules.ts';
import { arbitraryReply, awkwardText } from '../arbitrary-reply.ts';
import {
  clientContext,
  conversationOf,
  decodeStream,
  encodeStream,
  OPENAI,
  targetOf,
  upstreamContext,
} from '../contexts.ts';

const TOOLS: readonly Tool[] = [
  { type: 'function', name: 'look_up' },
  { type: 'function', name: 'write-file' },
  { type: 'freeform', name: 'apply_patch' },
];
const NAMES = { alphabet: 'A-Za-z0-9_-', maxLength: 64 };
/** As a provider with freeform tools of its own would answer. */
const NATIVE = upstreamContext(
  {},
  { toolNames: planToolNames(TOOLS, [], { ...NAMES, nativeFreeform: true }) },
);
const withUsage = () => clientContext({ hints: { includeUsage: true } });
const endsDone = (stream: string) => stream.endsWith('\n\ndata: [DONE]\n\n');

function cutAt(text: string, cuts: readonly number[]): readonly string[] {
  const at = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
  return at.slice(1).map((end, index) => text.slice(at[index], end));
}

describe('any reply', () => {
  it('is a stream that a Chat client can read', () => {
    fc.assert(
      fc.property(arbitraryReply(), fc.boolean(), (events, usage) => {
        const stream = encodeStream(chatCodec, events, usage ? withUsage() : clientContext());
        expect(checkChatStream(stream)).toEqual([]);
        expect(endsDone(stream)).toBe(events.at(-1)?.type === 'finish');
      }),
    );
  });

  it('keeps heartbeats out of its meaning', () => {
    fc.assert(
      fc.property(arbitraryReply(), (events) => {
        const encoder = chatCodec.streamEncoder(withUsage());
        let stream = '';
        for (const event of events) stream += encoder.heartbeat() + encoder.push(event);
        expect(checkChatStream(stream)).toEqual([]);
        expect(decodeStream(chatCodec, [stream], NATIVE)).toEqual(
          decodeStream(chatCodec, [encodeStream(chatCodec, events, withUsage())], NATIVE),
        );
      }),
    );
  });

  it('comes back from its stream with its words, calls, usage and end', () => {
    fc.assert(
      fc.property(arbitraryReply(), (events) => {
        const sent = foldReply(events);
        const stream = encodeStream(chatCodec, events, withUsage());
        const got = foldReply(decodeStream(chatCodec, [stream], NATIVE));
        if (sent.end.type === 'failure') {
          expect(got.end).toMatchObject({ type: 'failure' });
          // Of a call that was only named, more of the name might have come.
          const begun = (reply: Reply) => calls(reply).filter((call) => call.arguments !== '');
          expect(begun(got)).toEqual(begun(sent));
          return;
        }
        expect(calls(got)).toEqual(calls(sent));
        expect(lettersOf(got, 'text')).toBe(lettersOf(sent, 'text'));
        expect(lettersOf(got, 'refusal')).toBe(lettersOf(sent, 'refusal'));
        expect(lettersOf(got, 'reasoning')).toBe(lettersOf(sent, 'reasoning'));
        // What cites a text that something else has ended is noted.
        const late = got.parts.some((part) => part.type === 'opaque');
        if (late) expect(pagesOf(sent)).toEqual(expect.arrayContaining([...pagesOf(got)]));
        else expect(pagesOf(got)).toEqual(pagesOf(sent));
        expect(got.usage).toEqual(sent.usage);
        if (sent.end.reason === 'length' || sent.end.reason === 'content-filter')
          expect(got.end).toEqual(sent.end);
        expect(got.end.type).toBe('finish');
      }),
    );
  });

  it('gives the same events however its bytes are cut', () => {
    fc.assert(
      fc.property(arbitraryReply(), fc.array(fc.nat(), { maxLength: 12 }), (events, cuts) => {
        const stream = encodeStream(chatCodec, events, withUsage());
        const context = () => upstreamContext({}, { toolNames: NATIVE.toolNames });
        expect(decodeStream(chatCodec, cutAt(stream, cuts), context())).toEqual(
          decodeStream(chatCodec, [stream], context()),
        );
      }),
    );
  });

  it('whose stream is cut anywhere is a failure, never complete', () => {
    fc.assert(
      fc.property(arbitraryReply({ withoutReasoning: true }), fc.nat(), (events, cut) => {
        const stream = encodeStream(chatCodec, events, withUsage());
        const finishAt = stream.search(/"finish_reason":"/);
        const part = stream.slice(0, cut % (finishAt < 0 ? stream.length : finishAt));
        const got = decodeStream(chatCodec, [part], NATIVE);
        expect(got.at(-1)).toMatchObject({ type: 'failure' });
        const passedOn = encodeStream(chatCodec, got);
        expect(checkChatStream(passedOn)).toEqual([]);
        expect(endsDone(passedOn)).toBe(false);
      }),
    );
  });

  it('says the same whole as streamed', () => {
    fc.assert(
      fc.property(arbitraryReply(), (events) => {
        const sent = foldReply(events);
        if (sent.end.type === 'failure') return;
        const whole = foldReply(
          chatCodec.decodeReply(JSON.parse(JSON.stringify(chatCodec.encodeReply(sent, withUsage()))), NATIVE),
        );
        const complete = sent.parts.filter((part) => part.type !== 'tool-call' || part.complete);
        expect(calls(whole)).toEqual(calls({ ...sent, parts: complete }));
        for (const type of ['text', 'refusal', 'reasoning'] as const)
          expect(lettersOf(whole, type)).toBe(lettersOf(sent, type));
        expect(pagesOf(whole)).toEqual(pagesOf(sent));
        expect(whole.usage).toEqual(sent.usage);
      }),
    );
  });
});

/** The pages cited; a page that two parts cite alike is one. */
function pagesOf({ parts }: Pick<Reply, 'parts'>): readonly string[] {
  const cited = parts.flatMap((part) => (part.type === 'text' ? (part.citations ?? []) : []));
  return [...new Set(cited.map(({ url, title = url }) => `${url} ${title}`))].sort();
}

/** Calls by id, since parts may interleave; blank arguments are an empty object. */
function calls(reply: Pick<Reply, 'parts'>) {
  return reply.parts
    .flatMap((part) => (part.type === 'tool-call' ? [part] : []))
    .map(({ id, name, freeform, arguments: args, complete }) => ({
      id,
      name,
      freeform,
      arguments: freeform || args.trim() !== '' || !complete ? args : '{}',
    }));
}

/** The characters of a kind, whatever their order and the blank lines between paragraphs. */
function lettersOf(reply: Reply, type: 'text' | 'refusal' | 'reasoning'): string {
  const words = reply.parts.flatMap((part) => {
    if (part.type !== type) return [];
    return part.type === 'reasoning' ? [part.text || part.summary.join('')] : [part.text];
  });
  return [...words.join('').replaceAll('\n', '')].sort().join('');
}

const textPart = awkwardText.map((text): Part => ({ type: 'text', text }));
const callId = fc.constantFrom('c1', 'c2', 'c3', 'c4');
const anyPart: fc.Arbitrary<Part> = fc.oneof(
  textPart,
  fc.constant<Part>({ type: 'image', source: { kind: 'url', url: 'https://example.com/a.png' } }),
  fc.constant<Part>({ type: 'reasoning', summary: ['s'], text: 'r' }),
  fc.record({ id: callId, name: fc.constantFrom('look_up', 'apply_patch'), text: awkwardText }).map(
    ({ id, name, text }): Part => ({
      type: 'tool-call',
      id,
      name,
      freeform: name === 'apply_patch',
      arguments: name === 'apply_patch' ? text : JSON.stringify({ text }),
    }),
  ),
  fc
    .record({ callId, text: awkwardText })
    .map(({ callId, text }): Part => ({ type: 'tool-result', callId, content: [{ type: 'text', text }] })),
);
const anyTurn: fc.Arbitrary<Turn> = fc.oneof(
  fc.record({
    role: fc.constantFrom('system' as const, 'developer' as const),
    parts: fc.array(textPart, { maxLength: 2 }),
  }),
  fc.record({ role: fc.constant('assistant' as const), parts: fc.array(anyPart, { maxLength: 4 }) }),
  fc.record({ role: fc.constant('user' as const), parts: fc.array(anyPart, { maxLength: 4 }) }),
);
const anyConversation: fc.Arbitrary<Conversation> = fc
  .record({
    turns: fc.array(anyTurn, { maxLength: 8 }),
    toolChoice: fc.constantFrom(undefined, { type: 'auto' } as const, { type: 'required' } as const),
    parallelToolCalls: fc.constantFrom(undefined, true, false),
  })
  .map(({ turns, toolChoice, parallelToolCalls }) =>
    conversationOf({
      turns,
      tools: TOOLS,
      ...(toolChoice && { toolChoice }),
      ...(parallelToolCalls !== undefined && { parallelToolCalls }),
    }),
  );

describe('any conversation', () => {
  it.each([
    ['stranger', targetOf()],
    ['openai', targetOf(OPENAI)],
  ] as const)('is a request that a provider takes, or refused before it: %s', (dialect, target) => {
    fc.assert(
      fc.property(anyConversation, (conversation) => {
        const body = tryEncode(conversation, target);
        if (body) expect(refuseChat(body, dialect)).toBeUndefined();
      }),
    );
  });

  it('keeps its words, its calls and their answers, or says what it lost', () => {
    fc.assert(
      fc.property(anyConversation, (conversation) => {
        const body = tryEncode(conversation, targetOf(OPENAI));
        if (!body) return;
        const { conversation: again } = chatCodec.decodeRequest(body);
        const words = JSON.stringify(again.turns);
        for (const part of conversation.turns.flatMap((turn) => turn.parts)) {
          if (part.type === 'text') expect(words).toContain(JSON.stringify(part.text).slice(1, -1));
        }
        const second = JSON.parse(JSON.stringify(chatCodec.encodeRequest(again, targetOf(OPENAI)).body));
        expect(second.messages).toEqual(body.messages);
        expect(second.tools).toEqual(body.tools);
      }),
    );
  });
});

function tryEncode(conversation: Conversation, target: ReturnType<typeof targetOf>) {
  try {
    return JSON.parse(JSON.stringify(chatCodec.encodeRequest(conversation, target).body));
  } catch (error) {
    if (error instanceof RequestRefused) return undefined;
    throw error;
  }
}

describe('hostile input', () => {
  it('never makes a reply decoder throw, and always ends in one terminal event', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.json(), fc.string(), oddChunk()), { maxLength: 6 }), (frames) => {
        const events: ReplyEvent[] = [];
        const decoder = chatCodec.streamDecoder(upstreamContext(), (event) => events.push(event));
        for (const data of frames) decoder.push({ data });
        decoder.end();
        const ends = events.filter((event) => event.type === 'finish' || event.type === 'failure');
        expect(ends).toHaveLength(1);
        expect(events.at(-1)).toBe(ends[0]);
        expect(checkChatStream(encodeStream(chatCodec, events))).toEqual([]);
      }),
    );
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        expect(() => foldReply(chatCodec.decodeReply(body, upstreamContext()))).not.toThrow();
        expect(() => chatCodec.decodeError(500, body)).not.toThrow();
      }),
    );
  });

  it('is refused by the request decoder, never a crash', () => {
    const odd = fc.oneof(
      fc.jsonValue(),
      fc.record({ type: fc.string() }),
      fc.array(fc.record({ role: fc.constant('user'), content: fc.jsonValue() })),
    );
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom(
            'messages',
            'tools',
            'tool_choice',
            'stop',
            'response_format',
            'stream_options',
            'n',
            'functions',
          ),
          odd,
        ),
        (fields) => {
          try {
            chatCodec.decodeRequest({ model: 'm', messages: [{ role: 'user', content: 'Hi' }], ...fields });
          } catch (error) {
            expect(error).toBeInstanceOf(RequestRefused);
          }
        },
      ),
    );
  });
});

/** Chunks of the right outline with anything inside. */
function oddChunk(): fc.Arbitrary<string> {
  const call = fc.record(
    {
      index: fc.oneof(fc.nat(3), fc.jsonValue()),
      id: fc.oneof(fc.constantFrom('a', 'b', ''), fc.jsonValue()),
      function: fc.oneof(
        fc.record({ name: fc.constantFrom('f', ''), arguments: fc.oneof(fc.string(), fc.jsonValue()) }),
        fc.jsonValue(),
      ),
    },
    { requiredKeys: [] },
  );
  const delta = fc.record(
    {
      content: fc.oneof(fc.string(), fc.jsonValue()),
      reasoning: fc.oneof(fc.string(), fc.jsonValue()),
      reasoning_details: fc.oneof(fc.array(fc.jsonValue()), fc.jsonValue()),
      refusal: fc.oneof(fc.string(), fc.jsonValue()),
      tool_calls: fc.oneof(fc.array(call), fc.jsonValue()),
      function_call: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  return fc
    .record({
      delta: fc.oneof(delta, fc.jsonValue()),
      finish_reason: fc.oneof(fc.constantFrom('stop', 'length', null), fc.jsonValue()),
    })
    .map((choice) => JSON.stringify({ choices: [choice] }));
}
