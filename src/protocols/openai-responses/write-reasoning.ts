import type { ReasoningForm } from '../reply.ts';
import type { ItemWriter } from './item-writer.ts';
import { type ReasoningDraft, reasoningItem } from './output-items.ts';
import { REASONING_ID } from './relay-reasoning.ts';

export function openReasoning(items: ItemWriter): ReasoningDraft {
  const item: ReasoningDraft = {
    type: 'reasoning',
    id: items.newId(REASONING_ID),
    outputIndex: items.nextIndex,
    summary: [],
    summaryOpen: false,
    summarised: false,
    content: undefined,
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
  if (!item.summaryOpen) return;
  item.summaryOpen = false;
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
  if (!item.summaryOpen) {
    item.summaryOpen = true;
    item.summary.push('');
    const part = { type: 'summary_text', text: '' };
    frames.frame('response.reasoning_summary_part.added', { ...summaryPlace(item), part });
  }
  item.summary[item.summary.length - 1] += text;
  frames.frame('response.reasoning_summary_text.delta', { ...summaryPlace(item), delta: text });
}

function writeRaw({ frames }: ItemWriter, item: ReasoningDraft, text: string): void {
  const at = contentPlace(item);
  if (item.content === undefined) {
    item.content = '';
    const part = { type: 'reasoning_text', text: '' };
    frames.frame('response.content_part.added', { ...at, part });
  }
  item.content += text;
  frames.frame('response.reasoning_text.delta', { ...at, delta: text });
}

function summaryPlace({ id, outputIndex, summary }: ReasoningDraft) {
  return { item_id: id, output_index: outputIndex, summary_index: summary.length - 1 };
}

function contentPlace({ id, outputIndex }: ReasoningDraft) {
  return { item_id: id, output_index: outputIndex, content_index: 0 };
}
