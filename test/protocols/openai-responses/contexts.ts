import { createParser } from 'eventsource-parser';
import type { ClientContext, SseFrame, Target, UpstreamContext } from '../../../src/protocols/codec.ts';
import type { Conversation } from '../../../src/protocols/conversation.ts';
import { responsesCodec } from '../../../src/protocols/openai-responses/index.ts';
import type { Quirks } from '../../../src/protocols/quirks.ts';
import { foldReply, type Reply, type ReplyEvent } from '../../../src/protocols/reply.ts';

const QUIRKS: Quirks = {
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
  efforts: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'],
  structuredOutput: 'schema',
};

const EMPTY: Conversation = {
  model: 'asked',
  stream: true,
  turns: [],
  tools: [],
  output: {},
  sampling: {},
  hints: {},
  native: {},
};

/** Ids that count up, so that what was made can be told. */
function counter(): (prefix: string) => string {
  let next = 0;
  return (prefix) => `${prefix}${next++}`;
}

export function conversation(parts: Partial<Conversation> = {}): Conversation {
  return { ...EMPTY, ...parts };
}

export function target(parts: Partial<Omit<Target, 'quirks'>> & { quirks?: Partial<Quirks> } = {}): Target {
  return {
    upstream: 'openai',
    issuer: 'openai@https://api.openai.com',
    model: 'served',
    stream: true,
    parallelToolCalls: true,
    ...parts,
    quirks: { ...QUIRKS, ...parts.quirks },
  };
}

export function clientContext(parts: Partial<ClientContext> = {}): ClientContext {
  return { request: conversation(), model: 'alias', createdAt: 1700000000, newId: counter(), ...parts };
}

export function upstreamContext(parts: Partial<UpstreamContext> = {}): UpstreamContext {
  return {
    toolNames: { upstream: (tool) => tool.name, client: (name) => ({ name, freeform: false }) },
    issuer: 'openai@https://api.openai.com',
    quirks: QUIRKS,
    newId: counter(),
    ...parts,
  };
}

/** The stream that a client gets for these events. */
export function encodeStream(events: Iterable<ReplyEvent>, context = clientContext()): string {
  const encoder = responsesCodec.streamEncoder(context);
  let stream = '';
  for (const event of events) stream += encoder.push(event);
  return stream;
}

/** The events of a stream that comes in the given pieces. */
export function decodeStream(pieces: Iterable<string>, context = upstreamContext()): readonly ReplyEvent[] {
  const events: ReplyEvent[] = [];
  const decoder = responsesCodec.streamDecoder(context, (event) => events.push(event));
  const parser = createParser({ onEvent: (frame) => decoder.push(frame) });
  for (const piece of pieces) parser.feed(piece);
  decoder.end();
  return events;
}

/** The reply that events of the wire amount to. */
export function replyOf(events: readonly object[], context = upstreamContext()): Reply {
  return foldReply(decodeStream(events.map(frameOf), context));
}

function frameOf(event: object): string {
  return `data: ${JSON.stringify(event)}\n\n`;
}

export type WireEvent = Readonly<Record<string, unknown>> & { readonly type: string };

/** The events in a stream, parsed. */
export function wireEvents(stream: string): readonly WireEvent[] {
  const frames: SseFrame[] = [];
  createParser({ onEvent: (frame) => frames.push(frame) }).feed(stream);
  return frames.map((frame) => JSON.parse(frame.data) as WireEvent);
}

/** The last event of a stream, and the response in it. */
export function terminalOf(stream: string) {
  const last = wireEvents(stream).at(-1);
  return { type: last?.type, response: last?.response as Readonly<Record<string, unknown>> };
}
