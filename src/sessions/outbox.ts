import { type Exchange, type ExchangeDelta, isFinal } from '../traffic/exchange.ts';
import type { WatchMessage } from './view.ts';

export interface OutboxOptions {
  /** Hands a batch over to the other side, which says {@link Outbox.taken} once it has handled it. */
  readonly post: (messages: readonly WatchMessage[]) => void;
  /** Milliseconds that news may wait for more of the same. */
  readonly paceMs?: number;
}

const PACE_MS = 100;
/** Batches handed over and not yet handled. More would pile up where nothing can be merged any more. */
const MAX_UNTAKEN = 4;
/** Characters of all the text that waits; beyond, the oldest is dropped. */
const MAX_TEXT = 1024 * 1024;
/** Characters of one piece of text, of which views show the end. */
const MAX_PIECE = 64 * 1024;

/**
 * What one thread has to tell another that may be busy. Whatever is new, a first record of an exchange or a change of
 * its state, goes out at once; the rest ten times a second. While the other side is busy, records of one exchange
 * replace each other, its text is joined, and too much text is dropped: but never the newest record of an exchange.
 */
export class Outbox {
  readonly #post: OutboxOptions['post'];
  readonly #paceMs: number;
  /** In order. Records by the id of their exchange, anything else by a number. */
  readonly #waiting = new Map<string | number, WatchMessage>();
  /** Where more text of an exchange can be joined. */
  readonly #open = new Map<string, number>();
  /** The state of each exchange that runs, as told. */
  readonly #told = new Map<string, Exchange['state']>();
  #number = 0;
  #text = 0;
  #untaken = 0;
  #due = false;
  #timer: NodeJS.Timeout | undefined;

  constructor({ post, paceMs = PACE_MS }: OutboxOptions) {
    this.#post = post;
    this.#paceMs = paceMs;
  }

  push(message: WatchMessage): void {
    switch (message.type) {
      case 'exchange':
        this.#pushRecord(message.exchange);
        break;
      case 'delta':
        this.#pushText(message.delta);
        break;
      case 'hello':
      case 'receipt':
        this.#add(message);
        this.#flush();
        break;
    }
  }

  /** The other side has handled a batch. */
  taken(): void {
    this.#untaken = Math.max(0, this.#untaken - 1);
    if (this.#due) this.#flush();
  }

  /** Hands over all that waits, however busy the other side is: nothing more will come. */
  end(): void {
    this.#untaken = 0;
    this.#flush();
  }

  /** Forgets all that waits. */
  clear(): void {
    this.#empty();
    this.#told.clear();
  }

  #pushRecord(exchange: Exchange): void {
    const { id, state } = exchange;
    const isNew = this.#told.get(id) !== state;
    if (isFinal(state)) this.#told.delete(id);
    else this.#told.set(id, state);
    // After the text that led to it.
    this.#waiting.delete(id);
    this.#waiting.set(id, { type: 'exchange', exchange });
    if (isNew) this.#flush();
    else this.#flushSoon();
  }

  #pushText(delta: ExchangeDelta): void {
    const key = this.#open.get(delta.exchangeId);
    const before = key === undefined ? undefined : this.#waiting.get(key);
    // The text of a tool call is a name.
    const joins =
      before?.type === 'delta' &&
      before.delta.kind === delta.kind &&
      before.delta.part === delta.part &&
      delta.kind !== 'tool-call';
    if (joins && key !== undefined) {
      const text = before.delta.text + delta.text;
      // Cut in halves, so that an append stays cheap.
      const kept = text.length > 2 * MAX_PIECE ? tail(text, MAX_PIECE) : text;
      this.#text += kept.length - before.delta.text.length;
      this.#waiting.set(key, { type: 'delta', delta: { ...delta, text: kept } });
    } else {
      this.#open.set(delta.exchangeId, this.#add({ type: 'delta', delta }));
      this.#text += delta.text.length;
    }
    if (this.#text > MAX_TEXT) this.#dropText();
    this.#flushSoon();
  }

  #add(message: WatchMessage): number {
    this.#number += 1;
    this.#waiting.set(this.#number, message);
    return this.#number;
  }

  /** Drops the older half of the text. */
  #dropText(): void {
    for (const [key, message] of this.#waiting) {
      if (this.#text <= MAX_TEXT / 2) return;
      if (message.type !== 'delta') continue;
      this.#waiting.delete(key);
      this.#text -= message.delta.text.length;
    }
  }

  #flushSoon(): void {
    this.#timer ??= setTimeout(() => this.#flush(), this.#paceMs);
  }

  #flush(): void {
    if (this.#waiting.size === 0) return;
    this.#due = this.#untaken >= MAX_UNTAKEN;
    if (this.#due) return;
    this.#untaken += 1;
    const messages = [...this.#waiting.values()];
    this.#empty();
    this.#post(messages);
  }

  #empty(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting.clear();
    this.#open.clear();
    this.#text = 0;
    this.#due = false;
  }
}

/** The end of a text, without half a character in front. */
function tail(text: string, length: number): string {
  const end = text.slice(-length);
  return /^[\udc00-\udfff]/.test(end) ? end.slice(1) : end;
}
