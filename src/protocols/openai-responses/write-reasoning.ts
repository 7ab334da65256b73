import type { ReasoningForm } from '../reply.ts';
import { deltasOf } from './frames.ts';
import type { ItemWriter } from './item-writer.ts';
import { type ReasoningDraft, reasoningItem } from './output-items.ts';
import { REASONING_ID } from './relay-reasoning.ts';

export function openReasoning(items: ItemWriter): ReasoningDraft {
  const item: ReasoningDraft = {
    type: 'reasoning',
    id: items.newId(REASONING_ID),
    outputIndex: items.nextIndex,
    summary: [],
    summarised: false,
    content: undefined,
    summaryDeltas: undefined,
    contentDeltas: undefined,
    seal: undefined,
  };
  items.begin(item, reasoningItem(item));
  return item;
}

/**
 * Clients show a summary, few show raw reasoning. So raw reasoning goes into the summary, unless the provider gives
 * a summary of its own.
 */
export function writeReasoning(
  items: ItemWriter,
  item: ReasoningDraft,
  text: string,
  form: ReasoningForm,
): void {
  if (form === 'raw' && item.summarised) {
    writeRaw(items, item, text);
    return;
  }
  if (form !== 'raw' && !item.summarised) {
    item.summarised = true;
    breakSummary(items, item);
  }
  writeSummary(items, item, text);
}

/** Ends the summary's paragraph, if one is begun. */
export function breakSummary({ frames }: ItemWriter, item: ReasoningDraft): void {
  if (!item.summaryDeltas) return;
  item.summaryDeltas = undefined;
  const at = summaryPlace(item);
  const text = item.summary.at(-1) ?? '';
  frames.frame('response.reasoning_summary_text.done', { ...at, text });
  frames.frame('response.reasoning_summary_part.done', { ...at, part: { type: 'summary_text', text } });
}

export function endReasoning(items: ItemWriter, item: ReasoningDraft): void {
  breakSummary(items, item);
  if (item.content !== undefined) {
    const at = contentPlace(item);
    const part = { type: 'reasoning_text', text: item.content };
    items.frames.frame('response.reasoning_text.done', { ...at, text: item.content });
    items.frames.frame('response.content_part.done', { ...at, part });
  }
  items.end(item, reasoningItem(item));
}

function writeSummary({ frames }: ItemWriter, item: ReasoningDraft, text: string): void {
  if (!item.summaryDeltas) {
    item.summary.push('');
    const at = summaryPlace(item);
    item.summaryDeltas = deltasOf('response.reasoning_summary_text.delta', at);
    const part = { type: 'summary_text', text: '' };
    frames.frame('response.reasoning_summary_part.added', { ...at, part });
  }
  item.summary[item.summary.length - 1] += text;
  frames.delta(item.summaryDeltas, text);
}

function writeRaw({ frames }: ItemWriter, item: ReasoningDraft, text: string): void {
  if (!item.contentDeltas) {
    const at = contentPlace(item);
    item.contentDeltas = deltasOf('response.reasoning_text.delta', at);
    const part = { type: 'reasoning_text', text: '' };
    frames.frame('response.content_part.added', { ...at, part });
  }
  item.content = (item.content ?? '') + text;
  frames.delta(item.contentDeltas, text);
}

function summaryPlace({ id, outputIndex, summary }: ReasoningDraft) {
  return { item_id: id, output_index: outputIndex, summary_index: summary.length - 1 };
}

function contentPlace({ id, outputIndex }: ReasoningDraft) {
  return { item_id: id, output_index: outputIndex, content_index: 0 };
}
