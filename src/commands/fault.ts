import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { llmupPaths } from '../config/paths.ts';
import { makeDirectory } from '../make-directory.ts';
import { createRedactor } from '../traffic/redact.ts';
import { EXIT, UserError } from '../user-error.ts';

/**
 * Tells the user of what ended the program: a {@link UserError} as it is, anything else in one line, with its stack
 * in a log file (on the terminal too with `LLMUP_DEBUG`).
 * @returns the exit code.
 */
export async function reportFault(
  error: unknown,
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const known = error instanceof UserError ? error : lostDirectory(error);
  if (known) {
    say([`llmup: ${known.message}`, ...known.hints.map((hint) => `  ${hint}`)]);
    return known.exitCode;
  }
  const redact = createRedactor(likelySecrets(env));
  const stack = redact(error instanceof Error ? (error.stack ?? error.message) : String(error));
  const [line = 'unknown'] = redact(error instanceof Error ? error.message : String(error)).split('\n');
  const log = await writeLog(stack, env);
  say([
    `llmup: internal error: ${line}`,
    ...(log === undefined ? [] : [`  details: ${log}`]),
    ...(env.LLMUP_DEBUG ? [stack] : []),
  ]);
  return EXIT.internal;
}

/** Whatever resolves a path may be the first to find that the directory it started in was removed. */
function lostDirectory(error: unknown): UserError | undefined {
  if (!(error instanceof Error && 'syscall' in error && error.syscall === 'uv_cwd')) return undefined;
  return new UserError('the current directory does not exist any more', EXIT.config, [
    'change to another one',
  ]);
}

function say(lines: readonly string[]): void {
  process.stderr.write(`${lines.join('\n')}\n`);
}

/** Appends to the log, if there is a place for one. */
async function writeLog(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  try {
    const { state } = llmupPaths(env);
    await makeDirectory(state);
    const file = join(state, 'errors.log');
    await appendFile(file, `${new Date().toISOString()} ${text}\n`, { mode: 0o600 });
    return file;
  } catch {
    return undefined; // A fault of the disk must not hide the fault itself.
  }
}

/** Values of variables that by their name hold a credential. */
function likelySecrets(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    /KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL/i.test(name) && value ? [value] : [],
  );
}
