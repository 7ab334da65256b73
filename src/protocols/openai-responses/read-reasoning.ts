import type { JsonObject } from '../bridge/fields.ts';
import type { ReaderContext } from './reader-context.ts';
import { RunningText } from './running-text.ts';
import { asObject, asString, listOf, placeAt } from './shape.ts';

type Form = 'summary' | 'raw';

/** Reads a reasoning item: its summary, its raw text, and its encrypted state as a seal of the issuer's. */
export class ReasoningReader {
  readonly #context: ReaderContext;
  #index: number | undefined;
  /** By `summary_index` and by `content_index`. */
  readonly #texts = { summary: new Map<number, RunningText>(), raw: new Map<number, RunningText>() };
  #lastSummary: number | undefined;

  constructor(context: ReaderContext) {
    this.#context = context;
  }

  read(type: string, event: JsonObject): void {
    const at = placeAt(event.summary_index ?? event.content_index) ?? 0;
    switch (type) {
      case 'response.reasoning_summary_text.delta':
        this.#append('summary', at, event.delta);
        break;
      case 'response.reasoning_text.delta':
        this.#append('raw', at, event.delta);
        break;
      case 'response.reasoning_summary_text.done':
        this.#complete('summary', at, event);
        break;
      case 'response.reasoning_text.done':
        this.#complete('raw', at, event);
        break;
      case 'response.reasoning_summary_part.done':
        this.#complete('summary', at, event.part);
        break;
      case 'response.content_part.done':
        this.#complete('raw', at, event.part);
        break;
    }
  }

  finish(item: JsonObject, complete: boolean): void {
    for (const [at, part] of listOf(item.summary).entries()) this.#complete('summary', at, part);
    for (const [at, part] of listOf(item.content).entries()) this.#complete('raw', at, part);
    const data = asString(item.encrypted_content);
    if (data) {
      const { issuer } = this.#context.upstream;
      this.#context.emit({
        type: 'reasoning-seal',
        index: this.#open(),
        seal: { issuer, protocol: 'responses', kind: 'encrypted', data },
      });
    }
    this.abandon(complete);
  }

  abandon(complete: boolean): void {
    if (this.#index !== undefined) this.#context.emit({ type: 'part-end', index: this.#index, complete });
  }

  #complete(form: Form, at: number, holder: unknown): void {
    this.#emit(form, at, this.#text(form, at).complete(asString(asObject(holder)?.text)));
  }

  #append(form: Form, at: number, piece: unknown): void {
    this.#emit(form, at, this.#text(form, at).add(asString(piece) ?? ''));
  }

  #text(form: Form, at: number): RunningText {
    const known = this.#texts[form].get(at);
    if (known) return known;
    const text = new RunningText();
    this.#texts[form].set(at, text);
    return text;
  }

  #emit(form: Form, at: number, text: string): void {
    if (text === '') return;
    const index = this.#open();
    if (form === 'summary') {
      if (this.#lastSummary !== undefined && this.#lastSummary !== at)
        this.#context.emit({ type: 'reasoning', index, text: '', form: 'summary-break' });
      this.#lastSummary = at;
    }
    this.#context.emit({ type: 'reasoning', index, text, form });
  }

  #open(): number {
    if (this.#index !== undefined) return this.#index;
    const index = this.#context.nextIndex();
    this.#index = index;
    this.#context.emit({ type: 'part-start', index, part: 'reasoning' });
    return index;
  }
}
