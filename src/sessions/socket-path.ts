import { chmod, lstat } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Paths } from '../config/paths.ts';
import { makeDirectory } from '../make-directory.ts';

/** Longer paths do not fit into `sockaddr_un`: 108 bytes on Linux, 104 on macOS, the terminator included. */
const MAX_SOCKET_PATH = 100;

/**
 * A path for a session's socket, in a directory that only the user can enter: the runtime directory, else a short
 * one below the system's temp directory, where state directories of deep homes do not fit.
 * @throws {Error} when neither can be made private.
 */
export async function socketPath(paths: Paths, sessionId: string): Promise<string> {
  const directories = [paths.runtime, join(tmpdir(), `llmup-${userInfo().uid}`)];
  let problem: Error | undefined;
  for (const directory of directories) {
    const path = join(directory, `${sessionId}.sock`);
    if (Buffer.byteLength(path) > MAX_SOCKET_PATH) continue;
    try {
      await claimDirectory(directory);
      return path;
    } catch (error) {
      problem = error as Error;
    }
  }
  throw (
    problem ?? new Error(`no directory with a short enough path for a socket (${directories.join(', ')})`)
  );
}

/** Makes the directory ours alone, or refuses it: below the temp directory someone else may have been first. */
async function claimDirectory(directory: string): Promise<void> {
  await makeDirectory(directory);
  const found = await lstat(directory);
  if (!found.isDirectory() || found.uid !== userInfo().uid)
    throw new Error(`${directory} belongs to someone else`);
  if ((found.mode & 0o077) !== 0) await chmod(directory, 0o700);
}
