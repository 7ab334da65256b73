import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * `mkdir -p`, for the user alone. Node's own goes round for ever below a directory that nothing can be made in while
 * the system says that it is not there, such as `/proc`.
 *
 * @returns false where it is there already.
 */
export async function makeDirectory(path: string): Promise<boolean> {
  const make = () => mkdir(path, { mode: 0o700 });
  try {
    await make();
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return false;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
  }
  await makeDirectory(dirname(path));
  await make().catch((error: NodeJS.ErrnoException) => {
    // Another llmup may have been quicker.
    if (error.code !== 'EEXIST') throw error;
  });
  return true;
}
