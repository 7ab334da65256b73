import { spawn } from 'node:child_process';

interface RunOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly directory?: string;
  /** Milliseconds it may take. */
  readonly timeout?: number;
  /** Ends it; the reason of the abort is what the call rejects with. */
  readonly cancel?: AbortSignal | undefined;
}

/** Milliseconds from asking it to end to ending it. */
const GRACE_MS = 1000;

/** How a program ended that was run for what it says. */
export interface ProgramEnd {
  readonly stdout: string;
  readonly stderr: string;
  /** Undefined where it did not come to its own end. */
  readonly exitCode: number | undefined;
  /** Why it could not be started, or did not come to its own end. */
  readonly fault?: string;
  /** The system's name of what kept it from starting: `ENOENT`. */
  readonly code?: string | undefined;
}

/**
 * Runs a program without input, and collects what it says. It has a process group of its own: what it starts ends with
 * it, and cannot hold up whoever waits by keeping its output open.
 */
export function runProgram(
  program: string,
  args: readonly string[],
  { env, directory, timeout, cancel }: RunOptions,
): Promise<ProgramEnd> {
  return new Promise((resolve, reject) => {
    cancel?.throwIfAborted();
    const isGroup = process.platform !== 'win32';
    const child = spawn(program, args, {
      env,
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: isGroup,
    });
    const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].on('data', (chunk: Buffer) => chunks[name].push(chunk));

    const kill = (signal: NodeJS.Signals) => {
      try {
        if (child.pid !== undefined) process.kill(isGroup ? -child.pid : child.pid, signal);
      } catch {
        // All of it has ended.
      }
    };
    let stopped: 'cancelled' | 'too slow' | undefined;
    const timers: NodeJS.Timeout[] = [];
    const stop = (why: NonNullable<typeof stopped>) => {
      stopped ??= why;
      kill('SIGTERM');
      timers.push(setTimeout(settle, GRACE_MS));
    };
    const onCancel = () => stop('cancelled');
    const settle = (exitCode?: number, fault?: string, code?: string) => {
      if (stopped) kill('SIGKILL');
      for (const timer of timers) clearTimeout(timer);
      cancel?.removeEventListener('abort', onCancel);
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
      if (stopped === 'cancelled') return reject(cancel?.reason);
      const why = stopped ? `it took longer than ${timeout} ms` : fault;
      const said = (name: keyof typeof chunks) => Buffer.concat(chunks[name]).toString('utf8');
      resolve({
        stdout: said('stdout'),
        stderr: said('stderr'),
        exitCode,
        ...(why !== undefined && { fault: why, code }),
      });
    };
    if (timeout !== undefined) timers.push(setTimeout(() => stop('too slow'), timeout));
    cancel?.addEventListener('abort', onCancel);
    child.on('error', (error: NodeJS.ErrnoException) => settle(undefined, error.message, error.code));
    child.on('exit', (code, signal) => {
      if (stopped) settle();
      else child.once('close', () => settle(code ?? undefined, signal ? `${signal} ended it` : undefined));
    });
  });
}
