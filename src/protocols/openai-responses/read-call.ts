import type { JsonObject } from '../bridge/fields.ts';
import { FreeformUnwrapper } from '../bridge/freeform.ts';
import { parseJson, TOO_DEEP, writeJson } from '../bridge/json.ts';
import type { ReaderContext } from './reader-context.ts';
import { RunningText } from './running-text.ts';
import { asObject, asString } from './shape.ts';

/** Reads a call of a function or of a custom tool, under the client's own name for it. */
export class CallReader {
  readonly #context: ReaderContext;
  readonly #type: 'function_call' | 'custom_tool_call';
  readonly #text = new RunningText();
  #index: number | undefined;
  /** A custom tool that the upstream knows as a function. */
  #unwrapper: FreeformUnwrapper | undefined;
  /** Arguments that came before the name. */
  #early = '';
  #announced: JsonObject | undefined;

  constructor(context: ReaderContext, type: 'function_call' | 'custom_tool_call') {
    this.#context = context;
    this.#type = type;
  }

  read(type: string, event: JsonObject): void {
    switch (type) {
      case 'response.output_item.added':
        this.#announced = asObject(event.item);
        this.#open(this.#announced);
        break;
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        this.#pass(this.#text.add(asString(event.delta) ?? ''));
        break;
      case 'response.function_call_arguments.done':
      case 'response.custom_tool_call_input.done':
        // In case no item ever tells the name; the item alone has the id of the call.
        this.#announced ??= { name: event.name, id: event.item_id };
        this.#pass(this.#text.complete(wholeText(event)));
        break;
    }
  }

  finish(item: JsonObject, complete: boolean): void {
    this.#open(item);
    this.#pass(this.#text.complete(wholeText(item)));
    this.#end(complete);
  }

  /** Without a word that the call is whole, only its arguments can tell. */
  abandon(complete: boolean): void {
    this.#open(this.#announced);
    this.#pass(this.#text.complete(wholeText(this.#announced)));
    this.#end(complete && (this.#type === 'custom_tool_call' || isJsonObject(this.#text.text)));
  }

  #pass(text: string): void {
    if (this.#index === undefined) this.#early += text;
    else this.#emit(this.#index, this.#unwrapper ? this.#unwrapper.push(text) : text);
  }

  #emit(index: number, text: string): void {
    if (text !== '') this.#context.emit({ type: 'tool-arguments', index, text });
  }

  #open(item: JsonObject | undefined): void {
    const upstreamName = asString(item?.name);
    if (this.#index !== undefined || !item || !upstreamName) return;
    const { toolNames, newId } = this.#context.upstream;
    const { name, namespace = asString(item.namespace), freeform } = toolNames.client(upstreamName);
    const custom = this.#type === 'custom_tool_call';
    if (freeform && !custom) this.#unwrapper = new FreeformUnwrapper();
    this.#index = this.#context.nextIndex();
    this.#context.emit({
      type: 'tool-call-start',
      index: this.#index,
      id: asString(item.call_id) || asString(item.id) || newId('call_'),
      name,
      ...(namespace !== undefined && { namespace }),
      freeform: freeform || custom,
    });
    this.#pass(this.#early);
  }

  #end(ended: boolean): void {
    const complete = ended && this.#text.text !== TOO_DEEP;
    if (!complete || this.#index === undefined) this.#context.loseCall();
    if (this.#index === undefined) return;
    this.#pass(this.#text.end());
    if (this.#unwrapper) this.#emit(this.#index, this.#unwrapper.end());
    // A function called without arguments gets an empty object.
    else if (complete && this.#type === 'function_call' && this.#text.text.trim() === '')
      this.#emit(this.#index, '{}');
    this.#context.emit({ type: 'part-end', index: this.#index, complete });
  }
}

/** Some upstreams give the arguments as an object instead of its text. */
function wholeText(item: JsonObject | undefined): string | undefined {
  const whole = item?.arguments ?? item?.input;
  const object = asObject(whole);
  return object ? writeJson(object) : asString(whole);
}

function isJsonObject(text: string): boolean {
  return text.trim() === '' || asObject(parseJson(text)) !== undefined;
}
