/**
 * Whether JSON that arrives in pieces is one closed value by now. It looks at each character once, where to parse
 * the text again with every piece would take a time that grows with its square.
 */
export class JsonProgress {
  #depth = 0;
  #inString = false;
  #escaped = false;
  #closed = false;

  /** What was fed holds a whole value; whether it is a valid one, only parsing can tell. */
  get closed(): boolean {
    return this.#closed && this.#depth <= 0 && !this.#inString;
  }

  feed(piece: string): void {
    for (let at = 0; at < piece.length; at++) {
      const code = piece.charCodeAt(at);
      if (this.#inString) this.#string(code);
      else if (code === 0x22) this.#inString = true;
      else if (code === 0x7b || code === 0x5b) this.#depth++;
      else if (code === 0x7d || code === 0x5d) {
        this.#depth--;
        this.#closed = true;
      }
    }
  }

  #string(code: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (code === 0x5c) this.#escaped = true;
    else if (code === 0x22) {
      this.#inString = false;
      this.#closed = true;
    }
  }
}
