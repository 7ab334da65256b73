import type { JsonObject } from '../bridge/fields.ts';
import { TOO_DEEP, writeJson } from '../bridge/json.ts';

/** The frames of the deltas of one text: all of them but their number and their words, written once. */
export interface Deltas {
  readonly before: string;
  readonly after: string;
  readonly end: string;
}

/**
 * @param place the item and the part of it that the text belongs to
 * @param rest further fields, the same for every delta
 */
export function deltasOf(type: string, place: object, rest: object = {}): Deltas {
  return {
    before: beginning(type),
    after: `,${inside(place)},"delta":`,
    end: `${Object.keys(rest).length > 0 ? `,${inside(rest)}` : ''}}\n\n`,
  };
}

/** An object's members, to stand among others. */
function inside(object: object): string {
  return JSON.stringify(object).slice(1, -1);
}

/** A frame that repeats the whole response, with the number that it has among an upstream's own. */
export function lifecycleFrame(type: string, sequenceNumber: number, response: JsonObject): string {
  const json = writeJson(response);
  const safe = json === TOO_DEEP ? writeJson({ ...response, output: [] }) : json;
  return `${beginning(type)}${sequenceNumber},"response":${escapeLineEnds(safe)}}\n\n`;
}

function beginning(type: string): string {
  return `event: ${type}\ndata: {"type":"${type}","sequence_number":`;
}

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

  /** A piece of text, written by hand since nearly all frames are of this kind. */
  delta({ before, after, end }: Deltas, text: string): void {
    if (this.#silent) return;
    const json = JSON.stringify(text);
    this.#out += before + this.#sequence++ + after + escapeLineEnds(json) + end;
  }

  take(): string {
    const out = this.#out;
    this.#out = '';
    return out;
  }

  #write(type: string, rest: string): void {
    this.#out += `${beginning(type)}${this.#sequence++},${escapeLineEnds(rest)}\n\n`;
  }
}

/** Line ends that JSON leaves as they are; clients that split lines as Python does (httpx) would cut a frame there. */
const LINE_ENDS = /[\u0085\u2028\u2029]/;
const ALL_LINE_ENDS = /[\u0085\u2028\u2029]/g;

function escapeLineEnds(json: string): string {
  return LINE_ENDS.test(json) ? json.replace(ALL_LINE_ENDS, escapeUnit) : json;
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
