import type { Route } from '../config/config.ts';
import type { Protocol } from '../protocols/conversation.ts';
import type { Failure } from '../protocols/failure.ts';
import type { Loss } from '../protocols/loss.ts';
import type { FinishReason, ReplyEvent, Usage } from '../protocols/reply.ts';
import type { TrafficBus } from '../traffic/bus.ts';
import type { Exchange, ExchangeDelta, ExchangeError, ExchangeState } from '../traffic/exchange.ts';
import { costOf } from '../traffic/pricing.ts';
import { type BodyName, RecordedBodies } from './recorded-bodies.ts';

/** What is known of an exchange before its body is read. */
export interface ExchangeStart {
  readonly id: string;
  readonly number: number;
  readonly clientProtocol: Protocol;
  readonly path: string;
  readonly purpose: string | undefined;
}

/** Keeps the record of one exchange and tells the bus of each change of its state. Holds nothing back from the wire. */
export class ExchangeRecorder {
  readonly #bus: TrafficBus;
  readonly #redact: (text: string) => string;
  readonly #start: ExchangeStart;
  readonly #startedAt = Date.now();
  readonly #clock = performance.now();
  readonly #bodies: RecordedBodies | undefined;
  #state: ExchangeState = 'queued';
  #asked = { modelAsked: '', stream: false, requestBytes: 0 };
  #route: { route: Route; protocol: Protocol } | undefined;
  #modelServed: string | undefined;
  #status: number | undefined;
  #attempts = 0;
  #timing: { sent?: number; firstByte?: number; firstToken?: number; lastToken?: number; end?: number } = {};
  #usage: Usage | undefined;
  #finish: FinishReason | undefined;
  #losses: readonly Loss[] = [];
  #error: ExchangeError | undefined;
  #replyBytes = 0;

  constructor(
    bus: TrafficBus,
    redact: (text: string) => string,
    recordBodies: boolean,
    start: ExchangeStart,
  ) {
    this.#bus = bus;
    this.#redact = redact;
    this.#start = start;
    this.#bodies = recordBodies ? new RecordedBodies() : undefined;
  }

  get id(): string {
    return this.#start.id;
  }

  get isOver(): boolean {
    return this.#state === 'done' || this.#state === 'failed' || this.#state === 'cancelled';
  }

  /** The request is read: views show it from here on. */
  asked(modelAsked: string, stream: boolean, requestBytes: number): void {
    this.#asked = { modelAsked: this.#redact(modelAsked.slice(0, 200)), stream, requestBytes };
  }

  routed(route: Route, protocol: Protocol): void {
    this.#route = { route, protocol };
  }

  lost(losses: readonly Loss[]): void {
    if (losses.length > 0) this.#losses = [...this.#losses, ...losses];
  }

  get losses(): readonly Loss[] {
    return this.#losses;
  }

  /** Tells the current state, changed or not. */
  show(): void {
    if (this.#bus.isWatched) this.#bus.onEvent({ type: 'exchange', exchange: this.#record() });
  }

  /** Another request goes upstream. */
  attempt(): void {
    this.#attempts += 1;
    this.#state = 'connecting';
  }

  /** The request waits for a connection; where one was free it is on its way by now. */
  waiting(): void {
    if (this.#state === 'connecting') this.show();
  }

  sent(): void {
    this.#timing.sent = this.#elapsed();
    this.#enter('prefill');
  }

  firstByte(): void {
    this.#timing.firstByte ??= this.#elapsed();
  }

  retrying(failure: Failure, upstreamStatus: number | undefined): void {
    this.#setError(failure, upstreamStatus);
    this.#enter('retrying');
  }

  /** The events of a reply that came whole: nobody could have watched it come. */
  whole(events: readonly ReplyEvent[]): void {
    for (const event of events) this.#note(event, false);
  }

  /** An event of the reply, as the upstream's decoder has it. */
  event(event: ReplyEvent): void {
    this.#note(event, true);
  }

  #note(event: ReplyEvent, isLive: boolean): void {
    switch (event.type) {
      case 'start':
        this.#modelServed = event.model ?? this.#modelServed;
        this.#usage = event.usage ?? this.#usage;
        break;
      case 'text':
        this.#token(isLive && 'streaming', 'text', event.text, event.index);
        break;
      case 'reasoning':
        this.#token(isLive && 'thinking', 'reasoning', event.text, event.index);
        break;
      case 'tool-call-start':
        this.#token(isLive && 'streaming', 'tool-call', event.name, event.index);
        break;
      case 'tool-arguments':
        this.#token(isLive && 'streaming', 'tool-arguments', event.text, event.index);
        break;
      case 'opaque':
        this.#token(isLive && 'streaming', 'text', '', event.index);
        this.#unshown(event.kind);
        break;
      case 'usage':
        this.#usage = event.usage;
        break;
      case 'finish':
        this.#finish = event.reason;
        break;
      case 'part-start':
      case 'part-end':
      case 'reasoning-seal':
      case 'failure':
        break;
    }
  }

  /** What only its provider's protocol has a form for is lost on a client of another, and once noted. */
  #unshown(kind: string): void {
    if (this.#route?.protocol === this.#start.clientProtocol) return;
    const from = this.#redact(kind.slice(0, 60));
    if (this.#losses.some((loss) => loss.path === 'reply' && loss.from === from)) return;
    const reason = "The client's protocol has no form for this part of the reply.";
    this.lost([{ path: 'reply', from, to: '', action: 'dropped', topic: 'content', reason }]);
  }

  /** HTTP status the client got. */
  answered(status: number): void {
    this.#status = status;
  }

  replied(bytes: number): void {
    this.#replyBytes += bytes;
  }

  /** Keeps a body, or a piece of one, if bodies are recorded. `restart`: an earlier try's is forgotten. */
  body(name: BodyName, chunk: Buffer | string, restart = false): void {
    this.#bodies?.add(name, chunk, restart);
  }

  done(): void {
    this.#error = undefined;
    this.#end('done');
  }

  failed(failure: Failure, upstreamStatus?: number): void {
    this.#setError(failure, upstreamStatus);
    this.#end('failed');
  }

  cancelled(): void {
    this.#end('cancelled');
  }

  #setError(failure: Failure, upstreamStatus: number | undefined): void {
    const { kind, code } = failure;
    this.#error = {
      kind,
      message: this.#redact(failure.message),
      ...(code !== undefined && { code: this.#redact(code) }),
      ...(upstreamStatus !== undefined && { upstreamStatus }),
    };
  }

  #enter(state: ExchangeState): void {
    if (this.#state === state || this.isOver) return;
    this.#state = state;
    this.show();
  }

  #token(
    state: 'thinking' | 'streaming' | false,
    kind: ExchangeDelta['kind'],
    text: string,
    part: number,
  ): void {
    const now = this.#elapsed();
    this.#timing.firstToken ??= now;
    this.#timing.lastToken = now;
    if (state) this.#enter(state);
    if (text === '' || !this.#bus.isWatched) return;
    this.#bus.onEvent({ type: 'delta', delta: { exchangeId: this.id, kind, text, part } });
  }

  #end(state: 'done' | 'failed' | 'cancelled'): void {
    if (this.isOver) return;
    this.#state = state;
    this.#timing.end = this.#elapsed();
    // Before the last record, on which somebody may ask for them.
    if (this.#bodies && this.#bus.isWatched)
      this.#bus.onBodies(this.#bodies.of(this.id, this.#redact), this.#bodies.bytes);
    this.show();
  }

  #elapsed(): number {
    return Math.round(performance.now() - this.#clock);
  }

  #record(): Exchange {
    const { id, number, clientProtocol, path, purpose } = this.#start;
    const { modelAsked, stream, requestBytes } = this.#asked;
    const record: { -readonly [field in keyof Exchange]: Exchange[field] } = {
      id,
      number,
      startedAt: this.#startedAt,
      state: this.#state,
      clientProtocol,
      path,
      modelAsked,
      stream,
      requestBytes,
      attempts: this.#attempts,
      timing: { ...this.#timing },
      losses: this.#losses,
      replyBytes: this.#replyBytes,
    };
    if (purpose !== undefined) record.purpose = purpose;
    if (this.#route) {
      const { route, protocol } = this.#route;
      record.alias = route.alias;
      record.upstream = route.upstream.name;
      record.model = route.model;
      record.upstreamProtocol = protocol;
      if (route.pricing && this.#usage) {
        const cost = costOf(this.#usage, route.pricing);
        if (cost !== undefined) record.cost = cost;
      }
    }
    if (this.#modelServed !== undefined) record.modelServed = this.#modelServed;
    if (this.#status !== undefined) record.status = this.#status;
    if (this.#usage) record.usage = this.#usage;
    if (this.#finish) record.finish = this.#finish;
    if (this.#error) record.error = this.#error;
    return record;
  }
}
