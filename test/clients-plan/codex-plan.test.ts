import { expect, test } from 'vitest';
import type { PlanRequest } from '../../src/clients/client.ts';
import { codex } from '../../src/clients/codex.ts';
import type { CatalogModel } from '../../src/config/codex-catalog.ts';

const coder: CatalogModel = {
  name: 'coder',
  limits: { contextWindow: 100_000 },
  surface: {},
  efforts: ['low'],
};

function plan(more: Partial<PlanRequest> = {}) {
  return codex.plan({
    model: coder,
    models: [coder],
    proxyUrl: 'http://127.0.0.1:4321',
    proxyKey: 'session-key',
    workspace: '/home/ada/app',
    directory: '/home/ada/app',
    home: '/state/homes/codex/p',
    sessionDirectory: '/state/sessions/s',
    dangerous: false,
    clientArgs: ['exec', 'do it'],
    ...more,
  });
}

/** The `-c` settings of a plan, in order. */
const settings = (args: readonly string[]) => args.filter((_, index) => args[index - 1] === '-c');

test('everything of the session goes in as arguments, before the user’s own', () => {
  const { args } = plan();
  expect(args.slice(-2)).toEqual(['exec', 'do it']);
  expect(settings(args)).toMatchInlineSnapshot(`
    [
      "model="coder"",
      "model_provider="llmup"",
      "model_providers.llmup={name="llmup",base_url="http://127.0.0.1:4321/openai/v1",wire_api="responses",env_key="LLMUP_PROXY_KEY",request_max_retries=2,stream_max_retries=2,stream_idle_timeout_ms=300000,supports_websockets=false}",
      "model_catalog_json="/state/sessions/s/codex-models.json"",
      "web_search="disabled"",
      "sandbox_mode="workspace-write"",
      "projects={"/home/ada/app"={trust_level="trusted"}}",
      "shell_environment_policy.exclude=["LLMUP_PROXY_KEY"]",
      "check_for_update_on_startup=false",
      "features.plugins=false",
      "features.apps=false",
      "features.daemon_auto_start=false",
      "features.unbounded_connection_retries=false",
      "analytics.enabled=false",
      "feedback.enabled=false",
      "otel.exporter="none"",
      "otel.metrics_exporter="none"",
      "otel.trace_exporter="none"",
      "cli_auth_credentials_store="file"",
    ]
  `);
});

test('the key is in the environment alone, under a name of llmup’s', () => {
  const { args, env, files } = plan();
  expect(env).toEqual({ CODEX_HOME: '/state/homes/codex/p', LLMUP_PROXY_KEY: 'session-key' });
  expect(JSON.stringify([args, files])).not.toContain('session-key');
});

test('nothing is written into the client’s home: two sessions may share it', () => {
  expect(plan().files.map(({ path }) => path)).toEqual(['/state/sessions/s/codex-models.json']);
});

test('paths with quotes, dots, backslashes and control characters stay one TOML string', () => {
  const { args } = plan({ workspace: '/a.b/"q"\\\n\u007f' });
  expect(settings(args)).toContain('projects={"/a.b/\\"q\\"\\\\\\n\\u007f"={trust_level="trusted"}}');
});

test('the model’s surface decides on hosted search and on looking at images', () => {
  const search = { ...coder, surface: { supportsSearch: true, supportsViewImage: false } };
  const given = settings(plan({ model: search }).args);
  expect(given).not.toContain('web_search="disabled"');
  expect(given).toContain('features.view_image=false');
});

test('a workspace elsewhere is named with -C, unless the user names it', () => {
  const elsewhere = { directory: '/home/me' };
  expect(plan(elsewhere).args.join(' ')).toContain(' -C /home/ada/app exec');
  const own = plan({ ...elsewhere, clientArgs: ['exec', '-C', '/home/ada/app', 'x'] });
  expect(own.args.filter((arg) => arg === '-C')).toHaveLength(1);
  expect(plan().args).not.toContain('-C');
});

test('--dangerous lifts the sandbox by Codex’s own flag, once', () => {
  const flag = '--dangerously-bypass-approvals-and-sandbox';
  const count = (args: readonly string[]) => args.filter((arg) => arg === flag).length;
  expect(count(plan().args)).toBe(0);
  expect(count(plan({ dangerous: true }).args)).toBe(1);
  expect(count(plan({ dangerous: true, clientArgs: ['exec', flag, 'x'] }).args)).toBe(1);
});

test('what asks no model gets its arguments as they are, and the session’s home', () => {
  for (const clientArgs of [
    ['--version'],
    ['mcp', 'list'],
    ['login'],
    ['exec', '--help'],
    ['completion', 'bash'],
  ]) {
    expect(plan({ clientArgs })).toEqual({
      args: clientArgs,
      env: { CODEX_HOME: '/state/homes/codex/p' },
      files: [],
    });
  }
});
