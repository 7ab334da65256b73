import type { JsonObject } from '../bridge/fields.ts';
import { parseJson } from '../bridge/json.ts';
import { asObject, asString, listOf, placeAt } from './shape.ts';

/** An event and the texts of those after it that differed from it in nothing else. */
interface Noted {
  readonly data: string;
  more: string;
}

type Draft = Record<string, unknown>;

/** In characters; what is kept unread beyond them is read, which leaves of it little but its text. */
const MOST_UNREAD = 4 * 1024 * 1024;

/**
 * What a client of a relayed stream has been told of the response, for the events that repeat the whole of it. Events
 * are only kept as they come; they are read once somebody asks, which is seldom.
 */
export class ResponseSoFar {
  #noted: Noted[] = [];
  #unread = 0;
  #response: JsonObject | undefined;
  readonly #items = new Map<number, Draft>();
  readonly #finished = new Set<number>();

  /** The data of an event. */
  note(data: string): void {
    if (this.#unread > MOST_UNREAD) this.#read();
    this.#noted.push({ data, more: '' });
    this.#unread += data.length;
  }

  /** An event like the last one, with this text for its delta. */
  more(text: string): void {
    const last = this.#noted.at(-1);
    if (last) last.more += text;
  }

  /** The response as its provider began it, if it did. */
  get response(): JsonObject | undefined {
    this.#read();
    return this.#response;
  }

  /** The output items in order; with `finished` only those that are. */
  output(only: 'all' | 'finished'): readonly unknown[] {
    this.#read();
    return [...this.#items.entries()]
      .sort(([a], [b]) => a - b)
      .filter(([at]) => only === 'all' || this.#finished.has(at))
      .map(([, item]) => item);
  }

  #read(): void {
    for (const noted of this.#noted) {
      const event = asObject(parseJson(noted.data));
      if (event && LIFECYCLE.has(asString(event.type) ?? '')) this.#response ??= asObject(event.response);
      else if (event) read(event, noted.more, this.#items, this.#finished);
    }
    // More of the last event's text may follow.
    const last = this.#noted.at(-1);
    this.#noted = last ? [{ data: withoutText(last.data), more: '' }] : [];
    this.#unread = 0;
  }
}

/** An event of the same place that says nothing by itself. */
function withoutText(data: string): string {
  const event = asObject(parseJson(data));
  if (!event || !DELTAS.has(asString(event.type) ?? '')) return '{}';
  return JSON.stringify({ ...event, delta: '' });
}

const LIFECYCLE = new Set(['response.created', 'response.queued', 'response.in_progress']);

/** By type of a delta: the list of the item that holds the text, and the text's name. */
const DELTAS: ReadonlyMap<
  string,
  { readonly list?: 'content' | 'summary'; readonly field: string; readonly type?: string }
> = new Map([
  ['response.output_text.delta', { list: 'content', field: 'text', type: 'output_text' }],
  ['response.refusal.delta', { list: 'content', field: 'refusal', type: 'refusal' }],
  ['response.reasoning_text.delta', { list: 'content', field: 'text', type: 'reasoning_text' }],
  ['response.reasoning_summary_text.delta', { list: 'summary', field: 'text', type: 'summary_text' }],
  ['response.function_call_arguments.delta', { field: 'arguments' }],
  ['response.custom_tool_call_input.delta', { field: 'input' }],
]);

function read(event: JsonObject, more: string, items: Map<number, Draft>, finished: Set<number>): void {
  const type = asString(event.type) ?? '';
  const at = placeAt(event.output_index) ?? 0;
  switch (type) {
    case 'response.output_item.done':
      finished.add(at);
      items.set(at, { ...asObject(event.item) });
      return;
    case 'response.output_item.added':
      items.set(at, { ...asObject(event.item) });
      return;
    case 'response.content_part.added':
    case 'response.content_part.done':
      putPart(listIn(items.get(at), 'content'), event.content_index, event.part);
      return;
    case 'response.reasoning_summary_part.added':
    case 'response.reasoning_summary_part.done':
      putPart(listIn(items.get(at), 'summary'), event.summary_index, event.part);
      return;
    case 'response.output_text.annotation.added': {
      const part = putPart(listIn(items.get(at), 'content'), event.content_index, {});
      part.annotations = [...listOf(part.annotations), event.annotation];
      return;
    }
  }
  const delta = DELTAS.get(type);
  const item = items.get(at);
  if (!delta || !item) return;
  const index = event.summary_index ?? event.content_index;
  const holder =
    delta.list === undefined ? item : putPart(listIn(item, delta.list), index, { type: delta.type });
  holder[delta.field] = (asString(holder[delta.field]) ?? '') + (asString(event.delta) ?? '') + more;
}

/** A list inside an item, made where it is missing. */
function listIn(item: Draft | undefined, name: 'content' | 'summary'): unknown[] {
  const list = item?.[name];
  if (Array.isArray(list)) return list;
  const made: unknown[] = [];
  if (item) item[name] = made;
  return made;
}

/** Puts a part where it belongs, over what stands there; a place far beyond the others is the next one. */
function putPart(list: unknown[], index: unknown, part: unknown): Draft {
  const place = Math.min(placeAt(index) ?? 0, list.length);
  const put: Draft = { ...asObject(list[place]), ...asObject(part) };
  list[place] = put;
  return put;
}
