import { createHash, randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { CACHE } from './codex/installed.ts';

/** A home directory of a user who has all three agents in use already. Not under /tmp, where Codex warns. */
export interface FixtureHome {
  readonly path: string;
  readonly workspace: string;
  /** In the environment of everything started here, to find it again. */
  readonly mark: string;
  remove(): Promise<void>;
}

/** What belongs to the user's own agents, and must never change. */
const CANARIES: Readonly<Record<string, string>> = {
  '.codex/config.toml':
    'model = "the-users-own"\n[model_providers.own]\nname = "own"\nbase_url = "http://127.0.0.1:9"\n',
  '.codex/auth.json': '{"OPENAI_API_KEY":"canary-key"}\n',
  '.codex/sessions/2026/01/01/rollout.jsonl': '{"canary":true}\n',
  '.claude/settings.json': '{"env":{"CANARY":"1"}}\n',
  '.claude.json': '{"canary":true}\n',
  '.gemini/settings.json': '{"canary":true}\n',
};

export async function makeFixtureHome(): Promise<FixtureHome> {
  const mark = randomBytes(8).toString('hex');
  const path = join(CACHE, 'homes', mark);
  const workspace = join(path, 'work');
  await mkdir(workspace, { recursive: true });
  for (const [name, content] of Object.entries(CANARIES)) {
    const file = join(path, name);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, content);
    await utimes(file, 1_700_000_000, 1_700_000_000);
  }
  return { path, workspace, mark, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Everything below a directory: path, kind, time of change, hash. */
export async function snapshot(root: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const walk = async (directory: string): Promise<void> => {
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      const { mtimeMs, mode } = await lstat(path);
      const hash = entry.isFile()
        ? createHash('sha256')
            .update(await readFile(path))
            .digest('hex')
        : '';
      const kind = entry.isDirectory() ? 'directory' : 'file';
      found.set(relative(root, path), `${kind} ${mode.toString(8)} ${mtimeMs} ${hash}`);
      if (entry.isDirectory()) await walk(path);
    }
  };
  await walk(root);
  return found;
}

/** Ids of the running processes that carry a home's mark, with their names. */
export async function processesOf({ mark }: FixtureHome): Promise<readonly { pid: number; name: string }[]> {
  const found: { pid: number; name: string }[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
    if (!environment.includes(`LLMUP_TEST_MARK=${mark}`)) continue;
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
    // A zombie has no environment any more, so that only living ones come here.
    found.push({ pid: Number(pid), name: name.trim() });
  }
  return found;
}
