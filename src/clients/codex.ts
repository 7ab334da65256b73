import { access, realpath } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { codexCatalogEntry } from '../config/codex-catalog.ts';
import type { Client, ClientPlan, PlanRequest } from './client.ts';
import { readCodexArguments } from './codex-arguments.ts';

/** The variable from which Codex takes the proxy's key: its own, so that no `OPENAI_API_KEY` is ever mistaken for it. */
const KEY_VARIABLE = 'LLMUP_PROXY_KEY';

/**
 * The Codex CLI. Everything a session decides reaches it as `-c` arguments, since two sessions may share its home
 * and a file in it would point at a dead port tomorrow.
 */
export const codex: Client = {
  name: 'codex',
  title: 'Codex CLI',
  protocol: 'responses',
  npmPackage: '@openai/codex',
  testedVersion: '0.169.0',
  oldestVersion: '0.160.0',
  homeVariable: 'CODEX_HOME',
  nativeBinary,
  // `CODEX_*` of an enclosing Codex (`CODEX_SANDBOX`, `CODEX_THREAD_ID`) would make the inner one believe it is in a sandbox.
  selectors: [
    'OPENAI_API_KEY',
    'OPENAI_API_BASE',
    'OPENAI_BASE_URL',
    'OPENAI_ORGANIZATION',
    'OPENAI_PROJECT',
    'CODEX_ACCESS_TOKEN',
    'CODEX_API_KEY',
    'CODEX_AUTH',
    'CODEX_EXEC_SERVER_URL',
    'CODEX_HOME',
    'CODEX_OSS_BASE_URL',
    'CODEX_OSS_PORT',
    'CODEX_SANDBOX',
    'CODEX_SANDBOX_NETWORK_DISABLED',
    'CODEX_SQLITE_HOME',
    'CODEX_THREAD_ID',
    'CODEX_URL',
  ],
  workspaceFiles: [
    {
      path: '.codex/config.toml',
      setting:
        /^\s*\[?(model|model_provider|model_providers|model_catalog_json|openai_base_url|profile)\b[^=\n]*[=\]]/,
    },
    {
      path: '.env',
      setting: /^\s*(?:export\s+)?(OPENAI_BASE_URL|OPENAI_API_BASE|OPENAI_API_KEY|CODEX_HOME)\s*=/,
    },
  ],
  readArguments: readCodexArguments,
  plan,
};

/** The arguments, variables and files of one session. */
function plan(request: PlanRequest): ClientPlan {
  const given = readCodexArguments(request.clientArgs);
  if (!given.usesModel) return { args: request.clientArgs, env: { CODEX_HOME: request.home }, files: [] };
  const catalog = join(request.sessionDirectory, 'codex-models.json');
  return {
    // Options before a subcommand count for it too, and the user's own, which come later, win.
    args: [
      ...settings(request, catalog).flatMap((setting) => ['-c', setting]),
      ...workingDirectory(request, given.directory),
      ...(request.dangerous && !request.clientArgs.includes(BYPASS) ? [BYPASS] : []),
      ...request.clientArgs,
    ],
    env: { CODEX_HOME: request.home, [KEY_VARIABLE]: request.proxyKey },
    files: [{ path: catalog, content: modelCatalog(request) }],
  };
}

const BYPASS = '--dangerously-bypass-approvals-and-sandbox';

/** The `-c` settings: where the model is, what Codex must not do besides, and how it may touch the workspace. */
function settings({ model, proxyUrl, workspace }: PlanRequest, catalog: string): string[] {
  return [
    `model=${toml(model.name)}`,
    `model_provider=${toml(PROVIDER)}`,
    // One inline table: Codex would otherwise merge it, key by key, with a table of the same name in a file.
    `model_providers.${PROVIDER}=${provider(proxyUrl)}`,
    `model_catalog_json=${toml(catalog)}`,
    // Hosted search exists only where the upstream brings it.
    ...(model.surface.supportsSearch ? [] : ['web_search="disabled"']),
    ...(model.surface.supportsViewImage === false ? ['features.view_image=false'] : []),
    'sandbox_mode="workspace-write"',
    // An inline table again: Codex splits a dotted key at every dot, those of a path too.
    `projects={${toml(workspace)}={trust_level="trusted"}}`,
    // What the agent runs has no use for the session's key.
    `shell_environment_policy.exclude=[${toml(KEY_VARIABLE)}]`,
    ...QUIET,
  ];
}

/** Must not be `OpenAI`, by which Codex takes a provider for the real one and compacts remotely. */
const PROVIDER = 'llmup';

/** The proxy retries upstream itself, so that Codex needs few retries of its own. */
function provider(proxyUrl: string): string {
  const fields = [
    `name=${toml(PROVIDER)}`,
    `base_url=${toml(`${proxyUrl}/openai/v1`)}`,
    'wire_api="responses"',
    `env_key=${toml(KEY_VARIABLE)}`,
    'request_max_retries=2',
    'stream_max_retries=2',
    'stream_idle_timeout_ms=300000',
    'supports_websockets=false',
  ];
  return `{${fields.join(',')}}`;
}

/** Off: what reaches out to other hosts, outlives the session, or waits for ever for a proxy that is gone. */
const QUIET = [
  'check_for_update_on_startup=false',
  'features.plugins=false',
  'features.apps=false',
  'features.daemon_auto_start=false',
  'features.unbounded_connection_retries=false',
  'analytics.enabled=false',
  'feedback.enabled=false',
  'otel.exporter="none"',
  'otel.metrics_exporter="none"',
  'otel.trace_exporter="none"',
  'cli_auth_credentials_store="file"',
] as const;

/** Codex starts where llmup was started, so that relative paths among the user's arguments mean what they say. */
function workingDirectory({ workspace, directory }: PlanRequest, given: string | undefined): string[] {
  return given !== undefined || workspace === directory ? [] : ['-C', workspace];
}

function modelCatalog({ models }: PlanRequest): string {
  return `${JSON.stringify({ models: models.map((one) => codexCatalogEntry(one)) }, null, 2)}\n`;
}

/** A TOML basic string, whose escapes are those of JSON but for DEL. */
function toml(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', '\\u007f');
}

/** Where the npm package keeps its program, by platform and architecture as Node names them. */
const TARGETS: Readonly<Record<string, string>> = {
  'linux-x64': 'x86_64-unknown-linux-musl',
  'linux-arm64': 'aarch64-unknown-linux-musl',
  'darwin-x64': 'x86_64-apple-darwin',
  'darwin-arm64': 'aarch64-apple-darwin',
  'win32-x64': 'x86_64-pc-windows-msvc',
  'win32-arm64': 'aarch64-pc-windows-msvc',
};

/** The program that `@openai/codex/bin/codex.js` would start: one Node process less, and signals reach it directly. */
async function nativeBinary(path: string): Promise<string | undefined> {
  const starter = await realpath(path).catch(() => path);
  if (!/[\\/]@openai[\\/]codex[\\/]bin[\\/]codex\.js$/.test(starter)) return undefined;
  const platform = `${process.platform}-${process.arch}`;
  const target = TARGETS[platform];
  if (target === undefined) return undefined;
  try {
    const manifest = createRequire(starter).resolve(`@openai/codex-${platform}/package.json`);
    const program = process.platform === 'win32' ? 'codex.exe' : 'codex';
    const binary = join(dirname(manifest), 'vendor', target, 'bin', program);
    await access(binary);
    return binary;
  } catch {
    // Not installed, or laid out differently by another version: the starter knows.
    return undefined;
  }
}
