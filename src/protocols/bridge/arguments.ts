import { isObject } from './fields.ts';
import { parseJson } from './json.ts';
import { SchemaView } from './schema-view.ts';

/**
 * Makes a function's arguments readable for clients that parse them strictly (Codex reads them into typed
 * structures): blank text becomes `{}`, JSON inside a JSON string is taken out of it, a null of an optional member
 * that the schema does not allow to be null is taken out, a number written like `1000.0` where the schema says
 * integer or number is written `1000`.
 *
 * Everything else keeps its bytes: key order, spacing, numbers beyond 2^53. Text that is not JSON is returned as
 * it is, and so is everything when the schema is unknown.
 */
export function repairArguments(json: string, schema: Readonly<Record<string, unknown>> | undefined): string {
  const trimmed = json.trim();
  // Some models write `null` for a tool without parameters, some servers an empty list.
  if (trimmed === '' || trimmed === 'null' || trimmed === '[]') return '{}';
  if (trimmed.startsWith('"')) {
    const inner = parseJson(trimmed);
    if (typeof inner === 'string' && isObject(parseJson(inner))) return repairArguments(inner, schema);
  }
  if (!schema || !MAY_NEED_REPAIR.test(json) || parseJson(json) === undefined) return json;
  const edits = new Repair(json).run(new SchemaView(schema));
  return edits.length === 0 ? json : applyEdits(json, edits);
}

/** Cheap test that spares most arguments a walk. */
const MAY_NEED_REPAIR = /null|\d[.eE]/;

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

interface Member {
  readonly start: number;
  readonly end: number;
  readonly removed: boolean;
}

/** Walks JSON text that is known to be valid, beside its schema, and notes what to change where. */
class Repair {
  readonly #text: string;
  readonly #edits: Edit[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  run(schema: SchemaView): readonly Edit[] {
    this.#space();
    this.#value(schema, 0);
    return this.#edits.sort((a, b) => a.start - b.start);
  }

  /** Beyond this depth nothing is repaired, so that hostile nesting cannot exhaust the stack. */
  static readonly #maxDepth = 100;

  #value(schema: SchemaView | undefined, depth: number): void {
    const character = this.#text[this.#at];
    if (!schema || depth > Repair.#maxDepth) this.#skip();
    else if (character === '{') this.#object(schema, depth);
    else if (character === '[') this.#array(schema, depth);
    else if (character === '-' || isDigit(character)) this.#number(schema);
    else this.#skip();
  }

  #object(schema: SchemaView, depth: number): void {
    const members: Member[] = [];
    this.#at++;
    this.#space();
    while (this.#text[this.#at] !== '}') {
      const start = this.#at;
      const key = this.#string();
      this.#space();
      this.#at++; // :
      this.#space();
      const member = schema.member(key);
      const isNull = this.#text.startsWith('null', this.#at);
      this.#value(member, depth + 1);
      const removed = isNull && member !== undefined && !member.allowsNull && !schema.requires(key);
      members.push({ start, end: this.#at, removed });
      this.#space();
      if (this.#text[this.#at] === ',') {
        this.#at++;
        this.#space();
      }
    }
    this.#at++;
    this.#removeMembers(members);
  }

  /** Takes members out together with the comma that belonged to them. */
  #removeMembers(members: readonly Member[]): void {
    let kept = false;
    members.forEach((member, index) => {
      if (!member.removed) {
        kept = true;
        return;
      }
      const previous = members[index - 1];
      const next = members[index + 1];
      if (kept && previous) this.#edits.push({ start: previous.end, end: member.end, text: '' });
      else this.#edits.push({ start: member.start, end: next ? next.start : member.end, text: '' });
    });
  }

  #array(schema: SchemaView, depth: number): void {
    this.#at++;
    this.#space();
    let index = 0;
    while (this.#text[this.#at] !== ']') {
      this.#value(schema.element(index++), depth + 1);
      this.#space();
      if (this.#text[this.#at] === ',') {
        this.#at++;
        this.#space();
      }
    }
    this.#at++;
  }

  #number(schema: SchemaView): void {
    const start = this.#at;
    while (/[-+.eE\d]/.test(this.#text[this.#at] ?? '')) this.#at++;
    const literal = this.#text.slice(start, this.#at);
    const integer = schema.allowsNumber ? integerLiteral(literal) : undefined;
    if (integer !== undefined) this.#edits.push({ start, end: this.#at, text: integer });
  }

  /** Reads a string and returns its value. */
  #string(): string {
    const start = this.#at;
    this.#skipString();
    return JSON.parse(this.#text.slice(start, this.#at)) as string;
  }

  #skipString(): void {
    this.#at++;
    while (this.#text[this.#at] !== '"') this.#at += this.#text[this.#at] === '\\' ? 2 : 1;
    this.#at++;
  }

  /** Passes over one value, however deep, without recursion. */
  #skip(): void {
    let depth = 0;
    do {
      const character = this.#text[this.#at];
      if (character === '"') this.#skipString();
      else if (character === '{' || character === '[') {
        depth++;
        this.#at++;
      } else if (character === '}' || character === ']') {
        depth--;
        this.#at++;
      } else if (character === ',' || character === ':' || isSpace(character)) this.#at++;
      else while (this.#at < this.#text.length && !/[\s,\]}]/.test(this.#text[this.#at] ?? '')) this.#at++;
    } while (depth > 0 && this.#at < this.#text.length);
  }

  #space(): void {
    while (isSpace(this.#text[this.#at])) this.#at++;
  }
}

/** `1000.0` → `1000`, `1e3` → `1000`; `undefined` when the literal is an integer already or no integer at all. */
function integerLiteral(literal: string): string | undefined {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/.exec(literal);
  if (!match) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent] = match;
  if (fraction === '' && exponent === undefined) return undefined;
  const power = Number(exponent ?? 0);
  // 19 digits hold every 64-bit integer; what is larger was meant as a float.
  if (Math.abs(power) > 19) return undefined;
  const digits = whole + fraction;
  const point = whole.length + power;
  const integer = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '';
  const rest = point > 0 ? digits.slice(point) : digits;
  if (/[^0]/.test(rest)) return undefined;
  const plain = integer.replace(/^0+(?=\d)/, '') || '0';
  if (plain.length > 19) return undefined;
  return plain === '0' ? '0' : sign + plain;
}

function applyEdits(text: string, edits: readonly Edit[]): string {
  let result = '';
  let from = 0;
  for (const edit of edits) {
    // A number inside a member that goes away has gone with it.
    if (edit.start < from) continue;
    result += text.slice(from, edit.start) + edit.text;
    from = edit.end;
  }
  return result + text.slice(from);
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9';
}

function isSpace(character: string | undefined): boolean {
  return character === ' ' || character === '\n' || character === '\t' || character === '\r';
}
