import { rm } from 'node:fs/promises';
import { constants } from 'node:os';
import type { Client } from '../clients/client.ts';
import { codex } from '../clients/codex.ts';
import { type DetectOptions, type FoundClient, findClient } from '../clients/detect.ts';
import { installClient } from '../clients/install.ts';
import { llmupPaths, type Paths } from '../config/paths.ts';
import { makeHome } from '../sessions/home.ts';
import { type PreparedSession, prepareSession } from '../sessions/prepare.ts';
import { runSession } from '../sessions/session.ts';
import { type SignalTrap, trapSignals } from '../sessions/signals.ts';
import { findOverrides } from '../sessions/workspace-files.ts';
import type { Receipt } from '../traffic/receipt.ts';
import { EXIT, UserError } from '../user-error.ts';
import { Notes } from './notes.ts';
import type { SessionExtras, SessionOptions } from './session-options.ts';
import { previewSession } from './session-preview.ts';
import type { Stage } from './stage.ts';

type ClientName = 'codex' | 'claude' | 'gemini';

const CLIENTS: Readonly<Partial<Record<ClientName, Client>>> = { codex };

/**
 * `llmup codex …`: a session from the preset to the receipt. Stdout is the client's alone.
 *
 * @returns the client's exit code (128+n when signal n ended it).
 * @throws {UserError} when the session cannot be started: exit 2 to 5.
 */
export async function runSessionCommand(
  name: ClientName,
  options: SessionOptions,
  clientArgs: readonly string[],
  extras: SessionExtras = {},
): Promise<number> {
  const client = CLIENTS[name];
  if (!client)
    throw new UserError(`sessions of ${name} do not exist yet`, EXIT.usage, ['there is: llmup codex']);
  const signals = trapSignals();
  const cancel = cancelOn(signals, client);
  // When the terminal is closed under a session, nobody reads its last words; it still cleans up.
  process.stderr.on('error', () => {});
  try {
    const env = process.env;
    const paths = llmupPaths(env);
    // What is typed wrong is told before what is missing.
    if (options.prefix !== undefined) (await import('./stage.ts')).prefixOf(options);
    const session = await prepareSession({
      client,
      wishes: options,
      clientArgs,
      paths,
      env,
      variables: extras.variables,
      directory: currentDirectory(),
      cancel,
    });
    if (options.printEnv)
      return await previewSession(session, detectOptions(session, options, paths), options);
    return await start(session, options, paths, signals, cancel);
  } finally {
    signals.release();
  }
}

async function start(
  session: PreparedSession,
  options: SessionOptions,
  paths: Paths,
  signals: SignalTrap,
  cancel: AbortSignal,
): Promise<number> {
  const notes = new Notes(options.quiet ?? false);
  const say = (line: string) => notes.say(line);
  const stage = await stageOf(session, options, notes);
  const found = await locate(session, options, paths, cancel, say).catch(async (error: unknown) => {
    if (session.ephemeral) await rm(session.sessionDirectory, { recursive: true, force: true });
    throw error;
  });
  await mentionOverrides(session, say);
  if (session.proxy.kind !== 'none') say(introduction(session, found, options.ascii ?? false));
  if (stage.kind === 'inherit' && stage.hint !== undefined) say(stage.hint);
  const { exitCode, receipt } = await runSession({
    session,
    found,
    paths,
    env: process.env,
    record: options.record ?? 'meta',
    strict: options.strict ?? false,
    signals,
    say,
    ...(stage.kind !== 'inherit' && { launch: stage.launch }),
  });
  if (receipt && !options.quiet) process.stderr.write(await receiptText(receipt, options));
  return exitCode;
}

/** Whatever waits before the client is there ends with a signal, as a shell reports it. */
function cancelOn(signals: SignalTrap, client: Client): AbortSignal {
  const controller = new AbortController();
  signals.listen((signal) =>
    controller.abort(
      new UserError(`stopped before ${client.title} was started`, 128 + constants.signals[signal]),
    ),
  );
  return controller.signal;
}

/** Chooses the display, without loading what draws where nothing is drawn. */
async function stageOf(session: PreparedSession, options: SessionOptions, notes: Notes): Promise<Stage> {
  // What draws no screen of its own needs no pane, and of a proxy elsewhere nothing can be seen.
  if (!session.given.interactive || session.proxy.kind !== 'own') return { kind: 'inherit' };
  const { chooseStage } = await import('./stage.ts');
  return chooseStage(options, notes, process.env);
}

/** Finds the client, after fetching it where that was asked for. A signal stops either. */
async function locate(
  session: PreparedSession,
  options: SessionOptions,
  paths: Paths,
  cancel: AbortSignal,
  say: (line: string) => void,
): Promise<FoundClient> {
  if (options.install && options.clientBin === undefined)
    await installClient(session.client, paths, process.env, say, cancel);
  // A version probe is a start of the client, and must find the session's home and not the user's.
  await makeHome(session.home, session.isolated);
  return findClient(session.client, { ...detectOptions(session, options, paths), cancel });
}

function detectOptions(session: PreparedSession, options: SessionOptions, paths: Paths): DetectOptions {
  return {
    paths,
    env: session.environment({ [session.client.homeVariable]: session.home }),
    ...(options.clientBin !== undefined && { clientBin: options.clientBin }),
    preferInstalled: options.install ?? false,
  };
}

/** Names files of the workspace that say otherwise than the session, in one line. */
async function mentionOverrides(session: PreparedSession, say: (line: string) => void): Promise<void> {
  if (!session.given.usesModel) return;
  const found = await findOverrides(session.workspace, session.client.workspaceFiles);
  if (found.length === 0) return;
  const files = found.map(({ path, settings }) => `${path} (${settings.join(', ')})`);
  say(`this session goes its own way, whatever the workspace says in ${files.join(' and ')}`);
}

function introduction(
  { client, id, model, routes, proxy }: PreparedSession,
  found: FoundClient,
  ascii: boolean,
): string {
  const route = routes.find(({ alias }) => alias === model.name);
  const elsewhere = proxy.kind === 'attached' ? ` of ${proxy.url}` : '';
  const target = route ? ` ${ascii ? '>' : '→'} ${route.upstream}:${route.model}` : elsewhere;
  return `${client.title} ${found.version} on ${model.name}${target} ${ascii ? '-' : '·'} session ${id}`;
}

async function receiptText(receipt: Receipt, options: SessionOptions): Promise<string> {
  if (options.json) return `${JSON.stringify(receipt)}\n`;
  // Not before the client has started: how wide a character is takes a while to load.
  const { formatReceipt } = await import('../traffic/receipt-text.ts');
  const { NO_COLOR, FORCE_COLOR, HOME, TERM } = process.env;
  const wanted = FORCE_COLOR ? FORCE_COLOR !== '0' : process.stderr.isTTY && TERM !== 'dumb';
  return formatReceipt(receipt, {
    colour: !NO_COLOR && wanted,
    ascii: options.ascii ?? false,
    ...(HOME && { home: HOME }),
  });
}

/** The directory llmup was started in; it may have been removed since. */
function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    throw new UserError('the current directory does not exist any more', EXIT.config, [
      'change to another one',
    ]);
  }
}
