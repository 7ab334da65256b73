import { randomUUID } from 'node:crypto';
import { chmod, rename, rm, writeFile } from 'node:fs/promises';
import { makeDirectory } from '../make-directory.ts';
import { unwritable } from '../unwritable.ts';

/**
 * Makes a directory, and those above it, for the user alone.
 * @throws {UserError} exit 3 when it cannot be made.
 */
export async function makePrivateDirectory(path: string): Promise<void> {
  try {
    if (!(await makeDirectory(path))) await chmod(path, 0o700);
  } catch (error) {
    throw unwritable(path, error);
  }
}

/**
 * Writes a file for the user alone, whole or not at all. A `draft`, the file it is until it is whole, is only named by
 * one who is alone in writing it.
 * @throws {UserError} exit 3 when it cannot be written.
 */
export async function writePrivateFile(
  path: string,
  content: string,
  draft = `${path}.${randomUUID()}`,
): Promise<void> {
  try {
    await writeFile(draft, content, { mode: 0o600, flag: 'wx' });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw unwritable(path, error);
  }
}
