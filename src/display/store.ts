import type { SessionView, WatchMessage } from '../sessions/view.ts';
import { type Exchange, isFinal } from '../traffic/exchange.ts';
import type { Receipt } from '../traffic/receipt.ts';
import { EventLog, type LogEntry } from './event-log.ts';
import { StreamText, type StreamView } from './stream-text.ts';
import { addTotals, exchangeTotals, NO_TOTALS, subtractTotals, type Totals } from './totals.ts';
import { UpstreamTallies, type UpstreamView } from './upstream-tally.ts';

/** How much a viewer remembers. */
export interface StoreBounds {
  /** Exchanges. */
  readonly rows: number;
  /** Exchanges whose text is kept. */
  readonly streams: number;
  /** Characters of text kept of one exchange. */
  readonly streamLength: number;
}

const BOUNDS: StoreBounds = { rows: 1000, streams: 64, streamLength: 64 * 1024 };

/** `now`: something started, changed its state or ended. `soon`: more of the same, which can wait for the next frame. */
export type Urgency = 'now' | 'soon';

/** What panels read. */
export interface TrafficView {
  readonly session: SessionView | undefined;
  readonly receipt: Receipt | undefined;
  /** Nothing more will come. */
  readonly closed: boolean;
  readonly totals: Totals;
  /** Oldest first. */
  readonly exchanges: readonly Exchange[];
  /** In order of their first exchange. */
  readonly upstreams: readonly UpstreamView[];
  /** Oldest first. */
  readonly log: readonly LogEntry[];
  /** Absent when no text came while this viewer watched, or when it was let go. */
  streamOf(exchangeId: string): StreamView | undefined;
}

/**
 * Folds what a session tells its viewers into what panels show. No clock and no timers: views decide how often they
 * look. Totals count every exchange ever seen, rows only the last ones.
 */
export class TrafficStore implements TrafficView {
  readonly #bounds: StoreBounds;
  readonly #rows = new Map<string, Exchange>();
  readonly #streams = new Map<string, StreamText>();
  readonly #upstreams = new UpstreamTallies();
  readonly #log = new EventLog();
  readonly #listeners = new Set<(urgency: Urgency) => void>();
  #sorted: readonly Exchange[] | undefined = [];
  #totals = NO_TOTALS;
  #forgotten = 0;
  #version = 0;
  #session: SessionView | undefined;
  #receipt: Receipt | undefined;
  #closed = false;

  constructor(bounds: Partial<StoreBounds> = {}) {
    this.#bounds = { ...BOUNDS, ...bounds };
  }

  /** Grows with every change. */
  get version(): number {
    return this.#version;
  }

  get session(): SessionView | undefined {
    return this.#session;
  }

  get receipt(): Receipt | undefined {
    return this.#receipt;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get totals(): Totals {
    return this.#totals;
  }

  get exchanges(): readonly Exchange[] {
    this.#sorted ??= [...this.#rows.values()].sort((a, b) => a.number - b.number);
    return this.#sorted;
  }

  get upstreams(): readonly UpstreamView[] {
    return this.#upstreams.all;
  }

  get log(): readonly LogEntry[] {
    return this.#log.entries;
  }

  streamOf(exchangeId: string): StreamView | undefined {
    return this.#streams.get(exchangeId);
  }

  /** The picture of this moment, which what comes later does not touch. */
  freeze(): TrafficView {
    const { session, receipt, closed, totals, exchanges, upstreams, log } = this;
    const streams = new Map([...this.#streams].map(([id, stream]) => [id, stream.freeze()]));
    return {
      ...{ session, receipt, closed, totals, exchanges, upstreams, log },
      streamOf: (exchangeId) => streams.get(exchangeId),
    };
  }

  subscribe(listener: (urgency: Urgency) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  push(message: WatchMessage): void {
    switch (message.type) {
      case 'hello':
        this.#session = message.session;
        this.#changed('now');
        break;
      case 'exchange':
        this.#pushExchange(message.exchange);
        break;
      case 'delta': {
        const known = this.#streams.get(message.delta.exchangeId);
        const stream = known ?? this.#openStream(message.delta.exchangeId);
        stream.push(message.delta);
        this.#changed(known ? 'soon' : 'now');
        break;
      }
      case 'receipt':
        this.#receipt = message.receipt;
        this.#changed('now');
        break;
    }
  }

  /**
   * Something that llmup itself has to say, for the Log.
   * @param at milliseconds since the epoch
   */
  note(text: string, at: number = Date.now()): void {
    this.#log.add({ at, kind: 'note', text });
    this.#changed('now');
  }

  /** The source is gone; with or without a receipt. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#changed('now');
  }

  #pushExchange(exchange: Exchange): void {
    const known = this.#rows.get(exchange.id);
    if (!known && exchange.number <= this.#forgotten) return;
    const rest = known ? subtractTotals(this.#totals, exchangeTotals(known)) : this.#totals;
    this.#totals = addTotals(rest, exchangeTotals(exchange));
    this.#upstreams.add(exchange, known);
    this.#log.follow(exchange, known);
    this.#rows.set(exchange.id, exchange);
    this.#sorted = undefined;
    if (!known) this.#forgetRows();
    this.#changed(known?.state === exchange.state ? 'soon' : 'now');
  }

  /** Lets go of the oldest finished exchange; of an unfinished one only when all are. */
  #forgetRows(): void {
    if (this.#rows.size <= this.#bounds.rows) return;
    const oldest = this.#oldestFinal() ?? this.#rows.values().next().value;
    if (!oldest) return;
    this.#rows.delete(oldest.id);
    this.#streams.delete(oldest.id);
    this.#forgotten = Math.max(this.#forgotten, oldest.number);
    this.#sorted = undefined;
  }

  /** Rows are in the order in which they came: the first finished one is at the front, behind few that still run. */
  #oldestFinal(): Exchange | undefined {
    for (const exchange of this.#rows.values()) if (isFinal(exchange.state)) return exchange;
    return undefined;
  }

  #openStream(exchangeId: string): StreamText {
    const stream = new StreamText(this.#bounds.streamLength);
    this.#streams.set(exchangeId, stream);
    const oldest = this.#streams.keys().next();
    if (this.#streams.size > this.#bounds.streams && !oldest.done) this.#streams.delete(oldest.value);
    return stream;
  }

  #changed(urgency: Urgency): void {
    this.#version++;
    for (const listener of this.#listeners) listener(urgency);
  }
}
