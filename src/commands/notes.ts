/**
 * Lines for the user on stderr. While a screen is drawn they would land in it: they are held back, shown by the
 * screen as it likes, and printed when the terminal is the user's again.
 */
export class Notes {
  readonly #quiet: boolean;
  #held: string[] | undefined;
  #listener: ((line: string) => void) | undefined;

  constructor(quiet: boolean) {
    this.#quiet = quiet;
  }

  say(line: string): void {
    if (this.#quiet) return;
    if (this.#held) {
      this.#held.push(line);
      this.#listener?.(line);
      return;
    }
    process.stderr.write(`llmup: ${line}\n`);
  }

  /** Tells of lines as they are held back. */
  listen(listener: (line: string) => void): void {
    this.#listener = listener;
  }

  /** Holds lines back until the returned function is called. */
  hold(): () => void {
    this.#held ??= [];
    return () => {
      const held = this.#held ?? [];
      this.#held = undefined;
      this.#listener = undefined;
      for (const line of held) this.say(line);
    };
  }
}
