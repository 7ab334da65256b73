import type { FreeformTool, FunctionTool } from '../conversation.ts';
import { parseJson } from './json.ts';

/** The schema under which a freeform tool travels as a function: one string, the raw text. */
const INPUT_SCHEMA = {
  type: 'object',
  properties: { input: { type: 'string', description: 'The raw text of the input, complete.' } },
  required: ['input'],
  additionalProperties: false,
} as const;

/** A freeform tool for an upstream that has functions only: the same name, the grammar in the description. */
export function freeformAsFunction(tool: FreeformTool): FunctionTool {
  const { name, namespace, description, grammar } = tool;
  const notes = [
    description ?? '',
    'Call this tool with one argument, `input`: a string that holds the raw text and nothing else.',
    grammar ? `The text must follow this ${grammar.syntax} grammar exactly:\n${grammar.definition}` : '',
  ];
  return {
    type: 'function',
    name,
    ...(namespace !== undefined && { namespace }),
    description: notes.filter((note) => note !== '').join('\n\n'),
    parameters: INPUT_SCHEMA,
  };
}

/** The raw input of a freeform call as the arguments of its function. */
export function wrapFreeformInput(input: string): string {
  return JSON.stringify({ input });
}

/** The raw input out of whole arguments. */
export function unwrapFreeformInput(args: string): string {
  const unwrapper = new FreeformUnwrapper();
  return unwrapper.push(args) + unwrapper.end();
}

/** How far the unwrapper is. `object`: it is JSON of another shape, understood at the end only. */
type State = 'head' | 'string' | 'closing' | 'members' | 'object' | 'raw';

const HEAD = /^\s*\{\s*"input"\s*:\s*"/;
/** In characters, most of them blanks: what goes on for longer is no wrapper. */
const LONGEST_HEAD = 1000;
/** A beginning that may still become {@link HEAD}. */
const HALF_HEAD = /^\s*(\{\s*("(i(n(p(u(t("\s*(:\s*)?)?)?)?)?)?)?)?)?$/;

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  '"': '"',
  '\\': '\\',
  '/': '/',
};

/**
 * Reads `{"input":"…"}` as it streams and gives out the raw text as soon as it is known, however the pieces are cut.
 *
 * Models do not always keep to the wrapper. What else they write is understood too: the raw text without any
 * wrapper, a JSON string, an object whose one string member has another name, line ends and quotes inside the
 * string that were not escaped.
 */
export class FreeformUnwrapper {
  #state: State = 'head';
  /** Not decided or not decodable yet: a head, half an escape, what follows a closing quote. */
  #held = '';

  /** Takes a piece of the arguments, returns the raw text that became certain; often `''`. */
  push(piece: string): string {
    switch (this.#state) {
      case 'raw':
        return piece;
      case 'object':
      case 'members':
        this.#held += piece;
        return '';
      case 'head':
        return this.#head(this.#held + piece);
      case 'closing':
        if (piece.trimStart() !== '') return this.#string(this.#held + piece);
        this.#held += piece;
        return '';
      case 'string':
        return this.#string(this.#held + piece);
    }
  }

  /** The rest, once no piece will come. */
  end(): string {
    const held = this.#held;
    this.#held = '';
    switch (this.#state) {
      case 'raw':
        return '';
      case 'head':
      case 'object':
        return otherShape(held);
      case 'string':
        // Half an escape: the output was cut here.
        return '';
      case 'closing':
        return '';
      case 'members':
        return literalTail(held);
    }
  }

  #head(text: string): string {
    const head = HEAD.exec(text);
    if (head) return this.#string(text.slice(head[0].length));
    this.#held = text;
    if (text.length <= LONGEST_HEAD && HALF_HEAD.test(text)) return '';
    const first = text.trimStart()[0];
    if (first === '{' || first === '"') {
      this.#state = 'object';
      return '';
    }
    this.#state = 'raw';
    this.#held = '';
    return text;
  }

  /** Reads on inside the string, which `text` continues. */
  #string(text: string): string {
    this.#state = 'string';
    this.#held = '';
    let out = '';
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 0x22) {
        const next = afterQuote(text, at + 1);
        if (next === 'text') continue;
        this.#state = next;
        this.#held = text.slice(at);
        return out + text.slice(from, at);
      }
      if (code !== 0x5c) continue;
      out += text.slice(from, at);
      const read = readEscape(text, at);
      if (!read) {
        this.#held = text.slice(at);
        return out;
      }
      out += read.value;
      at += read.length - 1;
      from = at + 1;
    }
    return out + text.slice(from);
  }
}

/**
 * What a quote in the string is: the end of it (`}` follows, or nothing yet), perhaps the end of it (`,` follows),
 * or, since JSON allows nothing else there, a piece of the text that was not escaped.
 */
function afterQuote(text: string, at: number): 'closing' | 'members' | 'text' {
  const next = nextVisible(text, at);
  if (next === text.length) return 'closing';
  if (text[next] === ',') return 'members';
  return text[next] === '}' && nextVisible(text, next + 1) === text.length ? 'closing' : 'text';
}

function nextVisible(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
  return at;
}

/** One escape at `at`; `undefined` while half of it is still to come. A surrogate pair counts as one. */
function readEscape(text: string, at: number): { value: string; length: number } | undefined {
  const letter = text[at + 1];
  if (letter === undefined) return undefined;
  if (letter !== 'u') return { value: ESCAPES[letter] ?? `\\${letter}`, length: 2 };
  const digits = text.slice(at + 2, at + 6);
  if (!/^[0-9a-fA-F]*$/.test(digits)) return { value: '\\u', length: 2 };
  if (digits.length < 4) return undefined;
  const unit = Number.parseInt(digits, 16);
  if (unit < 0xd800 || unit > 0xdbff) return { value: String.fromCharCode(unit), length: 6 };
  const low = text.slice(at + 6, at + 12);
  if (low.length < 6 && '\\u'.startsWith(low.slice(0, 2)) && /^(\\(u[0-9a-fA-F]*)?)?$/.test(low))
    return undefined;
  const pair = /^\\u(d[c-f][0-9a-f]{2})$/i.exec(low);
  if (!pair) return { value: String.fromCharCode(unit), length: 6 };
  return { value: String.fromCharCode(unit, Number.parseInt(pair[1] ?? '', 16)), length: 12 };
}

/** The text inside arguments that are not the wrapper. */
function otherShape(text: string): string {
  const value = parseJson(text);
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return text;
  const members = Object.entries(value);
  const input = members.find(([name, member]) => name === 'input' && typeof member === 'string');
  if (input) return String(input[1]);
  const strings = members.filter(([, member]) => typeof member === 'string');
  return strings.length === 1 ? String(strings[0]?.[1]) : members.length === 0 ? '' : text;
}

/** What follows `",`: further members of the object, or text that was not escaped. */
function literalTail(text: string): string {
  if (parseJson(`{"input":"${text}`) !== undefined) return '';
  const rest = text.replace(/"\s*\}\s*$/, '');
  return rest.replace(/\\(["\\/nrtbf])/g, (_, letter: string) => ESCAPES[letter] ?? letter);
}
