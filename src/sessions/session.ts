import { rm } from 'node:fs/promises';
import { constants } from 'node:os';
import type { ClientPlan, PlannedFile } from '../clients/client.ts';
import type { FoundClient } from '../clients/detect.ts';
import type { Paths } from '../config/paths.ts';
import type { RecordMode } from '../traffic/journal.ts';
import type { Receipt } from '../traffic/receipt.ts';
import { proveOurs } from './endpoint.ts';
import { type Guard, startGuard } from './guard.ts';
import { makeHome } from './home.ts';
import type { PreparedSession } from './prepare.ts';
import { makePrivateDirectory, writePrivateFile } from './private-files.ts';
import { endSessionProcesses, markProcess } from './processes.ts';
import { type Registration, recordDraft, registerSession, sweepSessions } from './registry.ts';
import type { SignalTrap } from './signals.ts';
import { type ClientEnd, type Launch, supervise } from './supervisor.ts';
import { hasTerminal, openTerminal, type Terminal } from './terminal.ts';
import { startTraffic, type TrafficHost } from './traffic-host.ts';
import { Undo } from './undo.ts';
import type { SessionView } from './view.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface RunOptions {
  readonly session: PreparedSession;
  readonly found: FoundClient;
  readonly paths: Paths;
  readonly env: Environment;
  readonly record: RecordMode;
  readonly strict: boolean;
  readonly signals: SignalTrap;
  /** Receives notes for the user, one line each. */
  readonly say: (line: string) => void;
  /**
   * Puts the client in front of the user, on a screen that this process draws: its proxy gets a thread of its own.
   * Absent, the client is on llmup's own terminal and pipes.
   */
  readonly launch?: (feed: SessionFeed) => Launch;
}

/** What a screen of this process shows of its own session. */
export type SessionFeed = Pick<TrafficHost, 'subscribe' | 'bodies'>;

export interface SessionResult {
  /** The client's own, or 128+n. */
  readonly exitCode: number;
  /** Absent without a proxy of the session's own. */
  readonly receipt?: Receipt;
}

/** Milliseconds a silent stdin is waited for when it is an addition to a prompt. */
const QUIET_STDIN_MS = 1000;
const QUIET_STDIN_NOTE =
  'nothing came on stdin, which nobody closes; the client goes on without it (</dev/null avoids the wait)';

/**
 * Runs one session from the start of its proxy to the receipt. Whatever happens, what was started is ended and what
 * is not meant to stay is removed; if llmup is killed, by the guard.
 * @throws {UserError} exit 4 or 5 when the client or the proxy cannot be started.
 * @throws {Error} when the proxy broke down; the client has been ended.
 */
export async function runSession(options: RunOptions): Promise<SessionResult> {
  const undo = new Undo();
  try {
    return await run(options, undo);
  } finally {
    await undo.run(options.say);
  }
}

async function run(options: RunOptions, undo: Undo): Promise<SessionResult> {
  const { session, paths } = options;
  // What draws nothing has nothing to be put back.
  const terminal = session.given.interactive ? openTerminal() : undefined;
  if (terminal) undo.later(() => terminal.close());
  const temporary = temporaryFiles(options);
  const guard = startGuard({
    sessionId: session.id,
    graceMs: session.graceMs,
    temporary,
    ...(terminal && { terminal }),
  });
  if (guard) undo.later(() => guard.dismiss());

  let state: { registered: boolean; exitCode?: number } = { registered: false };
  undo.later(() => (isKept(options, state.registered) ? undefined : removeAll([session.sessionDirectory])));
  undo.later(() => removeAll(temporary));
  await makePrivateDirectory(session.sessionDirectory);
  await makeHome(session.home, session.isolated);
  const traffic = await startOwnTraffic(options, guard, undo);
  const view = traffic?.view ?? foreignView(options);
  const registration = await registerSession(paths, view, temporary);
  state = { registered: true };
  undo.later(() => registration.end(state.exitCode));
  if (traffic?.socket !== undefined) await registration.update({ socket: traffic.socket });
  const plan = session.plan(view.proxyUrl);
  for (const file of [...runtimeConfig(session), ...plan.files])
    await writePrivateFile(file.path, file.content);

  const launch = options.launch?.(traffic ?? feedOf(view)) ?? supervise;
  const end = await runClient(options, launch, plan, terminal, guard, registration, traffic);
  state = { registered: true, exitCode: end.exitCode };
  const receipt = await traffic?.finish(end.stopped ? {} : { exitCode: end.exitCode });
  return { exitCode: end.exitCode, ...(receipt && { receipt }) };
}

/** Of a session whose proxy runs elsewhere, nothing can be seen. */
function feedOf(view: SessionView): SessionFeed {
  return {
    subscribe: (listener) => {
      listener({ type: 'hello', version: 1, session: view });
      return () => {};
    },
    bodies: async () => undefined,
  };
}

/** Whether the session's directory stays: not when it was never used, and not when nothing may be recorded. */
function isKept({ session, record }: RunOptions, registered: boolean): boolean {
  return registered && record !== 'off' && session.proxy.kind !== 'none';
}

function runtimeConfig({ proxy }: PreparedSession): readonly PlannedFile[] {
  return proxy.kind === 'own' ? [proxy.runtimeConfig] : [];
}

/** Starts the proxy with all that looks on, and proves that what listens is it. */
async function startOwnTraffic(
  options: RunOptions,
  guard: Guard | undefined,
  undo: Undo,
): Promise<TrafficHost | undefined> {
  const { session, paths, env, record, strict, say } = options;
  const { proxy, sessionDirectory: directory } = session;
  if (proxy.kind !== 'own') return undefined;
  const traffic = await startTraffic(
    {
      proxy: {
        config: proxy.config,
        credentials: proxy.credentials,
        listen: { host: '127.0.0.1', port: 0 },
        auth: { mode: 'proxy_key', key: proxy.key },
        env,
        ...(strict && { strict }),
      },
      view: sessionView(options),
      paths,
      record,
      keepBodies: true,
      directory,
      say,
    },
    options.launch !== undefined,
  );
  undo.later(async () => void (await traffic.finish()));
  if (traffic.socket !== undefined) guard?.alsoRemove(traffic.socket);
  await proveOurs(traffic.url, traffic.instance);
  return traffic;
}

/** Runs the client until it has ended, and ends with it whatever it left. An error of llmup's own ends it first. */
async function runClient(
  { session, found, signals, say, paths }: RunOptions,
  launch: Launch,
  plan: ClientPlan,
  terminal: Terminal | undefined,
  guard: Guard | undefined,
  registration: Registration,
  traffic: TrafficHost | undefined,
): Promise<ClientEnd> {
  const early = signals.received;
  if (early) return { exitCode: 128 + constants.signals[early], stopped: true };
  const client = await launch({
    program: found.program,
    args: plan.args,
    env: session.environment(plan.env),
    directory: session.directory,
    signals,
    terminal: hasTerminal(),
    graceMs: session.graceMs,
    ...(session.given.stdinOptional && { quietStdinMs: QUIET_STDIN_MS }),
    onQuietStdin: () => say(QUIET_STDIN_NOTE),
  });
  traffic?.load();
  let fault: { readonly error: unknown } | undefined;
  const endWith = (error: unknown, signal: 'SIGTERM' | 'SIGHUP') => {
    fault ??= { error };
    client.stop(signal);
  };
  const onFault = (error: unknown) => endWith(error, 'SIGTERM');
  // Whoever talks to the client is gone, as when a line is cut.
  traffic?.failed.then((error) => endWith(error, 'SIGHUP'));
  process.on('uncaughtException', onFault);
  process.on('unhandledRejection', onFault);
  try {
    // None of it is worth a session: a full disk, say, only means that a later llmup cleans up less.
    const chores = keepHouse(client.pid, guard, registration, paths).catch((error: Error) =>
      say(error.message),
    );
    const end = await client.ended;
    await chores;
    // A program that a signal ended has had no time to put the terminal back, or to end what it had started.
    if (end.signal !== undefined && !client.inPane) terminal?.restore();
    if (end.signal !== undefined || end.stopped) await endSessionProcesses(session.id);
    if (fault) throw fault.error;
    return end;
  } finally {
    process.off('uncaughtException', onFault);
    process.off('unhandledRejection', onFault);
  }
}

/** What need not be done before the client starts: noting whom to end in an emergency, and cleaning up after former ones. */
async function keepHouse(
  pid: number | undefined,
  guard: Guard | undefined,
  registration: Registration,
  paths: Paths,
): Promise<void> {
  const mark = pid === undefined ? undefined : await markProcess(pid);
  if (mark) {
    guard?.watch(mark);
    await registration.update({ client: mark });
  }
  await sweepSessions(paths);
}

/** What must not outlive the session. The journal and the receipt stay. */
function temporaryFiles({ session }: RunOptions): readonly string[] {
  const { home, ephemeral, sessionDirectory } = session;
  return [
    recordDraft(sessionDirectory),
    ...[...runtimeConfig(session), ...session.plan('').files].map(({ path }) => path),
    ...(ephemeral ? [home] : []),
  ];
}

async function removeAll(paths: readonly string[]): Promise<void> {
  // A client's last child may still be writing into a home that is thrown away.
  for (const path of paths) await rm(path, { recursive: true, force: true, maxRetries: 3 });
}

/** What viewers are told of a session whose proxy is not its own. */
function foreignView(options: RunOptions): SessionView {
  const { proxy } = options.session;
  return { ...sessionView(options), proxyUrl: proxy.kind === 'attached' ? proxy.url : '' };
}

function sessionView({ session, found }: RunOptions): Omit<SessionView, 'proxyUrl'> {
  return {
    id: session.id,
    kind: 'session',
    client: session.client.name,
    clientVersion: found.version,
    preset: session.preset,
    alias: session.model.name,
    workspace: session.workspace,
    pid: process.pid,
    startedAt: session.startedAt,
    routes: session.routes,
  };
}
