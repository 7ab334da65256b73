import type { Part } from '../conversation.ts';
import type { Ledger } from './ledger.ts';

/** A part with the path it has in the conversation. */
export interface PlacedPart {
  readonly part: Part;
  readonly path: string;
}

/** The parts of a turn, by the turn's path. */
export function placedParts(parts: readonly Part[], path: string): readonly PlacedPart[] {
  return parts.map((part, at) => ({ part, path: `${path}.parts[${at}]` }));
}

/** Notes a part that only the protocol it came in can read, and that no text stands for. */
export function noteUnreadable(kind: string, path: string, ledger: Ledger): void {
  ledger.once({
    path,
    from: kind,
    to: '',
    action: 'dropped',
    topic: 'content',
    reason: 'Only the protocol it came in can read it, and it holds no text.',
  });
}
