import type { Ledger } from '../bridge/ledger.ts';
import { arrangeTurns, markedInstruction } from '../bridge/ordering.ts';
import { placedParts } from '../bridge/placed-part.ts';
import type { ToolNames } from '../bridge/tool-names.ts';
import type { Target } from '../codec.ts';
import type { Part, ToolResultPart, Turn } from '../conversation.ts';
import { encodeAssistant } from './encode-assistant.ts';
import { encodeParts, plainContent, textOf } from './encode-content.ts';
import type { ChatAssistantMessage, ChatMessage, ChatPart } from './wire.ts';

/** What is needed beside the turns. */
export interface MessageContext {
  readonly target: Target;
  readonly names: ToolNames;
  readonly ledger: Ledger;
  /** Words to the model that stand for a field the upstream lacks; appended to the instructions. */
  readonly instructions: readonly string[];
}

/** OpenAI's own limit of a `tool_call_id`; strangers get their ids back as they are. */
const OPENAI_CALL_ID = 40;

/** The messages of a conversation, in the order and the forms that the upstream takes. */
export function encodeMessages(turns: readonly Turn[], context: MessageContext): readonly ChatMessage[] {
  const { quirks } = context.target;
  const ids = { maxLength: quirks.openaiHints ? OPENAI_CALL_ID : Number.POSITIVE_INFINITY };
  const arranged = arrangeTurns(turns, ids, context.ledger);
  const body = arranged.findIndex((turn) => !isInstruction(turn));
  const leading = body < 0 ? arranged : arranged.slice(0, body);
  const writer = new MessageWriter(context);
  writer.lead(leading);
  arranged.slice(leading.length).forEach((turn, at) => {
    writer.turn(turn, `messages[${leading.length + at}]`);
  });
  return writer.messages;
}

function isInstruction(turn: Turn): boolean {
  return turn.role === 'system' || turn.role === 'developer';
}

/** A user's message while its neighbours may still join it. */
interface UserDraft {
  readonly role: 'user';
  readonly parts: ChatPart[];
  readonly name: string | undefined;
}

class MessageWriter {
  readonly #messages: (Exclude<ChatMessage, { role: 'user' }> | UserDraft)[] = [];
  readonly #context: MessageContext;

  constructor(context: MessageContext) {
    this.#context = context;
  }

  get messages(): readonly ChatMessage[] {
    return this.#messages.map((message) => {
      if (message.role !== 'user') return message;
      const { parts, name } = message;
      return { role: 'user', content: plainContent(parts), ...(name !== undefined && { name }) };
    });
  }

  /** The instructions at the head: one message of their own, unless the upstream takes each as it is. */
  lead(turns: readonly Turn[]): void {
    const { instructions, target } = this.#context;
    if (target.quirks.systemAnywhere) {
      turns.forEach((turn, at) => {
        this.#instruction(turn, `messages[${at}]`);
      });
      if (instructions.length > 0) this.#system('system', instructions.join('\n\n'));
      return;
    }
    const contents = turns.map((turn, at) => this.#content(turn.parts, `messages[${at}]`));
    const text = [...contents.map(textOf), ...instructions].filter((entry) => entry !== '').join('\n\n');
    const allDeveloper = turns.length > 0 && turns.every((turn) => turn.role === 'developer');
    if (text !== '') this.#system(allDeveloper ? 'developer' : 'system', text);
    for (const parts of contents) this.#mediaOf(parts);
  }

  turn(turn: Turn, path: string): void {
    if (isInstruction(turn)) {
      this.#laterInstruction(turn, path);
    } else if (turn.role === 'assistant') {
      const message = encodeAssistant(turn, path, this.#context);
      if (message) this.#assistant(message);
    } else {
      const results = turn.parts.filter((part) => part.type === 'tool-result');
      if (results.length > 0) this.#results(results, path);
      else this.#user(this.#content(turn.parts, path), turn.name);
    }
  }

  /** Joined to the message before it where what stood between the two held nothing to send. */
  #assistant(message: ChatAssistantMessage): void {
    const last = this.#messages.at(-1);
    if (last?.role !== 'assistant' || last.tool_calls) {
      this.#messages.push(message);
      return;
    }
    const texts = [last.content, message.content].filter((text) => text !== null);
    const content = texts.length > 0 ? texts.join('\n\n') : null;
    this.#messages[this.#messages.length - 1] = { ...last, ...message, content };
  }

  #laterInstruction(turn: Turn, path: string): void {
    if (this.#context.target.quirks.systemAnywhere) {
      this.#instruction(turn, path);
      return;
    }
    const parts = this.#content(turn.parts, path);
    const text = textOf(parts);
    if (text !== '') {
      this.#context.ledger.once({
        path,
        from: `${turn.role} turn within the conversation`,
        to: 'marked user text',
        action: 'emulated',
        topic: 'content',
        reason: 'This upstream takes instructions at the head only.',
      });
      this.#user([{ type: 'text', text: markedInstruction(text) }]);
    }
    this.#mediaOf(parts);
  }

  /** An instruction where it stands. */
  #instruction(turn: Turn, path: string): void {
    const parts = this.#content(turn.parts, path);
    const text = textOf(parts);
    if (text !== '') this.#system(turn.role === 'developer' ? 'developer' : 'system', text, turn.name);
    this.#mediaOf(parts);
  }

  #system(role: 'system' | 'developer', text: string, name?: string): void {
    const { quirks } = this.#context.target;
    if (quirks.noSystemRole) {
      this.#user([{ type: 'text', text: markedInstruction(text) }]);
      return;
    }
    this.#messages.push({
      role: quirks.developerRole ? role : 'system',
      content: text,
      ...(name !== undefined && { name }),
    });
  }

  /** Images in an instruction: a system message holds text only. */
  #mediaOf(parts: readonly ChatPart[]): void {
    const media = parts.filter((part) => part.type !== 'text');
    if (media.length > 0) this.#user(media);
  }

  /** User content; neighbours are joined for the templates that insist on alternation, unless names tell them apart. */
  #user(parts: readonly ChatPart[], name?: string): void {
    if (parts.length === 0) return;
    const last = this.#messages.at(-1);
    const joins = !this.#context.target.quirks.systemAnywhere && last?.role === 'user' && last.name === name;
    if (joins) last.parts.push(...parts);
    else this.#messages.push({ role: 'user', parts: [...parts], name });
  }

  /** One tool message per result; media that a tool message cannot hold follow in a user message. */
  #results(results: readonly ToolResultPart[], path: string): void {
    const media: ChatPart[] = [];
    results.forEach((result, at) => {
      media.push(...this.#result(result, `${path}.parts[${at}]`));
    });
    if (media.length > 0) this.#user(media);
  }

  /** Returns what has to follow the tool messages. */
  #result(result: ToolResultPart, path: string): readonly ChatPart[] {
    const parts = this.#content(result.content, path);
    const media = parts.filter((part) => part.type !== 'text');
    const moves = media.length > 0 && !this.#context.target.quirks.toolResultMedia;
    const text = [result.isError ? '[The tool reported an error]' : '', textOf(parts)].filter((line) => line);
    if (!moves) {
      const content = media.length > 0 ? parts : text.join('\n');
      this.#messages.push({ role: 'tool', tool_call_id: result.callId, content });
      return [];
    }
    this.#context.ledger.once({
      path,
      from: 'media in a tool result',
      to: 'media in a user message after it',
      action: 'emulated',
      topic: 'content',
      reason: 'A Chat Completions tool message holds text only.',
    });
    const note = `[What this tool returned besides text follows in the next user message]`;
    this.#messages.push({
      role: 'tool',
      tool_call_id: result.callId,
      content: [...text, note].join('\n'),
    });
    return [{ type: 'text', text: `[Returned by tool call ${result.callId}]` }, ...media];
  }

  #content(parts: readonly Part[], path: string): readonly ChatPart[] {
    const placed = placedParts(parts, path);
    return encodeParts(placed, this.#context.ledger);
  }
}
