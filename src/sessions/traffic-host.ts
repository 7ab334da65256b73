import type { Paths } from '../config/paths.ts';
import type { ProxyOptions } from '../proxy/handle.ts';
import type { ExchangeBodies } from '../traffic/exchange.ts';
import type { RecordMode } from '../traffic/journal.ts';
import type { Receipt } from '../traffic/receipt.ts';
import type { SessionView, WatchMessage } from './view.ts';

/** What a session's proxy and all that looks on are started with. Plain data but for `say`, so that it can move. */
export interface TrafficOptions {
  readonly proxy: Omit<ProxyOptions, 'bus' | 'recordBodies'>;
  /** Its proxy's address is not known yet. */
  readonly view: Omit<SessionView, 'proxyUrl'>;
  readonly paths: Paths;
  /** What the journal keeps. */
  readonly record: RecordMode;
  /** Bodies of the last exchanges are kept for whoever looks into one; a busy gateway does without. */
  readonly keepBodies: boolean;
  /** Gets journal and receipt. Without one nothing is written, and no viewer can connect. */
  readonly directory?: string;
  /** Receives notes for the user, one line each. */
  readonly say: (line: string) => void;
}

/** A running proxy with its journal, its receipt and its watch socket, on this thread or on one of its own. */
export interface TrafficHost {
  readonly url: string;
  /** See `ProxyHandle`. */
  readonly instance: string;
  readonly view: SessionView;
  /** Path of the watch socket, where there is one. */
  readonly socket?: string;
  /** Hands over `hello`, then everything that happens from here on, in order. Returns the way to stop. */
  readonly subscribe: (listener: (message: WatchMessage) => void) => () => void;
  /** Redacted. Undefined while the exchange runs, and when it is too long ago. */
  bodies(exchangeId: string): Promise<ExchangeBodies | undefined>;
  /** Loads what serves requests, which takes longer than all else: not before the client has been started. */
  load(): void;
  /** Takes no more requests and lets those that run end within `graceMs`. Again, it may shorten the grace. */
  closeProxy(graceMs: number): Promise<void>;
  /** Ends all of it at once, with a receipt if the session came to its end. A second call waits for the first. */
  finish(end?: TrafficEnd): Promise<Receipt | undefined>;
  /** Resolves, with the reason, when it broke. Never on this thread, where a fault is the program's own. */
  readonly failed: Promise<Error>;
}

export interface TrafficEnd {
  /** The client's; absent where there is none, or where llmup ended it. */
  readonly exitCode?: number;
}

/**
 * Starts the proxy and what looks on: on a thread of its own if this one draws, so that drawing never delays a token;
 * else on this one, which costs less. Where no thread can be had this one does.
 * @throws {UserError} exit 5 when the proxy cannot start.
 */
export async function startTraffic(options: TrafficOptions, draws: boolean): Promise<TrafficHost> {
  if (draws) {
    const { startTrafficThread } = await import('./traffic-thread.ts');
    const host = await startTrafficThread(options);
    if (host) return host;
  }
  const { startInlineTraffic } = await import('./inline-traffic.ts');
  return startInlineTraffic(options);
}
