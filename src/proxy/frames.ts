import type { SseFrame } from '../protocols/codec.ts';

const LF = 0x0a;
const CR = 0x0d;

/** Whole frames of a byte stream, back to back in `bytes`; `ends` are the offsets after each one's blank line. */
export interface FrameBatch {
  readonly bytes: Buffer;
  readonly ends: readonly number[];
}

const NOTHING: FrameBatch = { bytes: Buffer.alloc(0), ends: [] };

/**
 * Cuts a stream of server-sent events at its blank lines without decoding it, so that a relay passes on the very
 * bytes it got. Lines end with LF, CRLF or CR (https://html.spec.whatwg.org/multipage/server-sent-events.html).
 */
export class FrameSplitter {
  readonly #maxFrameBytes: number;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #lineIsEmpty = true;
  #afterCr = false;

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** @throws {RangeError} when one frame is longer than allowed. */
  push(chunk: Buffer): FrameBatch {
    const ends = this.#scan(chunk);
    const last = ends.at(-1);
    if (last === undefined) {
      this.#hold(chunk);
      return NOTHING;
    }
    const whole = last === chunk.length ? chunk : chunk.subarray(0, last);
    const before = this.#heldBytes;
    const bytes = before === 0 ? whole : Buffer.concat([...this.#held, whole]);
    this.#held = [];
    this.#heldBytes = 0;
    if (last < chunk.length) this.#hold(chunk.subarray(last));
    const shifted = before === 0 ? ends : ends.map((end) => end + before);
    this.#checkSizes(shifted);
    return { bytes, ends: shifted };
  }

  /** The bytes of the frame that has not ended yet. */
  rest(): Buffer {
    return Buffer.concat(this.#held);
  }

  #hold(bytes: Buffer): void {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > this.#maxFrameBytes) throw tooLarge(this.#maxFrameBytes);
  }

  #checkSizes(ends: readonly number[]): void {
    let start = 0;
    for (const end of ends) {
      if (end - start > this.#maxFrameBytes) throw tooLarge(this.#maxFrameBytes);
      start = end;
    }
  }

  /** Offsets in `chunk` after which a frame is over. */
  #scan(chunk: Buffer): number[] {
    const ends: number[] = [];
    const hasCr = this.#afterCr || chunk.includes(CR);
    let at = 0;
    while (at < chunk.length) {
      const lineEnd = hasCr ? endOfLine(chunk, at) : chunk.indexOf(LF, at);
      if (lineEnd !== at) this.#lineIsEmpty = false;
      if (lineEnd === -1) {
        this.#afterCr = false;
        break;
      }
      const isLf = chunk[lineEnd] === LF;
      if (isLf && this.#afterCr && lineEnd === at) {
        // The second half of a CRLF whose CR ended the line; it belongs to the frame that CR ended, if any did.
        this.#afterCr = false;
        if (ends.at(-1) === at) ends[ends.length - 1] = at + 1;
      } else {
        if (this.#lineIsEmpty) ends.push(lineEnd + 1);
        this.#lineIsEmpty = true;
        this.#afterCr = !isLf;
      }
      at = lineEnd + 1;
    }
    return ends;
  }
}

/** The next CR or LF; -1 when there is none. */
function endOfLine(chunk: Buffer, from: number): number {
  const lf = chunk.indexOf(LF, from);
  const cr = (lf === -1 ? chunk : chunk.subarray(0, lf)).indexOf(CR, from);
  return cr === -1 ? lf : cr;
}

function tooLarge(limit: number): RangeError {
  return new RangeError(`a frame of the upstream's stream is longer than ${limit} bytes`);
}

/** Reads texts out of a batch of frames. ASCII is decoded once: its characters stand where its bytes do. */
export function frameTexts(bytes: Buffer): (start: number, end: number) => string {
  const all = bytes.toString('utf8');
  if (all.length === bytes.length) return (start, end) => all.slice(start, end);
  return (start, end) => bytes.toString('utf8', start, end);
}

/** What a frame dispatches; undefined for comments and blank lines, which dispatch nothing. */
export function frameOf(text: string): SseFrame | undefined {
  return plainFrame(text) ?? parseLines(text);
}

/** Nearly every frame: `data` in one line, as Chat has it, or after its `event`, as Responses has it. */
function plainFrame(text: string): SseFrame | undefined {
  if (!text.endsWith('\n\n') || text.includes('\r')) return undefined;
  const data = text.startsWith('event: ') ? text.indexOf('\n') + 1 : 0;
  if (!text.startsWith('data: ', data) || text.indexOf('\n', data) !== text.length - 2) return undefined;
  const json = text.slice(data + 6, -2);
  return data > 8 ? { event: text.slice(7, data - 1), data: json } : { data: json };
}

function parseLines(text: string): SseFrame | undefined {
  let event: string | undefined;
  const data: string[] = [];
  for (const line of text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)) {
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') data.push(value);
    else if (field === 'event') event = value;
  }
  if (data.length === 0) return undefined;
  return { data: data.join('\n'), ...(event && { event }) };
}
