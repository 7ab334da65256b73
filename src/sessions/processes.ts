import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessMark {
  readonly pid: number;
  /** When it started, in the system's own terms; empty where that cannot be told. */
  readonly started: string;
}

/** In the environment of everything a session starts: finds what outlives the client. */
export const SESSION_VARIABLE = 'LLMUP_SESSION';

/** Marks a living process; undefined when there is none. */
export async function markProcess(pid: number): Promise<ProcessMark | undefined> {
  if (!isAlive(pid)) return undefined;
  return { pid, started: await startOf(pid) };
}

/** Whether the very process that was marked still lives. A zombie does not. */
export async function isRunning(mark: ProcessMark): Promise<boolean> {
  if (!isAlive(mark.pid)) return false;
  const started = await startOf(mark.pid);
  return started === mark.started && started !== DEAD;
}

/** Ends every process that carries a session's mark. Sessions only call it once their client did not end by itself. */
export async function endSessionProcesses(sessionId: string): Promise<void> {
  for (const pid of await sessionProcesses(sessionId)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended meanwhile.
    }
  }
}

/** Processes whose environment carries the session's mark, this one excepted. */
async function sessionProcesses(sessionId: string): Promise<readonly number[]> {
  const entry = `${SESSION_VARIABLE}=${sessionId}`;
  const all = process.platform === 'linux' ? await linuxProcesses(entry) : await otherProcesses(entry);
  return all.filter((pid) => pid !== process.pid);
}

async function linuxProcesses(entry: string): Promise<readonly number[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    names.map(async (name) => {
      // Other users' processes cannot be read, and are none of ours.
      const environment = await readFile(`/proc/${name}/environ`, 'latin1').catch(() => '');
      return environment.split('\0').includes(entry) ? [Number(name)] : [];
    }),
  );
  return found.flat();
}

/** `ps` of BSD and macOS shows the environment of one's own processes after the command. */
async function otherProcesses(entry: string): Promise<readonly number[]> {
  if (process.platform === 'win32') return [];
  const table = await run('ps', ['-axEww', '-o', 'pid=,command=']);
  return table
    .split('\n')
    .filter((line) => line.split(/\s+/).includes(entry))
    .map((line) => Number.parseInt(line, 10))
    .filter((pid) => pid > 0);
}

const DEAD = 'dead';

/** Linux: clock ticks since boot, field 22 of proc(5) `stat`. Elsewhere what `ps` calls `lstart`. */
async function startOf(pid: number): Promise<string> {
  if (process.platform !== 'linux') {
    const answer = await run('ps', ['-o', 'lstart=', '-p', String(pid)]);
    return answer.trim().replace(/\s+/g, ' ');
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  // The second field is the program's name in parentheses, and may hold spaces and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? DEAD : (fields[19] ?? '');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function run(command: string, args: readonly string[]): Promise<string> {
  return promisify(execFile)(command, args, {
    maxBuffer: 64 * 1024 * 1024,
    // Dates as the guard reads them.
    env: { ...process.env, LC_ALL: 'C' },
  }).then(
    ({ stdout }) => stdout,
    () => '',
  );
}
