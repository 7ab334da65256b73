import type { Route } from '../config/config.ts';
import type { ItemMemory } from '../protocols/bridge/item-memory.ts';
import type { ToolNames } from '../protocols/bridge/tool-names.ts';
import type { ReasoningVault } from '../protocols/bridge/vault.ts';
import type { Codec, Target } from '../protocols/codec.ts';
import type { Conversation } from '../protocols/conversation.ts';
import { invalidRequest, RequestRefused } from '../protocols/failure.ts';
import { stopsTakenOut } from '../protocols/healing.ts';
import type { CompatibilityMode, Loss } from '../protocols/loss.ts';
import { refusedLosses } from '../protocols/policy.ts';
import type { LearnedHealings } from './learned-healings.ts';
import { BuiltBody } from './outgoing-body.ts';
import { hasParams, mergeParams } from './params.ts';
import { refusedMedia } from './surface.ts';

/** A request on its way to an upstream of another protocol. */
export interface TranslatedRequest {
  readonly conversation: Conversation;
  readonly body: BuiltBody;
  readonly losses: readonly Loss[];
  readonly toolNames: ToolNames;
  /** At these the reply is to be cut. */
  readonly stopWords: readonly string[];
}

export interface TranslationOptions {
  readonly route: Route;
  readonly issuer: string;
  readonly clientCodec: Codec;
  readonly upstreamCodec: Codec;
  readonly mode: CompatibilityMode;
  readonly healings: LearnedHealings;
  readonly vault?: ReasoningVault;
  readonly items: ItemMemory;
}

/**
 * The client's request in the upstream's protocol.
 * @throws {RequestRefused} when it is malformed, or would lose what this mode does not allow to be lost.
 */
export function translateRequest(body: unknown, options: TranslationOptions): TranslatedRequest {
  const { route, clientCodec, upstreamCodec, healings } = options;
  const decoded = clientCodec.decodeRequest(body, options.items);
  const { conversation } = decoded;
  const media = refusedMedia(conversation, route.surface, route.alias);
  if (media) throw media;

  const encoded = upstreamCodec.encodeRequest(conversation, targetOf(conversation, options));
  const merged = hasParams(route.params) ? mergeParams(encoded.body, route.params) : encoded.body;
  const healed = healings.apply(route, upstreamCodec.protocol, merged, true);
  const losses = [...decoded.losses, ...encoded.losses, ...healed.losses];
  refuseLosses(losses, options);
  const { toolNames } = encoded;
  const stopWords = [...encoded.stopWords, ...stopsTakenOut(merged, healed.body)];
  return { conversation, body: new BuiltBody(healed.body), losses, toolNames, stopWords };
}

function targetOf(conversation: Conversation, { route, issuer, vault }: TranslationOptions): Target {
  const { upstream, model, limits, surface } = route;
  return {
    upstream: upstream.name,
    issuer,
    model,
    stream: conversation.stream || upstream.quirks.streamOnly,
    quirks: upstream.quirks,
    ...(limits.maxOutputTokens !== undefined && { maxOutputTokens: limits.maxOutputTokens }),
    parallelToolCalls: surface.supportsParallelCalls !== false,
    ...(vault && { vault }),
  };
}

function refuseLosses(losses: readonly Loss[], { mode, route }: TranslationOptions): void {
  const refused = refusedLosses(mode, losses);
  const [first] = refused;
  if (!first) return;
  const told = refused.map((loss) => `${loss.path} (${loss.reason})`).join('; ');
  const why = `this request cannot be given to upstream "${route.upstream.name}" without loss in mode ${mode}`;
  throw new RequestRefused({ ...invalidRequest(`${why}: ${told}`, first.path).failure });
}
