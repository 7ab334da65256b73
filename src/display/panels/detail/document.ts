import type { ExchangeBodies } from '../../../traffic/exchange.ts';
import type { JsonNode } from './json-node.ts';

/** One frame of a stream of server-sent events. */
export interface SseFrameText {
  readonly event: string | undefined;
  readonly data: string;
}

/** A body as it can be looked at. */
export type DetailDocument =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'frames'; readonly frames: readonly SseFrameText[] }
  | { readonly kind: 'text'; readonly text: string };

export type BodyName = Exclude<keyof ExchangeBodies, 'exchangeId'>;

const known = new WeakMap<ExchangeBodies, Map<BodyName, { text: string; document: DetailDocument }>>();

/** The text of a body and what it holds, read when it is first looked at. */
export function bodyOf(
  bodies: ExchangeBodies,
  name: BodyName,
): { readonly text: string; readonly document: DetailDocument } | undefined {
  let read = known.get(bodies);
  if (!read) {
    read = new Map();
    known.set(bodies, read);
  }
  const before = read.get(name);
  if (before) return before;
  const text = bodies[name];
  if (text === undefined || text === '') return undefined;
  const body = { text, document: readDocument(text) };
  read.set(name, body);
  return body;
}

/** JSON, a stream of server-sent events, or else lines. */
function readDocument(text: string): DetailDocument {
  const value = parsed(text);
  if (value !== undefined) return { kind: 'json', value };
  const frames = readFrames(text);
  return frames.length > 0 ? { kind: 'frames', frames } : { kind: 'text', text };
}

/** The JSON behind a frame's data; undefined when it is none (`[DONE]`). */
export function frameNode(frame: SseFrameText, index: number): JsonNode | undefined {
  const value = parsed(frame.data);
  return typeof value === 'object' && value !== null ? { path: `[${index}]`, value, depth: 0 } : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html: comments are passed over, data lines joined. */
function readFrames(text: string): readonly SseFrameText[] {
  // Anything that starts otherwise is no stream; a page of HTML need not be taken apart.
  if (!/^\ufeff?(?:\s*|:[^\n]*\n)*(?:event|data|id|retry)\s?:/.test(text.slice(0, 4096))) return [];
  const frames: SseFrameText[] = [];
  for (const block of text.split(/\r\n\r\n|\n\n|\r\r/)) {
    let event: string | undefined;
    const data: string[] = [];
    for (const line of block.split(/\r\n|\r|\n/)) {
      const [, field, value = ''] = /^(event|data)(?:: ?(.*))?$/s.exec(line) ?? [];
      if (field === 'event') event = value;
      else if (field === 'data') data.push(value);
    }
    if (data.length > 0 || event !== undefined) frames.push({ event, data: data.join('\n') });
  }
  return frames;
}
