import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installedAgent, installedCodex } from './codex/installed.ts';

/** A real agent and what its screen shows; its start needs no provider, so that it is given a dead one. */
export interface RealAgent {
  readonly name: string;
  readonly program: () => Promise<string>;
  /** On the screen once it takes keys. */
  readonly ready: string;
  /** In the menu that a slash opens. */
  readonly menu: string;
  /** What it needs in its home to ask nothing first: files by path, for the directory it is started in. */
  readonly files: (workspace: string) => Readonly<Record<string, string>>;
  readonly env: (home: string) => Readonly<Record<string, string>>;
}

/** Nothing listens on the discard port. */
const DEAD = 'http://127.0.0.1:9';
const MODEL = 'some-model';

export const REAL_AGENTS: readonly RealAgent[] = [
  {
    name: 'codex',
    program: installedCodex,
    ready: 'Ask Codex to do anything',
    menu: '/model',
    files: () => ({
      '.codex/config.toml': [
        `model = "${MODEL}"`,
        'model_provider = "dead"',
        'check_for_update_on_startup = false',
        'features = { plugins = false, apps = false, daemon_auto_start = false }',
        'analytics = { enabled = false }',
        `model_providers = { dead = { name = "dead", base_url = "${DEAD}/openai/v1" } }`,
      ].join('\n'),
    }),
    env: (home) => ({ CODEX_HOME: join(home, '.codex') }),
  },
  {
    name: 'claude',
    program: () => installedAgent('claude', '@anthropic-ai/claude-code', '2.1.197'),
    ready: '? for shortcuts',
    menu: '/compact',
    files: (workspace) => ({
      '.claude/.claude.json': JSON.stringify({
        hasCompletedOnboarding: true,
        projects: { [workspace]: { hasTrustDialogAccepted: true } },
      }),
    }),
    env: (home) => ({
      CLAUDE_CONFIG_DIR: join(home, '.claude'),
      ANTHROPIC_BASE_URL: `${DEAD}/anthropic`,
      ANTHROPIC_AUTH_TOKEN: 'no-key',
      ANTHROPIC_MODEL: MODEL,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    }),
  },
  {
    name: 'gemini',
    program: () => installedAgent('gemini', '@google/gemini-cli', '0.61.0'),
    ready: 'Type your message',
    menu: 'about',
    files: () => ({
      '.gemini/settings.json': JSON.stringify({
        security: { auth: { selectedType: 'gemini-api-key' } },
        telemetry: { enabled: false },
        privacy: { usageStatisticsEnabled: false },
        general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
      }),
    }),
    env: (home) => ({
      GEMINI_CLI_HOME: home,
      GOOGLE_GEMINI_BASE_URL: `${DEAD}/google`,
      GEMINI_API_KEY: 'no-key',
      GEMINI_MODEL: MODEL,
      GEMINI_CLI_TRUST_WORKSPACE: 'true',
      GEMINI_CLI_NO_RELAUNCH: '1',
    }),
  },
];

/**
 * A program that starts the agent in a home and a directory of its own, with nothing of the starter's environment
 * but what a display says of itself, and whatever arguments it is given. To llmup it says it is a Codex.
 */
export async function agentStarter(agent: RealAgent, home: string, workspace: string): Promise<string> {
  for (const [name, content] of Object.entries(agent.files(workspace))) {
    const file = join(home, name);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, content);
  }
  const own = {
    HOME: home,
    LANG: 'C.UTF-8',
    NO_PROXY: '127.0.0.1',
    no_proxy: '127.0.0.1',
    ...agent.env(home),
  };
  const settings = Object.entries(own).map(([name, value]) => `${name}='${value}'`);
  const starter = join(home, `${agent.name}-starter`);
  await writeFile(
    starter,
    [
      '#!/bin/sh',
      'case "$*" in --version) echo codex-cli 0.169.0; exit ;; esac',
      `cd '${workspace}'`,
      `exec env -i PATH="$PATH" TERM="$TERM" COLORTERM="$COLORTERM" LLMUP_TEST_MARK="$LLMUP_TEST_MARK" ${settings.join(' ')} '${await agent.program()}'`,
      '',
    ].join('\n'),
    { mode: 0o755 },
  );
  return starter;
}
