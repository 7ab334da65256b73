import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { CLI } from '../../contract/serve.ts';
import { chatJson, chatStream } from '../../provider/chat-answers.ts';
import { refuseChat } from '../../provider/chat-rules.ts';
import { isRecord, type Json } from '../../provider/json-checks.ts';
import { type Answer, type Provider, type ReceivedRequest, startProvider } from '../../provider/provider.ts';
import { type ReplyPlan, say } from '../../provider/reply-plan.ts';
import { responsesStream } from '../../provider/responses-answers.ts';
import { refuseResponses } from '../../provider/responses-rules.ts';
import { outputSchema, tools } from '../../provider/seen.ts';
import { type FixtureHome, makeFixtureHome } from '../fixture-home.ts';
import { installedCodex } from './installed.ts';

/** The real Codex CLI in a real session, in front of a scripted provider that refuses what a real one would. */

export type UpstreamFormat = 'chat' | 'responses';

/** What Codex asked, seen at the provider. */
export interface TurnRequest {
  readonly body: Json;
  readonly kind: 'turn' | 'title' | 'compaction';
  readonly received: ReceivedRequest;
}

type Reply = ReplyPlan | Answer;
/** The answer to one turn request, or what makes it. */
export type ScriptedTurn = Reply | ((request: TurnRequest) => Reply);

export interface CodexRun {
  readonly upstream: UpstreamFormat;
  /** Answers to turns and compactions in order; titles are answered on the side. */
  readonly script: readonly ScriptedTurn[] | ((request: TurnRequest, index: number) => Reply);
  readonly prompt?: string;
  /** Codex's own arguments, before the prompt. */
  readonly args?: readonly string[];
  /** Codex's own command; `exec` unless said otherwise, none for its screen. */
  readonly command?: readonly string[];
  /** llmup's own options. */
  readonly options?: readonly string[];
  /** Of the alias: `surface`, `limits`. */
  readonly alias?: object;
  /** Of the upstream. */
  readonly quirks?: object;
  /** Further keys of the config file, such as `timers`. */
  readonly config?: object;
  readonly env?: Readonly<Record<string, string>>;
  /** A home to share; else one is made and removed. */
  readonly home?: FixtureHome;
  /** Puts files into the workspace first. */
  readonly prepare?: (workspace: string) => Promise<void>;
  /** Substitutions in the arguments Codex is started with, for what a session has no option for. */
  readonly substitute?: Readonly<Record<string, string>>;
  /** A model name instead of the alias. */
  readonly model?: string;
}

export interface CodexResult {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** The JSON lines on stdout. */
  readonly events: readonly Json[];
  /** Finished items of one type. */
  items(type: string): readonly Json[];
  /** Text of the last agent message. */
  readonly message: string;
  /** Turn and compaction requests, titles left out. */
  readonly turns: readonly TurnRequest[];
  readonly titles: readonly TurnRequest[];
  readonly provider: Provider;
  readonly durationMs: number;
}

/** The secret that must never be seen outside of llmup's own memory. */
export const PROVIDER_KEY = 'sk-provider-0815-never-seen';
export const ALIAS = 'test-model';

export interface StartedProvider {
  readonly provider: Provider;
  readonly turns: TurnRequest[];
  readonly titles: TurnRequest[];
  /** What a real provider would have refused, and what the script did not foresee. */
  readonly faults: string[];
}

/** A provider of one format that answers by the script and routes titles by their content. */
export async function startScripted(run: Pick<CodexRun, 'upstream' | 'script'>): Promise<StartedProvider> {
  const turns: TurnRequest[] = [];
  const titles: TurnRequest[] = [];
  const faults: string[] = [];
  const provider = await startProvider((received) => {
    const body = isRecord(received.body) ? received.body : {};
    const request: TurnRequest = { body, kind: kindOf(body), received };
    const refusal =
      received.headers.authorization === `Bearer ${PROVIDER_KEY}`
        ? run.upstream === 'chat'
          ? refuseChat(body, 'stranger')
          : refuseResponses(body)
        : 'the provider’s key was not presented';
    if (refusal !== undefined) {
      faults.push(refusal);
      return { status: 400, json: { error: { message: refusal, type: 'invalid_request_error' } } };
    }
    if (request.kind === 'title') {
      titles.push(request);
      return answer(run.upstream, body, { say: [say('{"title":', '"A scripted title"}')] });
    }
    const index = turns.length;
    turns.push(request);
    const scripted =
      typeof run.script === 'function' ? run.script(request, index) : (run.script[index] ?? undefined);
    if (scripted === undefined) {
      faults.push(`request ${index + 1} is not in the script`);
      return { status: 400, json: { error: { message: 'not in the script' } } };
    }
    const reply = typeof scripted === 'function' ? scripted(request) : scripted;
    return 'say' in reply ? answer(run.upstream, body, reply) : reply;
  });
  return { provider, turns, titles, faults };
}

function answer(upstream: UpstreamFormat, body: Json, plan: ReplyPlan): Answer {
  if (upstream === 'responses') return responsesStream(plan);
  if (body.stream !== true) return chatJson(plan);
  const includeUsage = isRecord(body.stream_options) && body.stream_options.include_usage === true;
  return chatStream(plan, { includeUsage });
}

function kindOf(body: Json): TurnRequest['kind'] {
  const properties = outputSchema(body)?.properties;
  if (isRecord(properties) && 'title' in properties && Object.keys(properties).length === 1) return 'title';
  return tools(body).size === 0 ? 'compaction' : 'turn';
}

/** A session under way. */
export interface StartedCodex {
  readonly process: SessionProcess;
  readonly scripted: StartedProvider;
  readonly home: FixtureHome;
  /** Resolves when the session is over. Fails when the provider would have refused a request. */
  readonly result: Promise<CodexResult>;
}

/** argv and environment of one session, for whoever starts it otherwise. */
export async function codexCommand(
  run: CodexRun,
  providerUrl: string,
  home: FixtureHome,
): Promise<{ readonly args: string[]; readonly env: Record<string, string> }> {
  const options = [...(run.options ?? []), '--client-bin', await clientProgram(run, home)];
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? '',
    HOME: home.path,
    TERM: 'xterm-256color',
    LANG: 'C.UTF-8',
    LLMUP_TEST_MARK: home.mark,
    ...run.env,
  };
  if (run.upstream === 'chat' && !run.alias && !run.config && !run.quirks) {
    env.PRESET_OPENAI_ENDPOINT_BASE_URL = `${providerUrl}/v1`;
    env.PRESET_ENDPOINT_MODEL = 'upstream-model';
    env.PRESET_ENDPOINT_API_KEY = PROVIDER_KEY;
    options.push('--model', run.model ?? 'preset-openai-compatible');
  } else {
    env.TEST_PROVIDER_KEY = PROVIDER_KEY;
    options.push('--model', run.model ?? ALIAS, '--config', await writeConfig(run, providerUrl, home));
  }
  return { args: [CLI, 'codex', ...options, '--', ...codexArguments(run)], env };
}

function codexArguments(run: CodexRun): string[] {
  const command = run.command ?? ['exec'];
  const headless = command[0] === 'exec' ? ['--strict-config', '--skip-git-repo-check', '--json'] : [];
  return [
    ...command,
    ...headless,
    ...['-c', 'sandbox_mode="danger-full-access"'],
    ...(run.args ?? []),
    ...(run.prompt === undefined ? [] : [run.prompt]),
  ];
}

/** Codex itself, or a starter that changes some of its arguments first. */
async function clientProgram({ substitute }: CodexRun, home: FixtureHome): Promise<string> {
  const program = await installedCodex();
  if (!substitute) return program;
  const starter = join(home.path, 'codex-starter');
  const changes = Object.entries(substitute).map(([from, to]) => `arg=\${arg//'${from}'/'${to}'}`);
  const script = `#!/bin/bash\nargs=()\nfor arg in "$@"; do ${changes.join('; ')}; args+=("$arg"); done\nexec '${program}' "\${args[@]}"\n`;
  await writeFile(starter, script, { mode: 0o755 });
  return starter;
}

async function writeConfig(run: CodexRun, url: string, home: FixtureHome): Promise<string> {
  // Sessions that share a home have providers of their own; the file's name is the preset's, and so the home's.
  const directory = join(home.path, 'test-configs', new URL(url).port);
  await mkdir(directory, { recursive: true });
  const file = join(directory, 'test.yaml');
  const format = run.upstream === 'chat' ? 'openai-completion' : 'openai-responses';
  const config = {
    upstreams: {
      TEST: {
        api_root: `${url}/v1`,
        format,
        provider_key_env: 'TEST_PROVIDER_KEY',
        ...(run.quirks && { quirks: run.quirks }),
      },
    },
    model_aliases: { [ALIAS]: { target: 'TEST:upstream-model', ...run.alias } },
    ...run.config,
  };
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}

/** Without a terminal: `exec` would wait for ever on an open stdin. */
function spawnSession(args: readonly string[], env: Readonly<Record<string, string>>, cwd: string) {
  return execa(process.execPath, args, {
    cwd,
    env,
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    timeout: 60_000,
    stripFinalNewline: false,
    maxBuffer: 50_000_000,
  });
}

export type SessionProcess = ReturnType<typeof spawnSession>;

export async function startCodex(run: CodexRun): Promise<StartedCodex> {
  const scripted = await startScripted(run);
  const home = run.home ?? (await makeFixtureHome());
  await run.prepare?.(home.workspace);
  const { args, env } = await codexCommand(run, scripted.provider.url, home);
  const started = performance.now();
  const child = spawnSession(args, env, home.workspace);
  return { process: child, scripted, home, result: finish(child, scripted, run, home, started) };
}

async function finish(
  child: SessionProcess,
  scripted: StartedProvider,
  run: CodexRun,
  home: FixtureHome,
  started: number,
): Promise<CodexResult> {
  const { exitCode, signal, stdout, stderr, timedOut } = await child;
  const durationMs = performance.now() - started;
  await scripted.provider.close();
  if (!run.home) await home.remove();
  const [out, err] = [String(stdout), String(stderr)];
  const faults = timedOut ? ['timed out', ...scripted.faults] : scripted.faults;
  if (faults.length > 0)
    throw new Error([...faults, '--- stderr', err.slice(-3000), '--- stdout', out.slice(-3000)].join('\n'));
  const events = jsonLines(out);
  const items = (type: string): Json[] =>
    events
      .filter((event) => event.type === 'item.completed')
      .map((event) => (isRecord(event.item) ? event.item : {}))
      .filter((item) => item.type === type);
  return {
    exitCode,
    signal,
    stdout: out,
    stderr: err,
    events,
    items,
    message: String(items('agent_message').at(-1)?.text ?? ''),
    turns: scripted.turns,
    titles: scripted.titles,
    provider: scripted.provider,
    durationMs,
  };
}

export async function runCodex(run: CodexRun): Promise<CodexResult> {
  return (await startCodex(run)).result;
}

/** A file of the workspace, `undefined` when there is none. Needs a home of the caller's, since others are gone. */
export async function workspaceFile(home: FixtureHome, name: string): Promise<string | undefined> {
  return readFile(join(home.workspace, name), 'utf8').catch(() => undefined);
}

/** Waits for a condition, a few seconds at most. */
export async function until(condition: () => boolean | Promise<boolean>, seconds = 10): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited ${seconds} s in vain for ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function jsonLines(text: string): Json[] {
  return text.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return [];
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? [value] : [];
  });
}
