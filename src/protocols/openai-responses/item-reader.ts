import type { JsonObject } from '../bridge/fields.ts';
import type { UpstreamContext } from '../codec.ts';
import type { ReplyEvent } from '../reply.ts';
import { CallReader } from './read-call.ts';
import { MessageReader } from './read-message.ts';
import { ReasoningReader } from './read-reasoning.ts';
import type { ReaderContext } from './reader-context.ts';
import { asObject, asString, placeAt } from './shape.ts';

/** Reads the events of one output item. Whatever repeats what was said already adds only what is new. */
interface Reader {
  read(type: string, event: JsonObject): void;
  /** The whole item, with whatever it holds that no event told of. */
  finish(item: JsonObject, complete: boolean): void;
  /** No more will come, and no whole item was given. */
  abandon(complete: boolean): void;
}

/** Sorts a stream's events by the output item they belong to. */
export class ItemReader {
  readonly #context: ReaderContext;
  readonly #readers = new Map<number, Reader>();
  readonly #finished = new Set<number>();
  readonly #keyById = new Map<string, number>();
  #nextPart = 0;
  #lastKey = -1;
  sawCall = false;
  sawRefusal = false;
  /** There is a call that cannot be handed over. */
  lostCall = false;

  constructor(upstream: UpstreamContext, emit: (event: ReplyEvent) => void) {
    this.#context = {
      upstream,
      emit: (event) => {
        if (event.type === 'tool-call-start') this.sawCall = true;
        if (event.type === 'part-start' && event.part === 'refusal') this.sawRefusal = true;
        emit(event);
      },
      nextIndex: () => this.#nextPart++,
      loseCall: () => {
        this.lostCall = true;
      },
    };
  }

  read(type: string, event: JsonObject): void {
    const item = asObject(event.item);
    switch (type) {
      case 'response.output_item.added':
        if (item) this.#read(this.#keyOf(event, item), asString(item.type), type, event);
        return;
      case 'response.output_item.done':
        if (item) this.#finish(this.#keyOf(event, item), item, item.status !== 'incomplete');
        return;
      default: {
        const kind = kindOfEvent(type, event);
        if (kind) this.#read(this.#keyOf(event), kind, type, event);
      }
    }
  }

  #read(key: number, kind: string | undefined, type: string, event: JsonObject): void {
    if (!this.#finished.has(key)) this.#readerOf(key, kind)?.read(type, event);
  }

  /** The terminal response: items that are still open are finished by it, items that are new are read whole. */
  close(output: readonly unknown[], completed: boolean): void {
    output.forEach((entry, position) => {
      const item = asObject(entry);
      if (!item) return;
      const id = asString(item.id);
      const key = (id === undefined ? undefined : this.#keyById.get(id)) ?? position;
      const whole = item.status !== 'incomplete' && (completed || item.status === 'completed');
      this.#finish(key, item, whole);
    });
    for (const [key, reader] of this.#readers) {
      if (this.#finished.has(key)) continue;
      this.#finished.add(key);
      reader.abandon(completed);
    }
  }

  #finish(key: number, item: JsonObject, complete: boolean): void {
    if (this.#finished.has(key)) return;
    this.#finished.add(key);
    const type = asString(item.type) ?? 'message';
    const reader = this.#readerOf(key, type);
    if (reader) reader.finish(item, complete);
    // A hosted tool's call, a compaction: for this protocol only.
    else this.#context.emit({ type: 'opaque', index: this.#context.nextIndex(), kind: type, json: item });
  }

  #readerOf(key: number, type: string | undefined): Reader | undefined {
    const known = this.#readers.get(key);
    if (known) return known;
    const reader = this.#newReader(type);
    if (reader) this.#readers.set(key, reader);
    return reader;
  }

  #newReader(type: string | undefined): Reader | undefined {
    switch (type) {
      case 'message':
        return new MessageReader(this.#context);
      case 'reasoning':
        return new ReasoningReader(this.#context);
      case 'function_call':
      case 'custom_tool_call':
        return new CallReader(this.#context, type);
      default:
        return undefined;
    }
  }

  /** Items are told apart by `output_index` (some proxies change an item's id from event to event), else by id. */
  #keyOf(event: JsonObject, item?: JsonObject): number {
    const id = asString(event.item_id) ?? asString(item?.id);
    const known = id === undefined ? undefined : this.#keyById.get(id);
    const key =
      placeAt(event.output_index) ??
      known ??
      (item || id !== undefined ? this.#lastKey + 1 : Math.max(this.#lastKey, 0));
    this.#lastKey = Math.max(this.#lastKey, key);
    if (id !== undefined) this.#keyById.set(id, key);
    return key;
  }
}

/** The kind of item that an event speaks of, in case it was never announced. */
function kindOfEvent(type: string, event: JsonObject): string | undefined {
  switch (type) {
    case 'response.output_text.delta':
    case 'response.output_text.done':
    case 'response.output_text.annotation.added':
    case 'response.refusal.delta':
    case 'response.refusal.done':
      return 'message';
    case 'response.content_part.added':
    case 'response.content_part.done':
      return asObject(event.part)?.type === 'reasoning_text' ? 'reasoning' : 'message';
    case 'response.reasoning_summary_part.added':
    case 'response.reasoning_summary_part.done':
    case 'response.reasoning_summary_text.delta':
    case 'response.reasoning_summary_text.done':
    case 'response.reasoning_text.delta':
    case 'response.reasoning_text.done':
      return 'reasoning';
    case 'response.function_call_arguments.delta':
    case 'response.function_call_arguments.done':
      return 'function_call';
    case 'response.custom_tool_call_input.delta':
    case 'response.custom_tool_call_input.done':
      return 'custom_tool_call';
    default:
      return undefined;
  }
}
