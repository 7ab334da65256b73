import { type Exchange, isFinal } from '../traffic/exchange.ts';

type Protocol = Exchange['clientProtocol'];

/** What the exchanges of one upstream came to. */
export interface UpstreamView {
  readonly name: string;
  readonly protocol: Protocol | undefined;
  readonly requests: number;
  readonly running: number;
  readonly errors: number;
  readonly retries: number;
  /** Median time to first token of the last {@link REMEMBERED_TIMES} replies, in milliseconds. */
  readonly firstTokenP50: number | undefined;
  /** HTTP status it last answered with. */
  readonly lastStatus: number | undefined;
  readonly lastError: { readonly message: string; readonly at: number } | undefined;
}

/** Times to first token from which the median is taken. */
const REMEMBERED_TIMES = 200;

interface Tally {
  protocol: Protocol | undefined;
  requests: number;
  running: number;
  errors: number;
  retries: number;
  /** The newest last, oldest overwritten. */
  readonly times: number[];
  nextTime: number;
  lastStatus: number | undefined;
  lastError: { message: string; at: number } | undefined;
}

/** Adds up exchanges by upstream. What an exchange does takes the same time however many there were. */
export class UpstreamTallies {
  readonly #tallies = new Map<string, Tally>();

  /** @param before what was last added of this exchange. One that changes its upstream counts for both. */
  add(exchange: Exchange, before: Exchange | undefined): void {
    const { upstream, upstreamProtocol, timing, error, state } = exchange;
    if (upstream === undefined) return;
    const tally = this.#tallyOf(upstream);
    const known = before?.upstream === upstream ? before : undefined;
    tally.protocol = upstreamProtocol ?? tally.protocol;
    tally.requests += known ? 0 : 1;
    tally.running += Number(!isFinal(state)) - Number(known !== undefined && !isFinal(known.state));
    tally.errors += Number(state === 'failed') - Number(known?.state === 'failed');
    tally.retries += retriesOf(exchange) - (before ? retriesOf(before) : 0);
    if (timing.firstToken !== undefined && known?.timing.firstToken === undefined) {
      tally.times[tally.nextTime] = timing.firstToken;
      tally.nextTime = (tally.nextTime + 1) % REMEMBERED_TIMES;
    }
    const status = error?.upstreamStatus ?? (state === 'done' ? exchange.status : undefined);
    if (status !== undefined) tally.lastStatus = status;
    if (error && error.message !== known?.error?.message) {
      tally.lastError = { message: error.message, at: exchange.startedAt + (timing.end ?? timing.sent ?? 0) };
    }
    this.#leave(upstream, before);
  }

  /** In order of their first exchange. */
  get all(): readonly UpstreamView[] {
    return [...this.#tallies].map(([name, { times, nextTime: _, ...tally }]) => ({
      name,
      ...tally,
      firstTokenP50: median(times),
    }));
  }

  /** The upstream an exchange went to before: its request failed there, and is not running any more. */
  #leave(upstream: string, before: Exchange | undefined): void {
    if (before?.upstream === undefined || before.upstream === upstream || isFinal(before.state)) return;
    const left = this.#tallyOf(before.upstream);
    left.running -= 1;
    left.errors += 1;
  }

  #tallyOf(upstream: string): Tally {
    const known = this.#tallies.get(upstream);
    if (known) return known;
    const tally: Tally = {
      protocol: undefined,
      requests: 0,
      running: 0,
      errors: 0,
      retries: 0,
      times: [],
      nextTime: 0,
      lastStatus: undefined,
      lastError: undefined,
    };
    this.#tallies.set(upstream, tally);
    return tally;
  }
}

function retriesOf({ attempts }: Exchange): number {
  return Math.max(0, attempts - 1);
}

function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}
