import { type Exchange, isFinal } from '../traffic/exchange.ts';

/** One line of the Log panel. */
export interface LogEntry {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly kind: 'note' | 'error' | 'retry' | 'cancelled';
  readonly text: string;
  /** Number of the exchange it is about. */
  readonly exchange?: number;
}

/** Entries kept. */
const REMEMBERED = 500;

/** What went wrong and what llmup has to say, bounded; the newest stay. */
export class EventLog {
  #entries: LogEntry[] = [];
  #sorted: readonly LogEntry[] | undefined;

  /** In order of time. */
  get entries(): readonly LogEntry[] {
    // What a viewer is told of before it came arrives by exchange, not by time.
    this.#sorted ??= [...this.#entries].sort((a, b) => a.at - b.at);
    return this.#sorted;
  }

  add(entry: LogEntry): void {
    this.#entries.push(entry);
    // Dropped in halves, so that an addition stays cheap.
    if (this.#entries.length > 2 * REMEMBERED) this.#entries = this.#entries.slice(-REMEMBERED);
    this.#sorted = undefined;
  }

  /** Notes what has become of an exchange since it was last seen. */
  follow(exchange: Exchange, before: Exchange | undefined): void {
    const { number, state, attempts, error, startedAt, timing } = exchange;
    const reason = error ? `${error.kind.replaceAll('-', ' ')}: ${error.message}` : undefined;
    const at = startedAt + (timing.end ?? timing.firstByte ?? timing.sent ?? 0);
    const about = { at, exchange: number };
    const ended = isFinal(state) && !(before && isFinal(before.state));
    if (state === 'retrying' && before?.state !== 'retrying') {
      this.add({ ...about, kind: 'retry', text: reason ?? 'the upstream failed before its first byte' });
    } else if (ended && !before && attempts > 1) {
      this.add({ ...about, kind: 'retry', text: `tried ${attempts} times` });
    }
    if (!ended || state === 'done') return;
    if (state === 'failed') this.add({ ...about, kind: 'error', text: reason ?? 'failed' });
    else this.add({ ...about, kind: 'cancelled', text: 'the client went away' });
  }
}
