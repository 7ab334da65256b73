import { access, mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { codex } from '../../../src/clients/codex.ts';

/** Outside the checkout, kept from run to run: the agents are large. */
export const CACHE = join(homedir(), '.cache', 'llmup-test-clients');

/** The real Codex CLI in the version llmup is tested with. */
export function installedCodex(): Promise<string> {
  return installedAgent('codex', codex.npmPackage, codex.testedVersion);
}

/** An agent's program, fetched from the registry when it is not there yet. */
export async function installedAgent(name: string, npmPackage: string, version: string): Promise<string> {
  const directory = join(CACHE, `${name}-${version}`);
  const program = join(directory, 'node_modules', '.bin', name);
  try {
    await access(program);
    return program;
  } catch {
    // Two test files may come here at once: each installs beside the place, and the first one there stays.
    const own = `${directory}.${process.pid}`;
    await mkdir(own, { recursive: true });
    await execa('npm', ['install', '--prefix', own, '--no-save', `${npmPackage}@${version}`]);
    await rename(own, directory).catch(() => rm(own, { recursive: true, force: true }));
    await access(program);
    return program;
  }
}
