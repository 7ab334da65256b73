/**
 * Edits top-level members of a JSON object in its own bytes, so that everything else travels exactly as the client
 * wrote it: numbers past 2^53, `1.0`, key order, white space, lone surrogates.
 */

/** A top-level member; offsets are into the body. */
export interface Member {
  readonly key: string;
  readonly keyStart: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/** JSON text to set; `undefined` removes. */
export type MemberEdits = ReadonlyMap<string, string | undefined>;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** Deeper nesting than any real request has, and shallow enough for every decoder behind us. */
const MAX_DEPTH = 1000;

/** Strings shorter than this are walked byte by byte, longer ones searched natively. */
const SHORT_STRING = 48;

/**
 * The members of the object that `body` holds. Checks the object's structure, not every scalar inside: the upstream
 * parses those itself.
 * @throws {SyntaxError} when it is not one JSON object.
 */
export function scanMembers(body: Buffer): readonly Member[] {
  return new Scanner(body).members();
}

/** The parsed value of the last member with this key, as every JSON parser has it; undefined when there is none. */
export function memberValue(body: Buffer, members: readonly Member[], key: string): unknown {
  const member = members.findLast((one) => one.key === key);
  if (!member) return undefined;
  return JSON.parse(body.toString('utf8', member.valueStart, member.valueEnd));
}

/** Bytes of an untouched stretch from which on it stays where it is: a write more costs less than a copy. */
const LONG_STRETCH = 256 * 1024;

/** The body with its edited members; a key that stands several times is edited everywhere it stands. */
export function spliceMembers(body: Buffer, members: readonly Member[], edits: MemberEdits): Buffer {
  return Buffer.concat(splicedPieces(body, members, edits));
}

/** The same in pieces: one, unless there are long stretches that need no copy. */
export function splicedPieces(
  body: Buffer,
  members: readonly Member[],
  edits: MemberEdits,
): readonly Buffer[] {
  if (edits.size === 0) return [body];
  const open = body.indexOf(OPEN_BRACE) + 1;
  const pieces: Buffer[] = [body.subarray(0, open)];
  let isFirst = true;
  members.forEach((member, index) => {
    const isEdited = edits.has(member.key);
    const json = edits.get(member.key);
    if (isEdited && json === undefined) return;
    // The white space and comma before a member go with it, but the first one left must have no comma.
    const before = isFirst ? undefined : members[index - 1];
    const separator = body.subarray(before?.valueEnd ?? open, (before ? member : members[0])?.keyStart);
    isFirst = false;
    if (json === undefined) pieces.push(separator, body.subarray(member.keyStart, member.valueEnd));
    else pieces.push(separator, body.subarray(member.keyStart, member.valueStart), Buffer.from(json));
  });
  for (const [key, json] of edits) {
    if (json === undefined || members.some((member) => member.key === key)) continue;
    pieces.push(Buffer.from(`${isFirst ? '' : ','}${JSON.stringify(key)}:${json}`));
    isFirst = false;
  }
  pieces.push(body.subarray(members.at(-1)?.valueEnd ?? open));
  return withShortOnesJoined(pieces);
}

function withShortOnesJoined(pieces: readonly Buffer[]): readonly Buffer[] {
  const joined: Buffer[] = [];
  let short: Buffer[] = [];
  for (const piece of pieces) {
    if (piece.length < LONG_STRETCH) short.push(piece);
    else {
      joined.push(Buffer.concat(short), piece);
      short = [];
    }
  }
  return [...joined, Buffer.concat(short)];
}

class Scanner {
  readonly #body: Buffer;
  #at = 0;

  constructor(body: Buffer) {
    this.#body = body;
  }

  members(): Member[] {
    const members: Member[] = [];
    this.#expect(OPEN_BRACE);
    if (this.#peek() === CLOSE_BRACE) this.#at++;
    else {
      for (;;) {
        members.push(this.#member());
        const next = this.#peek();
        this.#at++;
        if (next === CLOSE_BRACE) break;
        if (next !== COMMA) throw this.#unexpected(this.#at - 1);
      }
    }
    this.#skipSpace();
    if (this.#at < this.#body.length) throw this.#unexpected(this.#at);
    return members;
  }

  #member(): Member {
    if (this.#peek() !== QUOTE) throw this.#unexpected(this.#at);
    const keyStart = this.#at;
    this.#skipString();
    const raw = this.#body.toString('utf8', keyStart, this.#at);
    const key = raw.includes('\\') ? String(JSON.parse(raw)) : raw.slice(1, -1);
    this.#expect(COLON);
    this.#skipSpace();
    const valueStart = this.#at;
    this.#skipValue();
    return { key, keyStart, valueStart, valueEnd: this.#at };
  }

  #skipValue(): void {
    const first = this.#body[this.#at];
    if (first === QUOTE) this.#skipString();
    else if (first === OPEN_BRACE || first === OPEN_BRACKET) this.#skipNested();
    else this.#skipScalar();
  }

  /** From an opening bracket past its closing one; strings are skipped, brackets must match. */
  #skipNested(): void {
    const body = this.#body;
    const closers: number[] = [];
    let at = this.#at;
    for (;;) {
      const byte = body[at];
      if (byte === undefined) throw this.#unexpected(at);
      if (byte === QUOTE) {
        at = endOfString(body, at);
        if (at === -1) throw this.#unexpected(body.length);
        continue;
      }
      at++;
      if (byte === OPEN_BRACE) closers.push(CLOSE_BRACE);
      else if (byte === OPEN_BRACKET) closers.push(CLOSE_BRACKET);
      else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        if (closers.pop() !== byte) throw this.#unexpected(at - 1);
        if (closers.length === 0) {
          this.#at = at;
          return;
        }
      }
      if (closers.length > MAX_DEPTH) throw new SyntaxError(`JSON is nested deeper than ${MAX_DEPTH} levels`);
    }
  }

  #skipScalar(): void {
    const start = this.#at;
    while (isScalarByte(this.#body[this.#at])) this.#at++;
    const text = this.#body.toString('latin1', start, Math.min(this.#at, start + 400));
    if (!/^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?)$/.test(text))
      throw this.#unexpected(start);
  }

  /** From an opening quote past its closing one. */
  #skipString(): void {
    const end = endOfString(this.#body, this.#at);
    if (end === -1) throw this.#unexpected(this.#body.length);
    this.#at = end;
  }

  #peek(): number | undefined {
    this.#skipSpace();
    return this.#body[this.#at];
  }

  #expect(byte: number): void {
    if (this.#peek() !== byte) throw this.#unexpected(this.#at);
    this.#at++;
  }

  #skipSpace(): void {
    const body = this.#body;
    for (;;) {
      const byte = body[this.#at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.#at++;
    }
  }

  #unexpected(at: number): SyntaxError {
    const what = at >= this.#body.length ? 'unexpected end' : 'unexpected character';
    return new SyntaxError(`${what} at byte ${at}`);
  }
}

/** The offset after the string that opens at `start`; -1 when it never closes. */
function endOfString(body: Buffer, start: number): number {
  let at = start + 1;
  const near = Math.min(body.length, at + SHORT_STRING);
  while (at < near) {
    const byte = body[at];
    if (byte === QUOTE) return at + 1;
    at += byte === BACKSLASH ? 2 : 1;
  }
  for (;;) {
    const quote = body.indexOf(QUOTE, at);
    if (quote === -1) return -1;
    // An escape that began before `at` has been stepped over whole, so the backslashes after `at` decide.
    let backslashes = 0;
    while (quote - 1 - backslashes >= at && body[quote - 1 - backslashes] === BACKSLASH) backslashes++;
    at = quote + 1;
    if (backslashes % 2 === 0) return at;
  }
}

function isScalarByte(byte: number | undefined): boolean {
  return (
    byte !== undefined &&
    ((byte >= 0x30 && byte <= 0x39) ||
      (byte >= 0x61 && byte <= 0x7a) ||
      byte === 0x2b ||
      byte === 0x2d ||
      byte === 0x2e ||
      byte === 0x45)
  );
}
