/** Numbers and writes the frames of one stream; what was written is taken out after each event. */
export class Frames {
  /** Write nothing at all: only the final object is wanted. */
  readonly #silent: boolean;
  #sequence = 0;
  #out = '';

  constructor(silent: boolean) {
    this.#silent = silent;
  }

  frame(type: string, fields: Readonly<Record<string, unknown>>): void {
    if (!this.#silent) this.#write(type, JSON.stringify(fields).slice(1));
  }

  /** `response` is asked for its JSON only if it is written. */
  lifecycle(type: string, response: () => string): void {
    if (!this.#silent) this.#write(type, `"response":${response()}}`);
  }

  /**
   * A piece of text, written by hand since nearly all frames are of this kind.
   *
   * @param head the JSON between `sequence_number` and the text, the same for a whole content part
   */
  delta(type: 'response.output_text.delta' | 'response.refusal.delta', head: string, text: string): void {
    if (this.#silent) return;
    const tail = type === 'response.output_text.delta' ? ',"logprobs":[]}' : '}';
    this.#write(type, head + JSON.stringify(text) + tail);
  }

  take(): string {
    const out = this.#out;
    this.#out = '';
    return out;
  }

  #write(type: string, rest: string): void {
    const json = LINE_ENDS.test(rest) ? rest.replace(ALL_LINE_ENDS, escapeUnit) : rest;
    this.#out += `event: ${type}\ndata: {"type":"${type}","sequence_number":${this.#sequence++},${json}\n\n`;
  }
}

/** Line ends that JSON leaves as they are; clients that split lines as Python does (httpx) would cut a frame there. */
const LINE_ENDS = /[\u0085\u2028\u2029]/;
const ALL_LINE_ENDS = /[\u0085\u2028\u2029]/g;

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
