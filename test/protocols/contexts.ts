import { createParser } from 'eventsource-parser';
import type { ClientContext, Codec, Target, UpstreamContext } from '../../src/protocols/codec.ts';
import { type Conversation, EFFORTS } from '../../src/protocols/conversation.ts';
import type { Quirks } from '../../src/protocols/quirks.ts';
import type { ReplyEvent } from '../../src/protocols/reply.ts';

/** What may be assumed of an endpoint that nobody described. */
const STRANGER: Quirks = {
  developerRole: false,
  systemAnywhere: false,
  noSystemRole: false,
  maxTokensField: 'max_tokens',
  openaiHints: false,
  parallelToolCallsField: true,
  streamOptions: true,
  freeformTools: false,
  toolResultMedia: false,
  reasoningEcho: false,
  reasoningField: 'reasoning_content',
  thinkTags: false,
  cumulativeDeltas: false,
  streamOnly: false,
  efforts: ['low', 'medium', 'high'],
  structuredOutput: 'schema',
};

/** OpenAI's own endpoint. */
export const OPENAI: Quirks = {
  ...STRANGER,
  developerRole: true,
  systemAnywhere: true,
  maxTokensField: 'max_completion_tokens',
  openaiHints: true,
  freeformTools: true,
  efforts: EFFORTS.filter((effort) => effort !== 'max'),
};

export function targetOf(quirks: Partial<Quirks> = {}, more: Partial<Target> = {}): Target {
  return {
    upstream: 'provider',
    issuer: 'provider https://provider.example',
    model: 'served-model',
    stream: false,
    quirks: { ...STRANGER, ...quirks },
    parallelToolCalls: true,
    ...more,
  };
}

/** Call ids count up, so that a test can name them. */
function countedIds(): (prefix: string) => string {
  let count = 0;
  return (prefix) => `${prefix}${++count}`;
}

export function upstreamContext(
  quirks: Partial<Quirks> = {},
  more: Partial<UpstreamContext> = {},
): UpstreamContext {
  return {
    toolNames: { upstream: (tool) => tool.name, client: (name) => ({ name, freeform: false }) },
    issuer: 'provider https://provider.example',
    quirks: { ...STRANGER, ...quirks },
    newId: countedIds(),
    ...more,
  };
}

export function clientContext(request: Partial<Conversation> = {}): ClientContext {
  return {
    request: conversationOf(request),
    model: 'my-alias',
    createdAt: 1_700_000_000,
    newId: countedIds(),
  };
}

export function conversationOf(fields: Partial<Conversation> = {}): Conversation {
  return {
    model: 'my-alias',
    stream: false,
    turns: [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }],
    tools: [],
    output: {},
    sampling: {},
    hints: {},
    native: {},
    ...fields,
  };
}

/** The events of a stream that arrives in these pieces, its end included. */
export function decodeStream(
  codec: Codec,
  pieces: Iterable<string>,
  context: UpstreamContext = upstreamContext(),
): readonly ReplyEvent[] {
  const events: ReplyEvent[] = [];
  const decoder = codec.streamDecoder(context, (event) => events.push(event));
  const parser = createParser({ onEvent: (frame) => decoder.push(frame) });
  for (const piece of pieces) parser.feed(piece);
  decoder.end();
  return events;
}

/** The bytes that a client of this protocol gets for these events. */
export function encodeStream(codec: Codec, events: Iterable<ReplyEvent>, context = clientContext()): string {
  const encoder = codec.streamEncoder(context);
  let bytes = '';
  for (const event of events) bytes += encoder.push(event);
  return bytes;
}
