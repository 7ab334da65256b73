import { isRecord, type Json } from './json-checks.ts';

const TERMINALS = ['response.completed', 'response.incomplete', 'response.failed'];

interface OpenItem {
  readonly id: string;
  readonly type: string;
  /** Accumulated deltas by `<kind>:<index>`. */
  readonly deltas: Map<string, string>;
  readonly openParts: Set<string>;
  /** Deltas whose `done` is still to come. */
  readonly openTexts: Set<string>;
}

/**
 * What is wrong with a Responses stream that a client got; empty when nothing is.
 * https://platform.openai.com/docs/api-reference/responses-streaming
 */
export function checkResponsesStream(stream: string): readonly string[] {
  const problems: string[] = [];
  const bad = (problem: string): void => void problems.push(problem);
  if (!stream.endsWith('\n\n')) bad('the last frame is not closed');
  const open = new Map<number, OpenItem>();
  const done: Json[] = [];
  let sequence = -1;
  let count = 0;
  let responseId: unknown;
  let terminal: string | undefined;
  for (const block of stream.split(/\r?\n\r?\n/).filter((text) => text !== '')) {
    const event = readFrame(block, bad);
    if (!event) continue;
    const type = String(event.type);
    if (terminal !== undefined) bad(`${type} after ${terminal}`);
    // A heartbeat put between an upstream's own frames cannot have a number of its own.
    const heartbeat = type === 'response.in_progress' && count > 1;
    if (typeof event.sequence_number !== 'number' || event.sequence_number < sequence + (heartbeat ? 0 : 1))
      bad(`${type}: sequence_number ${String(event.sequence_number)} after ${sequence}`);
    else sequence = event.sequence_number;
    if (count === 0 && type !== 'response.created') bad(`the first event is ${type}`);
    if (count === 1 && type !== 'response.in_progress' && type !== 'response.failed')
      bad(`the second event is ${type}`);
    count += 1;
    if (isRecord(event.response)) {
      responseId ??= event.response.id;
      if (event.response.id !== responseId) bad(`${type}: the response id changed`);
      if (event.response.object !== 'response') bad(`${type}: object is ${String(event.response.object)}`);
    }
    if (TERMINALS.includes(type)) {
      terminal = type;
      checkTerminal(event, done, open, bad);
    } else if (type.startsWith('response.output_item.')) checkItem(event, type, open, done, bad);
    else if (event.item_id !== undefined) checkChild(event, type, open, bad);
    else if (type === 'error') bad('the flat error event, which Codex cannot read');
    else if (type !== 'response.created' && type !== 'response.in_progress') bad(`unexpected ${type}`);
  }
  if (terminal === undefined) bad('no terminal event');
  return problems;
}

function readFrame(block: string, bad: (problem: string) => void): Json | undefined {
  if (block.startsWith(':')) return void bad('a comment, which resets no idle timer of Codex');
  const found = /^event: (\S+)\r?\ndata: (.*)$/.exec(block);
  if (!found?.[2]) return void bad(`not an event and a data line: ${block.slice(0, 80)}`);
  let event: unknown;
  try {
    event = JSON.parse(found[2]);
  } catch {
    return void bad(`not JSON: ${found[2].slice(0, 80)}`);
  }
  if (!isRecord(event)) return void bad('not an object');
  if (event.type !== found[1]) bad(`event line ${found[1]} over type ${String(event.type)}`);
  return event;
}

function checkItem(
  event: Json,
  type: string,
  open: Map<number, OpenItem>,
  done: Json[],
  bad: (problem: string) => void,
): void {
  const index = Number(event.output_index);
  const item = isRecord(event.item) ? event.item : {};
  if (typeof item.id !== 'string' || item.id === '') bad(`${type}: an item without id`);
  if (type === 'response.output_item.added') {
    if (index !== open.size + done.filter(Boolean).length) bad(`${type}: output_index ${index}`);
    open.set(index, {
      id: String(item.id),
      type: String(item.type),
      deltas: new Map(),
      openParts: new Set(),
      openTexts: new Set(),
    });
    return;
  }
  const opened = open.get(index);
  if (!opened) {
    bad(`${type}: item ${index} was not added`);
    return;
  }
  open.delete(index);
  done[index] = item;
  if (opened.id !== item.id || opened.type !== item.type)
    bad(`${type}: item ${index} changed its id or type`);
  for (const left of [...opened.openParts, ...opened.openTexts]) bad(`${type}: ${left} is not done`);
  for (const [key, value] of opened.deltas)
    if (wholeText(item, key) !== value) bad(`${type}: ${key} differs from its deltas`);
}

/** The text of a finished item that the deltas under `key` must add up to. */
function wholeText(item: Json, key: string): unknown {
  const [kind, index] = key.split(':');
  const at = (list: unknown): Json => {
    const found: unknown = Array.isArray(list) ? list[Number(index)] : undefined;
    return isRecord(found) ? found : {};
  };
  switch (kind) {
    case 'output_text':
      return at(item.content).text;
    case 'reasoning_text':
      return at(item.content).text;
    case 'refusal':
      return at(item.content).refusal;
    case 'reasoning_summary_text':
      return at(item.summary).text;
    case 'function_call_arguments':
      return item.arguments;
    case 'custom_tool_call_input':
      return item.input;
    default:
      return undefined;
  }
}

function checkChild(
  event: Json,
  type: string,
  open: Map<number, OpenItem>,
  bad: (problem: string) => void,
): void {
  const item = open.get(Number(event.output_index));
  if (!item || item.id !== event.item_id) {
    bad(`${type}: no open item ${String(event.item_id)}`);
    return;
  }
  const found = /^response\.(\w+)\.(added|delta|done)$/.exec(type);
  const [kind, what] = [found?.[1] ?? '', found?.[2] ?? ''];
  const index = event.content_index ?? event.summary_index ?? '';
  const part = kind.startsWith('reasoning_summary') ? `summary:${String(index)}` : `content:${String(index)}`;
  if (kind === 'content_part' || kind === 'reasoning_summary_part') {
    if (what === 'added') item.openParts.add(part);
    else if (!item.openParts.delete(part)) bad(`${type}: ${part} was not added`);
    return;
  }
  if (index !== '' && !item.openParts.has(part)) bad(`${type}: ${part} is not open`);
  const key = `${kind}:${String(index)}`;
  if (what === 'delta') {
    item.deltas.set(key, (item.deltas.get(key) ?? '') + String(event.delta));
    item.openTexts.add(key);
  } else if (what === 'done') {
    item.openTexts.delete(key);
    const whole = event.text ?? event.refusal ?? event.arguments ?? event.input;
    if (whole !== (item.deltas.get(key) ?? '')) bad(`${type}: differs from its deltas`);
  }
}

function checkTerminal(
  event: Json,
  done: readonly Json[],
  open: ReadonlyMap<number, OpenItem>,
  bad: (problem: string) => void,
): void {
  const type = String(event.type);
  const response = isRecord(event.response) ? event.response : {};
  if (response.status !== type.slice('response.'.length)) bad(`${type}: status ${String(response.status)}`);
  if (type === 'response.failed') {
    if (!isRecord(response.error) || typeof response.error.message !== 'string')
      bad(`${type}: no error message`);
    return;
  }
  if (type === 'response.completed' && open.size > 0) bad(`${type}: items are still open`);
  if (type === 'response.incomplete' && !isRecord(response.incomplete_details))
    bad(`${type}: no incomplete_details`);
  if (JSON.stringify(response.output) !== JSON.stringify(done.filter(Boolean)))
    bad(`${type}: its output is not that of the finished items`);
  if (isRecord(response.usage) && typeof response.usage.total_tokens !== 'number')
    bad(`${type}: usage without total_tokens`);
}
