import type { IncomingHttpHeaders } from 'node:http';
import { type Dispatcher, Pool } from 'undici';
import type { Timers, Upstream } from '../config/config.ts';
import type { Cancellation } from './cancellation.ts';
import type { UpstreamPools } from './pools.ts';
import { decodedBody, ReplyBody } from './reply-body.ts';
import { Silence } from './silence.ts';
import { rootOf } from './upstream-path.ts';

/** One request to an upstream. */
export interface UpstreamRequest {
  readonly upstream: Upstream;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** From the origin's root, query included. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Its pieces, in order. */
  readonly body?: readonly (Buffer | string)[];
  /** Whether a stream is asked for: decides which timers run. */
  readonly stream: boolean;
  /** Ends the request at once, at every stage. */
  readonly cancellation: Cancellation;
  /** Called when the request is on a connection. */
  readonly onSent?: () => void;
}

export interface UpstreamReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: ReplyBody;
}

/** An upstream that kept us waiting too long, and where. */
export class UpstreamTimeout extends Error {
  readonly phase: 'first byte' | 'idle' | 'duration' | 'whole reply';
  readonly milliseconds: number;

  constructor(phase: UpstreamTimeout['phase'], milliseconds: number) {
    super(`${phase} timeout of ${milliseconds} ms`);
    this.name = 'UpstreamTimeout';
    this.phase = phase;
    this.milliseconds = milliseconds;
  }
}

/**
 * Sends a request and resolves with the head of its reply, whatever the status. A connection that the upstream had
 * closed while it lay idle is found out only by using it: then the request goes out once more, on a new one.
 * @throws what undici throws, {@link UpstreamTimeout}, or the reason of its cancellation.
 */
export async function askUpstream(
  pools: UpstreamPools,
  request: UpstreamRequest,
  timers: Timers,
): Promise<UpstreamReply> {
  request.cancellation.throwIfCancelled();
  const shared = pools.shared(request.upstream);
  const mayBeStale = hasIdleConnection(shared);
  try {
    return await dispatch(shared, request, timers);
  } catch (error) {
    if (!mayBeStale || request.cancellation.reason || !wasStaleConnection(error)) throw error;
  }
  const fresh = pools.fresh(request.upstream);
  const reply = dispatch(fresh, request, timers);
  // Waits for the request that runs on it.
  fresh.close().catch(() => {});
  return reply;
}

/** Whether the next request may go out on a connection that lay idle; agents for forward proxies do not tell. */
function hasIdleConnection(dispatcher: Dispatcher): boolean {
  return !(dispatcher instanceof Pool) || dispatcher.stats.free > 0;
}

function wasStaleConnection(error: unknown): boolean {
  const { code, socket } = error as NodeJS.ErrnoException & { socket?: { bytesRead?: number } };
  if (code === 'ECONNRESET' || code === 'EPIPE') return true;
  // undici tells how much the connection had carried: a new one that is closed without an answer is no stale one.
  return code === 'UND_ERR_SOCKET' && (socket?.bytesRead ?? 0) > 0;
}

function dispatch(dispatcher: Dispatcher, request: UpstreamRequest, timers: Timers): Promise<UpstreamReply> {
  return new Promise((resolve, reject) => {
    // A reply that takes minutes must not keep the request's body in memory.
    const { method, path, headers, body = [], ...watched } = request;
    const call = new Call(watched, timers, resolve, reject);
    const { origin } = rootOf(request.upstream);
    // undici's own timers would end a model that thinks for six minutes; ours stop while the client is paused.
    const options = { origin, method, path, ...payload(headers, body), headersTimeout: 0, bodyTimeout: 0 };
    try {
      dispatcher.dispatch(options, call);
    } catch (error) {
      call.refuse(error as Error);
    }
  });
}

/** Headers and body as undici wants them. Of several pieces it has to be told the length. */
function payload(headers: UpstreamRequest['headers'], pieces: readonly (Buffer | string)[]) {
  const [only] = pieces;
  if (pieces.length < 2) return { headers, body: only ?? null };
  const length = pieces.reduce((sum, piece) => sum + Buffer.byteLength(piece), 0);
  // It takes anything iterable (docs/api/Dispatcher.md), which its types leave out.
  return { headers: { ...headers, 'content-length': String(length) }, body: pieces as unknown as Buffer };
}

type WatchedRequest = Pick<UpstreamRequest, 'stream' | 'cancellation' | 'onSent'>;

/** One request on the wire: undici's callbacks in, a {@link ReplyBody} out, our timers beside. */
class Call extends ReplyBody implements Dispatcher.DispatchHandler {
  readonly #request: WatchedRequest;
  readonly #timers: Timers;
  readonly #resolve: (reply: UpstreamReply) => void;
  readonly #reject: (error: Error) => void;
  readonly #onCancel = (reason: Error) => this.#stop(reason);
  #controller: Dispatcher.DispatchController | undefined;
  #stopped: Error | undefined;
  #hasHead = false;
  /** Until the head of the reply, or all of a whole one. */
  readonly #answer: NodeJS.Timeout;
  /** Between the pieces of a stream. */
  #silence: Silence | undefined;
  #duration: NodeJS.Timeout | undefined;

  constructor(
    request: WatchedRequest,
    timers: Timers,
    resolve: (reply: UpstreamReply) => void,
    reject: (error: Error) => void,
  ) {
    super();
    this.#request = request;
    this.#timers = timers;
    this.#resolve = resolve;
    this.#reject = reject;
    const { stream } = request;
    const limit = stream ? timers.firstByte : timers.unary;
    this.#answer = setTimeout(
      () => this.#stop(new UpstreamTimeout(stream ? 'first byte' : 'whole reply', limit)),
      limit,
    );
    request.cancellation.listen(this.#onCancel);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It was given up while it waited for a connection: the request must not go out.
    if (this.#stopped) {
      controller.abort(this.#stopped);
      return;
    }
    if (this.#request.stream) this.#answer.refresh();
    this.#request.onSent?.();
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // Informational answers (100, 103) come before the real one.
    if (status < 200 || this.#stopped) return;
    this.#hasHead = true;
    if (this.#request.stream) this.#watchStream();
    const encoding = String(headers['content-encoding'] ?? 'identity').toLowerCase();
    this.#resolve({ status, headers, body: decodedBody(this, encoding) });
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#silence?.broken();
    this.push(chunk);
  }

  onResponseEnd(): void {
    this.#release();
    this.close(true);
  }

  onResponseError(_: Dispatcher.DispatchController | undefined, error: Error): void {
    this.#release();
    if (this.#hasHead) this.close(error);
    else this.#reject(error);
  }

  /** The request could not even be begun. */
  refuse(error: Error): void {
    this.onResponseError(undefined, error);
  }

  pause(): void {
    this.#controller?.pause();
    this.#silence?.pause();
  }

  resume(): void {
    this.#silence?.resume();
    this.#controller?.resume();
  }

  cancel(): void {
    this.silence();
    this.#stop(new Error('the reply is not wanted any more'));
  }

  #watchStream(): void {
    const { streamIdle, streamMaxDuration } = this.#timers;
    clearTimeout(this.#answer);
    this.#silence = new Silence(streamIdle, () => this.#stop(new UpstreamTimeout('idle', streamIdle)));
    this.#duration = setTimeout(
      () => this.#stop(new UpstreamTimeout('duration', streamMaxDuration)),
      streamMaxDuration,
    );
  }

  /** Ends the request with an error of ours. */
  #stop(reason: Error): void {
    if (this.#stopped) return;
    this.#stopped = reason;
    this.#release();
    if (this.#hasHead) this.close(reason);
    else this.#reject(reason);
    if (this.#controller && !this.#controller.aborted) this.#controller.abort(reason);
  }

  #release(): void {
    clearTimeout(this.#answer);
    clearTimeout(this.#duration);
    this.#silence?.stop();
    this.#request.cancellation.forget(this.#onCancel);
  }
}
