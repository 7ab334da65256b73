import { rm } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { ClientPlan, PlannedFile } from '../clients/client.ts';
import type { FoundClient } from '../clients/detect.ts';
import type { Paths } from '../config/paths.ts';
import type { ProxyHandle } from '../proxy/handle.ts';
import { TrafficBus } from '../traffic/bus.ts';
import { openJournal, type RecordMode } from '../traffic/journal.ts';
import { type Receipt, ReceiptTally } from '../traffic/receipt.ts';
import { EXIT, UserError } from '../user-error.ts';
import { proveOurs } from './endpoint.ts';
import { type Guard, startGuard } from './guard.ts';
import { makeHome } from './home.ts';
import type { PreparedSession } from './prepare.ts';
import { makePrivateDirectory, writePrivateFile } from './private-files.ts';
import { endSessionProcesses, markProcess } from './processes.ts';
import { type Registration, registerSession, sweepSessions } from './registry.ts';
import type { SignalTrap } from './signals.ts';
import { type ClientEnd, type Launch, supervise } from './supervisor.ts';
import { hasTerminal, openTerminal, type Terminal } from './terminal.ts';
import { Undo } from './undo.ts';
import type { SessionView, WatchMessage } from './view.ts';
import { openWatchSocket, type WatchSocket } from './watch-socket.ts';

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
  /** Puts the client in front of the user; absent, on llmup's own terminal and pipes. */
  readonly launch?: (feed: SessionFeed) => Launch;
}

/** What a screen of this process shows of its own session. */
export interface SessionFeed {
  /** Hands over `hello`, then everything that happens, in order. Returns the way to stop. */
  subscribe(listener: (message: WatchMessage) => void): () => void;
}

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
  const bus = new TrafficBus();
  await makePrivateDirectory(session.sessionDirectory);
  await makeHome(session.home, session.isolated);
  const proxy = await startOwnProxy(options, bus, undo);
  const proxyUrl = session.proxy.kind === 'attached' ? session.proxy.url : (proxy?.url ?? '');
  const view = sessionView(options, proxyUrl);
  const registration = await registerSession(paths, view, temporary);
  state = { registered: true };
  undo.later(() => registration.end(state.exitCode));
  const watching = await openWatching(options, view, bus, registration, guard);
  undo.later(async () => void (await watching.close()));
  const plan = session.plan(proxyUrl);
  for (const file of [...runtimeConfig(session), ...plan.files])
    await writePrivateFile(file.path, file.content);

  const feed: SessionFeed = {
    subscribe: (listener) => {
      listener({ type: 'hello', version: 1, session: view });
      return bus.subscribe({ onEvent: listener });
    },
  };
  const launch = options.launch?.(feed) ?? supervise;
  const end = await runClient(options, launch, plan, terminal, guard, registration);
  state = { registered: true, exitCode: end.exitCode };
  // Requests the client left behind end now, so that the receipt has them.
  await proxy?.close(0);
  const receipt = await watching.close(end);
  return { exitCode: end.exitCode, ...(receipt && { receipt }) };
}

/** Whether the session's directory stays: not when it was never used, and not when nothing may be recorded. */
function isKept({ session, record }: RunOptions, registered: boolean): boolean {
  return registered && record !== 'off' && session.proxy.kind !== 'none';
}

function runtimeConfig({ proxy }: PreparedSession): readonly PlannedFile[] {
  return proxy.kind === 'own' ? [proxy.runtimeConfig] : [];
}

/** Starts the proxy and proves that what listens is it. */
async function startOwnProxy(
  { session, env, record, strict }: RunOptions,
  bus: TrafficBus,
  undo: Undo,
): Promise<ProxyHandle | undefined> {
  const { proxy } = session;
  if (proxy.kind !== 'own') return undefined;
  const { startProxy } = await import('../proxy/server.ts');
  const handle = await startProxy({
    config: proxy.config,
    credentials: proxy.credentials,
    listen: { host: '127.0.0.1', port: 0 },
    auth: { mode: 'proxy_key', key: proxy.key },
    bus,
    recordBodies: record === 'full',
    env,
    ...(strict && { strict }),
  }).catch((error: Error) => {
    if (error instanceof UserError) throw error;
    throw new UserError(`the proxy could not start: ${error.message}`, EXIT.proxy);
  });
  undo.later(() => handle.close(0));
  await proveOurs(handle.url, handle.instance);
  return handle;
}

/** Journal, tally and watch socket: all that looks on. */
interface Watching {
  /** Closes them, with the receipt of a session that came to its end. Safe to call twice. */
  close(end?: ClientEnd): Promise<Receipt | undefined>;
}

async function openWatching(
  { session, record, paths, say }: RunOptions,
  view: SessionView,
  bus: TrafficBus,
  registration: Registration,
  guard: Guard | undefined,
): Promise<Watching> {
  if (session.proxy.kind !== 'own') return { close: async () => undefined };
  const file = join(session.sessionDirectory, 'journal.jsonl');
  const journal = openJournal({ file, record, onProblem: say });
  const tally = new ReceiptTally();
  bus.subscribe(journal);
  bus.subscribe(tally);
  const socket = await openWatchSocket({ view, bus, paths }).catch(
    (error: Error): WatchSocket | undefined => {
      say(`this session cannot be watched: ${error.message}`);
      return undefined;
    },
  );
  if (socket) {
    guard?.alsoRemove(socket.path);
    await registration.update({ socket: socket.path });
  }
  return {
    close: async (end) => {
      await journal.close();
      if (end === undefined) {
        await socket?.finish();
        return undefined;
      }
      const receipt = tally.receipt({
        sessionId: session.id,
        durationMs: Date.now() - session.startedAt,
        ...(!end.stopped && { exitCode: end.exitCode }),
        ...(record !== 'off' && { journal: file }),
      });
      const text = `${JSON.stringify(receipt, null, 2)}\n`;
      await writePrivateFile(join(session.sessionDirectory, 'receipt.json'), text).catch((error: Error) =>
        say(`the receipt could not be kept: ${error.message}`),
      );
      await socket?.finish(receipt);
      return receipt;
    },
  };
}

/** Runs the client until it has ended, and ends with it whatever it left. An error of llmup's own ends it first. */
async function runClient(
  { session, found, signals, say, paths }: RunOptions,
  launch: Launch,
  plan: ClientPlan,
  terminal: Terminal | undefined,
  guard: Guard | undefined,
  registration: Registration,
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
  let fault: { readonly error: unknown } | undefined;
  const onFault = (error: unknown) => {
    fault ??= { error };
    client.stop();
  };
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
  const { home, ephemeral } = session;
  return [
    ...[...runtimeConfig(session), ...session.plan('').files].map(({ path }) => path),
    ...(ephemeral ? [home] : []),
  ];
}

async function removeAll(paths: readonly string[]): Promise<void> {
  // A client's last child may still be writing into a home that is thrown away.
  for (const path of paths) await rm(path, { recursive: true, force: true, maxRetries: 3 });
}

function sessionView({ session, found }: RunOptions, proxyUrl: string): SessionView {
  return {
    id: session.id,
    kind: 'session',
    client: session.client.name,
    clientVersion: found.version,
    preset: session.preset,
    alias: session.model.name,
    workspace: session.workspace,
    proxyUrl,
    pid: process.pid,
    startedAt: session.startedAt,
    routes: session.routes,
  };
}
