import {
  arrayAt,
  isObject,
  type JsonObject,
  objectAt,
  optionalString,
  quoteShort,
  stringAt,
} from '../bridge/fields.ts';
import type { ItemMemory } from '../bridge/item-memory.ts';
import type { Ledger } from '../bridge/ledger.ts';
import { unpackSeal } from '../bridge/seal.ts';
import type { OpaquePart, ReasoningPart, Tool, ToolCallPart, ToolResultPart, Turn } from '../conversation.ts';
import { invalidRequest } from '../failure.ts';
import { decodeContent, decodeToolOutput } from './decode-content.ts';
import { decodeTools } from './decode-tools.ts';
import { asObject, asString } from './shape.ts';
import { TurnBuilder } from './turn-builder.ts';

/** What the items of an input amount to. */
interface Input {
  readonly turns: readonly Turn[];
  /** Tools that arrived as an `additional_tools` item. */
  readonly tools: readonly Tool[];
}

/**
 * Reads `input`. Neighbouring items of the assistant (reasoning, message, calls) become one turn, neighbouring
 * results another; the order is kept.
 *
 * @throws {RequestRefused} naming the item that is malformed.
 */
export function decodeInput(
  input: string | readonly unknown[],
  ledger: Ledger,
  items: ItemMemory | undefined,
): Input {
  if (typeof input === 'string') {
    return { turns: [{ role: 'user', parts: [{ type: 'text', text: input }] }], tools: [] };
  }
  const turns = new TurnBuilder();
  const tools: Tool[] = [];
  input.forEach((entry, index) => {
    const at = `input[${index}]`;
    const item = referredItem(objectAt(entry, at), items);
    const type = readType(item, at);
    switch (type) {
      case 'message':
        decodeMessage(item, at, turns, ledger);
        break;
      case 'function_call':
      case 'custom_tool_call':
        turns.assistant(decodeCall(item, at));
        break;
      case 'function_call_output':
      case 'custom_tool_call_output':
        turns.result(decodeResult(item, at, ledger));
        break;
      case 'reasoning':
        turns.assistant(decodeReasoningItem(item, at));
        break;
      case 'agent_message':
        decodeAgentMessage(item, at, turns, ledger);
        break;
      case 'additional_tools':
        tools.push(...decodeTools(item.tools, `${at}.tools`, ledger));
        break;
      case 'item_reference':
        noteReference(item, at, ledger);
        break;
      case 'compaction_trigger':
        noteCompactionTrigger(at, ledger);
        break;
      default:
        decodeOpaque(item, type, at, turns);
    }
  });
  return { turns: turns.turns, tools };
}

/** The item itself, where the client gave only the id of one that it got from here. */
function referredItem(item: JsonObject, items: ItemMemory | undefined): JsonObject {
  const { type, id, role, content } = item;
  const refers = type === 'item_reference' || (!type && role === undefined && content === undefined);
  const known = refers && typeof id === 'string' ? items?.find(id) : undefined;
  return isObject(known) ? known : item;
}

/** An item without a type is a message if it has a role, else a reference by id. */
function readType(item: JsonObject, at: string): string {
  if (item.type !== undefined && item.type !== null) return stringAt(item.type, `${at}.type`);
  if (item.role !== undefined) return 'message';
  if (typeof item.id === 'string' && item.content === undefined) return 'item_reference';
  throw invalidRequest(`Missing required parameter: '${at}.type'.`, `${at}.type`);
}

function decodeMessage(item: JsonObject, at: string, turns: TurnBuilder, ledger: Ledger): void {
  const role = stringAt(item.role, `${at}.role`);
  switch (role) {
    case 'system':
    case 'developer':
    case 'user': {
      const parts = decodeContent(item.content, `${at}.content`, ledger);
      if (parts.length > 0) turns.message({ role, parts });
      return;
    }
    case 'assistant': {
      const parts = item.content === null ? [] : decodeContent(item.content, `${at}.content`, ledger);
      const phase = item.phase === 'commentary' || item.phase === 'final_answer' ? item.phase : undefined;
      turns.assistantMessage(parts, phase);
      return;
    }
    default:
      throw invalidRequest(
        `Invalid value for '${at}.role': expected 'assistant', 'system', 'developer' or 'user'.`,
        `${at}.role`,
      );
  }
}

function decodeCall(item: JsonObject, at: string): ToolCallPart {
  const freeform = item.type === 'custom_tool_call';
  const namespace = optionalString(item.namespace, `${at}.namespace`);
  return {
    type: 'tool-call',
    id: stringAt(item.call_id, `${at}.call_id`),
    name: stringAt(item.name, `${at}.name`),
    ...(namespace !== undefined && { namespace }),
    arguments: freeform ? stringAt(item.input, `${at}.input`) : stringAt(item.arguments, `${at}.arguments`),
    freeform,
  };
}

function decodeResult(item: JsonObject, at: string, ledger: Ledger): ToolResultPart {
  return {
    type: 'tool-result',
    callId: stringAt(item.call_id, `${at}.call_id`),
    content: decodeToolOutput(item.output, `${at}.output`, ledger),
    ...(item.type === 'custom_tool_call_output' && { freeform: true }),
  };
}

/** `content` and `encrypted_content` may be null (Codex always writes both keys). */
function decodeReasoningItem(item: JsonObject, at: string): ReasoningPart {
  const summary = readTexts(item.summary, `${at}.summary`);
  const text = readTexts(item.content, `${at}.content`).join('');
  const encrypted = optionalString(item.encrypted_content, `${at}.encrypted_content`);
  const id = optionalString(item.id, `${at}.id`);
  return {
    type: 'reasoning',
    summary,
    ...(text !== '' && { text }),
    ...(encrypted && {
      // What was not packed here came from a provider of this very protocol.
      seal: unpackSeal(encrypted) ?? {
        issuer: '',
        protocol: 'responses',
        kind: 'encrypted',
        data: encrypted,
      },
    }),
    ...(id !== undefined && { id }),
  };
}

function readTexts(value: unknown, path: string): readonly string[] {
  if (value === undefined || value === null) return [];
  return arrayAt(value, path).map((entry, index) =>
    stringAt(objectAt(entry, `${path}[${index}]`).text, `${path}[${index}].text`),
  );
}

/** Word from another agent of the client (Codex). Its readable text is a user's message to this one. */
function decodeAgentMessage(item: JsonObject, at: string, turns: TurnBuilder, ledger: Ledger): void {
  const parts =
    item.content === null || item.content === undefined
      ? []
      : decodeContent(item.content, `${at}.content`, ledger);
  if (parts.length > 0) turns.message({ role: 'user', parts });
}

function noteReference(item: JsonObject, at: string, ledger: Ledger): void {
  const id = stringAt(item.id, `${at}.id`);
  // Reasoning is no visible meaning; its reference is what the Vercel SDK sends unless told `store: false`.
  const reasoning = id.startsWith('rs_');
  ledger.once({
    path: at,
    from: 'item_reference',
    to: '',
    action: reasoning ? 'dropped' : 'refused',
    topic: reasoning ? 'reasoning' : 'content',
    reason:
      'The item is kept by the provider that made it. Send the item itself (store: false) instead of its id.',
  });
}

function noteCompactionTrigger(at: string, ledger: Ledger): void {
  ledger.once({
    path: at,
    from: 'compaction_trigger',
    to: '',
    action: 'refused',
    topic: 'content',
    reason: 'Compaction on the provider’s side is not to be had here; compact on the client’s side.',
  });
}

/** Items that only the provider (or the client) can act on, by who speaks them; others are calls and their outputs. */
const OPAQUE_ASSISTANT = new Set([
  'compaction',
  'compaction_summary',
  'context_compaction',
  'mcp_approval_request',
  'mcp_list_tools',
  'program',
]);
const OPAQUE_USER = new Set(['mcp_approval_response', 'program_output', 'tool_search_output']);

function decodeOpaque(item: JsonObject, type: string, at: string, turns: TurnBuilder): void {
  const text = opaqueText(item);
  const part: OpaquePart = {
    type: 'opaque',
    protocol: 'responses',
    kind: type,
    json: item,
    ...(text !== undefined && { text }),
  };
  // By their names, so that a newer client's are known too.
  if (OPAQUE_ASSISTANT.has(type) || type.endsWith('_call')) turns.assistant(part);
  else if (OPAQUE_USER.has(type) || type.endsWith('_call_output')) turns.result(part);
  else
    throw invalidRequest(
      `Invalid value for '${at}.type': ${quoteShort(type)} is no kind of item.`,
      `${at}.type`,
    );
}

/** What a person could read of an item: a result's text, a compaction's summary. */
function opaqueText(item: JsonObject): string | undefined {
  const { output, summary, text } = item;
  const direct = asString(text) ?? asString(summary) ?? asString(output);
  if (direct) return direct;
  const list = Array.isArray(summary) ? summary : Array.isArray(output) ? output : [];
  const texts = list.flatMap((entry) => {
    const found = asString(entry) ?? asString(asObject(entry)?.text) ?? asString(asObject(entry)?.stdout);
    return found ? [found] : [];
  });
  return texts.length > 0 ? texts.join('\n') : undefined;
}
