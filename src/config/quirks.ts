import { EFFORTS, type Effort, type Protocol } from '../protocols/conversation.ts';
import type { Quirks } from '../protocols/quirks.ts';
import type { Dialect, QuirkName, QuirkTable, UpstreamFile } from './schema.ts';

/**
 * What may be assumed of an endpoint that nobody described (vLLM, Ollama, DeepSeek, GLM …): the plainest form of the
 * protocol that keeps the meaning. An optional field it refuses is healed at run time.
 */
const STRANGER: Quirks = {
  developerRole: false,
  systemAnywhere: false,
  noSystemRole: false,
  maxTokensField: 'max_tokens',
  openaiHints: false,
  parallelToolCallsField: true,
  streamOptions: true,
  freeformTools: false,
  toolResultMedia: false,
  reasoningEcho: false,
  reasoningField: 'reasoning_content',
  thinkTags: false,
  cumulativeDeltas: false,
  streamOnly: false,
  efforts: ['low', 'medium', 'high'],
  structuredOutput: 'schema',
};

/** The levels of a stranger, where its protocol itself says more than Chat does. */
const STRANGER_EFFORTS: Readonly<Record<Protocol, readonly Effort[]>> = {
  chat: STRANGER.efforts,
  responses: EFFORTS.filter((effort) => effort !== 'max'),
  messages: EFFORTS,
  gemini: EFFORTS,
};

type QuirkSet = Extract<QuirkName, 'openai' | `${string}-openai` | `${string}-anthropic`>;

/** Named sets: what an endpoint's own documentation says of it. */
const SETS: Readonly<Record<QuirkSet, Partial<Quirks>>> = {
  // https://platform.openai.com/docs/api-reference/chat/create
  openai: {
    developerRole: true,
    systemAnywhere: true,
    maxTokensField: 'max_completion_tokens',
    openaiHints: true,
    freeformTools: true,
    efforts: EFFORTS.filter((effort) => effort !== 'max'),
  },
  // https://api-docs.deepseek.com: JSON mode only, thinking wants its reasoning back within a tool loop.
  'deepseek-openai': { reasoningEcho: true, efforts: ['low', 'high', 'max'], structuredOutput: 'json' },
  // https://docs.z.ai
  'glm-openai': {
    reasoningEcho: true,
    efforts: ['none', 'minimal', 'high', 'max'],
    structuredOutput: 'json',
  },
  'glm-anthropic': { reasoningEcho: false, efforts: [] },
  // https://www.alibabacloud.com/help/en/model-studio: thinking is switched by its own fields, not by effort.
  'qwen-openai': { reasoningEcho: true, efforts: [] },
};

/** What each mechanism of a `dialect` block takes when it names no levels. */
const MECHANISM_EFFORTS: Readonly<Record<Exclude<Dialect, string>['reasoning'], readonly Effort[]>> = {
  'openai-effort': EFFORTS,
  'anthropic-effort': EFFORTS.filter((effort) => effort !== 'none' && effort !== 'minimal'),
  'anthropic-thinking': EFFORTS,
  'auto-only': [],
  none: [],
};

/** An upstream's quirks: a stranger's, then its `dialect`, then its `quirks`. */
export function quirksOf(upstream: UpstreamFile, protocol: Protocol): Quirks {
  return {
    ...STRANGER,
    efforts: STRANGER_EFFORTS[protocol],
    ...(upstream.dialect !== undefined && dialectQuirks(upstream.dialect)),
    ...statedQuirks(upstream.quirks),
  };
}

function dialectQuirks(dialect: Dialect): Partial<Quirks> {
  if (typeof dialect === 'string') return SETS[dialect];
  const levels = dialect.reasoning_levels?.map((level) => (level === 'ultra' ? 'max' : level));
  return {
    reasoningEcho: dialect.reasoning_echo ?? dialect.reasoning !== 'none',
    efforts: levels ? [...new Set(levels)] : MECHANISM_EFFORTS[dialect.reasoning],
  };
}

function statedQuirks(stated: UpstreamFile['quirks']): Partial<Quirks> {
  if (stated === undefined) return {};
  if (typeof stated === 'string') return namedQuirk(stated);
  if (!Array.isArray(stated)) return tableQuirks(stated);
  return Object.fromEntries(stated.flatMap((name) => Object.entries(namedQuirk(name))));
}

/** A name alone: a set, or a flag that is so switched on. */
function namedQuirk(name: QuirkName): Partial<Quirks> {
  return name in SETS ? SETS[name as QuirkSet] : tableQuirks({ [name]: true });
}

/** The table's snake_case spelling of each quirk; what it does not state is left out. */
function tableQuirks({ preset, ...table }: QuirkTable): Partial<Quirks> {
  const stated = Object.entries(table)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()), value]);
  return { ...(preset && SETS[preset]), ...Object.fromEntries(stated) };
}
