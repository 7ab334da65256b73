import { constants } from 'node:fs';
import { access, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import type { Paths } from '../config/paths.ts';
import { makeDirectory } from '../make-directory.ts';
import { EXIT, UserError } from '../user-error.ts';
import type { Client } from './client.ts';
import { installDirectory } from './install.ts';
import { type ProgramEnd, runProgram } from './run-program.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A client's program on this machine. */
export interface FoundClient {
  /** What to start: the program itself where a starter script stands before it. */
  readonly program: string;
  readonly version: string;
}

export interface DetectOptions {
  readonly paths: Paths;
  /** The client's own environment: its probe must not touch the user's home of that client. */
  readonly env: Environment;
  /** `--client-bin`. */
  readonly clientBin?: string;
  /** `--install`: the tested version goes before the one on `PATH`. */
  readonly preferInstalled?: boolean;
  /** Milliseconds a version probe may take. */
  readonly probeTimeout?: number;
  /** Ends a version probe, and what waits for it with the signal's reason. */
  readonly cancel?: AbortSignal;
}

/**
 * Finds a client that is new enough: `--client-bin`, else `PATH`, else what `--install` fetched before.
 * @throws {UserError} exit 4 when there is none, when it does not start, or when all are too old.
 */
export async function findClient(client: Client, options: DetectOptions): Promise<FoundClient> {
  const candidates = await locate(client, options);
  let tooOld: FoundClient | undefined;
  for (const path of candidates) {
    const program = (await client.nativeBinary(path)) ?? path;
    const found = { program, version: await versionOf(client, program, options) };
    if (!isOlder(found.version, client.oldestVersion)) return found;
    tooOld ??= found;
  }
  if (tooOld) throw outdated(client, tooOld, options.clientBin !== undefined);
  throw missing(client);
}

/** The program that would be started, and its version if a former probe has told; starts nothing. */
export async function peekClient(
  client: Client,
  options: DetectOptions,
): Promise<{ readonly program: string; readonly version?: string } | undefined> {
  const [path] = await locate(client, options);
  if (path === undefined) return undefined;
  const program = (await client.nativeBinary(path)) ?? path;
  const version = await knownVersion(program, options.paths);
  return version === undefined ? { program } : { program, version };
}

/** Every place it might be in, in order of preference. */
async function locate(client: Client, options: DetectOptions): Promise<readonly string[]> {
  const { clientBin, paths, env } = options;
  if (clientBin !== undefined) {
    const path = await onPath(clientBin, env);
    if (path !== undefined) return [path];
    throw new UserError(`--client-bin ${clientBin}: ${await whyNoProgram(clientBin)}`, EXIT.clientNotFound, [
      `give the path of the ${client.title} program, or leave the option out`,
    ]);
  }
  const onUsersPath = await onPath(client.name, env);
  const installed = await runnable(
    join(installDirectory(client, paths), 'node_modules', '.bin', client.name),
  );
  const order = options.preferInstalled ? [installed, onUsersPath] : [onUsersPath, installed];
  return order.filter((path) => path !== undefined);
}

/** A name looked up in `PATH`; whatever has a slash in it is a path already. */
async function onPath(name: string, env: Environment): Promise<string | undefined> {
  if (/[\\/]/.test(name)) return runnable(resolve(name));
  for (const directory of env.PATH?.split(delimiter) ?? []) {
    const path = directory === '' ? undefined : await runnable(join(directory, name));
    if (path !== undefined) return path;
  }
  return undefined;
}

async function runnable(path: string): Promise<string | undefined> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile() ? path : undefined;
  } catch {
    return undefined;
  }
}

/** What is wrong with a path that is no program. */
async function whyNoProgram(path: string): Promise<string> {
  const file = await stat(resolve(path)).catch(() => undefined);
  if (!file || !/[\\/]/.test(path)) return 'no such program';
  return file.isFile() ? 'it is not executable (chmod +x)' : 'it is not a file';
}

/** What `--version` says; asked once for each state of the file, since a start of the program takes a while. */
async function versionOf(client: Client, program: string, options: DetectOptions): Promise<string> {
  const known = await knownVersion(program, options.paths);
  if (known !== undefined) return known;
  const answer = await runProgram(program, ['--version'], {
    env: options.env,
    timeout: options.probeTimeout ?? 30_000,
    cancel: options.cancel,
  });
  const version = /\d+\.\d+\.\d+[\w.+-]*/.exec(answer.stdout)?.[0];
  if (answer.exitCode !== 0 || version === undefined) {
    const said = answer.stderr.trim().split('\n').slice(-3).map(printable).join('\n');
    throw new UserError(
      `${program} is not a working ${client.title}: ${whyNot(answer)}${said && `: ${said}`}`,
      EXIT.clientNotFound,
      [`\`llmup ${client.name} --install\` fetches version ${client.testedVersion}, which is tested`],
    );
  }
  await remember(program, version, options.paths);
  return version;
}

/** What went wrong with a version probe. */
function whyNot({ exitCode, fault, code }: ProgramEnd): string {
  // The file itself was found before.
  if (code === 'ENOENT') return 'the interpreter that its first line names does not exist';
  if (fault !== undefined) return `\`--version\` failed, ${fault}`;
  return exitCode === 0 ? '`--version` names no version' : `\`--version\` failed with exit code ${exitCode}`;
}

/** A file that is no program makes the shell quote its bytes, which are not for a terminal. */
function printable(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}\uFFFD]+/gu, '?').slice(0, 300);
}

interface KnownVersion {
  readonly size: number;
  readonly mtimeMs: number;
  readonly version: string;
}

/** A probe's answer from an earlier run, if the file is still the same. */
async function knownVersion(program: string, paths: Paths): Promise<string | undefined> {
  const known = (await readKnown(paths))[program];
  const file = await stat(program).catch(() => undefined);
  const same = known && file && known.size === file.size && known.mtimeMs === file.mtimeMs;
  return same ? known.version : undefined;
}

async function remember(program: string, version: string, paths: Paths): Promise<void> {
  const { size, mtimeMs } = await stat(program);
  const known = { ...(await readKnown(paths)), [program]: { size, mtimeMs, version } };
  const file = versionsFile(paths);
  const draft = `${file}.${process.pid}`;
  // Losing this only costs another probe.
  await makeDirectory(dirname(file))
    .then(() => writeFile(draft, JSON.stringify(known, null, 2), { mode: 0o600 }))
    .then(() => rename(draft, file))
    .catch(() => {});
}

async function readKnown(paths: Paths): Promise<Readonly<Record<string, KnownVersion>>> {
  try {
    const read: unknown = JSON.parse(await readFile(versionsFile(paths), 'utf8'));
    return typeof read === 'object' && read !== null ? (read as Record<string, KnownVersion>) : {};
  } catch {
    return {};
  }
}

function versionsFile(paths: Paths): string {
  return join(paths.state, 'client-versions.json');
}

/** Whether a version is below another; what follows the three numbers does not count. */
function isOlder(version: string, than: string): boolean {
  const parts = (text: string) => text.split(/[.+-]/, 3).map((part) => Number.parseInt(part, 10) || 0);
  const [ours, theirs] = [parts(version), parts(than)];
  for (let index = 0; index < 3; index += 1) {
    const difference = (ours[index] ?? 0) - (theirs[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function missing(client: Client): UserError {
  return new UserError(
    `${client.title} is not installed: no \`${client.name}\` on PATH`,
    EXIT.clientNotFound,
    [
      `\`llmup ${client.name} --install\` fetches the tested version ${client.testedVersion} into llmup's own directory`,
      `or install it yourself: npm install -g ${client.npmPackage}@${client.testedVersion}`,
      'or name the program: --client-bin <path>',
    ],
  );
}

function outdated(client: Client, found: FoundClient, chosen: boolean): UserError {
  return new UserError(
    `${found.program} is ${client.title} ${found.version}; llmup needs ${client.oldestVersion} or newer`,
    EXIT.clientNotFound,
    [
      `\`llmup ${client.name} --install\`${chosen ? ' without --client-bin' : ''} fetches version ${client.testedVersion} into llmup's own directory`,
      `or update it: npm install -g ${client.npmPackage}@latest`,
    ],
  );
}
