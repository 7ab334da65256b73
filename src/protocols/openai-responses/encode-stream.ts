import { TOO_DEEP, writeJson } from '../bridge/json.ts';
import type { ClientContext, StreamEncoder } from '../codec.ts';
import type { Failure } from '../failure.ts';
import type { FinishReason, PartKind, Phase, ReplyEvent, Usage } from '../reply.ts';
import { responseError } from './errors.ts';
import { Frames } from './frames.ts';
import { ItemWriter } from './item-writer.ts';
import type { CallDraft, ContentDraft, ReasoningDraft } from './output-items.ts';
import { ResponseObject, type ResponseState } from './response-object.ts';
import { asObject } from './shape.ts';
import type { OutputItem } from './wire.ts';
import { endCall, openCall, writeArguments } from './write-call.ts';
import { type ContentPlace, endContent, openContent, writeCitations, writeText } from './write-message.ts';
import { breakSummary, endReasoning, openReasoning, writeReasoning } from './write-reasoning.ts';

/** What the events of one part write to. Text and reasoning begin their item with their first content. */
type PartDraft =
  | {
      readonly kind: 'text';
      readonly type: ContentDraft['type'];
      readonly phase: Phase | undefined;
      place?: ContentPlace;
    }
  | { readonly kind: 'reasoning'; item?: ReasoningDraft }
  | { readonly kind: 'call'; readonly item: CallDraft };

/**
 * Writes a reply as a Responses stream (https://platform.openai.com/docs/api-reference/responses-streaming).
 *
 * A message's `output_item.done` waits until it is known what follows, since its phase depends on it; its text is
 * not held back. Text parts in a row share one message. A call that was cut gets no `output_item.done`, because
 * Codex runs a call as soon as it sees one.
 */
export class ResponsesStreamEncoder implements StreamEncoder {
  readonly #context: ClientContext;
  readonly #response: ResponseObject;
  readonly #frames: Frames;
  readonly #items: ItemWriter;
  readonly #codex: boolean;
  readonly #wantsLogprobs: boolean;
  readonly #parts = new Map<number, PartDraft>();
  #usage: Usage | undefined;
  #started = false;
  #end: ResponseState | undefined;

  constructor(context: ClientContext, options: { readonly silent: boolean } = { silent: false }) {
    this.#context = context;
    this.#response = new ResponseObject(context);
    this.#frames = new Frames(options.silent);
    this.#items = new ItemWriter(this.#frames, context.newId, context.items);
    this.#codex = context.codex ?? isCodex(context);
    this.#wantsLogprobs = context.request.sampling.logprobs !== undefined;
  }

  push(event: ReplyEvent): string {
    if (this.#end) return '';
    this.#start();
    this.#handle(event);
    return this.#frames.take();
  }

  /** A comment would not do: it does not reset Codex's idle timer. */
  heartbeat(): string {
    if (this.#end) return '';
    if (!this.#started) this.#start();
    // SDKs replace what they gathered by the response in this event, so it holds everything so far.
    else this.#lifecycle('response.in_progress', { status: 'in_progress', output: this.#items.current });
    return this.#frames.take();
  }

  /** The whole response, once the terminal event was pushed. */
  response(): Record<string, unknown> {
    return this.#response.object(this.#end ?? { status: 'in_progress', output: this.#items.current });
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    const state: ResponseState = { status: 'in_progress', output: [] };
    this.#lifecycle('response.created', state);
    this.#lifecycle('response.in_progress', state);
  }

  #handle(event: ReplyEvent): void {
    switch (event.type) {
      case 'start':
      case 'usage':
        this.#usage = event.usage ?? this.#usage;
        break;
      case 'part-start':
        this.#parts.set(event.index, this.#newPart(event.part, event.phase));
        break;
      case 'tool-call-start':
        this.#parts.set(event.index, { kind: 'call', item: openCall(this.#items, event) });
        break;
      case 'text':
      case 'tool-arguments':
      case 'reasoning':
      case 'reasoning-seal':
        this.#content(this.#parts.get(event.index), event);
        break;
      case 'part-end':
        this.#endPart(this.#parts.get(event.index), event.complete);
        break;
      case 'opaque':
        this.#opaque(event.kind, event.json);
        break;
      case 'finish':
        this.#finish(event.reason);
        break;
      case 'failure':
        this.#fail(event.failure);
        break;
    }
  }

  #newPart(kind: PartKind, phase: Phase | undefined): PartDraft {
    if (kind === 'reasoning') return { kind };
    // Codex shows nothing for a refusal part.
    return { kind: 'text', type: kind === 'refusal' && !this.#codex ? 'refusal' : 'output_text', phase };
  }

  #content(
    part: PartDraft | undefined,
    event: ReplyEvent & { type: 'text' | 'tool-arguments' | 'reasoning' | 'reasoning-seal' },
  ): void {
    if (part?.kind === 'text' && event.type === 'text') {
      const logprobs = this.#wantsLogprobs ? event.logprobs : undefined;
      const { text, citations = [] } = event;
      if (text === '' && !logprobs && citations.length === 0) return;
      part.place ??= openContent(this.#items, part.type, part.phase);
      if (text !== '' || logprobs) writeText(this.#items, part.place, text, logprobs);
      writeCitations(this.#items, part.place, citations);
    } else if (part?.kind === 'call' && event.type === 'tool-arguments' && event.text !== '') {
      writeArguments(this.#items, part.item, event.text);
    } else if (part?.kind === 'reasoning' && event.type === 'reasoning-seal') {
      part.item ??= openReasoning(this.#items);
      part.item.seal = event.seal;
    } else if (part?.kind === 'reasoning' && event.type === 'reasoning') {
      if (event.form === 'summary-break' && part.item) breakSummary(this.#items, part.item);
      if (event.text === '') return;
      part.item ??= openReasoning(this.#items);
      writeReasoning(this.#items, part.item, event.text, event.form);
    }
  }

  #endPart(part: PartDraft | undefined, complete: boolean): void {
    if (part?.kind === 'text' && part.place) endContent(this.#items, part.place, complete);
    if (part?.kind === 'reasoning' && part.item) endReasoning(this.#items, part.item);
    if (part?.kind === 'call' && complete) endCall(this.#items, part.item, this.#context.request.tools);
  }

  /** What another protocol alone can show has no form here; an item of this one is shown as it is. */
  #opaque(kind: string, json: unknown): void {
    const item = asObject(json);
    if (item?.type !== kind || typeof item.id !== 'string' || item.id === '' || writeJson(item) === TOO_DEEP)
      return;
    const draft = { type: 'verbatim' as const, id: item.id, outputIndex: this.#items.nextIndex };
    const output = item as unknown as OutputItem;
    this.#items.begin(draft, output);
    this.#items.end(draft, output);
  }

  #finish(reason: FinishReason): void {
    if (reason === 'context-exceeded') {
      this.#fail({
        kind: 'context-length',
        status: 400,
        message: "The conversation no longer fits the model's context window.",
      });
      return;
    }
    const filtered = reason === 'content-filter' || reason === 'refusal';
    if (filtered && this.#codex && !this.#items.has('message')) this.#explain(reason);
    const pending = this.#items.pendingMessage;
    if (pending) this.#items.closeMessage(pending, this.#lastPhase(reason));
    const incompleteReason = this.#incompleteReason(reason);
    const status = incompleteReason ? 'incomplete' : 'completed';
    this.#end = {
      status,
      output: this.#items.finished,
      usage: this.#usage,
      ...(incompleteReason && { incompleteReason }),
    };
    this.#lifecycle(`response.${status}`, this.#end);
  }

  /** Codex sends a reply that is incomplete for any reason but the output limit five times again. */
  #incompleteReason(reason: FinishReason): ResponseState['incompleteReason'] {
    if (reason === 'length') return 'max_output_tokens';
    return reason === 'content-filter' && !this.#codex ? 'content_filter' : undefined;
  }

  /** Words for a reply that the provider left without any: Codex would show nothing at all. */
  #explain(reason: 'content-filter' | 'refusal'): void {
    const place = openContent(this.#items, 'output_text', undefined);
    const text =
      reason === 'refusal'
        ? 'The model declined to answer.'
        : "The provider's content filter stopped this answer.";
    writeText(this.#items, place, text);
    endContent(this.#items, place, true);
  }

  #lastPhase(reason: FinishReason): Phase | undefined {
    if (reason === 'length') return undefined;
    if (reason === 'tool-calls' || reason === 'pause') return 'commentary';
    return this.#items.has('call') ? 'commentary' : 'final_answer';
  }

  #fail(failure: Failure): void {
    this.#end = {
      status: 'failed',
      output: this.#items.finished,
      usage: this.#usage,
      error: responseError(failure),
    };
    this.#lifecycle('response.failed', this.#end);
  }

  #lifecycle(type: string, state: ResponseState): void {
    this.#frames.lifecycle(type, () => this.#response.json(state));
  }
}

/** Codex marks its requests; the header is the proxy's to see. */
function isCodex({ request }: ClientContext): boolean {
  const marks = asObject(request.native.client_metadata);
  return marks !== undefined && Object.keys(marks).some((name) => name.startsWith('x-codex-'));
}
