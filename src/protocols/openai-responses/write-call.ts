import { repairArguments } from '../bridge/arguments.ts';
import type { Tool } from '../conversation.ts';
import type { ReplyEvent } from '../reply.ts';
import { deltasOf } from './frames.ts';
import type { ItemWriter } from './item-writer.ts';
import { type CallDraft, callItem } from './output-items.ts';

export function openCall(items: ItemWriter, event: ReplyEvent & { type: 'tool-call-start' }): CallDraft {
  const id = items.newId(event.freeform ? 'ctc_' : 'fc_');
  const outputIndex = items.nextIndex;
  const delta = event.freeform
    ? 'response.custom_tool_call_input.delta'
    : 'response.function_call_arguments.delta';
  const item: CallDraft = {
    type: 'call',
    id,
    outputIndex,
    callId: event.id,
    name: event.name,
    namespace: event.namespace,
    freeform: event.freeform,
    text: '',
    deltas: deltasOf(delta, { item_id: id, output_index: outputIndex }),
  };
  items.begin(item, callItem(item, 'in_progress'));
  return item;
}

export function writeArguments({ frames }: ItemWriter, item: CallDraft, delta: string): void {
  item.text += delta;
  frames.delta(item.deltas, delta);
}

/** Hands a whole call over. Repaired arguments may differ from the deltas; clients act on the finished item. */
export function endCall(items: ItemWriter, item: CallDraft, tools: readonly Tool[]): void {
  const at = { item_id: item.id, output_index: item.outputIndex };
  if (item.freeform) {
    items.frames.frame('response.custom_tool_call_input.done', { ...at, input: item.text });
    items.end(item, callItem(item, 'completed'));
    return;
  }
  const repaired = repairArguments(item.text, parametersOf(item, tools));
  if (item.text === '') writeArguments(items, item, repaired);
  item.text = repaired;
  items.frames.frame('response.function_call_arguments.done', {
    ...at,
    name: item.name,
    arguments: repaired,
  });
  items.end(item, callItem(item, 'completed'));
}

function parametersOf({ name, namespace }: CallDraft, tools: readonly Tool[]) {
  for (const tool of tools) {
    if (tool.type === 'function' && tool.name === name && tool.namespace === namespace)
      return tool.parameters;
  }
  return undefined;
}
