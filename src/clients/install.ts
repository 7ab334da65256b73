import { randomUUID } from 'node:crypto';
import { access, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Paths } from '../config/paths.ts';
import { makeDirectory } from '../make-directory.ts';
import { unwritable } from '../unwritable.ts';
import { EXIT, UserError } from '../user-error.ts';
import type { Client } from './client.ts';
import { runProgram } from './run-program.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the tested version of a client is kept once it has been fetched. */
export function installDirectory(client: Client, paths: Paths): string {
  return join(paths.data, 'clients', `${client.name}-${client.testedVersion}`);
}

/**
 * Fetches the tested version of a client from the package registry, unless it is there already. Half an installation
 * is never seen: it is made elsewhere and then renamed.
 * @param say receives lines of progress
 * @throws {UserError} exit 4 when npm is missing or fails, with what it said; exit 3 when there is no place for it.
 */
export async function installClient(
  client: Client,
  paths: Paths,
  env: Environment,
  say: (line: string) => void,
  cancel?: AbortSignal,
): Promise<void> {
  const target = installDirectory(client, paths);
  if (await exists(target)) return;
  const draft = join(dirname(target), `.${client.name}-${randomUUID()}`);
  await makeDirectory(draft).catch((error: unknown) => {
    throw unwritable(dirname(target), error);
  });
  const wanted = `${client.npmPackage}@${client.testedVersion}`;
  say(`fetching ${wanted} into ${target} …`);
  try {
    await npmInstall(client, wanted, draft, env, cancel);
    await rename(draft, target);
    say(`installed ${client.title} ${client.testedVersion}`);
  } catch (error) {
    // Another llmup may have been faster; what it installed is as good.
    if (!(await exists(target))) throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function npmInstall(
  client: Client,
  wanted: string,
  prefix: string,
  env: Environment,
  cancel: AbortSignal | undefined,
): Promise<void> {
  const npm = await runProgram(
    'npm',
    // The program itself is an optional dependency, one for each platform.
    [
      'install',
      '--prefix',
      prefix,
      '--include=optional',
      '--no-audit',
      '--no-fund',
      '--no-package-lock',
      wanted,
    ],
    { env: npmEnvironment(env), directory: prefix, cancel },
  );
  if (npm.exitCode === 0) return;
  if (npm.code === 'ENOENT')
    throw new UserError(`--install needs npm, and there is none on PATH`, EXIT.clientNotFound, [
      'install Node.js with npm, or give the client with --client-bin <path>',
    ]);
  const said = npm.stderr.trim().split('\n').slice(-12).join('\n');
  throw new UserError(
    `npm could not install ${wanted}:\n${said || (npm.fault ?? `exit code ${npm.exitCode}`)}`,
    EXIT.clientNotFound,
    [
      "check the network and npm's registry setting (`npm config get registry`), then try again",
      `or install ${client.title} yourself and give it with --client-bin <path>`,
    ],
  );
}

/** What an enclosing `npx` or `npm run` sets would send the files elsewhere; registry and proxy settings stay. */
function npmEnvironment(env: Environment): Environment {
  const misleading =
    /^npm_(config_(prefix|local_prefix|global_prefix|global|omit|only|production|package_lock_only|dry_run)|lifecycle_.*|package_.*)$/i;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !misleading.test(name)));
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
