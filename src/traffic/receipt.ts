import type { Loss } from '../protocols/loss.ts';
import type { Usage } from '../protocols/reply.ts';
import type { TrafficSink } from './bus.ts';
import { type Exchange, isFinal, type TrafficEvent } from './exchange.ts';

/** What happened in a session, once it is over. */
export interface Receipt {
  readonly sessionId: string;
  readonly durationMs: number;
  readonly requests: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly retries: number;
  readonly usage: Usage;
  /** USD; absent when no request was priced. */
  readonly cost?: number;
  /** Requests whose cost is unknown, when some were priced. */
  readonly unpriced: number;
  /** Losses by what was lost, most frequent first. */
  readonly losses: readonly { readonly what: string; readonly action: string; readonly count: number }[];
  readonly errors: readonly { readonly message: string; readonly count: number }[];
  /** Absent when the client was ended by llmup or never started. */
  readonly exitCode?: number;
  readonly journal?: string;
}

/** What the session knows and the traffic does not. */
type SessionEnd = Pick<Receipt, 'sessionId' | 'durationMs' | 'exitCode' | 'journal'>;

/** Distinct losses and errors remembered; more than these nobody reads, and a hostile upstream could invent any number. */
const MAX_KINDS = 200;

/** Adds up a session's finished exchanges. */
export class ReceiptTally implements TrafficSink {
  #requests = 0;
  #failed = 0;
  #cancelled = 0;
  #retries = 0;
  #usage: { -readonly [field in keyof Usage]: Usage[field] } = {};
  #cost: number | undefined;
  #unpriced = 0;
  readonly #losses = new Map<string, { what: string; action: string; count: number }>();
  readonly #errors = new Map<string, number>();

  onEvent(event: TrafficEvent): void {
    if (event.type === 'exchange' && isFinal(event.exchange.state)) this.#add(event.exchange);
  }

  receipt(end: SessionEnd): Receipt {
    return {
      ...end,
      requests: this.#requests,
      failed: this.#failed,
      cancelled: this.#cancelled,
      retries: this.#retries,
      usage: { ...this.#usage },
      ...(this.#cost !== undefined && { cost: this.#cost }),
      unpriced: this.#cost === undefined ? 0 : this.#unpriced,
      losses: [...this.#losses.values()].sort((a, b) => b.count - a.count),
      errors: [...this.#errors]
        .map(([message, count]) => ({ message, count }))
        .sort((a, b) => b.count - a.count),
    };
  }

  #add(exchange: Exchange): void {
    this.#requests += 1;
    if (exchange.state === 'failed') this.#failed += 1;
    if (exchange.state === 'cancelled') this.#cancelled += 1;
    this.#retries += Math.max(0, exchange.attempts - 1);
    for (const field of USAGE_FIELDS) {
      const tokens = exchange.usage?.[field];
      if (tokens !== undefined) this.#usage[field] = (this.#usage[field] ?? 0) + tokens;
    }
    if (exchange.cost !== undefined) this.#cost = (this.#cost ?? 0) + exchange.cost;
    else if (wasCharged(exchange)) this.#unpriced += 1;
    for (const loss of exchange.losses) this.#addLoss(loss);
    if (exchange.error && exchange.state === 'failed') this.#addError(exchange.error.message);
  }

  #addLoss(loss: Loss): void {
    const what = describeLoss(loss);
    const key = `${loss.action} ${what}`;
    const known = this.#losses.get(key);
    if (known) known.count += 1;
    else if (this.#losses.size < MAX_KINDS) this.#losses.set(key, { what, action: loss.action, count: 1 });
  }

  #addError(message: string): void {
    const count = this.#errors.get(message);
    if (count !== undefined || this.#errors.size < MAX_KINDS) this.#errors.set(message, (count ?? 0) + 1);
  }
}

const USAGE_FIELDS = ['input', 'output', 'cachedRead', 'cachedWrite', 'reasoning'] as const;

/** An exchange that failed before the model said anything costs nothing, so that its price is not missed. */
function wasCharged(exchange: Exchange): boolean {
  return (
    exchange.state === 'done' || exchange.usage !== undefined || exchange.timing.firstToken !== undefined
  );
}

/** Names a loss so that the same one in two requests counts as one. Hints are one kind: they change no meaning. */
function describeLoss(loss: Loss): string {
  if (loss.topic === 'hint') return 'hint';
  const change = loss.to === '' ? loss.from : `${loss.from} → ${loss.to}`;
  // `reasoning.effort` says where; `input[3].content[0]` does not, and differs from request to request.
  const named = loss.path.replaceAll('_', ' ');
  const isPlace = loss.path.includes('[') || change.replaceAll('_', ' ').includes(named);
  return isPlace || loss.path === '' ? change : `${loss.path} ${change}`;
}
