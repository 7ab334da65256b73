import {
  arrayAt,
  isObject,
  type JsonObject,
  objectAt,
  oneOf,
  optionalString,
  stringAt,
} from '../bridge/fields.ts';
import type { Ledger } from '../bridge/ledger.ts';
import type { Part, ReasoningPart, ToolCallPart, ToolResultPart, Turn } from '../conversation.ts';
import { invalidRequest } from '../failure.ts';
import { type ContentPart, decodeContent } from './decode-content.ts';
import { readableDetails } from './reasoning-details.ts';

const ROLES = ['system', 'developer', 'user', 'assistant', 'tool', 'function'] as const;

/**
 * The turns of `messages`. Neighbouring tool messages become one turn.
 *
 * @throws {RequestRefused} naming the message and field that is malformed.
 */
export function decodeMessages(value: unknown, ledger: Ledger): readonly Turn[] {
  const messages = arrayAt(value, 'messages');
  if (messages.length === 0) {
    throw invalidRequest("Invalid 'messages': expected at least one message.", 'messages');
  }
  const history = new History(ledger);
  messages.forEach((message, at) => {
    history.add(objectAt(message, `messages[${at}]`), `messages[${at}]`);
  });
  return history.turns;
}

class History {
  readonly turns: Turn[] = [];
  readonly #ledger: Ledger;
  /** Ids of freeform calls, so that their results are known as such. */
  readonly #freeform = new Set<string>();
  /** The legacy call without an id that the next `function` message of its name answers. */
  readonly #legacy = new Map<string, string>();
  #results: Part[] | undefined;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  add(message: JsonObject, path: string): void {
    const role = oneOf(message.role, ROLES, `${path}.role`);
    const isResult = role === 'tool' || role === 'function';
    if (!isResult) this.#results = undefined;
    switch (role) {
      case 'tool':
        this.#result(this.#toolResult(message, path));
        break;
      case 'function':
        this.#result(this.#functionResult(message, path));
        break;
      case 'assistant':
        this.#turn(message, path, 'assistant', this.#assistant(message, path));
        break;
      case 'system':
      case 'developer':
      case 'user':
        this.#turn(message, path, role, this.#content(message, path));
        break;
    }
  }

  #content(message: JsonObject, path: string): readonly Part[] {
    if (message.content === undefined || message.content === null) {
      throw invalidRequest(`Missing required parameter: '${path}.content'.`, `${path}.content`);
    }
    return decodeContent(message.content, `${path}.content`, this.#ledger);
  }

  #turn(message: JsonObject, path: string, role: Turn['role'], parts: readonly Part[]): void {
    const name = optionalString(message.name, `${path}.name`);
    this.turns.push({ role, parts, ...(name !== undefined && { name }) });
  }

  #result(part: ToolResultPart): void {
    if (this.#results) {
      this.#results.push(part);
      return;
    }
    this.#results = [part];
    this.turns.push({ role: 'user', parts: this.#results });
  }

  #toolResult(message: JsonObject, path: string): ToolResultPart {
    const callId = stringAt(message.tool_call_id, `${path}.tool_call_id`);
    return {
      type: 'tool-result',
      callId,
      content: resultContent(decodeContent(message.content, `${path}.content`, this.#ledger)),
      ...(this.#freeform.has(callId) && { freeform: true }),
    };
  }

  #functionResult(message: JsonObject, path: string): ToolResultPart {
    const name = stringAt(message.name, `${path}.name`);
    return {
      type: 'tool-result',
      callId: this.#legacy.get(name) ?? `call_${name}`,
      content: resultContent(decodeContent(message.content, `${path}.content`, this.#ledger)),
    };
  }

  #assistant(message: JsonObject, path: string): readonly Part[] {
    this.#noteAnnotations(message.annotations, path);
    const parts: Part[] = [...decodeReasoning(message, path)];
    const { thoughts, content } = partThoughts(message.content);
    if (parts.length === 0) parts.push(...thoughts);
    parts.push(...decodeContent(content, `${path}.content`, this.#ledger));
    const refusal = optionalString(message.refusal, `${path}.refusal`);
    if (refusal) parts.push({ type: 'refusal', text: refusal });
    if (isObject(message.audio)) parts.push(this.#audio(message.audio, path));
    if (message.tool_calls !== undefined && message.tool_calls !== null) {
      const calls = arrayAt(message.tool_calls, `${path}.tool_calls`);
      parts.push(...calls.map((call, at) => this.#call(call, `${path}.tool_calls[${at}]`)));
    }
    if (isObject(message.function_call)) {
      parts.push(this.#legacyCall(message.function_call, `${path}.function_call`));
    }
    return parts;
  }

  /** Clients repeat the whole message that they got; as a request's field many servers refuse it. */
  #noteAnnotations(annotations: unknown, path: string): void {
    if (!Array.isArray(annotations) || annotations.length === 0) return;
    this.#ledger.once({
      path: `${path}.annotations`,
      from: 'annotations',
      to: '',
      action: 'dropped',
      topic: 'hint',
      reason: 'Citations of an earlier answer are not sent back.',
    });
  }

  #call(value: unknown, path: string): ToolCallPart {
    const call = objectAt(value, path);
    const id = stringAt(call.id, `${path}.id`);
    if (call.type === 'custom') {
      const custom = objectAt(call.custom, `${path}.custom`);
      this.#freeform.add(id);
      return {
        type: 'tool-call',
        id,
        name: stringAt(custom.name, `${path}.custom.name`),
        arguments: stringAt(custom.input, `${path}.custom.input`),
        freeform: true,
      };
    }
    // Clients of lenient providers leave the type out.
    if (call.type !== undefined) oneOf(call.type, ['function', 'custom'], `${path}.type`);
    return { ...decodeFunctionCall(objectAt(call.function, `${path}.function`), `${path}.function`), id };
  }

  #legacyCall(value: JsonObject, path: string): ToolCallPart {
    const call = decodeFunctionCall(value, path);
    const id = `call_${call.name}_${this.turns.length}`;
    this.#legacy.set(call.name, id);
    return { ...call, id };
  }

  /** An earlier spoken answer, by the id under which its provider keeps it. */
  #audio(audio: JsonObject, path: string): Part {
    this.#ledger.add({
      path: `${path}.audio`,
      from: 'audio of an earlier answer',
      to: '',
      action: 'refused',
      topic: 'content',
      reason: 'The recording is kept by the provider that made it.',
    });
    return { type: 'opaque', protocol: 'chat', kind: 'audio', json: audio };
  }
}

function decodeFunctionCall(call: JsonObject, path: string): Omit<ToolCallPart, 'id'> {
  // Arguments that were parsed already are met in hand-written histories.
  const given = isObject(call.arguments) ? JSON.stringify(call.arguments) : call.arguments;
  return {
    type: 'tool-call',
    name: stringAt(call.name, `${path}.name`),
    arguments: optionalString(given, `${path}.arguments`) ?? '',
    freeform: false,
  };
}

/** Reasoning that a client repeats (DeepSeek's, vLLM's and OpenRouter's fields). */
function decodeReasoning(message: JsonObject, path: string): readonly ReasoningPart[] {
  const field = message.reasoning_content ?? message.reasoning;
  const text = isObject(field) ? undefined : optionalString(field, `${path}.reasoning_content`);
  const details = Array.isArray(message.reasoning_details) ? message.reasoning_details : [];
  const readable = text || readableDetails(details).text;
  if (!readable && details.length === 0) return [];
  return [
    {
      type: 'reasoning',
      summary: [],
      ...(readable && { text: readable }),
      ...(details.length > 0 && {
        seal: { issuer: '', protocol: 'chat', kind: 'details', data: JSON.stringify(details) },
      }),
    },
  ];
}

/** Reasoning inside the content, as Mistral's clients repeat it (https://docs.mistral.ai/capabilities/reasoning). */
function partThoughts(content: unknown): {
  readonly thoughts: readonly ReasoningPart[];
  readonly content: unknown;
} {
  if (!Array.isArray(content)) return { thoughts: [], content };
  const thoughts = content.flatMap((part: unknown): readonly ReasoningPart[] => {
    const text = isThought(part) ? thoughtText(part.thinking ?? part.text) : '';
    return text === '' ? [] : [{ type: 'reasoning', summary: [], text }];
  });
  return { thoughts, content: content.filter((part: unknown) => !isThought(part)) };
}

function isThought(part: unknown): part is JsonObject {
  return isObject(part) && (part.type === 'thinking' || part.type === 'reasoning');
}

function thoughtText(value: unknown): string {
  const pieces = Array.isArray(value) ? value : [value];
  return pieces
    .map((piece: unknown) => (isObject(piece) ? piece.text : piece))
    .filter((piece) => typeof piece === 'string')
    .join('');
}

/** What a tool returned: everything but words that only an assistant can say. */
function resultContent(parts: readonly ContentPart[]): ToolResultPart['content'] {
  return parts.flatMap((part) => {
    if (part.type === 'opaque') return [];
    return part.type === 'refusal' ? [{ type: 'text' as const, text: part.text }] : [part];
  });
}
