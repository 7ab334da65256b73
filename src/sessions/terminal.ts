import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';

/**
 * Undoes whatever a full-screen program may have left on: synchronised output, colours, alternate screen, mouse
 * reports, focus reports, bracketed paste, both keyboard protocols (two levels, as Codex pushes two), cursor keys and
 * keypad modes, scroll region, cursor shape and visibility.
 *
 * The scroll region is reset inside saved cursor (`ESC 7`, `ESC 8`), since DECSTBM moves the cursor home.
 */
export const TERMINAL_RESET = [
  '\u001b[?2026l',
  '\u001b[0m',
  '\u001b]8;;\u0007',
  '\u001b[?1049l',
  '\u001b[?1000l\u001b[?1002l\u001b[?1003l\u001b[?1006l\u001b[?1015l',
  '\u001b[?1004l',
  '\u001b[?2004l',
  '\u001b[<u\u001b[<u\u001b[>4;0m',
  '\u001b[?1l\u001b>',
  '\u001b7\u001b[r\u001b8',
  '\u001b[?7h',
  '\u001b[0 q',
  '\u001b[?25h',
].join('');

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
