import * as z from 'zod/mini';
import { EFFORTS } from '../protocols/conversation.ts';
import { FORMATS, type Format } from './formats.ts';

/**
 * The config file as it is written: every key, its type and its one-line meaning. Strict: an unknown key is an error.
 * What the types cannot say (names that must exist, URLs, exclusive keys) is checked by the files beside this one.
 */

// Building a schema takes longer than using it, and every session waits for it: so each kind of value is made once,
// and a key's meaning is registered on the key's own wrapper, which spares the copy that a `.check` makes.
const text = z.string().check(z.minLength(1));
const count = z.int().check(z.positive());
/** Fractions are allowed. */
const seconds = z.number().check(z.positive());
const price = z.number().check(z.nonnegative());
const flag = z.boolean();
const table = z.record(z.string(), z.unknown());
const headers = z.record(z.string(), z.string());
const format = z.enum(Object.keys(FORMATS) as [Format, ...Format[]]);

/** An optional key, and what it means, for the JSON Schema. */
function key<T extends z.core.SomeType>(schema: T, meaning?: string): z.ZodMiniOptional<T> {
  const optional = z.optional(schema);
  if (meaning !== undefined) z.globalRegistry.add(optional, { description: meaning });
  return optional;
}

const egress = z.union([z.literal('direct'), z.strictObject({ url: text })]);

/** A secret's place: the name of an environment variable, or the value itself. */
const secret = z.strictObject({ inline: key(text), env: key(text) });

const limits = z.strictObject({ context_window: key(count), max_output_tokens: key(count) });

const modalities = z.array(z.enum(['text', 'image', 'audio', 'pdf', 'file', 'video'])).check(z.minLength(1));

const surface = z.strictObject({
  modalities: key(z.strictObject({ input: key(modalities), output: key(modalities) })),
  tools: key(
    z.strictObject({
      supports_search: key(flag),
      supports_view_image: key(flag),
      apply_patch_transport: key(z.enum(['freeform', 'function'])),
      supports_parallel_calls: key(flag),
    }),
  ),
});

const QUIRK_SETS = ['openai', 'deepseek-openai', 'glm-openai', 'glm-anthropic', 'qwen-openai'] as const;
const QUIRK_FLAGS = [
  'developer_role',
  'system_anywhere',
  'no_system_role',
  'openai_hints',
  'parallel_tool_calls_field',
  'stream_options',
  'freeform_tools',
  'tool_result_media',
  'reasoning_echo',
  'think_tags',
  'cumulative_deltas',
  'stream_only',
] as const;
type QuirkFlag = (typeof QUIRK_FLAGS)[number];

const quirkName = z.enum([...QUIRK_SETS, ...QUIRK_FLAGS]);
const optionalFlag = key(flag);
const quirkTable = z.strictObject({
  preset: key(z.enum(QUIRK_SETS), 'A named set to start from.'),
  ...(Object.fromEntries(QUIRK_FLAGS.map((name) => [name, optionalFlag])) as Record<
    QuirkFlag,
    typeof optionalFlag
  >),
  max_tokens_field: key(z.enum(['max_tokens', 'max_completion_tokens'])),
  reasoning_field: key(z.enum(['reasoning_content', 'reasoning'])),
  efforts: key(z.array(z.enum(EFFORTS))),
  structured_output: key(z.enum(['schema', 'json', 'none'])),
});

const dialect = z.union([
  z.enum(['deepseek-openai', 'glm-openai', 'glm-anthropic', 'qwen-openai']),
  z.strictObject({
    reasoning: z.enum(['openai-effort', 'anthropic-effort', 'anthropic-thinking', 'auto-only', 'none']),
    reasoning_echo: key(flag),
    reasoning_levels: key(z.array(z.enum([...EFFORTS, 'ultra'])).check(z.minLength(1))),
  }),
]);

const upstream = z.strictObject({
  api_root: key(text, 'URL of the API, version segment included: https://api.example.com/v1'),
  url: key(text, 'Same as api_root.'),
  upstream_url: key(text, 'Same as api_root.'),
  base_url: key(text, 'Same as api_root.'),
  format: key(format, 'Protocol of the endpoint. Default: openai-completion.'),
  fixed_upstream_format: key(format, 'Same as format.'),
  upstream_format: key(format, 'Same as format.'),
  formats: key(
    z.array(format).check(z.minLength(1)),
    "For an endpoint that speaks several protocols: the client's own is used when listed.",
  ),
  provider_key: key(secret, '{ env: NAME } or { inline: VALUE }.'),
  provider_key_env: key(text, 'Name of the variable that holds the API key.'),
  auth: key(
    z.enum(['bearer', 'x-api-key', 'x-goog-api-key', 'none', 'cli_proxy_api']),
    "How the key is presented, where the format's default does not fit.",
  ),
  headers: key(headers, 'Sent with every request. Not for secrets.'),
  upstream_headers: key(headers, 'Same as headers.'),
  proxy: key(egress, 'Egress of this upstream: direct, or { url: … }.'),
  limits: key(limits),
  surface_defaults: key(surface, 'What its models can do; an alias may say otherwise.'),
  dialect: key(dialect, 'How reasoning effort is asked for.'),
  quirks: key(
    z.union([quirkName, z.array(quirkName), quirkTable]),
    'How the endpoint differs from a plain one: names, or a table of values.',
  ),
});

const alias = z.strictObject({
  target: text,
  limits: key(limits),
  surface: key(surface),
  params: key(
    z.strictObject({ default: key(table), override: key(table) }),
    "Merged into the upstream's request: where the client said nothing, or always.",
  ),
  param_overrides: key(
    z.array(z.strictObject({ key: text, value: z.unknown(), mode: key(z.enum(['default', 'override'])) })),
    'Another way of saying params.',
  ),
  extra_body: key(table, "Always put into the upstream's request."),
  fallbacks: key(z.array(text), 'Aliases tried in order before the first byte reached the client.'),
  pricing: key(
    z.strictObject({ input: price, output: price, cached_read: key(price), cached_write: key(price) }),
    'USD per million tokens.',
  ),
});

const hook = z.strictObject({ url: text, authorization: key(text) });

export const configFile = z.strictObject({
  title: key(text),
  description: key(text),
  listen: key(text, 'host:port of `llmup serve`; the port may be a range. Default: 127.0.0.1:8080.'),
  upstream_timeout_secs: key(seconds, 'Until the first byte of a streamed reply. Default: 120.'),
  compatibility_mode: key(
    z.enum(['strict', 'balanced', 'max_compat', 'max-compat']),
    'Which translation losses are refused. Default: max_compat.',
  ),
  proxy: key(egress, 'Egress of all upstreams: direct, or { url: … }. Default: by HTTP_PROXY and its kin.'),
  upstream_proxy: key(egress, 'Same as proxy.'),
  data_auth: key(
    z.strictObject({ mode: z.enum(['proxy_key', 'client_provider_key']), proxy_key: key(secret) }),
    'What clients of `llmup serve` must present.',
  ),
  upstreams: z.record(text, upstream),
  model_aliases: key(
    z.record(text, z.union([text, alias])),
    'Local model names: UPSTREAM:MODEL, or a table with target.',
  ),
  default_alias: key(
    z.union([text, z.partialRecord(format, text)]),
    'What an unknown model name maps to, for all clients or by client protocol.',
  ),
  tiers: key(
    z.strictObject({ opus: key(text), sonnet: key(text), haiku: key(text), subagent: key(text) }),
    "Which alias plays a client's model tier.",
  ),
  hooks: key(
    z.strictObject({
      max_pending_bytes: key(count),
      timeout_secs: key(seconds),
      failure_threshold: key(count),
      cooldown_secs: key(seconds),
      exchange: key(hook),
      usage: key(hook),
    }),
  ),
  debug_trace: key(z.strictObject({ path: key(z.string()), max_text_chars: key(count) })),
  resource_limits: key(
    z.strictObject({
      max_request_body_bytes: key(count, 'Default: 33554432.'),
      max_non_stream_response_bytes: key(count, 'Default: 67108864.'),
      max_upstream_error_body_bytes: key(count, 'Default: 65536.'),
      max_sse_frame_bytes: key(count, 'Default: 16777216.'),
      stream_idle_timeout_secs: key(seconds, 'Between bytes of a streamed reply. Default: 300.'),
      stream_max_duration_secs: key(seconds, 'Default: 3600.'),
      stream_max_events: key(count, 'Default: 1000000.'),
      max_accumulated_stream_state_bytes: key(count, 'Default: 8388608.'),
      fetch_media: key(flag, 'Fetch media URLs for upstreams that take none. Default: false.'),
    }),
  ),
  timers: key(
    z.strictObject({
      connect_timeout_secs: key(seconds, 'Default: 10.'),
      unary_timeout_secs: key(seconds, 'A whole exchange that is not streamed. Default: 600.'),
      heartbeat_after_secs: key(
        seconds,
        'Silence after which the client gets headers and heartbeats. Default: 30.',
      ),
      retries: key(z.int().check(z.nonnegative(), z.maximum(20)), 'Tries after the first one. Default: 2.'),
      retry_base_secs: key(seconds, 'First pause before a retry; it doubles. Default: 0.5.'),
      retry_max_secs: key(seconds, 'Longest pause before a retry. Default: 20.'),
      grace_secs: key(seconds, 'From asking a process to end to ending it. Default: 10.'),
    }),
  ),
  conversation_state_bridge: key(
    z.strictObject({
      mode: key(z.enum(['off', 'memory'])),
      ttl_seconds: key(count),
      max_bytes: key(count),
    }),
  ),
});

export type ConfigFile = z.infer<typeof configFile>;
export type UpstreamFile = z.infer<typeof upstream>;
export type AliasFile = z.infer<typeof alias>;
export type SurfaceFile = z.infer<typeof surface>;
export type EgressFile = z.infer<typeof egress>;
export type SecretFile = z.infer<typeof secret>;
export type QuirkName = z.infer<typeof quirkName>;
export type QuirkTable = z.infer<typeof quirkTable>;
export type Dialect = z.infer<typeof dialect>;
