import { llmupPaths, type Paths } from '../config/paths.ts';
import { drawsScreens } from '../display/ability.ts';
import type { SessionRow } from '../display/panels/sessions.ts';
import type { WatchChoices, WatchFeed } from '../display/watch.tsx';
import { findSession, listSessions, type SessionEntry } from '../sessions/registry.ts';
import { withTerminalGuard } from '../sessions/terminal-guard.ts';
import type { WatchMessage } from '../sessions/view.ts';
import { connectWatchSocket, type WatchSource } from '../sessions/watch-socket.ts';
import { EXIT, UserError } from '../user-error.ts';

export interface WatchOptions {
  readonly plain?: boolean;
  readonly ascii?: boolean;
}

/**
 * `llmup watch [session|url]`: live panels of a running session or proxy, or lines without a terminal. While none
 * runs a terminal shows the list of sessions, in which the next one appears.
 *
 * @returns the exit code.
 * @throws {UserError} exit 2 when there is nothing to watch.
 */
export async function watch(target: string | undefined, options: WatchOptions): Promise<number> {
  const paths = llmupPaths(process.env);
  const { stdin, stdout } = process;
  const onScreen = !options.plain && drawsScreens({ stdin, stdout }, process.env);
  const session = chooseSession(await listSessions(paths), target, onScreen);
  const connections = new Connections();
  try {
    const source = session && (await connections.open(session.view.id, session.socket));
    // Loaded here, so that a mistake above is told without loading what draws.
    const { runWatchScreen } = await import('../display/watch.tsx');
    const show = () =>
      runWatchScreen({
        source,
        choices: choicesOf(paths, connections),
        plain: options.plain,
        ascii: options.ascii,
        stdin,
        stdout,
      });
    return await (onScreen ? withTerminalGuard(show) : show());
  } finally {
    connections.close();
  }
}

/** The session that is meant; without a target the newest that runs, and on a screen perhaps none yet. */
function chooseSession(
  sessions: readonly SessionEntry[],
  target: string | undefined,
  onScreen: boolean,
): (SessionEntry & { readonly socket: string }) | undefined {
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
  if (!newest && !onScreen) {
    throw new UserError('no session is running', EXIT.usage, [
      'start one in another terminal: llmup codex, llmup demo codex, or llmup serve',
    ]);
  }
  if (watchable.length > 1 && !onScreen) {
    process.stderr.write(
      `llmup: ${watchable.length} sessions are running; watching the newest, ${newest?.view.id}\n`,
    );
  }
  return newest;
}

function running(sessions: readonly SessionEntry[]): string {
  const ids = sessions.filter(({ socket }) => socket !== undefined).map(({ view }) => view.id);
  return ids.length > 0 ? `running now: ${ids.join(', ')}` : 'no session is running now';
}

/** The sessions of the registry, for whoever wants to look at another one. */
function choicesOf(paths: Paths, connections: Connections): WatchChoices {
  return {
    list: async () => {
      const rows = (await listSessions(paths)).map(
        ({ view, running, socket, exitCode }): SessionRow => ({
          view,
          running,
          watchable: socket !== undefined,
          ...(exitCode !== undefined && { exitCode }),
        }),
      );
      return [...rows.filter(({ running }) => running), ...rows.filter(({ running }) => !running)];
    },
    open: async ({ view }) => {
      const entry = (await listSessions(paths)).find((each) => each.view.id === view.id);
      if (entry?.socket === undefined) {
        throw new Error(entry?.running ? 'this session has no socket to watch' : 'this session has ended');
      }
      return connections.open(view.id, entry.socket);
    },
  };
}

/** The connection to the session in view: one at a time. */
class Connections {
  #current: WatchSource | undefined;

  async open(id: string, socket: string): Promise<WatchFeed> {
    const source = connectWatchSocket(socket);
    try {
      const feed = await greeted(source, id);
      this.close();
      this.#current = source;
      return feed;
    } catch (error) {
      source.close();
      throw error;
    }
  }

  close(): void {
    this.#current?.close();
  }
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
    bodies: (exchangeId) => source.bodies(exchangeId),
    subscribe: (next) => {
      listener = next;
      for (const message of early.splice(0)) next(message);
      return unsubscribe;
    },
  };
}
