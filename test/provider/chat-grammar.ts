import { isRecord, type Json } from './json-checks.ts';

/**
 * What is wrong with a Chat stream that a client got; empty when nothing is.
 * One id, one finish, the usage chunk behind it, one `[DONE]`; or an error and no `[DONE]`.
 */
export function checkChatStream(stream: string): readonly string[] {
  const problems: string[] = [];
  const bad = (problem: string): void => void problems.push(problem);
  if (!stream.endsWith('\n\n')) bad('the last frame is not closed');
  let head: string | undefined;
  let finished = false;
  let over: 'done' | 'error' | undefined;
  let usageSeen = false;
  const names = new Map<number, string>();
  for (const block of stream.split(/\r?\n\r?\n/).filter((text) => text !== '')) {
    if (block.startsWith(':')) continue;
    if (!/^data: [^\n]*$/.test(block)) {
      bad(`not one data line: ${block.slice(0, 80)}`);
      continue;
    }
    if (over) bad(`a frame after the ${over}`);
    const data = block.slice('data: '.length);
    if (data === '[DONE]') {
      if (!finished) bad('[DONE] without a finish_reason');
      over = 'done';
      continue;
    }
    const chunk = parse(data);
    if (!chunk) {
      bad(`not JSON: ${data.slice(0, 80)}`);
      continue;
    }
    if (chunk.error !== undefined) {
      if (!isRecord(chunk.error) || typeof chunk.error.message !== 'string') bad('an error without message');
      over = 'error';
      continue;
    }
    if (chunk.object !== 'chat.completion.chunk') bad(`object is ${String(chunk.object)}`);
    const own = JSON.stringify([chunk.id, chunk.created, chunk.model]);
    const first = head === undefined;
    head ??= own;
    if (own !== head || typeof chunk.id !== 'string' || chunk.id === '')
      bad(`changed head: ${own}, was ${head}`);
    const choices = Array.isArray(chunk.choices) ? chunk.choices : [];
    if (isRecord(chunk.usage)) {
      usageSeen = true;
      if (!finished && choices.length === 0) bad('the usage chunk comes before the finish');
    }
    for (const choice of choices.filter(isRecord)) {
      if (choice.index !== 0) bad(`choice index ${String(choice.index)}`);
      const delta = isRecord(choice.delta) ? choice.delta : {};
      if (first !== (delta.role === 'assistant')) bad(first ? 'no role in the first chunk' : 'a second role');
      if (finished) bad('a choice after the finish_reason');
      checkCalls(delta, names, bad);
      if (typeof choice.finish_reason === 'string') finished = true;
    }
  }
  if (!over) bad('neither [DONE] nor an error');
  if (over === 'error' && usageSeen && finished) bad('an error after a complete reply');
  return problems;
}

function checkCalls(delta: Json, names: Map<number, string>, bad: (problem: string) => void): void {
  if (delta.tool_calls === undefined) return;
  for (const call of Array.isArray(delta.tool_calls) ? delta.tool_calls.filter(isRecord) : []) {
    const index = typeof call.index === 'number' ? call.index : -1;
    const given = isRecord(call.function) ? call.function : isRecord(call.custom) ? call.custom : {};
    if (names.has(index)) {
      if (call.id !== undefined || given.name !== undefined) bad(`call ${index} names itself twice`);
      continue;
    }
    if (index !== names.size) bad(`call index ${index} after ${names.size} calls`);
    if (typeof call.id !== 'string' || call.id === '') bad(`call ${index} has no id`);
    if (typeof given.name !== 'string' || given.name === '') bad(`call ${index} has no name`);
    names.set(index, String(given.name));
  }
}

function parse(data: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
