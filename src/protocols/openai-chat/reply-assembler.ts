import { charactersIn } from '../bridge/citations.ts';
import { classifyFailure } from '../bridge/classify.ts';
import { isObject, type JsonObject } from '../bridge/fields.ts';
import { writeJson } from '../bridge/json.ts';
import { readLogprobs } from '../bridge/logprobs.ts';
import { completeSurrogates, endsInHalf } from '../bridge/surrogates.ts';
import type { UpstreamContext } from '../codec.ts';
import type { Failure } from '../failure.ts';
import type { FinishReason, PartKind, ReasoningForm, ReplyEvent, TokenLogprob, Usage } from '../reply.ts';
import { proofOf } from './call-proofs.ts';
import { CitedSources } from './cited-sources.ts';
import { type ChoiceEnd, readFinish } from './finish.ts';
import { DetailsCollector, readableDetails } from './reasoning-details.ts';
import { type ThinkPiece, ThinkTagSplitter } from './think-tags.ts';
import { beyond, ToolCallAssembler } from './tool-call-assembler.ts';
import { readUsage } from './usage.ts';

/** Ends that leave the last part, or a call, unfinished. */
const CUTS: ReadonlySet<FinishReason> = new Set(['length', 'content-filter', 'context-exceeded']);

interface OpenPart {
  readonly kind: PartKind;
  readonly index: number;
  /** Half a character. */
  held: string;
  /** Characters said so far. */
  said: number;
}

/**
 * Turns the messages and deltas of a Chat Completions reply into events. Text, refusal and reasoning are one open
 * part at a time; calls run beside them until the end.
 */
export class ReplyAssembler {
  readonly #context: UpstreamContext;
  readonly #emit: (event: ReplyEvent) => void;
  readonly #calls: ToolCallAssembler;
  readonly #details = new DetailsCollector();
  /** Those of calls that were passed on. */
  readonly #proofs = new Set<string>();
  readonly #think: ThinkTagSplitter | undefined;
  /** Everything so far by field, to subtract it where deltas repeat it. */
  readonly #seen = { content: '', reasoning: '' };
  #open: OpenPart | undefined;
  #parts = 0;
  #started = false;
  #refused = false;
  #end: ChoiceEnd | undefined;
  #usage: Usage | undefined;
  /** Of tokens whose text has not been written yet. */
  #logprobs: TokenLogprob[] = [];
  readonly #cited = new CitedSources();
  /** What else is in the reply that no other protocol has a form for, one of each kind. */
  readonly #foreign = new Map<string, unknown>();
  /** Characters of the content so far. */
  #characters = 0;
  #done = false;

  constructor(context: UpstreamContext, emit: (event: ReplyEvent) => void) {
    this.#context = context;
    this.#emit = emit;
    this.#calls = new ToolCallAssembler(context, emit, () => this.#parts++);
    this.#think = context.quirks.thinkTags ? new ThinkTagSplitter() : undefined;
  }

  get done(): boolean {
    return this.#done;
  }

  /** Whether a finish reason came. */
  get finished(): boolean {
    return this.#end !== undefined;
  }

  /** Takes a chunk, or with `whole` a complete reply; both carry their choices alike. */
  push(body: JsonObject, whole: boolean): void {
    const choice = firstChoice(body);
    // Azure begins with a chunk about its filters that has no id, no model and no choice.
    if (choice || body.id) this.#start(body);
    this.#takeUsage(body, choice);
    this.#cited.find(body);
    if (!choice) return;
    const message = whole ? (choice.message ?? choice.delta) : choice.delta;
    // Beside reasoning they are the reasoning's own.
    if (isObject(choice.logprobs) && isObject(message) && (message.content || message.refusal))
      this.#takeLogprobs(choice.logprobs);
    if (isObject(message)) this.#delta(message, whole);
    else if (typeof choice.text === 'string') this.#content(choice.text);
    const end = readFinish(choice.finish_reason);
    if (!end) return;
    this.#end = end;
    // The client can begin its work while the upstream takes its time to say what it used.
    if ('reason' in end && !CUTS.has(end.reason)) this.#calls.settle();
  }

  /** A stream of whole JSON bodies leaves the reason out at times; a body that is complete did stop. */
  assumeStop(): void {
    this.#end ??= { reason: 'stop' };
  }

  /** Ends the reply as the upstream said; without its word it was cut. */
  end(): void {
    if (this.#done) return;
    const end = this.#end;
    if (!end) this.fail(cutFailure());
    else if ('error' in end) this.fail(endedByError(end.error));
    else if (this.#calls.unusable) this.fail(unusableCall(this.#calls.unusable));
    else this.#finish(end.reason, end.detail);
  }

  /** Ends the reply in a failure; open parts stay open. */
  fail(failure: Failure): void {
    if (this.#done) return;
    this.#done = true;
    if (this.#started) this.#emitUsage();
    else this.#emit({ type: 'start' });
    this.#emit({ type: 'failure', failure });
  }

  #finish(stated: FinishReason, detail: string | undefined): void {
    this.#splitRest();
    this.#start({});
    const cut = CUTS.has(stated);
    this.#cited.end();
    this.#close(!cut);
    this.#calls.end(cut);
    this.#unshown();
    this.#emitUsage();
    this.#done = true;
    this.#emit({ type: 'finish', reason: this.#reason(stated), ...(detail !== undefined && { detail }) });
  }

  #start(body: JsonObject): void {
    if (this.#started) return;
    this.#started = true;
    const { id, model } = body;
    this.#emit({
      type: 'start',
      ...(typeof id === 'string' && id !== '' && { id }),
      ...(typeof model === 'string' && model !== '' && { model }),
    });
  }

  /** OpenAI gives usage beside the choices, Groq in `x_groq`, Moonshot inside the choice. */
  #takeUsage(body: JsonObject, choice: JsonObject | undefined): void {
    const groq = isObject(body.x_groq) ? body.x_groq.usage : undefined;
    this.#usage = readUsage(body.usage ?? groq ?? choice?.usage) ?? this.#usage;
  }

  /** https://platform.openai.com/docs/api-reference/chat/streaming: beside the text of the same chunk. */
  #takeLogprobs({ content, refusal }: JsonObject): void {
    this.#logprobs.push(...(readLogprobs(content) ?? []), ...(readLogprobs(refusal) ?? []));
  }

  #delta(delta: JsonObject, whole: boolean): void {
    this.#takeReasoning(delta);
    if (typeof delta.content === 'string') this.#content(delta.content);
    else if (Array.isArray(delta.content)) for (const part of delta.content) this.#contentPart(part);
    else this.#contentPart(delta.content);
    if (isObject(delta.audio)) this.#audio(delta.audio);
    // OpenRouter's images that a model drew.
    if (Array.isArray(delta.images) && delta.images.length > 0) this.#foreign.set('image', delta.images[0]);
    this.#cited.take(delta.annotations);
    if (delta.annotations && this.#open?.kind === 'text') this.#writeCitations(this.#open);
    if (typeof delta.refusal === 'string' && delta.refusal !== '') {
      this.#refused = true;
      this.#say('refusal', delta.refusal);
    }
    const calls = delta.tool_calls;
    if (Array.isArray(calls) && calls.length > 0) {
      this.#close(true);
      for (const call of calls) {
        this.#prove(call);
        this.#calls.push(call, whole);
      }
    } else if (isObject(calls)) {
      this.#prove(calls);
      this.#calls.push(calls, whole);
    } else if (isObject(delta.function_call)) {
      this.#close(true);
      this.#calls.pushLegacy(delta.function_call);
    }
  }

  /**
   * `reasoning_content` (DeepSeek, GLM, Qwen, vLLM), `reasoning` (OpenRouter, vLLM, Ollama) or `reasoning_text`
   * (Copilot): where several come, they are the same.
   */
  #takeReasoning(delta: JsonObject): void {
    const given = textIn(delta.reasoning_content) || textIn(delta.reasoning) || textIn(delta.reasoning_text);
    const details = Array.isArray(delta.reasoning_details) ? delta.reasoning_details : [];
    const readable = readableDetails(details);
    const text = given || readable.text;
    if (text !== '') this.#reasoning(text, given === '' && readable.summary ? 'summary' : 'raw');
    if (details.length > 0) {
      this.#part('reasoning');
      this.#details.add(details);
    }
  }

  /** What proves a call goes before it, as sealed reasoning; deltas may repeat it. */
  #prove(call: unknown): void {
    const proof = proofOf(call);
    const json = proof && writeJson(proof);
    if (!proof || json === undefined || this.#proofs.has(json)) return;
    this.#proofs.add(json);
    this.#calls.announce();
    this.#part('reasoning');
    this.#details.add([proof]);
    this.#close(true);
  }

  #reasoning(text: string, form: ReasoningForm): void {
    const fresh = this.#fresh('reasoning', text);
    if (fresh !== '') this.#say('reasoning', fresh, form);
  }

  #content(text: string): void {
    const fresh = this.#fresh('content', text);
    if (fresh === '') return;
    this.#characters += charactersIn(fresh);
    if (this.#think) this.#split(this.#think.push(fresh));
    else this.#say('text', fresh);
  }

  /** A spoken answer: its words can be shown. https://platform.openai.com/docs/guides/audio */
  #audio({ transcript, data }: JsonObject): void {
    this.#content(textIn(transcript));
    if (textIn(data) !== '') this.#foreign.set('audio', {});
  }

  /** A part is the end of the content so far: thoughts at its head, and what other parts said, come before. */
  #writeCitations({ index, said }: OpenPart): void {
    const citations = this.#cited.placed(this.#characters - said);
    if (citations.length > 0) this.#emit({ type: 'text', index, text: '', citations });
  }

  #unshown(): void {
    for (const [kind, json] of [...this.#foreign, ...this.#cited.unshown])
      this.#emit({ type: 'opaque', index: this.#parts++, kind, json });
  }

  /** Parts inside a content list: Mistral's thinking among them (https://docs.mistral.ai/capabilities/reasoning). */
  #contentPart(part: unknown): void {
    if (typeof part === 'string') this.#content(part);
    else if (!isObject(part)) return;
    else if (part.type === 'thinking' || part.type === 'reasoning') {
      const thinking = part.thinking ?? part.text;
      const pieces = Array.isArray(thinking) ? thinking : [thinking];
      for (const piece of pieces) this.#reasoning(textIn(isObject(piece) ? piece.text : piece), 'raw');
    } else if (part.type === 'refusal') {
      this.#refused = true;
      this.#say('refusal', textIn(part.refusal));
    } else {
      this.#content(textIn(part.text));
    }
  }

  #split(pieces: readonly ThinkPiece[]): void {
    for (const { reasoning, text } of pieces) {
      if (reasoning) this.#say('reasoning', text, 'raw');
      else this.#say('text', text);
    }
  }

  #splitRest(): void {
    if (this.#think) this.#split(this.#think.end());
  }

  #fresh(field: 'content' | 'reasoning', text: string): string {
    if (!this.#context.quirks.cumulativeDeltas) return text;
    const fresh = beyond(this.#seen[field], text);
    this.#seen[field] += fresh;
    return fresh;
  }

  #say(kind: PartKind, text: string, form: ReasoningForm = 'raw'): void {
    if (text === '') return;
    const part = this.#part(kind);
    part.said += charactersIn(text);
    if (part.held === '' && !endsInHalf(text)) {
      this.#write(part, text, form);
      return;
    }
    const [whole, half] = completeSurrogates(part.held + text);
    part.held = half;
    if (whole !== '') this.#write(part, whole, form);
  }

  #write({ kind, index }: OpenPart, text: string, form: ReasoningForm): void {
    if (kind === 'reasoning') this.#emit({ type: 'reasoning', index, text, form });
    else if (this.#logprobs.length === 0) this.#emit({ type: 'text', index, text });
    else this.#emit({ type: 'text', index, text, logprobs: this.#logprobs.splice(0) });
  }

  #part(kind: PartKind): OpenPart {
    if (this.#open?.kind === kind) return this.#open;
    this.#close(true);
    const part: OpenPart = { kind, index: this.#parts++, held: '', said: 0 };
    this.#open = part;
    this.#emit({ type: 'part-start', index: part.index, part: kind });
    return part;
  }

  #close(complete: boolean): void {
    const part = this.#open;
    if (!part) return;
    this.#open = undefined;
    // Half a character whose other half never came.
    if (part.held !== '') this.#write(part, '\ufffd', 'raw');
    else if (this.#logprobs.length > 0 && part.kind !== 'reasoning') this.#write(part, '', 'raw');
    if (part.kind === 'text') this.#writeCitations(part);
    if (part.kind === 'reasoning') this.#seal(part.index);
    this.#emit({ type: 'part-end', index: part.index, complete });
  }

  #seal(index: number): void {
    const data = this.#details.take();
    if (data === undefined) return;
    const { issuer } = this.#context;
    this.#emit({ type: 'reasoning-seal', index, seal: { issuer, protocol: 'chat', kind: 'details', data } });
  }

  #emitUsage(): void {
    if (this.#usage) this.#emit({ type: 'usage', usage: this.#usage });
  }

  /** A reply with calls ended by them, whatever word the server chose. */
  #reason(reason: FinishReason): FinishReason {
    if (reason !== 'stop' && reason !== 'tool-calls') return reason;
    if (this.#calls.any) return 'tool-calls';
    return this.#refused ? 'refusal' : 'stop';
  }
}

function firstChoice(body: JsonObject): JsonObject | undefined {
  const choices = Array.isArray(body.choices) ? body.choices : [];
  return choices.find((choice) => isObject(choice) && (choice.index ?? 0) === 0);
}

function textIn(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function cutFailure(): Failure {
  return {
    kind: 'cut',
    status: 502,
    message: 'The upstream ended its stream before it said why it stopped.',
    code: 'upstream_stream_cut',
  };
}

function endedByError(reason: string): Failure {
  return classifyFailure(undefined, {
    message: `The upstream stopped with an error: ${reason}.`,
    code: reason,
  });
}

function unusableCall(why: string): Failure {
  return {
    kind: 'upstream',
    status: 502,
    message: `The upstream sent a tool call ${why}.`,
    code: 'invalid_upstream_response',
  };
}
