import type { Exchange } from '../../../traffic/exchange.ts';

type LossRecord = Exchange['losses'][number];
type Protocol = Exchange['clientProtocol'];

/** The losses of a request by the places they name, and how many lie within each place around them. */
export interface LossMarks {
  readonly at: ReadonlyMap<string, readonly LossRecord[]>;
  readonly within: ReadonlyMap<string, number>;
}

const known = new WeakMap<readonly LossRecord[], LossMarks>();

/** The marks of a client's request in the client's own protocol. */
export function marksOf(losses: readonly LossRecord[], protocol: Protocol): LossMarks {
  const before = known.get(losses);
  if (before) return before;
  const at = new Map<string, LossRecord[]>();
  const within = new Map<string, number>();
  for (const loss of losses) {
    const path = placeOf(loss.path, protocol);
    const here = at.get(path) ?? [];
    // One mark for all that became of one place in one way.
    if (!here.some(({ action, to }) => action === loss.action && to === loss.to))
      at.set(path, [...here, loss]);
    for (const place of placesAround(path)) within.set(place, (within.get(place) ?? 0) + 1);
  }
  const marks = { at, within };
  known.set(losses, marks);
  return marks;
}

/** What a Responses client calls the fields that translation names in the words of Chat Completions. */
const RESPONSES_FIELDS: Readonly<Record<string, string>> = {
  verbosity: 'text.verbosity',
  reasoning_effort: 'reasoning.effort',
  response_format: 'text.format',
  max_tokens: 'max_output_tokens',
  max_completion_tokens: 'max_output_tokens',
};

/** A turn of the translation has no number of its own in the input: the mark then stands at the input itself. */
function placeOf(path: string, protocol: Protocol): string {
  if (protocol !== 'responses') return path;
  return path.startsWith('messages[') ? 'input' : (RESPONSES_FIELDS[path] ?? path);
}

/** `input[3].content` and `input[3]` and `input`, of `input[3].content[0]`. */
function placesAround(path: string): readonly string[] {
  const ends = [...path.matchAll(/[.[]/g)].map(({ index }) => index);
  return ends.map((end) => path.slice(0, end)).filter((place) => place !== '');
}
