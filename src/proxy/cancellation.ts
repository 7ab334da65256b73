/**
 * Tells whoever works on a request that it is no longer wanted, and why. Does for one proxy what an `AbortSignal`
 * does for everybody, at a fraction of the cost: each request has one, and hands it to several.
 */
export class Cancellation {
  readonly #listeners = new Set<(reason: Error) => void>();
  #reason: Error | undefined;

  get reason(): Error | undefined {
    return this.#reason;
  }

  /** Only the first reason counts. */
  cancel(reason: Error): void {
    if (this.#reason) return;
    this.#reason = reason;
    for (const listener of [...this.#listeners]) listener(reason);
  }

  /** Calls back once, unless it has been cancelled already: whoever listens asks for the reason first. */
  listen(listener: (reason: Error) => void): void {
    this.#listeners.add(listener);
  }

  forget(listener: (reason: Error) => void): void {
    this.#listeners.delete(listener);
  }

  /** @throws the reason. */
  throwIfCancelled(): void {
    if (this.#reason) throw this.#reason;
  }
}
