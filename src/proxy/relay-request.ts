import type { Route } from '../config/config.ts';
import type { ToolNames } from '../protocols/bridge/tool-names.ts';
import type { Codec } from '../protocols/codec.ts';
import type { Conversation, Protocol } from '../protocols/conversation.ts';
import { invalidRequest, RequestRefused } from '../protocols/failure.ts';
import type { Loss } from '../protocols/loss.ts';
import { REASONING_MARKS, restoreReasoning } from '../protocols/openai-responses/relay-reasoning.ts';
import type { LearnedHealings } from './learned-healings.ts';
import { SplicedBody } from './outgoing-body.ts';
import { mergeParams } from './params.ts';
import type { ResponseIds } from './response-ids.ts';
import type { SealOrigins } from './seal-origins.ts';
import { type Member, memberValue } from './splice.ts';
import { spliceElements } from './splice-elements.ts';
import { isGated, refusedMedia } from './surface.ts';

/** A request on its way to an upstream of the client's own protocol. */
export interface RelayedRequest {
  readonly body: SplicedBody;
  readonly losses: readonly Loss[];
  readonly hidesUsage: boolean;
  /** The request as our model has it, for the rare reply that must be encoded anew. */
  readonly conversation: () => Conversation;
}

/** How a relayed reply's tools are called: as the upstream calls them. */
export const SAME_NAMES: ToolNames = {
  upstream: (tool) => tool.name,
  client: (name) => ({ name, freeform: false }),
};

interface RelayOptions {
  readonly route: Route;
  /** The upstream's identity for seals. */
  readonly issuer: string;
  readonly codec: Codec;
  readonly stream: { readonly asked: boolean; readonly upstream: boolean };
  readonly healings: LearnedHealings;
  readonly responseIds: ResponseIds;
  readonly sealOrigins: SealOrigins;
}

/**
 * The client's own bytes with the members that must differ: the model's name, the alias's parameters and limits, and
 * what we need for the record.
 * @throws {RequestRefused} when it holds media that the alias does not take.
 */
export function relayRequest(raw: Buffer, members: readonly Member[], options: RelayOptions): RelayedRequest {
  const { route, codec, stream, healings, responseIds } = options;
  const { protocol } = codec;
  const value = (key: string) => memberValue(raw, members, key);
  const has = (key: string) => members.some((member) => member.key === key);
  const edits = new Map<string, string | undefined>();
  const losses: Loss[] = [];
  const set = (key: string, json: unknown) => edits.set(key, JSON.stringify(json));

  if (isGated(route.surface)) gate(raw, route, codec);
  set('model', route.model);
  if (protocol === 'responses') {
    losses.push(...restoreInput(raw, members, options, edits));
    const previous = value('previous_response_id');
    const theirs = typeof previous === 'string' ? responseIds.theirs(previous) : previous;
    if (theirs !== previous) set('previous_response_id', theirs);
  }
  if (stream.upstream !== stream.asked) set('stream', stream.upstream);
  capOutput(route, protocol, has, set);
  if (route.surface.supportsParallelCalls === false && isUsed(value('tools'))) {
    if (value('parallel_tool_calls') !== false) losses.push(ONE_CALL_AT_A_TIME);
    set('parallel_tool_calls', false);
  }
  const hidesUsage = askForUsage(route, protocol, stream.upstream, value, set);
  applyParams(route, members, value, edits);

  const body = new SplicedBody(raw, members, edits);
  if (healings.knows(route, protocol)) {
    const healed = healings.apply(route, protocol, body.object());
    if (healed.losses.length > 0) body.replace(healed.body);
    losses.push(...healed.losses);
  }
  return { body, losses, hidesUsage, conversation: () => conversationOf(raw, route, codec, stream.asked) };
}

/** Reasoning in the history of a client whose earlier turns another upstream served. */
function restoreInput(
  raw: Buffer,
  members: readonly Member[],
  { issuer, sealOrigins }: RelayOptions,
  edits: Map<string, string | undefined>,
): readonly Loss[] {
  if (!sealOrigins.hasOthers(issuer) && !isMarked(raw)) return [];
  const member = members.findLast(({ key }) => key === 'input');
  const input = memberValue(raw, members, 'input');
  if (!member || !Array.isArray(input)) return [];
  const isForeign = (data: string): boolean => sealOrigins.isOfAnother(data, issuer);
  const { items, losses } = restoreReasoning(input, { issuer, isForeign });
  const changed = new Map<number, string | undefined>();
  for (const [at, item] of items.entries()) {
    if (item !== input[at]) changed.set(at, item === undefined ? undefined : JSON.stringify(item));
  }
  const text = raw.toString('utf8', member.valueStart, member.valueEnd);
  if (changed.size > 0) edits.set('input', spliceElements(text, changed));
  return losses;
}

/** Characters of a mark's end that are looked for. */
const MARK_END = 7;

/**
 * Whether a request may hold reasoning that was made here. Marks are looked for by their ends, from behind: these begin
 * with what is rarer in a request than a letter, which takes a tenth to a half of the time.
 */
function isMarked(raw: Buffer): boolean {
  return REASONING_MARKS.some((mark) => raw.lastIndexOf(mark.slice(-MARK_END)) !== -1);
}

const ONE_CALL_AT_A_TIME: Loss = {
  path: 'parallel_tool_calls',
  from: 'parallel tool calls',
  to: 'one at a time',
  action: 'downgraded',
  topic: 'hint',
  reason: 'the model does not support parallel tool calls',
};

function gate(raw: Buffer, route: Route, codec: Codec): void {
  const { conversation } = codec.decodeRequest(parse(raw));
  const refused = refusedMedia(conversation, route.surface, route.alias);
  if (refused) throw refused;
}

/** The alias's output limit, where the client set none. */
function capOutput(
  route: Route,
  protocol: Protocol,
  has: (key: string) => boolean,
  set: (key: string, json: unknown) => void,
): void {
  const { maxOutputTokens } = route.limits;
  if (maxOutputTokens === undefined) return;
  const spellings = protocol === 'chat' ? ['max_tokens', 'max_completion_tokens'] : ['max_output_tokens'];
  if (spellings.some(has)) return;
  set(protocol === 'chat' ? route.upstream.quirks.maxTokensField : 'max_output_tokens', maxOutputTokens);
}

/** A Chat stream tells its usage only when asked (`stream_options.include_usage`). Whether the client did not ask. */
function askForUsage(
  route: Route,
  protocol: Protocol,
  isStream: boolean,
  value: (key: string) => unknown,
  set: (key: string, json: unknown) => void,
): boolean {
  if (protocol !== 'chat' || !isStream || !route.upstream.quirks.streamOptions) return false;
  const options = value('stream_options');
  const given = typeof options === 'object' && options !== null ? options : {};
  if ('include_usage' in given && given.include_usage === true) return false;
  set('stream_options', { ...given, include_usage: true });
  return true;
}

/** Merged member by member; of the client's own members only those that the alias names are parsed. */
function applyParams(
  route: Route,
  members: readonly Member[],
  value: (key: string) => unknown,
  edits: Map<string, string | undefined>,
): void {
  const { params } = route;
  for (const key of new Set([...Object.keys(params.default), ...Object.keys(params.override)])) {
    const edited = edits.get(key);
    const isSet = edited !== undefined || members.some((member) => member.key === key);
    const now = edited === undefined ? value(key) : JSON.parse(edited);
    const merged = mergeParams(isSet ? { [key]: now } : {}, {
      default: pick(params.default, key),
      override: pick(params.override, key),
    });
    const json = JSON.stringify(merged[key]);
    if (!isSet || json !== JSON.stringify(now)) edits.set(key, json);
  }
}

function pick(from: Readonly<Record<string, unknown>>, key: string): Record<string, unknown> {
  return Object.hasOwn(from, key) ? { [key]: from[key] } : {};
}

/** What can be read of the request; a body that only the upstream understands still has a model. */
function conversationOf(raw: Buffer, route: Route, codec: Codec, stream: boolean): Conversation {
  try {
    return codec.decodeRequest(parse(raw)).conversation;
  } catch (error) {
    if (!(error instanceof RequestRefused)) throw error;
    return {
      model: route.alias,
      stream,
      turns: [],
      tools: [],
      output: {},
      sampling: {},
      hints: {},
      native: {},
    };
  }
}

function parse(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString('utf8'));
  } catch (error) {
    throw invalidRequest(`the request body is not valid JSON: ${(error as Error).message.slice(0, 200)}`);
  }
}

function isUsed(tools: unknown): boolean {
  return Array.isArray(tools) && tools.length > 0;
}
