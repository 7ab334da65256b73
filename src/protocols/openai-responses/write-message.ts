import type { Citation, Phase, TokenLogprob } from '../reply.ts';
import { type Deltas, deltasOf } from './frames.ts';
import type { ItemWriter } from './item-writer.ts';
import {
  type ContentDraft,
  contentPart,
  type MessageDraft,
  messageItem,
  urlCitation,
} from './output-items.ts';

/** A content part within its message. */
export interface ContentPlace {
  readonly message: MessageDraft;
  readonly content: ContentDraft;
  readonly deltas: Deltas;
}

/** Begins a content part: in the message just written if nothing else came since, else in a new one. */
export function openContent(
  items: ItemWriter,
  type: ContentDraft['type'],
  phase: Phase | undefined,
): ContentPlace {
  const last = items.pendingMessage;
  const joins = last && (phase === undefined || phase === last.phase);
  const message = joins ? last : openMessage(items, phase);
  const content: ContentDraft = {
    type,
    text: '',
    logprobs: [],
    citations: [],
    ended: false,
    complete: false,
  };
  message.contents.push(content);
  const at = placeOf(message, content);
  items.frames.frame('response.content_part.added', { ...at, part: contentPart(content) });
  const deltas =
    type === 'output_text'
      ? deltasOf('response.output_text.delta', at, { logprobs: [] })
      : deltasOf('response.refusal.delta', at);
  return { message, content, deltas };
}

export function writeText(
  { frames }: ItemWriter,
  { message, content, deltas }: ContentPlace,
  text: string,
  logprobs?: readonly TokenLogprob[],
): void {
  content.text += text;
  if (!logprobs || content.type === 'refusal') {
    frames.delta(deltas, text);
    return;
  }
  content.logprobs.push(...logprobs);
  frames.frame('response.output_text.delta', {
    ...placeOf(message, content),
    delta: text,
    logprobs: logprobs.map(streamedToken),
  });
}

export function writeCitations(
  { frames }: ItemWriter,
  { message, content }: ContentPlace,
  citations: readonly Citation[],
): void {
  if (content.type === 'refusal') return;
  for (const citation of citations) {
    const annotation_index = content.citations.push(citation) - 1;
    frames.frame('response.output_text.annotation.added', {
      ...placeOf(message, content),
      annotation_index,
      annotation: urlCitation(citation),
    });
  }
}

/** Events have no `bytes` (https://platform.openai.com/docs/api-reference/responses-streaming). */
function streamedToken({ token, logprob, top_logprobs: top }: TokenLogprob) {
  return {
    token,
    logprob,
    top_logprobs: top.map((other) => ({ token: other.token, logprob: other.logprob })),
  };
}

export function endContent(items: ItemWriter, { message, content }: ContentPlace, complete: boolean): void {
  content.ended = true;
  content.complete = complete;
  const at = placeOf(message, content);
  const { text } = content;
  if (content.type === 'output_text')
    items.frames.frame('response.output_text.done', {
      ...at,
      text,
      logprobs: content.logprobs.map(streamedToken),
    });
  else items.frames.frame('response.refusal.done', { ...at, refusal: text });
  items.frames.frame('response.content_part.done', { ...at, part: contentPart(content) });
  items.settle(message);
}

function openMessage(items: ItemWriter, phase: Phase | undefined): MessageDraft {
  const message: MessageDraft = {
    type: 'message',
    id: items.newId('msg_'),
    outputIndex: items.nextIndex,
    phase,
    contents: [],
  };
  items.begin(message, messageItem(message, 'in_progress'));
  return message;
}

function placeOf({ id, outputIndex, contents }: MessageDraft, content: ContentDraft) {
  return { item_id: id, output_index: outputIndex, content_index: contents.indexOf(content) };
}
