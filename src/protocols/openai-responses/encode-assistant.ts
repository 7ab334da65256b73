import { noteUnreadable, placedParts } from '../bridge/placed-part.ts';
import type { Part, ReasoningPart, ToolCallPart, Turn } from '../conversation.ts';
import type { Loss } from '../loss.ts';
import { verbatimItem } from './encode-content.ts';
import type { InputContext } from './encode-input.ts';
import type { InputItem, SpokenPart } from './wire.ts';

/** An assistant's turn as items; `media` has to follow as a user's message. */
interface EncodedAssistant {
  readonly items: readonly InputItem[];
  readonly media: readonly Part[];
}

/** Writes an assistant's turn: its words as messages, its calls and its reasoning each as an item, in order. */
export function encodeAssistant(turn: Turn, path: string, context: InputContext): EncodedAssistant {
  const items: InputItem[] = [];
  const media: Part[] = [];
  let spoken: SpokenPart[] = [];
  const endMessage = (): void => {
    if (spoken.length > 0)
      items.push({
        type: 'message',
        role: 'assistant',
        content: spoken,
        ...(turn.phase && { phase: turn.phase }),
      });
    spoken = [];
  };
  const push = (item: InputItem | undefined): void => {
    if (!item) return;
    endMessage();
    items.push(item);
  };
  for (const { part, path: at } of placedParts(withKeptReasoning(turn, context), path)) {
    switch (part.type) {
      case 'text':
        if (part.text !== '') spoken.push({ type: 'output_text', text: part.text });
        break;
      case 'refusal':
        spoken.push({ type: 'refusal', refusal: part.text });
        break;
      case 'reasoning':
        push(encodeReasoning(part, at, context));
        break;
      case 'tool-call':
        push(encodeCall(part, context));
        break;
      case 'opaque':
        if (verbatimItem(part)) push(verbatimItem(part));
        else if (part.text) spoken.push({ type: 'output_text', text: part.text });
        else noteUnreadable(part.kind, at, context.ledger);
        break;
      default:
        context.ledger.once({ path: at, ...MEDIA });
        media.push(part);
    }
  }
  endMessage();
  return { items, media };
}

const MEDIA: Omit<Loss, 'path'> = {
  from: 'media in an assistant turn',
  to: 'media in a user message after it',
  action: 'downgraded',
  topic: 'content',
  reason: 'A message of the assistant holds text only.',
};

function encodeCall(call: ToolCallPart, { names }: InputContext): InputItem {
  const common = { call_id: call.id, name: names.upstream(call) };
  return call.freeform
    ? { type: 'custom_tool_call', ...common, input: call.arguments }
    : { type: 'function_call', ...common, arguments: call.arguments.trim() === '' ? '{}' : call.arguments };
}

/**
 * Puts back the reasoning that the client's protocol dropped, before the call that it led to. Where the client
 * repeats reasoning of its own, what was kept takes its place: it is the same, and sealed.
 */
function withKeptReasoning(turn: Turn, context: InputContext): readonly Part[] {
  const { vault } = context.target;
  if (!vault || turn.parts.some((part) => part.type === 'reasoning' && isOwn(part, context)))
    return turn.parts;
  const seen = new Set<string>();
  let kept = 0;
  const parts = turn.parts.flatMap((part): readonly Part[] => {
    if (part.type !== 'tool-call') return [part];
    const found = vault
      .find({ callId: part.id, name: part.name, arguments: part.arguments })
      // Parallel calls share the reasoning before them.
      .filter(({ seal }) => seal !== undefined && !seen.has(seal.data));
    for (const { seal } of found) if (seal) seen.add(seal.data);
    kept += found.length;
    return [...found, part];
  });
  return kept > 0 ? parts.filter((part) => part.type !== 'reasoning' || part.seal) : turn.parts;
}

/** Whether a seal may be given to this upstream: it issued it, or the client got it in this very protocol. */
function isOwn({ seal }: ReasoningPart, { target }: InputContext): boolean {
  return (
    seal?.protocol === 'responses' &&
    seal.kind === 'encrypted' &&
    (seal.issuer === '' || seal.issuer === target.issuer)
  );
}

/** A reasoning item that the upstream can go on from; without its own seal it would be refused or ignored. */
function encodeReasoning(part: ReasoningPart, path: string, context: InputContext): InputItem | undefined {
  const { summary, text, seal, id } = part;
  const texts = summary.map((entry) => ({ type: 'summary_text', text: entry }) as const);
  if (seal && isOwn(part, context)) {
    return {
      type: 'reasoning',
      // Ids given out here are unknown to the provider.
      ...(id !== undefined && seal.issuer === '' && { id }),
      summary: texts,
      encrypted_content: seal.data,
    };
  }
  const readable = text ?? summary.join('\n\n');
  if (context.target.quirks.reasoningEcho && readable !== '') {
    return { type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: readable }] };
  }
  const foreign = seal !== undefined;
  context.ledger.once({
    path,
    from: foreign ? 'reasoning sealed by another provider' : 'reasoning of earlier turns',
    to: '',
    action: 'dropped',
    topic: 'hint',
    reason: foreign
      ? 'Only the provider that issued it can read it.'
      : 'This upstream takes back only what it sealed itself.',
  });
  return undefined;
}
