import { llmupPaths } from '../config/paths.ts';
import type { WatchFeed } from '../display/watch.tsx';
import { findSession, listSessions, type SessionEntry } from '../sessions/registry.ts';
import type { WatchMessage } from '../sessions/view.ts';
import { connectWatchSocket, type WatchSource } from '../sessions/watch-socket.ts';
import { EXIT, UserError } from '../user-error.ts';

export interface WatchOptions {
  readonly plain?: boolean;
  readonly ascii?: boolean;
}

/**
 * `llmup watch [session|url]`: live panels of a running session or proxy, or lines without a terminal.
 *
 * @returns the exit code.
 * @throws {UserError} exit 2 when there is nothing to watch.
 */
export async function watch(target: string | undefined, options: WatchOptions): Promise<number> {
  const session = chooseSession(await listSessions(llmupPaths(process.env)), target);
  const source = connectWatchSocket(session.socket);
  try {
    const feed = await greeted(source, session.view.id);
    // Loaded here, so that a mistake above is told without loading what draws.
    const { runWatchScreen } = await import('../display/watch.tsx');
    return await runWatchScreen({
      source: feed,
      plain: options.plain,
      ascii: options.ascii,
      stdin: process.stdin,
      stdout: process.stdout,
    });
  } finally {
    source.close();
  }
}

/** The session that is meant; without a target the newest that runs. */
function chooseSession(
  sessions: readonly SessionEntry[],
  target: string | undefined,
): SessionEntry & { readonly socket: string } {
  if (target !== undefined) {
    const found = findSession(sessions, target);
    if (found.socket !== undefined) return { ...found, socket: found.socket };
    throw new UserError(
      `session ${found.view.id} ${found.running ? 'cannot be watched: it has no socket' : 'has ended'}`,
      EXIT.usage,
      [running(sessions)],
    );
  }
  const watchable = sessions.flatMap((entry) =>
    entry.socket === undefined ? [] : [{ ...entry, socket: entry.socket }],
  );
  const [newest] = watchable;
  if (!newest) {
    throw new UserError('no session is running', EXIT.usage, [
      'start one in another terminal: llmup codex, llmup demo codex, or llmup serve',
    ]);
  }
  if (watchable.length > 1) {
    process.stderr.write(
      `llmup: ${watchable.length} sessions are running; watching the newest, ${newest.view.id}\n`,
    );
  }
  return newest;
}

function running(sessions: readonly SessionEntry[]): string {
  const ids = sessions.filter(({ socket }) => socket !== undefined).map(({ view }) => view.id);
  return ids.length > 0 ? `running now: ${ids.join(', ')}` : 'no session is running now';
}

/** Waits until the session has said hello, so that a stale socket is a message and not an empty screen. */
async function greeted(source: WatchSource, id: string): Promise<WatchFeed> {
  const early: WatchMessage[] = [];
  let listener = (message: WatchMessage): void => {
    early.push(message);
  };
  let greet: () => void = () => {};
  const hello = new Promise<'hello'>((resolve) => {
    greet = () => resolve('hello');
  });
  const unsubscribe = source.subscribe((message) => {
    listener(message);
    greet();
  });
  const first = await Promise.race([hello, source.closed.then(() => 'closed' as const)]);
  if (first === 'closed' && early.length === 0) {
    throw new UserError(
      `session ${id} cannot be reached: it has just ended, or its socket is gone`,
      EXIT.usage,
    );
  }
  return {
    closed: source.closed,
    subscribe: (next) => {
      listener = next;
      for (const message of early.splice(0)) next(message);
      return unsubscribe;
    },
  };
}
