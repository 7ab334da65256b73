import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Paths } from '../config/paths.ts';
import { EXIT, UserError } from '../user-error.ts';
import { makePrivateDirectory, writePrivateFile } from './private-files.ts';
import { endSessionProcesses, isRunning, markProcess, type ProcessMark } from './processes.ts';
import type { SessionView } from './view.ts';

/** One session, past or running. */
export interface SessionEntry {
  readonly view: SessionView;
  /** Holds `journal.jsonl` and, once it has ended, `receipt.json`. */
  readonly directory: string;
  /** Its watch socket, while it runs and has one. */
  readonly socket: string | undefined;
  readonly running: boolean;
  /** Once it has ended by itself. */
  readonly exitCode?: number;
}

/** `session.json`: what another llmup must know to list a session, to watch it, or to clean up after it. */
interface SessionRecord {
  readonly view: SessionView;
  /** Process numbers mean nothing on another machine that shares the directory. */
  readonly host: string;
  readonly llmup: ProcessMark;
  readonly client?: ProcessMark;
  readonly socket?: string;
  /** Files and directories that do not outlive the session. */
  readonly temporary: readonly string[];
  readonly ended?: { readonly at: number; readonly exitCode?: number };
}

/** A session's entry in the registry, kept by the session itself. */
export interface Registration {
  readonly directory: string;
  /** Notes what has become known meanwhile. */
  update(change: Partial<Pick<SessionRecord, 'view' | 'client' | 'socket' | 'temporary'>>): Promise<void>;
  end(exitCode: number | undefined): Promise<void>;
}

/** An id that sorts by time and is short enough to type. */
export function newSessionId(now: Date): string {
  const digits = now.toISOString().replace(/\D/g, '');
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}-${randomBytes(2).toString('hex')}`;
}

/** Where a session keeps its files. */
export function sessionDirectory(paths: Paths, id: string): string {
  return join(paths.state, 'sessions', id);
}

/** Enters this process's session. Its directory is made, for the user alone. */
export async function registerSession(
  paths: Paths,
  view: SessionView,
  temporary: readonly string[] = [],
): Promise<Registration> {
  const directory = sessionDirectory(paths, view.id);
  await makePrivateDirectory(directory);
  const llmup = (await markProcess(process.pid)) ?? { pid: process.pid, started: '' };
  let record: SessionRecord = { view, host: hostname(), llmup, temporary };
  let saved = Promise.resolve();
  const save = (change: Partial<SessionRecord>) => {
    record = { ...record, ...change };
    const written = saved.then(() => writeRecord(directory, record));
    saved = written.catch(() => {});
    return written;
  };
  await save({});
  return {
    directory,
    update: save,
    end: (exitCode) => save({ ended: { at: Date.now(), ...(exitCode !== undefined && { exitCode }) } }),
  };
}

const RECORD_FILE = 'session.json';

/** A record on its way to its place: what is left of one that a kill cut short. */
export function recordDraft(directory: string): string {
  return join(directory, `${RECORD_FILE}.draft`);
}

function writeRecord(directory: string, record: SessionRecord): Promise<void> {
  const content = `${JSON.stringify(record, null, 2)}\n`;
  return writePrivateFile(join(directory, RECORD_FILE), content, recordDraft(directory));
}

/** All sessions there are records of, the newest first. */
export async function listSessions(paths: Paths): Promise<readonly SessionEntry[]> {
  const found = await Promise.all(
    (await readRecords(paths)).map(async ({ directory, record }): Promise<SessionEntry> => {
      const running = record.ended === undefined && isHere(record) && (await isRunning(record.llmup));
      return {
        view: record.view,
        directory,
        socket: running ? record.socket : undefined,
        running,
        ...(record.ended?.exitCode !== undefined && { exitCode: record.ended.exitCode }),
      };
    }),
  );
  return found.sort((a, b) => b.view.startedAt - a.view.startedAt);
}

/**
 * The session a user means: by its id or the beginning or end of it, or by its proxy's URL.
 * @throws {UserError} exit 2 when there is none, or more than one.
 */
export function findSession(sessions: readonly SessionEntry[], query: string): SessionEntry {
  const url = query.replace(/\/+$/, '');
  const exact = sessions.filter(
    ({ view, running }) => view.id === query || (running && view.proxyUrl === url),
  );
  const partial = sessions.filter(({ view }) => view.id.startsWith(query) || view.id.endsWith(query));
  const found = exact.length > 0 ? exact : partial;
  const [session] = found;
  if (session !== undefined && found.length === 1) return session;
  const ids = (session ? found : sessions).slice(0, 8).map(({ view }) => view.id);
  throw new UserError(
    session ? `several sessions match ${query}` : `there is no session ${query}`,
    EXIT.usage,
    ids.length > 0
      ? [`${session ? 'choose one of' : 'there are'}: ${ids.join(', ')}`]
      : ['none has run yet, or it was started with another HOME or LLMUP_HOME'],
  );
}

/**
 * Cleans up after sessions whose llmup was killed: their client, its children, their sockets and temporary files.
 * A process is only ended if it is the very one that was noted.
 */
export async function sweepSessions(paths: Paths): Promise<void> {
  for (const { directory, record } of await readRecords(paths)) {
    if (record.ended !== undefined || !isHere(record) || (await isRunning(record.llmup))) continue;
    if (record.client && (await isRunning(record.client))) process.kill(record.client.pid, 'SIGKILL');
    await endSessionProcesses(record.view.id);
    const left = [...record.temporary, ...(record.socket ? [record.socket] : []), recordDraft(directory)];
    for (const path of left) await rm(path, { recursive: true, force: true });
    await writeRecord(directory, { ...record, ended: { at: Date.now() } });
  }
}

function isHere({ host }: SessionRecord): boolean {
  return host === hostname();
}

/** Every record that can be read. A directory without one is somebody else's. */
async function readRecords(
  paths: Paths,
): Promise<readonly { readonly directory: string; readonly record: SessionRecord }[]> {
  const parent = join(paths.state, 'sessions');
  const names = await readdir(parent).catch((): string[] => []);
  const found = await Promise.all(
    names.map(async (name) => {
      const directory = join(parent, name);
      const record = await readRecord(join(directory, RECORD_FILE));
      return record && record.view.id === name ? [{ directory, record }] : [];
    }),
  );
  return found.flat();
}

async function readRecord(file: string): Promise<SessionRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(file, 'utf8')) as Partial<SessionRecord> | null;
    const complete = record?.view?.id !== undefined && record.llmup?.pid !== undefined && record.temporary;
    return complete ? (record as SessionRecord) : undefined;
  } catch {
    return undefined;
  }
}
