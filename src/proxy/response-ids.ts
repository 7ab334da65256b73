/** Ids kept, oldest let go first. */
const MOST = 10_000;

/**
 * Ids under which clients know responses that their provider knows by another: a heartbeat had begun the response
 * before its provider said a word. A client that goes on from one by its id means the provider's.
 */
export class ResponseIds {
  readonly #theirs = new Map<string, string>();

  note(ours: string, theirs: string): void {
    this.#theirs.set(ours, theirs);
    for (const oldest of this.#theirs.keys()) {
      if (this.#theirs.size <= MOST) return;
      this.#theirs.delete(oldest);
    }
  }

  /** The provider's id; the same where it is known by no other. */
  theirs(id: string): string {
    return this.#theirs.get(id) ?? id;
  }
}
