import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import type { ExchangeBodies } from '../traffic/exchange.ts';
import type { Receipt } from '../traffic/receipt.ts';
import { createRedactor } from '../traffic/redact.ts';
import type { TrafficEnd, TrafficHost, TrafficOptions } from './traffic-host.ts';
import { type FromTraffic, type ToTraffic, type TrafficCall, unpackError } from './traffic-messages.ts';
import type { WatchMessage } from './view.ts';

/** The built one lies beside whatever file of the program this ends up in. */
const ENTRY = new URL('./traffic-worker.js', import.meta.url);

/** Megabytes. V8 would take half of a small machine's memory, or four gigabytes of a big one's. */
const MAX_HEAP = 2048;

/**
 * Starts the proxy and what looks on, on a thread of their own.
 *
 * @param entry the built `traffic-worker.ts`
 * @returns undefined, and a note to the user, where no thread can be started.
 * @throws {UserError} exit 5 when the thread runs and the proxy cannot start.
 */
export async function startTrafficThread(
  options: TrafficOptions,
  entry: URL = ENTRY,
): Promise<TrafficHost | undefined> {
  const thread = new Thread(entry, options);
  try {
    return hostOf(thread, await thread.started);
  } catch (error) {
    await thread.end();
    if (!(error instanceof NoThread)) throw error;
    options.say(`the proxy shares a thread with the screen, which may slow it down: ${error.message}`);
    return undefined;
  }
}

type Started = Extract<FromTraffic, { type: 'started' }>;

class NoThread extends Error {}

/** The thread, and the messages to and from it. */
class Thread {
  readonly started: Promise<Started>;
  /** Resolves when the thread has died. */
  readonly failed: Promise<Error>;
  /** Told of each batch of messages. */
  onMessages: (messages: readonly WatchMessage[]) => void = () => {};
  readonly #worker: Worker;
  readonly #say: (line: string) => void;
  readonly #redact: (text: string) => string;
  readonly #calls = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #count = 0;
  #fault: Error | undefined;
  #ending = false;
  #start: { resolve(started: Started): void; reject(error: Error): void } | undefined;
  #fail: (error: Error) => void = () => {};

  constructor(entry: URL, { say, ...options }: TrafficOptions) {
    this.#say = say;
    this.#redact = createRedactor(secretsOf(options));
    this.started = new Promise((resolve, reject) => {
      this.#start = { resolve, reject };
    });
    this.failed = new Promise((resolve) => {
      this.#fail = resolve;
    });
    // What it prints goes through `say`: straight to the terminal it would land in the middle of the screen.
    this.#worker = new Worker(entry, {
      name: 'llmup-traffic',
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP },
    });
    for (const stream of [this.#worker.stdout, this.#worker.stderr]) {
      createInterface({ input: stream }).on('line', (line) => say(this.#redact(line)));
    }
    this.#worker.on('message', (message: FromTraffic) => this.#take(message));
    this.#worker.on('error', (error) => this.#died(error));
    this.#worker.on('exit', (code) => this.#died(new Error(`its thread ended with code ${code}`)));
    // Keys cross in a message, which nothing can list, and not in arguments, environment or worker data.
    const { env, ...proxy } = options.proxy;
    this.tell({ type: 'start', options: { ...options, proxy: { ...proxy, env: { ...env } } } });
  }

  get fault(): Error | undefined {
    return this.#fault;
  }

  tell(message: ToTraffic): void {
    this.#worker.postMessage(message);
  }

  async call(call: TrafficCall): Promise<unknown> {
    if (this.#fault) throw this.#fault;
    if (this.#ending) throw new Error('the proxy has ended');
    this.#count += 1;
    const id = this.#count;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.tell({ type: 'call', id, call });
    });
  }

  async end(): Promise<void> {
    this.#ending = true;
    await this.#worker.terminate();
    this.#giveUp(new Error('the proxy has ended'));
  }

  #take(message: FromTraffic): void {
    switch (message.type) {
      case 'started':
        this.#start?.resolve(message);
        this.#start = undefined;
        break;
      case 'refused':
        this.#start?.reject(unpackError(message.error));
        this.#start = undefined;
        break;
      case 'say':
        this.#say(message.line);
        break;
      case 'messages':
        // Taken even if a listener throws.
        this.tell({ type: 'taken' });
        this.onMessages(message.messages);
        break;
      case 'answer': {
        const { id, value, error } = message;
        if (error) this.#calls.get(id)?.reject(unpackError(error));
        else this.#calls.get(id)?.resolve(value);
        this.#calls.delete(id);
        break;
      }
    }
  }

  #died(reason: unknown): void {
    if (this.#ending || this.#fault) return;
    const error = reason instanceof Error ? reason : new Error(String(reason));
    this.#fault = new Error(`the proxy broke down: ${this.#redact(error.message)}`);
    this.#fault.stack = this.#redact(error.stack ?? error.message);
    this.#start?.reject(new NoThread(this.#fault.message));
    this.#giveUp(this.#fault);
    this.#fail(this.#fault);
  }

  /** Nobody will answer any more. */
  #giveUp(reason: Error): void {
    for (const { reject } of this.#calls.values()) reject(reason);
    this.#calls.clear();
  }
}

/** What must not be told in an error. */
function secretsOf({ proxy }: Omit<TrafficOptions, 'say'>): readonly string[] {
  const { credentials, auth } = proxy;
  return [
    ...credentials.upstreams.values(),
    ...(credentials.proxyKey === undefined ? [] : [credentials.proxyKey]),
    ...(auth.mode === 'proxy_key' ? [auth.key] : []),
  ];
}

/** Removes what the thread can remove no longer; at once, as its fault may be the program's end. */
function removeNow(socket: string): void {
  try {
    rmSync(socket, { force: true });
  } catch {
    // A later llmup cleans up.
  }
}

/** A host whose work is done by a thread. */
function hostOf(thread: Thread, { url, instance, view, socket }: Started): TrafficHost {
  const listeners = new Set<(message: WatchMessage) => void>();
  thread.onMessages = (messages) => {
    for (const message of messages) for (const listener of [...listeners]) listener(message);
  };
  /** What a dead thread was asked to end has ended. */
  const unlessDead = <T>(answer: Promise<T>): Promise<T | undefined> =>
    answer.catch((error: unknown) => {
      if (error !== thread.fault) throw error;
      return undefined;
    });
  const end = async (how: TrafficEnd | undefined): Promise<Receipt | undefined> => {
    const answer = thread.call({ name: 'finish', ...(how && { end: how }) });
    // A session that came to its end is owed a receipt; one that is given up is not.
    const receipt = await (how ? answer : unlessDead(answer));
    await thread.end();
    return receipt as Receipt | undefined;
  };
  let finished: Promise<Receipt | undefined> | undefined;
  return {
    url,
    instance,
    view,
    ...(socket !== undefined && { socket }),
    subscribe: (listener) => {
      listener({ type: 'hello', version: 1, session: view });
      if (listeners.size === 0) thread.tell({ type: 'follow', following: true });
      listeners.add(listener);
      return () => {
        if (listeners.delete(listener) && listeners.size === 0)
          thread.tell({ type: 'follow', following: false });
      };
    },
    // Whoever looks into a thread that has ended finds nothing.
    bodies: (exchangeId) =>
      thread.call({ name: 'bodies', exchangeId }).then(
        (bodies) => bodies as ExchangeBodies | undefined,
        () => undefined,
      ),
    load: () => thread.tell({ type: 'load' }),
    closeProxy: async (graceMs) => void (await unlessDead(thread.call({ name: 'close-proxy', graceMs }))),
    finish: (how) => {
      finished ??= end(how);
      return finished;
    },
    failed: thread.failed.then((error) => {
      if (socket !== undefined) removeNow(socket);
      return error;
    }),
  };
}
