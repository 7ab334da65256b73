import { constants } from 'node:os';
import type { WriteStream } from 'node:tty';
import { drawsScreens } from '../display/ability.ts';
import { adoptPty } from '../display/compositor/adopt-pty.ts';
import { type Prefix, parsePrefix } from '../display/compositor/input-router.ts';
import { createTheme } from '../display/theme.ts';
import type { SessionFeed } from '../sessions/session.ts';
import {
  type ClientEnd,
  type Launch,
  listenForStop,
  type SuperviseOptions,
  supervise,
} from '../sessions/supervisor.ts';
import { EXIT, UserError } from '../user-error.ts';
import type { Notes } from './notes.ts';
import type { SessionOptions } from './session-options.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the agent is shown. */
export type Stage =
  /** In a pane of this terminal, which llmup draws, or beside a pane of tmux. */
  | { readonly kind: 'compositor' | 'tmux'; readonly launch: (feed: SessionFeed) => Launch }
  /** On llmup's own terminal or pipes; `hint` says how to see the traffic all the same. */
  | { readonly kind: 'inherit'; readonly hint?: string };

/** Smaller than this, panels and an agent help nobody. */
const LEAST = { columns: 60, rows: 15 };
/** Two keys that agents leave alone. */
const DEFAULT_PREFIX = 'ctrl-\\';

/**
 * Chooses the first display that fits: the agent in a pane with panels beside it; on llmup's own terminal, with
 * `llmup watch` for a second one; or, without a terminal, nothing.
 *
 * @throws {UserError} exit 2 for options that mean nothing.
 */
export async function chooseStage(options: SessionOptions, notes: Notes, env: Environment): Promise<Stage> {
  const prefix = prefixOf(options);
  const { layout } = options;
  if (options.display === 'inherit' || options.display === 'none' || options.plain)
    return { kind: 'inherit' };
  const { stdin, stdout } = process;
  if (options.display === 'tmux') return tmuxStage(env);
  const asked = options.display === 'compositor';
  if (!drawsScreens({ stdin, stdout }, env, asked)) {
    const could = drawsScreens({ stdin, stdout }, env, true);
    if (could) return { kind: 'inherit', hint: 'no panes, as CI is set; --display compositor draws them' };
    return { kind: 'inherit', ...(asked && { hint: 'no panes: they need a terminal that can draw' }) };
  }
  const hint = 'llmup watch in a second terminal shows the traffic';
  if (options.display === undefined && (stdout.columns < LEAST.columns || stdout.rows < LEAST.rows)) {
    return { kind: 'inherit', hint: `the terminal is smaller than ${LEAST.columns}x${LEAST.rows}: ${hint}` };
  }
  const pty = await import('@lydell/node-pty').catch(() => undefined);
  if (!pty) return { kind: 'inherit', hint: `the library for panes is not installed: ${hint}` };

  const theme = createTheme({ ascii: options.ascii }, env);
  const launch = (feed: SessionFeed): Launch => {
    return async (client) => {
      const { SessionScreen } = await import('../display/session/session-screen.tsx');
      let stop: (signal?: 'SIGHUP') => void = () => {};
      const screen = new SessionScreen({
        stdin,
        stdout: stdout as WriteStream & { fd: number },
        theme,
        prefix,
        ...(layout && { layout }),
        subscribe: feed.subscribe,
        bodies: feed.bodies,
        notes: (listener) => notes.listen(listener),
        spawn: ({ columns, rows }) => {
          const child = pty.spawn(client.program, [...client.args], {
            name: 'xterm-256color',
            cols: columns,
            rows,
            cwd: client.directory,
            env: paneEnvironment(client.env),
            encoding: null,
          });
          return adoptPty(child);
        },
        onEnd: () => stop(),
        onGone: () => stop('SIGHUP'),
      });
      const release = notes.hold();
      try {
        await screen.start();
      } catch (error) {
        release();
        notes.say(`no pane could be opened (${(error as Error).message}): the agent has the whole terminal`);
        return supervise(client);
      }
      return superviseScreen(client, screen, release, (stopClient) => {
        stop = stopClient;
      });
    };
  };
  return { kind: 'compositor', launch };
}

/** Variables that say where llmup keeps its files, and how it draws. */
const PLACES = [
  'HOME',
  'LLMUP_HOME',
  'XDG_CONFIG_HOME',
  'XDG_STATE_HOME',
  'XDG_DATA_HOME',
  'TMPDIR',
  'NO_COLOR',
];

/** Panels in a pane of the tmux that llmup runs in; the agent keeps its own. */
function tmuxStage(env: Environment): Stage {
  if (!env.TMUX) {
    throw new UserError('--display tmux works inside tmux only', EXIT.usage, [
      'start tmux first, or leave --display out',
    ]);
  }
  return {
    kind: 'tmux',
    launch: (feed) => async (client) => {
      let id = '';
      feed.subscribe((message) => {
        if (message.type === 'hello') id = message.session.id;
      })();
      const { execa } = await import('execa');
      const watch = [process.execPath, process.argv[1] ?? 'llmup', 'watch', id];
      // A new pane has the environment of the tmux server, not of this shell.
      const places = PLACES.flatMap((name) =>
        env[name] === undefined ? [] : ['-e', `${name}=${env[name]}`],
      );
      await execa('tmux', ['split-window', '-h', '-d', '-l', '45%', ...places, ...watch], { reject: false });
      return supervise(client);
    },
  };
}

function signalName(number: number): NodeJS.Signals | undefined {
  const entry = Object.entries(constants.signals).find(([, value]) => value === number);
  return entry?.[0] as NodeJS.Signals | undefined;
}

/** The parts of a screen that its supervision needs. */
interface ScreenProcess {
  readonly pid: number | undefined;
  readonly ended: Promise<{ readonly exitCode: number; readonly signal?: number }>;
  kill(signal: NodeJS.Signals): void;
  close(): void;
}

/** The same promises as for a client on llmup's own terminal: signals passed on, an end in two steps. */
function superviseScreen(
  client: SuperviseOptions,
  screen: ScreenProcess,
  release: () => void,
  onStop: (stop: (signal?: 'SIGHUP') => void) => void,
): ReturnType<typeof supervise> {
  const stopper = listenForStop({ ...client, terminal: false }, (signal) => screen.kill(signal));
  onStop((signal) => stopper.stop(signal));
  const ended = screen.ended
    .then(({ exitCode, signal }): ClientEnd => {
      const name = signal ? signalName(signal) : undefined;
      return {
        exitCode: signal ? 128 + signal : exitCode,
        ...(name && { signal: name }),
        stopped: stopper.stopped,
      };
    })
    .finally(() => {
      stopper.release();
      screen.close();
      release();
    });
  return { pid: screen.pid, inPane: true, ended, stop: (signal) => stopper.stop(signal) };
}

/** What the pane is, and not what llmup's own terminal is: another program would take it at its word. */
function paneEnvironment(env: Readonly<Record<string, string>>): Record<string, string> {
  const own = /^(TMUX|TMUX_PANE|STY|TERM_PROGRAM|TERM_PROGRAM_VERSION|KITTY_.*|WEZTERM_.*|LINES|COLUMNS)$/;
  return {
    ...Object.fromEntries(Object.entries(env).filter(([name]) => !own.test(name))),
    TERM: 'xterm-256color',
  };
}

/**
 * The key that is llmup's own.
 * @throws {UserError} exit 2 for one that cannot be taken.
 */
export function prefixOf({ prefix = DEFAULT_PREFIX }: SessionOptions): Prefix {
  const parsed = parsePrefix(prefix);
  if (parsed) return parsed;
  throw new UserError(`--prefix ${prefix} is no key that can be taken`, EXIT.usage, [
    'give a control key, such as ctrl-\\ (the default) or ctrl-]',
  ]);
}
