import { isObject, type JsonObject } from '../bridge/fields.ts';
import { FreeformUnwrapper } from '../bridge/freeform.ts';
import { parseJson, TOO_DEEP, writeJson } from '../bridge/json.ts';
import { completeSurrogates, endsInHalf } from '../bridge/surrogates.ts';
import type { UpstreamContext } from '../codec.ts';
import type { ReplyEvent } from '../reply.ts';
import { JsonProgress } from './json-progress.ts';

/** One call as it grows. */
interface Call {
  /** Its place in the upstream's list, if it says so. */
  readonly wireIndex: number | undefined;
  wireId: string | undefined;
  name: string;
  /** Everything the upstream sent as arguments. */
  raw: string;
  readonly progress: JsonProgress;
  /** Half a character, or arguments from before the name was known. */
  held: string;
  index: number | undefined;
  unwrapper: FreeformUnwrapper | undefined;
  /** Sent as `custom`: its input is raw already. */
  readonly custom: boolean;
  ended: boolean;
}

/** What one entry of `tool_calls` says. */
interface Delta {
  readonly wireIndex: number | undefined;
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly args: string;
  readonly custom: boolean;
}

/**
 * Puts tool calls together out of their deltas, in all the ways that servers cut and number them: indexes that are
 * missing, the same for all, or restarted; ids that are missing, empty, or new with every delta; names that come
 * late or in pieces; arguments as an object.
 */
export class ToolCallAssembler {
  readonly #calls: Call[] = [];
  /** The latest of each index, and of each id. */
  readonly #byIndex = new Map<number, Call>();
  readonly #byId = new Map<string, Call>();
  readonly #context: UpstreamContext;
  readonly #emit: (event: ReplyEvent) => void;
  readonly #nextIndex: () => number;

  constructor(context: UpstreamContext, emit: (event: ReplyEvent) => void, nextIndex: () => number) {
    this.#context = context;
    this.#emit = emit;
    this.#nextIndex = nextIndex;
  }

  /** Whether a call was announced to the client. */
  any = false;

  /** What is wrong with a call that can neither be handed over nor be left out. */
  get unusable(): string | undefined {
    if (this.#calls.some((call) => call.index === undefined && call.raw.trim() !== ''))
      return 'without a name';
    return this.#calls.some((call) => call.raw === TOO_DEEP)
      ? 'whose arguments are nested too deeply'
      : undefined;
  }

  /** Takes one entry of `tool_calls`. `whole` entries are never continued by the next one. */
  push(entry: unknown, whole: boolean): void {
    const delta = readDelta(entry);
    if (!delta) return;
    const found = whole ? undefined : this.#find(delta);
    const call = found ?? this.#open(delta);
    if (call.ended) return;
    if (delta.id !== undefined && call.wireId === undefined) {
      call.wireId = delta.id;
      this.#byId.set(delta.id, call);
    }
    if (call.index === undefined && call.raw === '') call.name = longerName(call.name, delta.name ?? '');
    else if (call.name === '' && delta.name !== undefined) call.name = delta.name;
    const args = this.#context.quirks.cumulativeDeltas ? beyond(call.raw, delta.args) : delta.args;
    call.raw += args;
    call.progress.feed(args);
    if (call.index === undefined) {
      call.held += args;
      // More of the name may come until there are arguments.
      if (whole || call.raw !== '') this.#announce(call);
    } else if (args !== '') {
      this.#arguments(call, args);
    }
  }

  /** The legacy `function_call`: one call, without an id. */
  pushLegacy(call: JsonObject): void {
    this.push({ index: 0, function: call }, false);
  }

  /** Ends the calls that are whole, once the upstream said that it will add no more to them. */
  settle(): void {
    for (const call of this.#calls) if (call.custom || isWhole(call)) this.#close(call, true);
  }

  /** Ends every call; after a cut only those whose arguments are whole count as whole. */
  end(cut: boolean): void {
    const last = this.#calls.at(-1);
    for (const call of this.#calls) this.#close(call, !cut || (call.custom ? call !== last : isWhole(call)));
  }

  /** Begins the calls whose names are known, because something else begins. */
  announce(): void {
    for (const call of this.#calls) this.#announce(call);
  }

  #announce(call: Call): void {
    if (call.index === undefined && call.name !== '') this.#start(call);
  }

  #close(call: Call, complete: boolean): void {
    this.#announce(call);
    if (call.ended || call.index === undefined) return;
    call.ended = true;
    this.#flush(call, complete);
    this.#emit({ type: 'part-end', index: call.index, complete });
  }

  #find(delta: Delta): Call | undefined {
    const { wireIndex, id } = delta;
    if (wireIndex !== undefined) {
      const call = this.#byIndex.get(wireIndex);
      return call && !isAnother(call, delta) ? call : undefined;
    }
    if (id !== undefined) {
      const known = this.#byId.get(id);
      if (known) return known;
    }
    const last = this.#calls.at(-1);
    if (!last || (id !== undefined && last.wireId !== undefined)) return undefined;
    return delta.name !== undefined && last.name !== '' ? undefined : last;
  }

  #open({ wireIndex, id, custom }: Delta): Call {
    const call: Call = {
      wireIndex,
      wireId: id,
      name: '',
      raw: '',
      progress: new JsonProgress(),
      held: '',
      index: undefined,
      unwrapper: undefined,
      custom,
      ended: false,
    };
    this.announce();
    this.#calls.push(call);
    if (wireIndex !== undefined) this.#byIndex.set(wireIndex, call);
    if (id !== undefined) this.#byId.set(id, call);
    return call;
  }

  #start(call: Call): void {
    const tool = this.#context.toolNames.client(call.name);
    const index = this.#nextIndex();
    call.index = index;
    this.any = true;
    if (tool.freeform && !call.custom) call.unwrapper = new FreeformUnwrapper();
    this.#emit({
      type: 'tool-call-start',
      index,
      id: call.wireId ?? this.#context.newId('call_'),
      name: tool.name,
      ...(tool.namespace !== undefined && { namespace: tool.namespace }),
      freeform: tool.freeform || call.custom,
    });
    const held = call.held;
    call.held = '';
    if (held !== '') this.#arguments(call, held);
  }

  #arguments(call: Call, text: string): void {
    this.#send(call, call.unwrapper ? call.unwrapper.push(text) : text);
  }

  #send(call: Call, text: string): void {
    if (call.held === '' && text !== '' && call.index !== undefined && !endsInHalf(text)) {
      this.#emit({ type: 'tool-arguments', index: call.index, text });
      return;
    }
    const [whole, half] = completeSurrogates(call.held + text);
    call.held = half;
    if (whole === '' || call.index === undefined) return;
    this.#emit({ type: 'tool-arguments', index: call.index, text: whole });
  }

  /** What was held back; a function called without arguments gets an empty object. */
  #flush(call: Call, complete: boolean): void {
    if (call.index === undefined) return;
    const blank = complete && !call.unwrapper && !call.custom && call.raw.trim() === '';
    const text = call.held + (call.unwrapper?.end() ?? '') + (blank ? '{}' : '');
    call.held = '';
    if (text !== '') this.#emit({ type: 'tool-arguments', index: call.index, text });
  }
}

/** A name may come in pieces, be repeated with every delta, or be repeated as far as it goes. */
function longerName(name: string, piece: string): string {
  return piece.startsWith(name) ? piece : name + piece;
}

/** Whether an entry with a known index opens another call (indexes that restart, or are all 0). */
function isAnother(call: Call, { id, name, args }: Delta): boolean {
  const otherId = id !== undefined && call.wireId !== undefined && id !== call.wireId;
  const names = name !== undefined && call.name !== '';
  // A new id alone proves nothing: some servers invent one for every delta.
  if (otherId) return names || call.progress.closed;
  const sameId = id !== undefined && id === call.wireId;
  return names && !sameId && args.trim() !== '' && call.progress.closed;
}

function readDelta(entry: unknown): Delta | undefined {
  if (!isObject(entry)) return undefined;
  const custom = isObject(entry.custom) ? entry.custom : undefined;
  const call = custom ?? (isObject(entry.function) ? entry.function : {});
  return {
    wireIndex: typeof entry.index === 'number' ? entry.index : undefined,
    id: textOf(entry.id),
    name: textOf(call.name),
    args: readArguments(custom ? custom.input : call.arguments),
    custom: custom !== undefined,
  };
}

function readArguments(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'object' && value !== null ? writeJson(value) : '';
}

/** A text that says something. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The part of a cumulative text that is new. */
export function beyond(seen: string, text: string): string {
  return seen !== '' && text.startsWith(seen) ? text.slice(seen.length) : text;
}

function isWhole({ raw, progress }: Call): boolean {
  return progress.closed && parseJson(raw) !== undefined;
}
