import { writeSync } from 'node:fs';

/** Milliseconds between looks at a terminal that takes nothing: soon at first, for a paste, then seldom. */
const RETRY = { first: 2, last: 50 };

/**
 * Writes to the terminal side of a program. Node's own stream tries again without a pause while a program does not
 * read, and would hold up everything else for as long as that lasts; here what is not taken waits its turn.
 */
export class PtyWriter {
  readonly #fd: number;
  #queue: Buffer[] = [];
  #timer: NodeJS.Timeout | undefined;
  #wait = RETRY.first;
  #closed = false;

  /** @param fd non-blocking; the writer must be closed no later than it. */
  constructor(fd: number) {
    this.#fd = fd;
  }

  write(data: string | Buffer): void {
    if (this.#closed) return;
    this.#queue.push(typeof data === 'string' ? Buffer.from(data) : data);
    if (!this.#timer) this.#flush();
  }

  /** Nothing is written any more: the descriptor may soon be another file's. */
  close(): void {
    this.#closed = true;
    this.#queue = [];
    clearTimeout(this.#timer);
  }

  #flush(): void {
    this.#timer = undefined;
    while (this.#queue.length > 0) {
      const [first = Buffer.alloc(0)] = this.#queue;
      let written: number;
      try {
        written = writeSync(this.#fd, first);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') this.close();
        else this.#later();
        return;
      }
      this.#wait = RETRY.first;
      if (written === first.length) this.#queue.shift();
      else this.#queue[0] = first.subarray(written);
    }
  }

  #later(): void {
    this.#timer = setTimeout(() => this.#flush(), this.#wait);
    this.#wait = Math.min(RETRY.last, this.#wait * 2);
  }
}
