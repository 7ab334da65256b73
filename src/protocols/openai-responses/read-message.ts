import { Annotations } from '../bridge/citations.ts';
import type { JsonObject } from '../bridge/fields.ts';
import { readLogprobs } from '../bridge/logprobs.ts';
import type { Citation, Phase, TokenLogprob } from '../reply.ts';
import type { ReaderContext } from './reader-context.ts';
import { RunningText } from './running-text.ts';
import { asObject, asString, listOf, placeAt } from './shape.ts';

type Kind = 'text' | 'refusal';

interface ContentState {
  readonly kind: Kind;
  readonly text: RunningText;
  /** Those whose log probabilities were given. */
  tokens: number;
  readonly annotations: Annotations;
  /** Citations that came before any text. */
  early: readonly Citation[];
  /** Of its part, once it has any text. */
  index?: number;
}

/** Reads a message: each of its content parts becomes a part of the reply, once it has any text. */
export class MessageReader {
  readonly #context: ReaderContext;
  readonly #contents = new Map<number, ContentState>();
  #phase: Phase | undefined;

  constructor(context: ReaderContext) {
    this.#context = context;
  }

  read(type: string, event: JsonObject): void {
    const at = placeAt(event.content_index) ?? 0;
    switch (type) {
      case 'response.output_item.added':
        this.#phase = phaseOf(asObject(event.item));
        break;
      case 'response.output_text.delta':
        this.#append(at, 'text', event.delta, event.logprobs);
        break;
      case 'response.refusal.delta':
        this.#append(at, 'refusal', event.delta, undefined);
        break;
      case 'response.output_text.done':
        this.#complete(at, 'text', event.text, event.logprobs);
        break;
      case 'response.refusal.done':
        this.#complete(at, 'refusal', event.refusal, undefined);
        break;
      case 'response.output_text.annotation.added':
        this.#annotate(at, [event.annotation]);
        break;
      case 'response.content_part.done':
        this.#completeContent(at, event.part);
        break;
    }
  }

  finish(item: JsonObject, complete: boolean): void {
    this.#phase ??= phaseOf(item);
    if (typeof item.content === 'string') this.#complete(0, 'text', item.content, undefined);
    for (const [at, part] of listOf(item.content).entries()) this.#completeContent(at, part);
    this.abandon(complete);
  }

  abandon(complete: boolean): void {
    for (const content of this.#contents.values()) {
      this.#emit(content, content.text.end(), undefined);
      if (content.index !== undefined)
        this.#context.emit({ type: 'part-end', index: content.index, complete });
    }
    this.#unshown();
  }

  /** Annotations of kinds that only this protocol has: of each the first, so that its loss is noted. */
  #unshown(): void {
    const kinds = new Map<string, unknown>();
    for (const { annotations, early } of this.#contents.values()) {
      for (const [type, json] of annotations.foreign) kinds.set(type, json);
      // Of a text that was never said.
      if (early.length > 0) kinds.set('url_citation', early[0]);
    }
    for (const [type, json] of kinds) {
      const kind = `${type} annotation`;
      this.#context.emit({ type: 'opaque', index: this.#context.nextIndex(), kind, json });
    }
  }

  #completeContent(at: number, value: unknown): void {
    const part = asObject(value);
    if (part?.type === 'refusal') this.#complete(at, 'refusal', part.refusal, undefined);
    else this.#complete(at, 'text', part?.text, part?.logprobs);
    this.#annotate(at, part?.annotations);
  }

  #annotate(at: number, list: unknown): void {
    const content = this.#content(at, 'text');
    const citations = content.annotations.take(list);
    if (content.kind === 'refusal' || citations.length === 0) return;
    if (content.index === undefined) content.early = [...content.early, ...citations];
    else this.#context.emit({ type: 'text', index: content.index, text: '', citations });
  }

  /** The log probabilities of a whole text are all of them; those that came with its pieces are left out. */
  #complete(at: number, kind: Kind, whole: unknown, logprobs: unknown): void {
    const content = this.#content(at, kind);
    const fresh = readLogprobs(logprobs)?.slice(content.tokens);
    this.#emit(content, content.text.complete(asString(whole)), fresh?.length ? fresh : undefined);
  }

  #append(at: number, kind: Kind, piece: unknown, logprobs: unknown): void {
    const content = this.#content(at, kind);
    this.#emit(content, content.text.add(asString(piece) ?? ''), readLogprobs(logprobs));
  }

  #content(at: number, kind: Kind): ContentState {
    const known = this.#contents.get(at);
    if (known) return known;
    const content: ContentState = {
      kind,
      text: new RunningText(),
      tokens: 0,
      annotations: new Annotations(),
      early: [],
    };
    this.#contents.set(at, content);
    return content;
  }

  #emit(content: ContentState, text: string, logprobs: readonly TokenLogprob[] | undefined): void {
    if (text === '' && !logprobs) return;
    content.tokens += logprobs?.length ?? 0;
    if (content.index === undefined) {
      content.index = this.#context.nextIndex();
      const phase = this.#phase;
      this.#context.emit({
        type: 'part-start',
        index: content.index,
        part: content.kind,
        ...(phase && { phase }),
      });
    }
    this.#context.emit({ type: 'text', index: content.index, text, ...(logprobs && { logprobs }) });
    const { early: citations } = content;
    if (citations.length === 0) return;
    content.early = [];
    this.#context.emit({ type: 'text', index: content.index, text: '', citations });
  }
}

function phaseOf(item: JsonObject | undefined): Phase | undefined {
  return item?.phase === 'commentary' || item?.phase === 'final_answer' ? item.phase : undefined;
}
