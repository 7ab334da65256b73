import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { TERMINAL_RESET } from '../terminal-reset.ts';

/** The terminal a session was started in. */
export interface Terminal {
  /** A descriptor of it; stays open until {@link Terminal.close}. */
  readonly fd: number;
  /** Its settings at that time, as `stty -g` prints them; empty when they could not be read. */
  readonly saved: string;
  /** Puts modes and settings back to what they were when it was opened. */
  restore(): void;
  close(): void;
}

/** Whether anyone sits at a terminal: signals of the keyboard then reach every process of the group by themselves. */
export function hasTerminal(): boolean {
  return process.platform !== 'win32' && [0, 1, 2].some((fd) => isatty(fd));
}

/** Opens the session's terminal and notes its settings; undefined without one. */
export function openTerminal(): Terminal | undefined {
  if (!hasTerminal()) return undefined;
  let fd: number;
  try {
    fd = openSync('/dev/tty', 'r+');
  } catch {
    // A terminal, but not ours to control.
    return undefined;
  }
  const saved = stty(fd, ['-g'])?.trim() ?? '';
  let open = true;
  return {
    fd,
    saved,
    restore: () => {
      if (!open) return;
      try {
        writeSync(fd, TERMINAL_RESET);
      } catch {
        // The terminal is gone.
      }
      if (saved) stty(fd, [saved]);
    },
    close: () => {
      if (open) closeSync(fd);
      open = false;
    },
  };
}

/** `stty` on a descriptor; Node itself knows raw and not raw, and nothing of the rest. */
function stty(fd: number, args: readonly string[]): string | undefined {
  const answer = spawnSync('stty', args, { stdio: [fd, 'pipe', 'ignore'], encoding: 'utf8', timeout: 2000 });
  return answer.status === 0 ? answer.stdout : undefined;
}
