import { type ChildProcess, spawn } from 'node:child_process';
import { fstatSync } from 'node:fs';
import { constants } from 'node:os';
import { EXIT, UserError } from '../user-error.ts';
import type { SignalTrap, StopSignal } from './signals.ts';

export interface SuperviseOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly signals: SignalTrap;
  /** The keyboard's signals reach the client by itself: they are not passed on a second time. */
  readonly terminal: boolean;
  /** Milliseconds from asking the client to end to ending it. */
  readonly graceMs: number;
  /** Set when input on stdin is an addition, not a need: milliseconds to wait for it on a pipe that nobody closes. */
  readonly quietStdinMs?: number;
  /** Called when nothing came in that time. */
  readonly onQuietStdin?: () => void;
}

/** How a client ended. */
export interface ClientEnd {
  /** Its own, or 128+n when signal n ended it. */
  readonly exitCode: number;
  /** The signal that ended it. */
  readonly signal?: NodeJS.Signals;
  /** llmup ended it, or asked it to end. */
  readonly stopped: boolean;
}

/** A client that runs on llmup's own terminal, pipes and process group. */
export interface SupervisedClient {
  /** Undefined when it could not be started. */
  readonly pid: number | undefined;
  /** It has a terminal of its own, so that llmup's needs no repair after it. */
  readonly inPane?: boolean;
  readonly ended: Promise<ClientEnd>;
  /** Asks it to end, by SIGTERM unless told otherwise, and ends it after the grace period. */
  stop(signal?: 'SIGTERM' | 'SIGHUP'): void;
}

/** How a client is put in front of the user: on llmup's own terminal and pipes, or in a pane of a screen. */
export type Launch = (options: SuperviseOptions) => SupervisedClient | Promise<SupervisedClient>;

/**
 * Starts a client on llmup's own terminal and pipes, and passes on what signals ask.
 * `ended` rejects with a {@link UserError} (exit 4) when the program cannot be started.
 */
export function supervise(options: SuperviseOptions): SupervisedClient {
  const relay = options.quietStdinMs !== undefined && isUnclosedPipe();
  const child = spawn(options.program, options.args, {
    cwd: options.directory,
    env: options.env,
    stdio: [relay ? 'pipe' : 'inherit', 'inherit', 'inherit'],
  });
  const stdin = relay ? relayStdin(child, options.quietStdinMs ?? 0, options.onQuietStdin) : undefined;
  const stopper = listenForStop(options, (signal) => child.kill(signal));
  const ended = new Promise<ClientEnd>((resolve, reject) => {
    child.on('error', (error) => {
      if (child.pid === undefined) reject(notStarted(options.program, error));
    });
    child.once('exit', (code, signal) => {
      const exitCode = code ?? 128 + (signal ? constants.signals[signal] : 0);
      resolve({ exitCode, ...(signal && { signal }), stopped: stopper.stopped });
    });
  }).finally(() => {
    stopper.release();
    stdin?.stop();
  });
  return { pid: child.pid, ended, stop: (signal) => stopper.stop(signal) };
}

/** Ends a client on request, in two steps. */
export interface Stopper {
  /** It was asked to end. */
  readonly stopped: boolean;
  /** Asks it to end, by SIGTERM unless told otherwise, and ends it after the grace period; asked twice, at once. */
  stop(signal?: 'SIGTERM' | 'SIGHUP'): void;
  /** The client is gone. */
  release(): void;
}

/** Passes on to a client what signals ask of llmup. */
export function listenForStop(
  options: Pick<SuperviseOptions, 'signals' | 'terminal' | 'graceMs'>,
  kill: (signal: NodeJS.Signals) => void,
): Stopper {
  let interrupted = false;
  let stopped = false;
  let deadline: NodeJS.Timeout | undefined;
  const stop = (signal: 'SIGTERM' | 'SIGHUP' = 'SIGTERM') => {
    // Told twice to end it, llmup does not ask again. That the terminal is gone is told by it and by its shell.
    if (stopped) return signal === 'SIGHUP' ? undefined : kill('SIGKILL');
    stopped = true;
    deadline = setTimeout(() => kill('SIGKILL'), options.graceMs);
    kill(signal);
  };
  options.signals.listen((signal: StopSignal) => {
    const fromKeyboard = signal === 'SIGINT' || signal === 'SIGQUIT';
    if (fromKeyboard && options.terminal) return;
    if (signal === 'SIGINT' && !interrupted) {
      interrupted = true;
      kill('SIGINT');
      return;
    }
    stop(signal === 'SIGHUP' ? 'SIGHUP' : 'SIGTERM');
  });
  return {
    get stopped() {
      return stopped;
    },
    stop,
    release: () => {
      clearTimeout(deadline);
      options.signals.listen(() => {});
    },
  };
}

/**
 * Whether stdin is a socket. Programs that start others by Node's means, and give them no input, leave one open
 * for ever; a shell makes pipelines of pipes, whose silence is to be waited for.
 */
function isUnclosedPipe(): boolean {
  try {
    return fstatSync(0).isSocket();
  } catch {
    return false;
  }
}

/** Passes stdin on, and closes the client's end if nothing at all has come in time. */
function relayStdin(child: ChildProcess, quietMs: number, onQuiet?: () => void): { stop(): void } {
  const { stdin } = child;
  if (stdin === null) return { stop: () => {} };
  const timer = setTimeout(() => {
    process.stdin.unpipe(stdin);
    process.stdin.destroy();
    stdin.end();
    onQuiet?.();
  }, quietMs);
  stdin.on('error', () => {});
  process.stdin.on('error', () => {});
  process.stdin.once('data', () => clearTimeout(timer));
  process.stdin.once('end', () => clearTimeout(timer));
  process.stdin.pipe(stdin);
  return {
    stop: () => {
      clearTimeout(timer);
      process.stdin.unpipe(stdin);
      process.stdin.destroy();
    },
  };
}

function notStarted(program: string, error: Error): UserError {
  const reason = 'code' in error && error.code === 'ENOENT' ? 'there is no such program' : error.message;
  return new UserError(`${program} could not be started: ${reason}`, EXIT.clientNotFound);
}
