import * as z from 'zod/mini';
import { EFFORTS } from '../protocols/conversation.ts';
import { FORMATS, type Format } from './formats.ts';

/**
 * The config file as it is written: every key, its type and its one-line meaning. Strict: an unknown key is an error.
 * What the types cannot say (names that must exist, URLs, exclusive keys) is checked by the files beside this one.
 */

const text = () => z.string().check(z.minLength(1));
const count = () => z.int().check(z.positive());
/** Fractions are allowed. */
const seconds = () => z.number().check(z.positive());
const about = (description: string) => z.meta({ description });
const anything = () => z.record(z.string(), z.unknown());

const format = () => z.enum(Object.keys(FORMATS) as [Format, ...Format[]]);
const modalities = () =>
  z
    .array(z.enum(['text', 'image', 'audio', 'pdf', 'file', 'video']))
    .check(z.minLength(1, 'must not be empty'));

const egress = () => z.union([z.literal('direct'), z.strictObject({ url: text() })]);

/** A secret's place: the name of an environment variable, or the value itself. */
const secret = () => z.strictObject({ inline: z.optional(text()), env: z.optional(text()) });

const limits = () =>
  z.strictObject({ context_window: z.optional(count()), max_output_tokens: z.optional(count()) });

const surface = () =>
  z.strictObject({
    modalities: z.optional(
      z.strictObject({ input: z.optional(modalities()), output: z.optional(modalities()) }),
    ),
    tools: z.optional(
      z.strictObject({
        supports_search: z.optional(z.boolean()),
        supports_view_image: z.optional(z.boolean()),
        apply_patch_transport: z.optional(z.enum(['freeform', 'function'])),
        supports_parallel_calls: z.optional(z.boolean()),
      }),
    ),
  });

const QUIRK_SETS = ['openai', 'deepseek-openai', 'glm-openai', 'glm-anthropic', 'qwen-openai'] as const;
const FLAGS = [
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

const quirkNames = () => z.enum([...QUIRK_SETS, ...FLAGS]);
const quirkTable = () =>
  z.strictObject({
    preset: z.optional(z.enum(QUIRK_SETS).check(about('A named set to start from.'))),
    ...(Object.fromEntries(FLAGS.map((flag) => [flag, z.optional(z.boolean())])) as Record<
      (typeof FLAGS)[number],
      z.ZodMiniOptional<z.ZodMiniBoolean>
    >),
    max_tokens_field: z.optional(z.enum(['max_tokens', 'max_completion_tokens'])),
    reasoning_field: z.optional(z.enum(['reasoning_content', 'reasoning'])),
    efforts: z.optional(z.array(z.enum(EFFORTS))),
    structured_output: z.optional(z.enum(['schema', 'json', 'none'])),
  });

const dialect = () =>
  z.union([
    z.enum(['deepseek-openai', 'glm-openai', 'glm-anthropic', 'qwen-openai']),
    z.strictObject({
      reasoning: z.enum(['openai-effort', 'anthropic-effort', 'anthropic-thinking', 'auto-only', 'none']),
      reasoning_echo: z.optional(z.boolean()),
      reasoning_levels: z.optional(
        z.array(z.enum([...EFFORTS, 'ultra'])).check(z.minLength(1, 'must not be empty')),
      ),
    }),
  ]);

const upstream = z.strictObject({
  api_root: z.optional(
    text().check(about('URL of the API, version segment included: https://api.example.com/v1')),
  ),
  url: z.optional(text().check(about('Same as api_root.'))),
  upstream_url: z.optional(text().check(about('Same as api_root.'))),
  base_url: z.optional(text().check(about('Same as api_root.'))),
  format: z.optional(format().check(about('Protocol of the endpoint. Default: openai-completion.'))),
  fixed_upstream_format: z.optional(format().check(about('Same as format.'))),
  upstream_format: z.optional(format().check(about('Same as format.'))),
  formats: z.optional(
    z
      .array(format())
      .check(
        z.minLength(1, 'must not be empty'),
        about("For an endpoint that speaks several protocols: the client's own is used when listed."),
      ),
  ),
  provider_key: z.optional(secret().check(about('{ env: NAME } or { inline: VALUE }.'))),
  provider_key_env: z.optional(text().check(about('Name of the variable that holds the API key.'))),
  auth: z.optional(
    z
      .enum(['bearer', 'x-api-key', 'x-goog-api-key', 'none', 'cli_proxy_api'])
      .check(about("How the key is presented, where the format's default does not fit.")),
  ),
  headers: z.optional(
    z.record(z.string(), z.string()).check(about('Sent with every request. Not for secrets.')),
  ),
  upstream_headers: z.optional(z.record(z.string(), z.string()).check(about('Same as headers.'))),
  proxy: z.optional(egress().check(about('Egress of this upstream: direct, or { url: … }.'))),
  limits: z.optional(limits()),
  surface_defaults: z.optional(surface()),
  dialect: z.optional(dialect().check(about('How reasoning effort is asked for.'))),
  quirks: z.optional(
    z
      .union([quirkNames(), z.array(quirkNames()), quirkTable()])
      .check(about('How the endpoint differs from a plain one: names, or a table of values.')),
  ),
});

const aliasTable = z.strictObject({
  target: text().check(about('UPSTREAM:MODEL')),
  limits: z.optional(limits()),
  surface: z.optional(surface()),
  params: z.optional(
    z
      .strictObject({ default: z.optional(anything()), override: z.optional(anything()) })
      .check(about("Merged into the upstream's request: where the client said nothing, or always.")),
  ),
  param_overrides: z.optional(
    z.array(
      z.strictObject({
        key: text(),
        value: z.unknown(),
        mode: z.optional(z.enum(['default', 'override'])),
      }),
    ),
  ),
  extra_body: z.optional(anything().check(about("Always put into the upstream's request."))),
  fallbacks: z.optional(
    z.array(text()).check(about('Aliases tried in order before the first byte reached the client.')),
  ),
  pricing: z.optional(
    z
      .strictObject({
        input: z.number().check(z.nonnegative()),
        output: z.number().check(z.nonnegative()),
        cached_read: z.optional(z.number().check(z.nonnegative())),
        cached_write: z.optional(z.number().check(z.nonnegative())),
      })
      .check(about('USD per million tokens.')),
  ),
});

const hook = () => z.strictObject({ url: text(), authorization: z.optional(text()) });

export const configFile = z.strictObject({
  title: z.optional(text()),
  description: z.optional(text()),
  listen: z.optional(text().check(about('host:port of `llmup serve`. Default: 127.0.0.1:8080.'))),
  upstream_timeout_secs: z.optional(
    seconds().check(about('Until the first byte of a streamed reply. Default: 120.')),
  ),
  compatibility_mode: z.optional(
    z
      .enum(['strict', 'balanced', 'max_compat', 'max-compat'])
      .check(about('Which translation losses are refused. Default: max_compat.')),
  ),
  proxy: z.optional(egress().check(about('Egress of all upstreams: direct, or { url: … }.'))),
  upstream_proxy: z.optional(egress().check(about('Same as proxy.'))),
  data_auth: z.optional(
    z.strictObject({
      mode: z.enum(['proxy_key', 'client_provider_key']),
      proxy_key: z.optional(secret()),
    }),
  ),
  upstreams: z.record(text(), upstream),
  model_aliases: z.optional(z.record(text(), z.union([text().check(about('UPSTREAM:MODEL')), aliasTable]))),
  default_alias: z.optional(
    z
      .union([text(), z.partialRecord(format(), text())])
      .check(about('What an unknown model name maps to, for all clients or by client protocol.')),
  ),
  tiers: z.optional(
    z
      .strictObject({
        opus: z.optional(text()),
        sonnet: z.optional(text()),
        haiku: z.optional(text()),
        subagent: z.optional(text()),
      })
      .check(about("Which alias plays a client's model tier.")),
  ),
  hooks: z.optional(
    z.strictObject({
      max_pending_bytes: z.optional(count()),
      timeout_secs: z.optional(seconds()),
      failure_threshold: z.optional(count()),
      cooldown_secs: z.optional(seconds()),
      exchange: z.optional(hook()),
      usage: z.optional(hook()),
    }),
  ),
  debug_trace: z.optional(
    z.strictObject({ path: z.optional(z.string()), max_text_chars: z.optional(count()) }),
  ),
  resource_limits: z.optional(
    z.strictObject({
      max_request_body_bytes: z.optional(count().check(about('Default: 33554432.'))),
      max_non_stream_response_bytes: z.optional(count().check(about('Default: 67108864.'))),
      max_upstream_error_body_bytes: z.optional(count().check(about('Default: 65536.'))),
      max_sse_frame_bytes: z.optional(count().check(about('Default: 16777216.'))),
      stream_idle_timeout_secs: z.optional(
        seconds().check(about('Between bytes of a streamed reply. Default: 300.')),
      ),
      stream_max_duration_secs: z.optional(seconds().check(about('Default: 3600.'))),
      stream_max_events: z.optional(count().check(about('Default: 1000000.'))),
      max_accumulated_stream_state_bytes: z.optional(count().check(about('Default: 8388608.'))),
      fetch_media: z.optional(
        z.boolean().check(about('Fetch media URLs for upstreams that take none. Default: false.')),
      ),
    }),
  ),
  timers: z.optional(
    z.strictObject({
      connect_timeout_secs: z.optional(seconds().check(about('Default: 10.'))),
      unary_timeout_secs: z.optional(
        seconds().check(about('A whole exchange that is not streamed. Default: 600.')),
      ),
      heartbeat_after_secs: z.optional(
        seconds().check(about('Silence after which the client gets headers and heartbeats. Default: 30.')),
      ),
      retries: z.optional(
        z.int().check(z.nonnegative(), z.maximum(20), about('Tries after the first one. Default: 2.')),
      ),
      retry_base_secs: z.optional(
        seconds().check(about('First pause before a retry; it doubles. Default: 0.5.')),
      ),
      retry_max_secs: z.optional(seconds().check(about('Longest pause before a retry. Default: 20.'))),
      grace_secs: z.optional(
        seconds().check(about('From asking a process to end to ending it. Default: 10.')),
      ),
    }),
  ),
  conversation_state_bridge: z.optional(
    z.strictObject({
      mode: z.optional(z.enum(['off', 'memory'])),
      ttl_seconds: z.optional(count()),
      max_bytes: z.optional(count()),
    }),
  ),
});

export type ConfigFile = z.infer<typeof configFile>;
export type UpstreamFile = z.infer<typeof upstream>;
export type AliasFile = z.infer<typeof aliasTable>;
export type SurfaceFile = NonNullable<AliasFile['surface']>;
export type EgressFile = NonNullable<UpstreamFile['proxy']>;
export type SecretFile = NonNullable<UpstreamFile['provider_key']>;
export type QuirkName = (typeof QUIRK_SETS)[number] | (typeof FLAGS)[number];
export type QuirkTable = z.infer<ReturnType<typeof quirkTable>>;
export type Dialect = z.infer<ReturnType<typeof dialect>>;
