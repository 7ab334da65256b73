import type { Seal } from './conversation.ts';
import type { Failure } from './failure.ts';

/**
 * The canonical reply: a sequence of events with block ownership, so that a whole reply is the fold of the same
 * events and every property of a stream is kept in one place.
 *
 * Grammar: `start`, then parts, then exactly one `finish` or `failure`, which is last.
 * A part is `part-start` or `tool-call-start`, its deltas, then `part-end`, all with one `index`; indexes count up
 * from 0 in order of start. Parts may interleave (parallel calls). `usage` may stand anywhere after `start` and
 * before the end; a later one replaces an earlier one. A decoder holds `finish` back until the usage is known.
 * Before `finish` every part is ended; before `failure` an open part stays open.
 */
export type ReplyEvent =
  | { readonly type: 'start'; readonly id?: string; readonly model?: string; readonly usage?: Usage }
  | { readonly type: 'part-start'; readonly index: number; readonly part: PartKind; readonly phase?: Phase }
  /**
   * `logprobs`: of the tokens up to here that none was given for. `citations`: sources of what the part says, here or
   * anywhere else in it. The text may be empty with either.
   */
  | {
      readonly type: 'text';
      readonly index: number;
      readonly text: string;
      readonly logprobs?: readonly TokenLogprob[];
      readonly citations?: readonly Citation[];
    }
  | {
      readonly type: 'reasoning';
      readonly index: number;
      readonly text: string;
      readonly form: ReasoningForm;
    }
  | { readonly type: 'reasoning-seal'; readonly index: number; readonly seal: Seal }
  | {
      readonly type: 'tool-call-start';
      readonly index: number;
      readonly id: string;
      readonly name: string;
      readonly namespace?: string;
      readonly freeform: boolean;
    }
  /** Of a function a piece of the JSON text, of a freeform tool a piece of the raw input. */
  | { readonly type: 'tool-arguments'; readonly index: number; readonly text: string }
  /** `complete: false`: the output limit cut this part; a cut call must not be handed over as a whole one. */
  | { readonly type: 'part-end'; readonly index: number; readonly complete: boolean }
  /** Something only its own protocol can show: a hosted call, a citation of a file. A part of its own, already ended. */
  | { readonly type: 'opaque'; readonly index: number; readonly kind: string; readonly json: unknown }
  | { readonly type: 'usage'; readonly usage: Usage }
  | { readonly type: 'finish'; readonly reason: FinishReason; readonly detail?: string }
  | { readonly type: 'failure'; readonly failure: Failure };

/** How probable a token was; both OpenAI protocols write it alike. */
export interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly bytes?: readonly number[];
  readonly top_logprobs: readonly Omit<TokenLogprob, 'top_logprobs'>[];
}

/** A page that a text rests on; both OpenAI protocols have it (`url_citation`). */
export interface Citation {
  readonly url: string;
  readonly title?: string;
  /** The characters of its part that it is about, the end excluded; absent when the provider did not say. */
  readonly span?: { readonly start: number; readonly end: number };
}

export type PartKind = 'text' | 'refusal' | 'reasoning';
export type Phase = 'commentary' | 'final_answer';
/** `summary-break` starts a new summary paragraph and has no text. */
export type ReasoningForm = 'summary' | 'summary-break' | 'raw';

/** Why the model stopped. Errors are a `failure`, not a finish. */
export type FinishReason =
  | 'stop'
  | 'length'
  | 'tool-calls'
  | 'content-filter'
  | 'refusal'
  | 'pause'
  | 'context-exceeded';

/** Tokens. A field is absent when the provider did not say; nothing is estimated. */
export interface Usage {
  /** All prompt tokens, cached ones included. */
  readonly input?: number;
  /** All generated tokens, reasoning included. */
  readonly output?: number;
  /** Of the input: read from the provider's prompt cache. */
  readonly cachedRead?: number;
  /** Of the input: written to the provider's prompt cache. */
  readonly cachedWrite?: number;
  /** Of the output: reasoning. */
  readonly reasoning?: number;
}

/** A finished part of a whole reply. */
export type ReplyPart =
  | {
      readonly type: PartKind & ('text' | 'refusal');
      readonly text: string;
      readonly phase?: Phase;
      readonly logprobs?: readonly TokenLogprob[];
      readonly citations?: readonly Citation[];
      readonly complete: boolean;
    }
  | {
      readonly type: 'reasoning';
      readonly summary: readonly string[];
      readonly text: string;
      readonly seal?: Seal;
      readonly complete: boolean;
    }
  | {
      readonly type: 'tool-call';
      readonly id: string;
      readonly name: string;
      readonly namespace?: string;
      readonly freeform: boolean;
      readonly arguments: string;
      readonly complete: boolean;
    }
  | { readonly type: 'opaque'; readonly kind: string; readonly json: unknown };

export interface Reply {
  readonly id?: string;
  readonly model?: string;
  readonly parts: readonly ReplyPart[];
  readonly usage?: Usage;
  readonly end:
    | { readonly type: 'finish'; readonly reason: FinishReason; readonly detail?: string }
    | { readonly type: 'failure'; readonly failure: Failure };
}

interface OpenPart {
  kind: 'text' | 'refusal' | 'reasoning' | 'tool-call' | 'opaque';
  text: string[];
  summary: string[];
  complete: boolean;
  phase?: Phase;
  logprobs?: TokenLogprob[];
  citations?: Citation[];
  seal?: Seal;
  call?: { id: string; name: string; namespace?: string; freeform: boolean };
  opaque?: { kind: string; json: unknown };
}

/** Collects the events of one reply; `reply()` may be asked once the terminal event was pushed. */
class ReplyFold {
  #id: string | undefined;
  #model: string | undefined;
  #usage: Usage | undefined;
  #end: Reply['end'] | undefined;
  readonly #parts = new Map<number, OpenPart>();

  push(event: ReplyEvent): void {
    switch (event.type) {
      case 'start':
        this.#id = event.id;
        this.#model = event.model;
        this.#usage = event.usage;
        break;
      case 'part-start':
        this.#parts.set(event.index, {
          kind: event.part,
          text: [],
          summary: [],
          complete: false,
          ...(event.phase && { phase: event.phase }),
        });
        break;
      case 'tool-call-start': {
        const { id, name, namespace, freeform } = event;
        const call = { id, name, freeform, ...(namespace !== undefined && { namespace }) };
        this.#parts.set(event.index, { kind: 'tool-call', text: [], summary: [], complete: false, call });
        break;
      }
      case 'text': {
        const part = this.#parts.get(event.index);
        part?.text.push(event.text);
        if (part && event.logprobs) part.logprobs = [...(part.logprobs ?? []), ...event.logprobs];
        if (part && event.citations) part.citations = [...(part.citations ?? []), ...event.citations];
        break;
      }
      case 'tool-arguments':
        this.#parts.get(event.index)?.text.push(event.text);
        break;
      case 'reasoning': {
        const part = this.#parts.get(event.index);
        if (!part) break;
        if (event.form === 'raw') part.text.push(event.text);
        else if (event.form === 'summary-break' || part.summary.length === 0) part.summary.push(event.text);
        else part.summary[part.summary.length - 1] += event.text;
        break;
      }
      case 'reasoning-seal': {
        const part = this.#parts.get(event.index);
        if (part) part.seal = event.seal;
        break;
      }
      case 'part-end': {
        const part = this.#parts.get(event.index);
        if (part) part.complete = event.complete;
        break;
      }
      case 'opaque':
        this.#parts.set(event.index, {
          kind: 'opaque',
          text: [],
          summary: [],
          complete: true,
          opaque: { kind: event.kind, json: event.json },
        });
        break;
      case 'usage':
        this.#usage = event.usage;
        break;
      case 'finish':
      case 'failure':
        this.#end = event;
        break;
    }
  }

  /** @throws if no terminal event was pushed: a decoder broke its grammar. */
  reply(): Reply {
    if (!this.#end) throw new Error('the reply has no terminal event');
    return {
      ...(this.#id !== undefined && { id: this.#id }),
      ...(this.#model !== undefined && { model: this.#model }),
      parts: [...this.#parts.entries()].sort(([a], [b]) => a - b).map(([, part]) => closePart(part)),
      ...(this.#usage && { usage: this.#usage }),
      end: this.#end,
    };
  }
}

function closePart(part: OpenPart): ReplyPart {
  const text = part.text.join('');
  if (part.opaque) return { type: 'opaque', ...part.opaque };
  if (part.call) return { type: 'tool-call', ...part.call, arguments: text, complete: part.complete };
  if (part.kind === 'reasoning') {
    const { summary, complete, seal } = part;
    return { type: 'reasoning', summary, text, complete, ...(seal && { seal }) };
  }
  const type = part.kind === 'refusal' ? 'refusal' : 'text';
  const { complete, phase, logprobs, citations } = part;
  return {
    type,
    text,
    complete,
    ...(phase && { phase }),
    ...(logprobs && { logprobs }),
    ...(citations && { citations }),
  };
}

/** The whole reply of a finished sequence of events. */
export function foldReply(events: Iterable<ReplyEvent>): Reply {
  const fold = new ReplyFold();
  for (const event of events) fold.push(event);
  return fold.reply();
}
