import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/parse.ts';
import { mistakes, upstream, userError } from './mistakes.ts';

describe('a config that says little', () => {
  const config = parseConfig(
    'upstreams:\n  MAIN: { api_root: "http://127.0.0.1:8000/v1/", auth: none }\n',
    'my.yaml',
  );

  test('listens on this machine alone, and takes the documented limits and timers', () => {
    expect(config.listen).toEqual({ host: '127.0.0.1', port: 8080 });
    expect(config.compatibilityMode).toBe('max_compat');
    expect(config.egress).toEqual({ kind: 'environment' });
    expect(config.limits).toEqual({
      maxRequestBodyBytes: 33_554_432,
      maxNonStreamResponseBytes: 67_108_864,
      maxUpstreamErrorBodyBytes: 65_536,
      maxSseFrameBytes: 16_777_216,
      streamMaxEvents: 1_000_000,
      maxAccumulatedStreamStateBytes: 8_388_608,
      fetchMedia: false,
    });
    expect(config.timers).toMatchObject({
      connect: 10_000,
      firstByte: 120_000,
      streamIdle: 300_000,
      streamMaxDuration: 3_600_000,
      unary: 600_000,
      heartbeat: 30_000,
    });
  });

  test('takes an upstream for a strict OpenAI-compatible stranger', () => {
    const main = config.upstreams.get('MAIN');
    expect(main?.protocols).toEqual(['chat']);
    expect(main?.apiRoot).toBe('http://127.0.0.1:8000/v1');
    expect(main?.quirks).toMatchObject({
      developerRole: false,
      systemAnywhere: false,
      maxTokensField: 'max_tokens',
      openaiHints: false,
      streamOptions: true,
      efforts: ['low', 'medium', 'high'],
      structuredOutput: 'schema',
    });
  });
});

describe('what an existing file of the older proxy may say', () => {
  test('every key of it, in every spelling', () => {
    const config = parseConfig(
      `
listen: 0.0.0.0:9000
upstream_timeout_secs: 60
compatibility_mode: max-compat
upstream_proxy: { url: "socks5h://127.0.0.1:1080" }
data_auth: { mode: proxy_key, proxy_key: { env: PROXY_KEY } }
upstreams:
  A: { url: https://a.example/v1, fixed_upstream_format: responses, provider_key: { env: A_KEY } }
  B: { upstream_url: https://b.example/v1, upstream_format: openai, provider_key: { inline: b-secret } }
  C:
    base_url: https://c.example/v1
    format: claude
    provider_key_env: C_KEY
    upstream_headers: { x-team: blue }
    proxy: direct
    limits: { context_window: 200000 }
    surface_defaults:
      modalities: { input: [text, image], output: [text] }
      tools: { supports_search: false, supports_view_image: true, apply_patch_transport: freeform, supports_parallel_calls: false }
    dialect: qwen-openai
  D: { api_root: https://d.example/v1beta, format: gemini, provider_key_env: D_KEY, dialect: { reasoning: openai-effort, reasoning_levels: [low, high, ultra] } }
model_aliases:
  plain: "A:vendor/model:free"
  rich: { target: "C:big", limits: { max_output_tokens: 8000 }, surface: { tools: { supports_search: true } } }
hooks: { timeout_secs: 5, exchange: { url: "https://hooks.example/x", authorization: Bearer abc } }
debug_trace: { path: /tmp/trace.jsonl, max_text_chars: 100 }
resource_limits: { stream_idle_timeout_secs: 0.2, stream_max_duration_secs: 1, stream_max_events: 5 }
conversation_state_bridge: { mode: memory, ttl_seconds: 60, max_bytes: 1000 }
`,
      'my.yaml',
    );
    expect(
      [...config.upstreams.values()].map(({ name, protocols, auth }) => [name, protocols, auth]),
    ).toEqual([
      ['A', ['responses'], 'bearer'],
      ['B', ['chat'], 'bearer'],
      ['C', ['messages'], 'x-api-key'],
      ['D', ['gemini'], 'x-goog-api-key'],
    ]);
    expect(config.compatibilityMode).toBe('max_compat');
    expect(config.egress).toEqual({ kind: 'proxy', url: 'socks5h://127.0.0.1:1080' });
    expect(config.timers).toMatchObject({ firstByte: 60_000, streamIdle: 200, streamMaxDuration: 1000 });
    expect(config.dataAuth).toEqual({ mode: 'proxy_key', key: { kind: 'env', name: 'PROXY_KEY' } });
    expect(config.upstreams.get('B')?.key).toEqual({ kind: 'inline', value: 'b-secret' });
    expect(config.upstreams.get('C')).toMatchObject({
      headers: { 'x-team': 'blue' },
      egress: { kind: 'direct' },
      quirks: { reasoningEcho: true, efforts: [] },
    });
    expect(config.upstreams.get('D')?.quirks).toMatchObject({
      reasoningEcho: true,
      efforts: ['low', 'high', 'max'],
    });
  });

  test('an alias splits at the first colon, and lays its limits and surface over the upstream’s', () => {
    const config = parseConfig(
      upstream(
        'limits: { context_window: 200000, max_output_tokens: 4000 }\nsurface_defaults: { modalities: { input: [text] }, tools: { supports_search: false } }',
        `model_aliases:
  plain: "MAIN:vendor/model:free"
  rich: { target: "MAIN:big", limits: { max_output_tokens: 8000 }, surface: { tools: { supports_search: true } } }
`,
      ),
      'my.yaml',
    );
    expect(config.aliases.get('plain')).toMatchObject({ upstream: 'MAIN', model: 'vendor/model:free' });
    expect(config.aliases.get('rich')).toMatchObject({
      limits: { contextWindow: 200_000, maxOutputTokens: 8000 },
      surface: { input: ['text'], supportsSearch: true },
    });
  });
});

describe('the keys that llmup adds', () => {
  test('several formats: the single format comes first, credentials follow it', () => {
    const config = parseConfig(
      upstream('format: anthropic\nformats: [openai-completion, anthropic]').replace(
        'auth: none',
        'provider_key_env: K',
      ),
      'my.yaml',
    );
    expect(config.upstreams.get('MAIN')).toMatchObject({
      protocols: ['messages', 'chat'],
      auth: 'x-api-key',
    });
  });

  test.each([
    ['quirks: openai', { developerRole: true, maxTokensField: 'max_completion_tokens', thinkTags: false }],
    ['quirks: [openai, think_tags]', { developerRole: true, thinkTags: true }],
    [
      'quirks: { preset: openai, max_tokens_field: max_tokens, efforts: [low] }',
      { developerRole: true, maxTokensField: 'max_tokens', efforts: ['low'] },
    ],
    [
      'dialect: deepseek-openai\nquirks: { structured_output: none }',
      { reasoningEcho: true, structuredOutput: 'none' },
    ],
    ['format: openai-responses', { efforts: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] }],
  ])('%s', (keys, expected) => {
    expect(parseConfig(upstream(keys), 'my.yaml').upstreams.get('MAIN')?.quirks).toMatchObject(expected);
  });

  test('three ways of adding to a request', () => {
    const config = parseConfig(
      upstream(
        '',
        `model_aliases:
  a:
    target: MAIN:m
    params: { default: { temperature: 0, seed: 1 }, override: { top_p: 1 } }
    param_overrides:
      - { key: temperature, value: 0.5 }
      - { key: stop, value: [x], mode: override }
      - { key: extra_body, value: { chat_template_kwargs: { thinking: true } }, mode: override }
    extra_body: { min_p: 0.1 }
`,
      ),
      'my.yaml',
    );
    expect(config.aliases.get('a')?.params).toEqual({
      default: { temperature: 0.5, seed: 1 },
      override: { top_p: 1, stop: ['x'], chat_template_kwargs: { thinking: true }, min_p: 0.1 },
    });
  });

  test('default_alias for all clients, or by protocol in any spelling', () => {
    const aliases = 'model_aliases: { a: MAIN:m, b: MAIN:n }\n';
    const all = parseConfig(upstream('', `${aliases}default_alias: a`), 'my.yaml');
    expect(all.defaultAlias).toEqual({ chat: 'a', responses: 'a', messages: 'a', gemini: 'a' });
    const some = parseConfig(
      upstream('', `${aliases}default_alias: { openai-responses: b, claude: a }`),
      'my.yaml',
    );
    expect(some.defaultAlias).toEqual({ responses: 'b', messages: 'a' });
  });

  test('a timer longer than Node can count is as long as it can', () => {
    const config = parseConfig(
      upstream('', 'resource_limits: { stream_max_duration_secs: 999999999 }'),
      'my.yaml',
    );
    expect(config.timers.streamMaxDuration).toBe(2 ** 31 - 1);
  });

  test('anchors and merge keys, and names that look like numbers', () => {
    const config = parseConfig(
      `upstreams:
  1.10: &main { api_root: https://api.example.com/v1, auth: none }
  TWO: { <<: *main, headers: { x-a: b } }
`,
      'my.yaml',
    );
    expect([...config.upstreams.keys()]).toEqual(['1.10', 'TWO']);
    expect(config.upstreams.get('TWO')?.apiRoot).toBe('https://api.example.com/v1');
  });
});

describe('API roots as people write them', () => {
  test.each([
    ['openai-completion', 'https://api.example.com/v1/chat/completions', 'https://api.example.com/v1'],
    ['openai-completion', 'https://api.example.com/v1///', 'https://api.example.com/v1'],
    ['openai-completion', 'https://api.example.com', 'https://api.example.com'],
    ['openai-responses', 'https://api.example.com/v1/responses/', 'https://api.example.com/v1'],
    ['anthropic', 'https://api.anthropic.com', 'https://api.anthropic.com/v1'],
    ['anthropic', 'https://api.anthropic.com/v1', 'https://api.anthropic.com/v1'],
    ['anthropic', 'https://api.example.com/anthropic/', 'https://api.example.com/anthropic/v1'],
    ['anthropic', 'https://api.example.com/anthropic/v1/messages', 'https://api.example.com/anthropic/v1'],
    ['google', 'https://g.example/v1beta', 'https://g.example/v1beta'],
  ])('%s: %s', (format, written, expected) => {
    const text = upstream(`format: ${format}`).replace('https://api.example.com/v1', written);
    expect(parseConfig(text, 'my.yaml').upstreams.get('MAIN')?.apiRoot).toBe(expected);
  });
});

test('an optional key over nothing but comments counts as left out; a null among params is a value', () => {
  const blank = parseConfig(
    `
upstreams:
  MAIN:
    api_root: https://api.example.com/v1
    auth: none
    headers:
    limits: ~
    surface_defaults: { tools: null }
model_aliases:
  a: { target: MAIN:m, limits: , params: { override: { stop: null } }, extra_body: { user: null } }
hooks:
  # usage: { url: https://hooks.example.com }
proxy:
debug_trace: { path: null }
listen: null
`,
    'my.yaml',
  );
  expect(blank.egress).toEqual({ kind: 'environment' });
  expect(blank.upstreams.get('MAIN')).toMatchObject({ headers: {}, limits: {}, surface: {} });
  expect(blank.aliases.get('a')?.params.override).toEqual({ stop: null, user: null });
  expect(parseConfig(upstream('', 'model_aliases:'), 'my.yaml').aliases.size).toBe(0);
});

describe('a config with mistakes', () => {
  test('every one of them at once, by line, with what to do', () => {
    expect(
      mistakes(`listen: nonsense
upstrems: {}
upstreams:
  MAIN:
    api_root: https://api.example.com/v1
    format: openai-complet
    timeout: 3
    auth: none
model_aliases:
  a: MAIN
  b: MIAN:gpt
`),
    ).toEqual([
      '1:1  listen: must be host:port ("nonsense") — such as 127.0.0.1:8080',
      '2:1  upstrems: unknown key — did you mean upstreams?',
      '6:5  upstreams.MAIN.format: is not known ("openai-complet") — did you mean openai-completion?',
      expect.stringMatching(/^7:5 {2}upstreams\.MAIN\.timeout: unknown key — keys here: api_root, /),
      '10:3  model_aliases.a: must be UPSTREAM:MODEL: the colon is missing ("MAIN") — such as MAIN:MODEL',
      '11:3  model_aliases.b: there is no upstream "MIAN" ("MIAN:gpt") — did you mean MAIN?',
    ]);
  });

  const aliases = (text: string) => upstream('', `model_aliases:\n  ${text}`);
  test.each([
    ['no upstream at all', 'upstreams: {}', 'upstreams: at least one upstream must be configured'],
    ['no upstreams key', 'listen: 127.0.0.1:1', 'upstreams: is missing'],
    ['a list of upstreams', 'upstreams: [{ name: A }]', 'upstreams: must be a mapping (a list)'],
    ['an empty file', '', 'the file is empty'],
    ['an upstream without anything', 'upstreams: { A: }', 'upstreams.A: has no value (null)'],
    ['a key that is a list', 'upstreams: { ? [a, b] : {} }', 'a key must be text, not a list or a mapping'],
    ['a bare text, not shown', 'sk-live-1234', 'must be a mapping'],
    ['no api_root', 'upstreams: { A: { auth: none } }', 'upstreams.A.api_root: is missing'],
    [
      'a host alone',
      upstream('').replace('https://', ''),
      'must be a whole URL ("api.example.com/v1") — such as https://api.example.com/v1',
    ],
    [
      'another scheme',
      upstream('').replace('https', 'ftp'),
      'must begin with http:// or https://, not ftp://',
    ],
    ['a query', upstream('').replace('/v1', '/v1?key=abc'), 'must not hold a query or a fragment'],
    ['two spellings', upstream('base_url: https://x.example'), 'base_url: says the same as api_root'],
    [
      'a format outside formats',
      upstream('format: chat\nformats: [responses]'),
      'format: is not among formats',
    ],
    ['a key beside auth: none', upstream('provider_key_env: K'), 'auth: none contradicts the key beside it'],
    [
      'names that differ in case',
      'upstreams: { a: { api_root: "http://x", auth: none }, A: { api_root: "http://x", auth: none } }',
      'upstreams.A: differs from a in case alone',
    ],
    [
      'a name twice',
      'upstreams:\n  A: { api_root: "http://x" }\n  A: { api_root: "http://y" }',
      '3:3  A stands here a second time',
    ],
    [
      'an upstream with a colon',
      'upstreams: { "a:b": { api_root: "http://x", auth: none } }',
      'must not hold a colon',
    ],
    [
      'a header of the connection',
      upstream('headers: { Content-Length: "3" }'),
      'Content-Length: must not be set',
    ],
    ['a header that is a number', upstream('headers: { x-a: 3 }'), 'headers.x-a: must be text — quote it'],
    [
      'limits of nothing',
      upstream('limits: { context_window: 0 }'),
      'context_window: must be more than 0 (0)',
    ],
    [
      'a reply as long as the context',
      upstream('limits: { context_window: 10, max_output_tokens: 10 }'),
      'max_output_tokens: must be less than context_window (10 of 10)',
    ],
    [
      'an alias’s reply longer than the upstream’s context',
      upstream(
        'limits: { context_window: 10 }',
        'model_aliases: { a: { target: MAIN:m, limits: { max_output_tokens: 11 } } }',
      ),
      'model_aliases.a.limits.max_output_tokens: must be less than context_window',
    ],
    [
      'an unknown modality',
      upstream('surface_defaults: { modalities: { input: [txt] } }'),
      'input[0]: must be one of text, image, audio, pdf, file, video ("txt") — did you mean text?',
    ],
    [
      'a modality twice',
      upstream('surface_defaults: { modalities: { input: [text, text] } }'),
      'lists text twice',
    ],
    [
      'an unknown quirk',
      upstream('quirks: [openai, think_tag]'),
      'quirks[1]: is not known ("think_tag") — did you mean think_tags?',
    ],
    [
      'levels out of order',
      upstream('dialect: { reasoning: openai-effort, reasoning_levels: [high, low] }'),
      'reasoning_levels: must be strictly increasing',
    ],
    [
      'an egress of another kind',
      upstream('proxy: { url: "gopher://x" }'),
      'proxy.url: must be http, https, socks5 or socks5h, not gopher',
    ],
    ['an egress that is no mapping', upstream('proxy: none'), 'proxy: must be direct, or a mapping ("none")'],
    ['a target without a model', aliases('a: "MAIN:"'), 'a: must be UPSTREAM:MODEL: the model is missing'],
    ['an alias that is a list', aliases('a: [1]'), 'model_aliases.a: must be text, or a mapping (a list)'],
    [
      'a misspelt alias key',
      aliases('a: { target: MAIN:m, fallback: [b] }'),
      'fallback: unknown key — did you mean fallbacks?',
    ],
    [
      'a fallback to nowhere',
      aliases('a: { target: MAIN:m, fallbacks: [b] }'),
      'fallbacks[0]: there is no such alias (b) — there are: a',
    ],
    [
      'fallbacks in a circle',
      aliases('a: { target: MAIN:m, fallbacks: [b] }\n  b: { target: MAIN:n, fallbacks: [a] }'),
      'model_aliases.a.fallbacks: go in a circle: a → b → a',
    ],
    [
      'a param that is the proxy’s',
      aliases('a: { target: MAIN:m, params: { override: { model: x } } }'),
      'its params must not set model',
    ],
    [
      'a negative price',
      aliases('a: { target: MAIN:m, pricing: { input: -1, output: 1 } }'),
      'pricing.input: must be at least 0 (-1)',
    ],
    [
      'an unknown default',
      upstream('', 'model_aliases: { main: MAIN:m }\ndefault_alias: mian'),
      'default_alias: there is no such alias ("mian") — did you mean main?',
    ],
    [
      'an unknown tier alias',
      upstream('', 'tiers: { opus: x }'),
      'tiers.opus: there is no such alias ("x") — there are none',
    ],
    [
      'a quoted number',
      upstream('', 'resource_limits: { stream_max_events: "5" }'),
      'stream_max_events: must be a number ("5") — write it without quotes',
    ],
    [
      'half a byte',
      upstream('', 'resource_limits: { max_sse_frame_bytes: 1.5 }'),
      'max_sse_frame_bytes: must be a whole number (1.5)',
    ],
    [
      'a timer of nothing',
      upstream('', 'timers: { heartbeat_after_secs: 0 }'),
      'heartbeat_after_secs: must be more than 0 (0)',
    ],
    [
      'no proxy key',
      upstream('', 'data_auth: { mode: proxy_key }'),
      'data_auth.proxy_key: is required when mode=proxy_key',
    ],
    [
      'a proxy key too many',
      upstream('', 'data_auth: { mode: client_provider_key, proxy_key: { env: K } }'),
      'data_auth.proxy_key: must be omitted when mode=client_provider_key',
    ],
    [
      'a hook without http',
      upstream('', 'hooks: { usage: { url: "file:///x" } }'),
      'hooks.usage.url: must be an http or https URL',
    ],
    ['an unclosed list', 'upstreams: [', 'a [ or a { is not closed'],
    ['a tab', 'upstreams:\n\tA: 1', '2:1  indented with a tab: YAML takes spaces only'],
    ['an alias without anchor', 'upstreams: *all', '1:12  an alias (*name) without its anchor (&name)'],
    ['an unknown tag', 'upstreams: !env UPSTREAMS', 'an unknown tag (!name)'],
    ['two documents', '---\nupstreams: {}\n---\nupstreams: {}\n', '3:1  a second document begins here'],
  ])('%s', (_, text, expected) => {
    const found = mistakes(text);
    expect(found.join('\n')).toContain(expected);
    expect(found).toHaveLength(1);
  });

  test('nested anchors that stand for gigabytes end in a message, not in a crash', () => {
    const levels = Array.from({ length: 12 }, (_, level) => {
      const refs = Array.from({ length: 10 }, () => `*a${level}`).join(', ');
      return `a${level + 1}: &a${level + 1} [${refs}]`;
    });
    expect(mistakes(`a0: &a0 x\n${levels.join('\n')}`)).toEqual([
      '1:1  its aliases (*name) expand without end',
    ]);
  });

  test.each([
    ['two credential sources', 'provider_key: { inline: sk-secret-1, env: K }'],
    ['both spellings of a key', 'provider_key: { inline: sk-secret-1 }\nprovider_key_env: K'],
    ['the key where its variable belongs', 'provider_key_env: sk-secret-1'],
    ['a key without a mapping', 'provider_key: sk-secret-1'],
    ['a credential as a header', 'headers: { X-Api-Key: sk-secret-1 }'],
    ['a key with a line break in it', 'provider_key: { inline: "sk-secret-1\\nx" }'],
    ['a header that no client could send', 'headers: { x-token: "sk-secret-1\\n" }'],
    ['a misspelt key', 'provider_ky: sk-secret-1'],
    ['an egress with a password', 'proxy: { url: "ftp://u:sk-secret-1@x" }'],
    ['a line that is not YAML', 'provider_key: "sk-secret-1'],
    ['a line that is not a pair', 'sk-secret-1'],
  ])('%s is refused, and the secret is not repeated', (_, keys) => {
    const error = userError(() => parseConfig(upstream(keys).replace('    auth: none\n', ''), 'my.yaml'));
    expect(error.exitCode).toBe(3);
    expect(`${error.message}${error.hints.join()}`).not.toContain('sk-secret');
  });

  test('a URL with a password is refused, and the password is not repeated', () => {
    const found = mistakes(upstream('').replace('https://', 'https://me:sk-secret-1@'));
    expect(found.join()).toContain('must not hold a user name or password');
    expect(found.join()).not.toContain('sk-secret');
  });
});

describe('names and sizes out of the ordinary', () => {
  test('an address without a scheme is shown with the likely one', () => {
    const shown = (address: string) =>
      mistakes(upstream('').replace('https://api.example.com/v1', address))[0];
    expect(shown('localhost:11434/v1')).toContain('such as http://localhost:11434/v1');
    expect(shown('192.168.0.7:8000/v1')).toContain('such as http://192.168.0.7:8000/v1');
    expect(shown('api.z.ai/v4')).toContain('such as https://api.z.ai/v4');
  });

  test('`__proto__` would be passed over in silence, and is refused', () => {
    const text = upstream('', 'model_aliases: { __proto__: MAIN:m, constructor: MAIN:m }\n');
    expect(mistakes(text)).toEqual([
      '6:18  model_aliases.__proto__: this name cannot be used — take another',
    ]);
  });

  test('a file that is no config at all fills one screen', () => {
    const keys = Array.from({ length: 50 }, (_, index) => `nonsense_${index}: 1`).join('\n');
    const error = userError(() => parseConfig(keys, 'my.yaml'));
    expect(error.message.split('\n').length).toBeLessThanOrEqual(22);
    expect(error.message).toMatch(/\n {2}… and \d+ more$/);
  });
});
