import { type ChildProcess, spawn } from 'node:child_process';
import { TERMINAL_RESET } from '../terminal-reset.ts';
import type { ProcessMark } from './processes.ts';
import { SESSION_VARIABLE } from './processes.ts';
import type { Terminal } from './terminal.ts';

export interface GuardOptions {
  readonly sessionId: string;
  readonly terminal?: Terminal;
  /** Files and directories that must not outlive the session. */
  readonly temporary: readonly string[];
  /** Milliseconds from asking the client to end to ending it. */
  readonly graceMs: number;
}

/** The process that cleans up when llmup is killed. */
export interface Guard {
  /** Tells it whom to end. */
  watch(client: ProcessMark): void;
  /** Tells it of another file to remove. */
  alsoRemove(path: string): void;
  /** Sends it home: llmup cleans up itself. Safe to call twice. */
  dismiss(): Promise<void>;
}

/**
 * Starts the guard: a shell in a session of its own, which no signal of the terminal reaches. It reads from a pipe
 * that only llmup holds open; when the pipe ends without a `bye`, llmup was killed, and the guard ends the client,
 * removes what must not stay and puts the terminal back. A kill cannot be caught by the process it hits, so this
 * takes another one; a shell starts in 2 ms and needs 1 MB.
 */
export function startGuard({ sessionId, graceMs, temporary, terminal }: GuardOptions): Guard | undefined {
  if (process.platform === 'win32') return undefined;
  const args = [sessionId, String(graceMs), TERMINAL_RESET, terminal?.saved ?? ''];
  const child: ChildProcess = spawn('/bin/sh', ['-c', SCRIPT, 'llmup-guard', ...args], {
    detached: true,
    cwd: '/',
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C' },
    stdio: ['pipe', 'ignore', 'ignore', terminal?.fd ?? 'ignore'],
  });
  // Without a guard a session is only less safe.
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const pipe = child.stdin;
  pipe?.on('error', () => {});
  child.unref();
  const tell = (...words: string[]) => pipe?.write(`${words.join('\t')}\n`);
  for (const path of temporary) tell('remove', path);
  return {
    watch: ({ pid, started }) => tell('client', String(pid), started),
    alsoRemove: (path) => tell('remove', path),
    dismiss: async () => {
      if (pipe?.writable) pipe.end('bye\n');
      child.ref();
      await gone;
    },
  };
}

const SCRIPT = `
session=$1 grace=$2 reset=$3 saved=$4 client= started= remove=
tab=$(printf '\\t')
newline='
'
while IFS=$tab read -r word first second; do
  case $word in
    client) client=$first started=$second ;;
    remove) remove=$remove$first$newline ;;
    bye) exit 0 ;;
  esac
done

# The start of a process, as processes.ts tells it: a number that was given to another process is left alone.
start_of() {
  if [ -r "/proc/$1/stat" ]; then
    rest=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) || return
    set -- $rest
    case $1 in Z|X) return ;; esac
    shift 19; echo "$1"
  else
    set -- $(ps -o lstart= -p "$1" 2>/dev/null); echo "$*"
  fi
}
lives() { [ -n "$client" ] && [ -n "$started" ] && [ "$(start_of "$client")" = "$started" ]; }

if lives; then
  kill -TERM "$client" 2>/dev/null
  waited=0
  while lives && [ "$waited" -lt "$grace" ]; do sleep 0.05; waited=$((waited + 50)); done
  lives && kill -KILL "$client" 2>/dev/null
fi
if [ -n "$saved" ]; then
  printf '%s' "$reset" >&3
  # A shell may be at its prompt by now, with settings of its own; a raw screen alone has signals off.
  case $(stty -a <&3 2>/dev/null) in *-isig*) stty "$saved" <&3 2>/dev/null ;; esac
fi
if [ -d /proc/self ]; then
  grep -lF "${SESSION_VARIABLE}=$session" /proc/[0-9]*/environ 2>/dev/null |
    while IFS=/ read -r empty proc pid rest; do kill -KILL "$pid" 2>/dev/null; done
else
  ps -axEww -o pid=,command= 2>/dev/null | grep -F " ${SESSION_VARIABLE}=$session" |
    while read -r pid rest; do kill -KILL "$pid" 2>/dev/null; done
fi
printf '%s' "$remove" | while IFS= read -r path; do [ -n "$path" ] && rm -rf -- "$path"; done
`;
