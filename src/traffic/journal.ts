import { type FileHandle, open } from 'node:fs/promises';
import { getSystemErrorMap } from 'node:util';
import type { TrafficSink } from './bus.ts';
import { type Exchange, type ExchangeBodies, isFinal } from './exchange.ts';

/** `full`: bodies too. `meta`: records only. `off`: nothing, not even an empty file. */
export type RecordMode = 'full' | 'meta' | 'off';

interface JournalOptions {
  /** Its directory exists. The file is made private to the user, or appended to. */
  readonly file: string;
  readonly record: RecordMode;
  /** Called at most once, with a sentence for the user: the journal ended early, the session goes on. */
  readonly onProblem: (message: string) => void;
  /** Bytes that may wait for a slow disk; what comes on top is left out, and the gap recorded. */
  readonly maxQueueBytes?: number;
  /** Milliseconds between two writes, in which lines gather: each write costs about as much as a short exchange. */
  readonly paceMs?: number;
}

/**
 * A line of the journal. `gap` stands where lines had to be left out.
 * A record comes once, when its exchange is over; its bodies are a line of their own, before or after it.
 */
type JournalLine =
  | ({ readonly type: 'exchange' } & Exchange)
  | ({ readonly type: 'bodies' } & ExchangeBodies)
  | { readonly type: 'gap'; readonly lines: number };

interface Journal extends TrafficSink {
  /** Resolves when all that was accepted is written, or writing has failed. Never rejects; may be called twice. */
  close(): Promise<void>;
}

const DEFAULT_QUEUE_BYTES = 64 * 1024 * 1024;
const DEFAULT_PACE_MS = 50;

/** Opens the record of a session's finished exchanges: one JSON line each, appended as they end. */
export function openJournal(options: JournalOptions): Journal {
  if (options.record === 'off') return { close: async () => {} };
  const writer = new LineWriter(options);
  return {
    onEvent: (event) => {
      if (event.type === 'exchange' && isFinal(event.exchange.state))
        writer.push({ type: 'exchange', ...event.exchange });
    },
    ...(options.record === 'full' && { onBodies: (bodies) => writer.push({ type: 'bodies', ...bodies }) }),
    close: () => writer.close(),
  };
}

/** Appends lines in order from a bounded queue, so that a slow or full disk never holds up an exchange. */
class LineWriter {
  readonly #options: JournalOptions;
  readonly #maxQueueBytes: number;
  #queue: string[] = [];
  #queuedBytes = 0;
  #leftOut = 0;
  #state: 'open' | 'closed' | 'failed' = 'open';
  #writing: Promise<void> | undefined;
  /** Ends the pause between two writes. */
  #wake: () => void = () => {};
  readonly #file: Promise<FileHandle | undefined>;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#maxQueueBytes = options.maxQueueBytes ?? DEFAULT_QUEUE_BYTES;
    // Opened at once, so that a wrong path is told at the start of a session and not at its end.
    this.#file = open(options.file, 'a', 0o600).catch((error: unknown) => this.#fail(error));
  }

  push(line: JournalLine): void {
    if (this.#state !== 'open') return;
    const text = `${JSON.stringify(line)}\n`;
    const bytes = Buffer.byteLength(text);
    if (this.#queuedBytes + bytes > this.#maxQueueBytes) {
      this.#leftOut += 1;
      return;
    }
    this.#recordGap();
    this.#queue.push(text);
    this.#queuedBytes += bytes;
    this.#writing ??= this.#drain();
  }

  async close(): Promise<void> {
    if (this.#state === 'open') {
      this.#state = 'closed';
      this.#recordGap();
      this.#wake();
      this.#writing ??= this.#drain();
    }
    await this.#writing;
    const file = await this.#file;
    // Some file systems report a failed write only here.
    await file?.close().catch((error: unknown) => this.#fail(error));
  }

  #recordGap(): void {
    if (this.#leftOut === 0) return;
    this.#queue.push(`${JSON.stringify({ type: 'gap', lines: this.#leftOut } satisfies JournalLine)}\n`);
    this.#leftOut = 0;
  }

  /** Writes until the queue is empty. Only one runs at a time, which keeps the order. */
  async #drain(): Promise<void> {
    try {
      const file = await this.#file;
      while (file && this.#queue.length > 0 && this.#state !== 'failed') {
        const batch = this.#queue.join('');
        const bytes = this.#queuedBytes;
        this.#queue = [];
        await file.appendFile(batch);
        this.#queuedBytes -= bytes;
        await this.#pause();
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#writing = undefined;
  }

  async #pause(): Promise<void> {
    if (this.#state !== 'open') return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#options.paceMs ?? DEFAULT_PACE_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Gives up for good: half a journal with a hole in it would mislead. */
  #fail(error: unknown): undefined {
    if (this.#state === 'failed') return;
    this.#state = 'failed';
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#options.onProblem(
      `The journal ends here: ${describe(error)} (${this.#options.file}). The session goes on without it.`,
    );
  }
}

/** The operating system's own words (`no space left on device`), without Node's call and path around them. */
function describe(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException;
  return (errno !== undefined && getSystemErrorMap().get(errno)?.[1]) || message;
}
