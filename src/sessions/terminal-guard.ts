import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { TERMINAL_RESET } from '../terminal-reset.ts';
import { openTerminal } from './terminal.ts';

/**
 * Runs what draws a screen of its own, and puts the terminal back if this process is killed meanwhile: a kill cannot
 * be caught by the process it hits, so that a shell in a session of its own waits for the end of a pipe.
 */
export async function withTerminalGuard<T>(draw: () => Promise<T>): Promise<T> {
  const terminal = openTerminal();
  if (!terminal) return draw();
  const guard = spawn('/bin/sh', ['-c', SCRIPT, 'llmup-guard', TERMINAL_RESET, terminal.saved], {
    detached: true,
    cwd: '/',
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C' },
    stdio: ['pipe', 'ignore', 'ignore', terminal.fd],
  });
  terminal.close();
  // Without it the screen is only less safe.
  const gone = Promise.race([once(guard, 'exit'), once(guard, 'error')]).catch(() => {});
  guard.stdin?.on('error', () => {});
  guard.unref();
  // An end of this process that is none of a kill, such as an error that nobody caught, restores the terminal itself.
  const dismiss = () => guard.stdin?.end('bye\n');
  process.once('exit', dismiss);
  try {
    return await draw();
  } finally {
    process.off('exit', dismiss);
    dismiss();
    guard.ref();
    await gone;
  }
}

/** Settings are put back where they still are as a raw screen left them: a shell may have set its own by now. */
const SCRIPT = `
read -r word && exit 0
printf '%s' "$1" >&3
case $(stty -a <&3) in *-isig*) [ -n "$2" ] && stty "$2" <&3 ;; esac
`;
