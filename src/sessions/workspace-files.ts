import { readFile, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { WorkspaceFile } from '../clients/client.ts';

/** A file of the workspace that sets what the session sets. */
export interface WorkspaceOverride {
  /** Relative to the workspace, so perhaps `../.codex/config.toml`. */
  readonly path: string;
  readonly settings: readonly string[];
}

/** Larger ones are not settings. */
const MAX_BYTES = 1024 * 1024;

/**
 * Finds files of the workspace that would lead a client elsewhere, in the workspace and above it up to the root of
 * its repository, as clients look for them.
 */
export async function findOverrides(
  workspace: string,
  files: readonly WorkspaceFile[],
): Promise<readonly WorkspaceOverride[]> {
  const found: WorkspaceOverride[] = [];
  for (const directory of await projectDirectories(workspace)) {
    for (const file of files) {
      const path = join(directory, file.path);
      const settings = await settingsIn(path, file.setting);
      if (settings.length > 0) found.push({ path: relative(workspace, path), settings });
    }
  }
  return found;
}

/** The workspace and its parents up to the repository's root; the workspace alone outside a repository. */
async function projectDirectories(workspace: string): Promise<readonly string[]> {
  const directories: string[] = [];
  for (let directory = workspace; ; directory = dirname(directory)) {
    directories.push(directory);
    if (await exists(join(directory, '.git'))) return directories;
    if (dirname(directory) === directory) return [workspace];
  }
}

async function settingsIn(path: string, setting: RegExp): Promise<readonly string[]> {
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) return [];
    const lines = (await readFile(path, 'utf8')).split(/\r?\n/);
    return [...new Set(lines.flatMap((line) => setting.exec(line)?.[1] ?? []))];
  } catch {
    return [];
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
