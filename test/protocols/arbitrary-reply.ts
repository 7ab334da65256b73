import fc from 'fast-check';
import type { Failure } from '../../src/protocols/failure.ts';
import type { Citation, FinishReason, ReplyEvent, Usage } from '../../src/protocols/reply.ts';

/**
 * Any sequence of events that the grammar in `reply.ts` allows: parts that interleave, parts cut by the limit,
 * failures that leave parts open, empty deltas, usage anywhere.
 */
export function arbitraryReply(options: ArbitraryReplyOptions = {}): fc.Arbitrary<readonly ReplyEvent[]> {
  const parts = fc.array(fc.oneof(textPart, reasoningPart(options), callPart(options)), { maxLength: 5 });
  return fc
    .record({
      start: startEvent,
      parts,
      order: fc.array(fc.nat(), { minLength: 1, maxLength: 30 }),
      usage: fc.option(usage, { nil: undefined }),
      usageAt: fc.nat(),
      end: fc.oneof({ weight: 4, arbitrary: finish }, { weight: 1, arbitrary: failure }),
      leaveOpen: fc.boolean(),
    })
    .map(({ start, parts, order, usage, usageAt, end, leaveOpen }) => {
      const hasCalls = parts.some((part) => part.kind === 'call');
      const body = interleave(parts, order, end.type === 'failure' && leaveOpen, cutsParts(end));
      if (usage) body.splice(usageAt % (body.length + 1), 0, { type: 'usage', usage });
      return [start, ...body, honest(end, hasCalls)];
    });
}

export interface ArbitraryReplyOptions {
  /** Tool names to choose from; a name is always freeform or never. */
  readonly functions?: readonly string[];
  readonly freeform?: readonly string[];
  /** No reasoning parts at all. */
  readonly withoutReasoning?: boolean;
}

/** Text that hurts: escapes, quotes, line ends, astral characters, things that look like SSE. */
export const awkwardText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 24 }),
  fc.constantFrom(
    '',
    '\n\n',
    '"',
    '\\',
    '\\n',
    '🙂',
    '\u2028',
    'data: [DONE]\n\n',
    '{"a":1}',
    '</think>',
    '\0',
  ),
);

/** Pages that a text cites, each once, with and without title and place. */
const citations: fc.Arbitrary<readonly Citation[]> = fc.uniqueArray(
  fc
    .record({
      url: fc.webUrl(),
      title: fc.option(awkwardText, { nil: undefined }),
      start: fc.option(fc.nat(20), { nil: undefined }),
      length: fc.nat(9),
    })
    .map(({ url, title, start, length }) => ({
      url,
      ...(title && { title }),
      ...(start !== undefined && { span: { start, end: start + length } }),
    })),
  { maxLength: 3, selector: ({ url }) => url },
);

interface ScriptedPart {
  readonly kind: 'text' | 'reasoning' | 'call';
  /** Without the index, which follows from the order of start. */
  readonly events: readonly ((index: number) => ReplyEvent)[];
  /** What is left of them when a limit cuts the part. */
  readonly cutEvents?: readonly ((index: number) => ReplyEvent)[];
  /** Whether the part is whole even if a limit ends the reply. */
  readonly complete: boolean;
}

const textPart: fc.Arbitrary<ScriptedPart> = fc
  .record({
    part: fc.constantFrom('text' as const, 'text' as const, 'refusal' as const),
    texts: fc.array(awkwardText, { maxLength: 4 }),
    cited: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: citations }),
    complete: fc.boolean(),
  })
  .map(({ part, texts, cited, complete }) => ({
    kind: 'text',
    complete,
    events: [
      (index) => ({ type: 'part-start', index, part }),
      ...texts.map(
        (text) =>
          (index: number): ReplyEvent => ({ type: 'text', index, text }),
      ),
      ...(part === 'text' && cited.length > 0 && texts.join('') !== ''
        ? [(index: number): ReplyEvent => ({ type: 'text', index, text: '', citations: cited })]
        : []),
    ],
  }));

function reasoningPart({ withoutReasoning }: ArbitraryReplyOptions): fc.Arbitrary<ScriptedPart> {
  if (withoutReasoning) return textPart;
  return fc
    .record({
      raw: fc.boolean(),
      texts: fc.array(awkwardText, { maxLength: 3 }),
      sealed: fc.boolean(),
      complete: fc.boolean(),
    })
    .map(({ raw, texts, sealed, complete }) => ({
      kind: 'reasoning',
      complete,
      events: [
        (index: number): ReplyEvent => ({ type: 'part-start', index, part: 'reasoning' }),
        ...texts.flatMap((text, position) => {
          const delta = (index: number): ReplyEvent => ({
            type: 'reasoning',
            index,
            text,
            form: raw ? 'raw' : 'summary',
          });
          const rest = (index: number): ReplyEvent => ({
            type: 'reasoning',
            index,
            text: '',
            form: 'summary-break',
          });
          return raw || position === 0 ? [delta] : [rest, delta];
        }),
        ...(sealed
          ? [
              (index: number): ReplyEvent => ({
                type: 'reasoning-seal',
                index,
                seal: { issuer: 'upstream', protocol: 'messages', kind: 'signature', data: 'c2VhbA==' },
              }),
            ]
          : []),
      ],
    }));
}

function callPart({
  functions = ['look_up', 'write-file'],
  freeform = ['apply_patch'],
}: ArbitraryReplyOptions) {
  const functionCall = fc
    .record({
      name: fc.constantFrom(...functions),
      args: fc.oneof(
        fc.dictionary(fc.string({ maxLength: 6 }), fc.oneof(awkwardText, fc.integer(), fc.boolean())),
        fc.constant(undefined),
      ),
      cuts: fc.array(fc.nat(), { maxLength: 4 }),
      complete: fc.boolean(),
      id: fc.uuid(),
    })
    .map(({ name, args, cuts, complete, id }): ScriptedPart => {
      const whole = args === undefined ? '' : JSON.stringify(args);
      const events = (text: string) => [
        (index: number): ReplyEvent => ({
          type: 'tool-call-start',
          index,
          id: `call_${id}`,
          name,
          freeform: false,
        }),
        ...pieces(text, cuts).map(
          (piece) =>
            (index: number): ReplyEvent => ({ type: 'tool-arguments', index, text: piece }),
        ),
      ];
      const half = whole.slice(0, Math.floor(whole.length / 2));
      return { kind: 'call', complete, events: events(whole), cutEvents: events(half) };
    });
  if (freeform.length === 0) return functionCall;
  const freeformCall = fc
    .record({
      name: fc.constantFrom(...freeform),
      texts: fc.array(awkwardText, { maxLength: 3 }),
      complete: fc.boolean(),
      id: fc.uuid(),
    })
    .map(
      ({ name, texts, complete, id }): ScriptedPart => ({
        kind: 'call',
        complete,
        events: [
          (index) => ({ type: 'tool-call-start', index, id: `call_${id}`, name, freeform: true }),
          ...texts.map(
            (text) =>
              (index: number): ReplyEvent => ({ type: 'tool-arguments', index, text }),
          ),
        ],
      }),
    );
  return fc.oneof(functionCall, freeformCall);
}

const startEvent: fc.Arbitrary<ReplyEvent> = fc
  .record({
    id: fc.option(fc.uuid(), { nil: undefined }),
    model: fc.option(fc.constant('served'), { nil: undefined }),
  })
  .map(({ id, model }) => ({
    type: 'start',
    ...(id !== undefined && { id }),
    ...(model !== undefined && { model }),
  }));

const usage: fc.Arbitrary<Usage> = fc
  .record({ input: fc.nat(9999), output: fc.nat(9999), cached: fc.nat(99), reasoning: fc.nat(99) })
  .map(({ input, output, cached, reasoning }) => ({
    input: input + cached,
    output: output + reasoning,
    cachedRead: cached,
    reasoning,
  }));

const finish: fc.Arbitrary<ReplyEvent & { readonly type: 'finish' }> = fc
  .constantFrom<FinishReason>('stop', 'stop', 'length', 'tool-calls', 'content-filter', 'refusal', 'pause')
  .map((reason) => ({ type: 'finish', reason }));

const failure: fc.Arbitrary<ReplyEvent & { readonly type: 'failure' }> = fc
  .constantFrom<Failure>(
    { kind: 'cut', status: 502, message: 'The stream ended early.' },
    { kind: 'overloaded', status: 529, message: 'Busy.', code: 'overloaded' },
    { kind: 'context-length', status: 400, message: 'Too long.', code: 'context_length_exceeded' },
  )
  .map((failure) => ({ type: 'failure', failure }));

function cutsParts(end: ReplyEvent): boolean {
  return end.type === 'finish' && (end.reason === 'length' || end.reason === 'content-filter');
}

/** A reply with calls ends by them unless a limit ended it. */
function honest(end: ReplyEvent, hasCalls: boolean): ReplyEvent {
  if (end.type !== 'finish' || cutsParts(end)) return end;
  if (hasCalls) return { type: 'finish', reason: 'tool-calls' };
  return end.reason === 'tool-calls' ? { type: 'finish', reason: 'stop' } : end;
}

/** Runs the parts through each other; indexes follow the order of start. */
function interleave(
  parts: readonly ScriptedPart[],
  /** Which of the live parts goes on, over and over. */
  order: readonly number[],
  leaveOpen: boolean,
  cut: boolean,
): ReplyEvent[] {
  const queues = parts.map((part) => ({
    part,
    script: cut && !part.complete ? (part.cutEvents ?? part.events) : part.events,
    at: 0,
    index: -1,
    ended: false,
  }));
  const events: ReplyEvent[] = [];
  let next = 0;
  let step = 0;
  for (;;) {
    const live = queues.filter((queue) => !queue.ended);
    if (live.length === 0) return events;
    const started = live.filter((queue) => queue.at > 0);
    const fresh = live.find((queue) => queue.at === 0);
    const choices = fresh ? [...started, fresh] : started;
    const queue = choices[(order[step++ % order.length] ?? 0) % choices.length];
    if (!queue) return events;
    if (queue.at === 0) queue.index = next++;
    const event = queue.script[queue.at];
    queue.at += 1;
    if (event) {
      events.push(event(queue.index));
      continue;
    }
    queue.ended = true;
    if (!leaveOpen)
      events.push({ type: 'part-end', index: queue.index, complete: !cut || queue.part.complete });
  }
}

function pieces(text: string, cuts: readonly number[]): readonly string[] {
  if (text === '') return [];
  const at = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
  return at.slice(1).map((end, position) => text.slice(at[position], end));
}
