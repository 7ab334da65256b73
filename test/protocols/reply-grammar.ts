import type { ReplyEvent } from '../../src/protocols/reply.ts';

/** What is wrong with the events of one reply, by the grammar in `reply.ts`; empty when nothing is. */
export function checkReply(events: readonly ReplyEvent[]): readonly string[] {
  const problems: string[] = [];
  const open = new Map<number, string>();
  let parts = 0;
  const begin = (index: number, kind: string): void => {
    if (index !== parts++) problems.push(`${kind} has index ${index}`);
    open.set(index, kind);
  };
  for (const [at, event] of events.entries()) {
    if ((at === 0) !== (event.type === 'start')) problems.push(`${event.type} at ${at}`);
    switch (event.type) {
      case 'part-start':
        begin(event.index, event.part);
        break;
      case 'tool-call-start':
        begin(event.index, 'call');
        if (event.id === '' || event.name === '') problems.push('a call without id or name');
        break;
      case 'opaque':
        begin(event.index, 'opaque');
        open.delete(event.index);
        break;
      case 'text':
        if (!['text', 'refusal'].includes(open.get(event.index) ?? ''))
          problems.push('text outside its part');
        break;
      case 'reasoning':
      case 'reasoning-seal':
        if (open.get(event.index) !== 'reasoning') problems.push(`${event.type} outside its part`);
        break;
      case 'tool-arguments':
        if (open.get(event.index) !== 'call') problems.push('arguments outside their call');
        break;
      case 'part-end':
        if (!open.delete(event.index)) problems.push('an end of nothing');
        break;
      case 'finish':
        if (open.size > 0) problems.push(`${open.size} parts are open at the finish`);
        if (typeof event.reason !== 'string') problems.push('a reason that is no word');
        break;
      case 'failure':
        if (typeof event.failure.kind !== 'string' || !(event.failure.status >= 400))
          problems.push('a failure without kind or status');
        break;
      case 'usage':
        if (Object.values(event.usage).some((count) => !(count >= 0))) problems.push('a negative count');
        break;
      case 'start':
        break;
    }
  }
  const ends = events.filter(({ type }) => type === 'finish' || type === 'failure');
  if (ends.length !== 1 || events.at(-1) !== ends[0]) problems.push(`${ends.length} ends, or not at the end`);
  return problems;
}
