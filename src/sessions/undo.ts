/** What has to be undone at the end of a session, the last thing first; each once, whatever the others do. */
export class Undo {
  readonly #steps: (() => void | Promise<void>)[] = [];

  later(step: () => void | Promise<void>): void {
    this.#steps.push(step);
  }

  /** @param say is told what could not be undone */
  async run(say: (line: string) => void): Promise<void> {
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        say(`cleaning up: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
}
