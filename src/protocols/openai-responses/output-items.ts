import { citationFields } from '../bridge/citations.ts';
import { packSeal } from '../bridge/seal.ts';
import type { Seal } from '../conversation.ts';
import type { Citation, Phase, TokenLogprob } from '../reply.ts';
import type { Deltas } from './frames.ts';
import type {
  CustomToolCallItem,
  FunctionCallItem,
  ItemStatus,
  MessageItem,
  OutputItem,
  OutputText,
  ReasoningItem,
  Refusal,
} from './wire.ts';

/** One output item while it is being written. Its place in `output` is fixed once it is begun. */
interface ItemBase {
  readonly id: string;
  readonly outputIndex: number;
  /** The finished item, once `output_item.done` was sent. */
  done?: OutputItem;
}

export interface MessageDraft extends ItemBase {
  readonly type: 'message';
  readonly phase: Phase | undefined;
  readonly contents: ContentDraft[];
}

export interface ContentDraft {
  readonly type: 'output_text' | 'refusal';
  text: string;
  readonly logprobs: TokenLogprob[];
  readonly citations: Citation[];
  ended: boolean;
  complete: boolean;
}

export interface ReasoningDraft extends ItemBase {
  readonly type: 'reasoning';
  readonly summary: string[];
  /** The provider gave a summary of its own. */
  summarised: boolean;
  content: string | undefined;
  /** Of the open summary part, and of the raw text. */
  summaryDeltas: Deltas | undefined;
  contentDeltas: Deltas | undefined;
  seal: Seal | undefined;
}

export interface CallDraft extends ItemBase {
  readonly type: 'call';
  readonly callId: string;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly freeform: boolean;
  /** The arguments of a function, the raw input of a freeform tool. */
  text: string;
  readonly deltas: Deltas;
}

/** Shown as it came: an item that only this protocol knows. */
export interface VerbatimDraft extends ItemBase {
  readonly type: 'verbatim';
}

export type ItemDraft = MessageDraft | ReasoningDraft | CallDraft | VerbatimDraft;

export function contentPart({ type, text, logprobs, citations }: ContentDraft): OutputText | Refusal {
  return type === 'output_text'
    ? { type, text, annotations: citations.map(urlCitation), logprobs: logprobs.map(writtenToken) }
    : { type, refusal: text };
}

export function urlCitation(citation: Citation) {
  return { type: 'url_citation', ...citationFields(citation) };
}

/** In a finished part `bytes` is always there. */
function writtenToken(token: TokenLogprob) {
  const top_logprobs = token.top_logprobs.map((other) => ({ ...other, bytes: other.bytes ?? [] }));
  return { ...token, bytes: token.bytes ?? [], top_logprobs };
}

export function messageItem(draft: MessageDraft, status: ItemStatus, phase = draft.phase): MessageItem {
  return {
    id: draft.id,
    type: 'message',
    status,
    role: 'assistant',
    content: draft.contents.map(contentPart),
    ...(phase && { phase }),
  };
}

export function reasoningItem({ id, summary, content, seal }: ReasoningDraft): ReasoningItem {
  return {
    id,
    type: 'reasoning',
    summary: summary.map((text) => ({ type: 'summary_text', text })),
    ...(content !== undefined && { content: [{ type: 'reasoning_text', text: content }] }),
    encrypted_content: seal ? packSeal(seal) : null,
  };
}

export function callItem(draft: CallDraft, status: ItemStatus): FunctionCallItem | CustomToolCallItem {
  const { id, callId, name, namespace, freeform, text } = draft;
  const space = namespace === undefined ? {} : { namespace };
  return freeform
    ? { id, type: 'custom_tool_call', status, call_id: callId, input: text, name, ...space }
    : { id, type: 'function_call', status, arguments: text, call_id: callId, name, ...space };
}

/** The item as it stands, for an event in mid-stream that shows the whole response. */
export function currentItem(draft: ItemDraft): OutputItem | undefined {
  if (draft.done) return draft.done;
  switch (draft.type) {
    case 'message':
      return messageItem(draft, 'in_progress');
    case 'reasoning':
      return reasoningItem(draft);
    case 'call':
      return callItem(draft, 'in_progress');
    case 'verbatim':
      return undefined;
  }
}
