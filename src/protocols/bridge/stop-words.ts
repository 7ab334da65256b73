import type { PartKind, ReplyEvent, TokenLogprob } from '../reply.ts';

/** A part that is not ended. */
interface OpenPart {
  readonly kind: PartKind | 'call';
  /** The end of a text, which may be the beginning of a stop word. */
  held: string;
  /** Of the tokens that are held. */
  logprobs: readonly TokenLogprob[];
}

/**
 * Ends a reply at the first of its stop words, for an upstream that cannot be told of them: the word and all after it
 * is left out, as providers do. The answer's text is watched, not its reasoning or its calls.
 */
export class StopWords {
  readonly #words: readonly string[];
  readonly #emit: (event: ReplyEvent) => void;
  readonly #open = new Map<number, OpenPart>();
  #hasCall = false;
  #stopped = false;

  constructor(words: readonly string[], emit: (event: ReplyEvent) => void) {
    this.#words = words.filter((word) => word !== '');
    this.#emit = emit;
  }

  /** Whether a stop word was found: the reply has been finished, whatever else its upstream says. */
  get stopped(): boolean {
    return this.#stopped;
  }

  push(event: ReplyEvent): void {
    if (this.#stopped) return;
    switch (event.type) {
      case 'part-start':
      case 'tool-call-start': {
        const kind = event.type === 'part-start' ? event.part : 'call';
        this.#open.set(event.index, { kind, held: '', logprobs: [] });
        break;
      }
      case 'text': {
        const part = this.#open.get(event.index);
        if (part?.kind !== 'text') break;
        this.#watch(part, event);
        if (event.citations && !this.#stopped)
          this.#emit({ type: 'text', index: event.index, text: '', citations: event.citations });
        return;
      }
      case 'part-end': {
        const part = this.#open.get(event.index);
        if (part?.kind === 'call' && event.complete) this.#hasCall = true;
        if (part) this.#say(event.index, part.held, part.logprobs);
        this.#open.delete(event.index);
        break;
      }
      case 'failure':
        for (const [index, part] of this.#open) this.#say(index, part.held, part.logprobs);
        break;
      default:
        break;
    }
    this.#emit(event);
  }

  #watch(part: OpenPart, { index, text: piece, logprobs = [] }: ReplyEvent & { type: 'text' }): void {
    const text = part.held + piece;
    const at = firstOf(this.#words, text);
    const end = at ?? text.length - longestBeginning(this.#words, text);
    const tokens = [...part.logprobs, ...logprobs];
    const count = tokensWithin(tokens, end);
    part.held = text.slice(end);
    part.logprobs = tokens.slice(count);
    this.#say(index, text.slice(0, end), tokens.slice(0, count));
    if (at !== undefined) this.#stop();
  }

  #say(index: number, text: string, logprobs: readonly TokenLogprob[]): void {
    if (text === '' && logprobs.length === 0) return;
    this.#emit({ type: 'text', index, text, ...(logprobs.length > 0 && { logprobs }) });
  }

  #stop(): void {
    this.#stopped = true;
    for (const [index, { kind }] of this.#open) {
      this.#emit({ type: 'part-end', index, complete: kind !== 'call' });
    }
    this.#emit({ type: 'finish', reason: this.#hasCall ? 'tool-calls' : 'stop' });
  }
}

/** A whole reply up to the first of its stop words; what it used it used all the same. */
export function stopAt(words: readonly string[], events: readonly ReplyEvent[]): readonly ReplyEvent[] {
  const kept: ReplyEvent[] = [];
  const stops = new StopWords(words, (event) => kept.push(event));
  for (const event of events) stops.push(event);
  const usage = events.findLast((event) => event.type === 'usage');
  if (stops.stopped && usage) kept.splice(-1, 0, usage);
  return kept;
}

/** Where the word begins that is complete first: there a provider stops, whatever might have come to be a longer one. */
function firstOf(words: readonly string[], text: string): number | undefined {
  const found = words
    .map((word) => ({ at: text.indexOf(word), length: word.length }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at + a.length - (b.at + b.length) || a.at - b.at);
  return found[0]?.at;
}

/** Length of the longest end of the text that a stop word begins with. */
function longestBeginning(words: readonly string[], text: string): number {
  const longest = words.map((word) => {
    for (let length = Math.min(word.length - 1, text.length); length > 0; length--) {
      if (text.endsWith(word.slice(0, length))) return length;
    }
    return 0;
  });
  return Math.max(0, ...longest);
}

/** How many of the tokens stand in the first characters of their text. */
function tokensWithin(tokens: readonly TokenLogprob[], length: number): number {
  let end = 0;
  const beyond = tokens.findIndex(({ token }) => {
    end += token.length;
    return end > length;
  });
  return beyond === -1 ? tokens.length : beyond;
}
