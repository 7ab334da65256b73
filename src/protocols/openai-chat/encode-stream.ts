import { charactersIn, moved } from '../bridge/citations.ts';
import { openAiError } from '../bridge/openai-error.ts';
import type { ClientContext, StreamEncoder } from '../codec.ts';
import type { Failure } from '../failure.ts';
import type {
  Citation,
  FinishReason,
  PartKind,
  ReasoningForm,
  ReplyEvent,
  TokenLogprob,
  Usage,
} from '../reply.ts';
import {
  contextExceeded,
  isLegacyClient,
  writeCitations,
  writeFinish,
  writeLogprobs,
} from './client-words.ts';
import { writeUsage } from './usage.ts';

/** Writes a reply as the stream that a Chat client reads: chunks of one id, then `[DONE]`. */
export function streamEncoder(context: ClientContext): StreamEncoder {
  return new ChatStreamEncoder(context);
}

interface OpenPart {
  readonly kind: PartKind;
  /** Which of its two forms a reasoning part is told in: the one that came first. */
  form?: 'raw' | 'summary';
  text: boolean;
  /** Where in the content its text begins. */
  begins?: number;
}

interface OpenCall {
  /** Its place in `tool_calls`. */
  readonly place: number;
  readonly freeform: boolean;
  text: boolean;
}

class ChatStreamEncoder implements StreamEncoder {
  readonly #legacy: boolean;
  readonly #includeUsage: boolean;
  readonly #wantsLogprobs: boolean;
  /** Everything of a chunk before and after its delta: made once, since a long reply has thousands. */
  readonly #head: string;
  readonly #tail: string;
  readonly #parts = new Map<number, OpenPart>();
  readonly #calls = new Map<number, OpenCall>();
  #started = false;
  #done = false;
  #usage: Usage | undefined;
  /** How the last words of each kind ended, to set apart what follows after something else. */
  readonly #words: Record<PartKind, Words> = { text: fresh(), refusal: fresh(), reasoning: fresh() };
  /** Parts seen, whatever their kind. */
  #count = 0;
  /** Characters of the content so far. */
  #characters = 0;

  constructor(context: ClientContext) {
    this.#legacy = isLegacyClient(context.request);
    this.#includeUsage = context.request.hints.includeUsage === true;
    this.#wantsLogprobs = context.request.sampling.logprobs !== undefined;
    const id = JSON.stringify(context.newId('chatcmpl-'));
    const model = JSON.stringify(context.model);
    const chunk = `{"id":${id},"object":"chat.completion.chunk","created":${context.createdAt},"model":${model}`;
    this.#head = `data: ${chunk},"choices":`;
    // OpenAI writes the field into every chunk once usage is asked for.
    this.#tail = this.#includeUsage ? ',"usage":null}\n\n' : '}\n\n';
  }

  push(event: ReplyEvent): string {
    if (this.#done) return '';
    switch (event.type) {
      case 'start':
        this.#usage = event.usage ?? this.#usage;
        return this.#role();
      case 'text':
        return this.#text(event.index, event.text, event.logprobs) + this.#cite(event.index, event.citations);
      case 'tool-arguments':
        return this.#arguments(event.index, event.text);
      case 'reasoning':
        return this.#reasoning(event.index, event.text, event.form);
      case 'part-start':
        this.#parts.set(event.index, { kind: event.part, text: false });
        this.#count++;
        this.#words[event.part].follows(this.#count, event.phase);
        return this.#role();
      case 'tool-call-start':
        return this.#callStart(event);
      case 'part-end':
        return this.#partEnd(event.index, event.complete);
      case 'usage':
        this.#usage = event.usage;
        return '';
      case 'finish':
        return this.#finish(event.reason);
      case 'failure':
        return this.#failure(event.failure);
      case 'opaque':
        this.#count++;
        return '';
      case 'reasoning-seal':
        return '';
    }
  }

  /** A comment: SSE clients skip it, whatever stands before. */
  heartbeat(): string {
    return this.#done ? '' : ': keep-alive\n\n';
  }

  #role(): string {
    if (this.#started) return '';
    this.#started = true;
    return this.#chunk('{"role":"assistant","content":"","refusal":null}');
  }

  #text(index: number, text: string, given: readonly TokenLogprob[] | undefined): string {
    const part = this.#parts.get(index);
    const logprobs = this.#wantsLogprobs ? given : undefined;
    if (!part || (text === '' && !logprobs)) return '';
    return this.#say(part, part.kind === 'refusal' ? 'refusal' : 'content', text, logprobs);
  }

  /** In the content they have another place than in their part. */
  #cite(index: number, citations: readonly Citation[] | undefined): string {
    const part = this.#parts.get(index);
    if (part?.kind !== 'text' || !citations?.length) return '';
    const begins = part.begins ?? this.#characters;
    const annotations = writeCitations(citations.map((citation) => moved(citation, begins)));
    return this.#chunk(`{"annotations":${JSON.stringify(annotations)}}`);
  }

  #reasoning(index: number, text: string, form: ReasoningForm): string {
    const part = this.#parts.get(index);
    if (!part) return '';
    if (form === 'summary-break')
      return part.text && part.form === 'summary' ? this.#say(part, 'reasoning_content', '\n\n') : '';
    if (text === '') return '';
    part.form ??= form;
    return part.form === form ? this.#say(part, 'reasoning_content', text) : '';
  }

  #say(part: OpenPart, field: string, text: string, logprobs?: readonly TokenLogprob[]): string {
    part.text = true;
    const words = text === '' ? '' : this.#words[part.kind].say(text);
    if (part.kind === 'text' && text !== '') {
      part.begins ??= this.#characters + (words.length - text.length);
      this.#characters += charactersIn(words);
    }
    const delta = `{"${field}":${JSON.stringify(words)}}`;
    if (!logprobs) return this.#chunk(delta);
    const beside = { content: null, refusal: null, [field]: writeLogprobs(logprobs) };
    return this.#chunk(delta, JSON.stringify(beside));
  }

  #callStart(event: ReplyEvent & { type: 'tool-call-start' }): string {
    this.#count++;
    const place = this.#calls.size;
    this.#calls.set(event.index, { place, freeform: event.freeform, text: false });
    const name = JSON.stringify(event.name);
    if (this.#legacy) {
      // The old form has room for one call.
      return place > 0 ? '' : this.#role() + this.#chunk(`{"function_call":{"name":${name},"arguments":""}}`);
    }
    const body = event.freeform
      ? `"type":"custom","custom":{"name":${name},"input":""}`
      : `"type":"function","function":{"name":${name},"arguments":""}`;
    const call = `{"index":${place},"id":${JSON.stringify(event.id)},${body}}`;
    return this.#role() + this.#chunk(`{"tool_calls":[${call}]}`);
  }

  #arguments(index: number, text: string): string {
    const call = this.#calls.get(index);
    if (!call || text === '') return '';
    call.text = true;
    const words = JSON.stringify(text);
    if (this.#legacy) return call.place > 0 ? '' : this.#chunk(`{"function_call":{"arguments":${words}}}`);
    const body = call.freeform ? `"custom":{"input":${words}}` : `"function":{"arguments":${words}}`;
    return this.#chunk(`{"tool_calls":[{"index":${call.place},${body}}]}`);
  }

  /** A whole call without arguments has an empty object of them. */
  #partEnd(index: number, complete: boolean): string {
    const call = this.#calls.get(index);
    const blank = call && complete && !call.freeform && !call.text;
    return blank ? this.#arguments(index, '{}') : '';
  }

  #finish(reason: FinishReason): string {
    if (reason === 'context-exceeded') return this.#failure(contextExceeded());
    const word = writeFinish(reason, this.#legacy);
    const last = `[{"index":0,"delta":{},"logprobs":null,"finish_reason":"${word}"}]`;
    const text = `${this.#role()}${this.#head}${last}${this.#tail}${this.#usageChunk()}data: [DONE]\n\n`;
    this.#done = true;
    return text;
  }

  /** https://platform.openai.com/docs/api-reference/chat/create#stream_options: a chunk of its own, without choices. */
  #usageChunk(): string {
    if (!this.#includeUsage || !this.#usage) return '';
    return `${this.#head}[],"usage":${JSON.stringify(writeUsage(this.#usage))}}\n\n`;
  }

  #failure(failure: Failure): string {
    this.#done = true;
    return `data: ${JSON.stringify({ error: openAiError(failure) })}\n\n`;
  }

  #chunk(delta: string, logprobs = 'null'): string {
    return `${this.#head}[{"index":0,"delta":${delta},"logprobs":${logprobs},"finish_reason":null}]${this.#tail}`;
  }
}

interface Words {
  /** A part of this kind begins as the `count`-th of all. */
  follows(count: number, phase: string | undefined): void;
  /** The words to send: with a blank line before them if they open a part that stands apart. */
  say(text: string): string;
}

/** Chat has one text for all parts of a kind: those that stood apart become paragraphs. */
function fresh(): Words {
  let said = false;
  let endsLine = false;
  let apart = false;
  let lastCount = 0;
  let lastPhase: string | undefined;
  return {
    follows(count, phase) {
      apart ||= said && (count !== lastCount + 1 || phase !== lastPhase);
      lastCount = count;
      lastPhase = phase;
    },
    say(text) {
      const words = apart && !endsLine ? `\n\n${text}` : text;
      apart = false;
      said = true;
      endsLine = text.endsWith('\n');
      return words;
    },
  };
}
