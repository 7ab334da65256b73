import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { codex } from '../../src/clients/codex.ts';
import { findOverrides } from '../../src/sessions/workspace-files.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'llmup-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function write(path: string, text: string): Promise<void> {
  await mkdir(join(root, path, '..'), { recursive: true });
  await writeFile(join(root, path), text);
}

const find = (workspace: string) => findOverrides(workspace, codex.workspaceFiles);

test('a project’s Codex settings and dotenv lines that choose an endpoint are found', async () => {
  await write('.codex/config.toml', 'model = "gpt"\n[model_providers.mine]\nname = "x"\n[mcp_servers.a]\n');
  await write('.env', 'PORT=1\nexport OPENAI_BASE_URL=http://x\nOPENAI_API_KEY=k\n');
  expect(await find(root)).toEqual([
    { path: '.codex/config.toml', settings: ['model', 'model_providers'] },
    { path: '.env', settings: ['OPENAI_BASE_URL', 'OPENAI_API_KEY'] },
  ]);
});

test('other settings, comments and a missing file are no news', async () => {
  await write(
    '.codex/config.toml',
    '# model = "gpt"\nmodel_reasoning_effort = "high"\n[mcp_servers.a]\ncommand = "x"\n',
  );
  await write('.env', '# OPENAI_BASE_URL=x\nDATABASE_URL=y\n');
  expect(await find(root)).toEqual([]);
});

test('files above the workspace count up to the root of its repository, and no further', async () => {
  await write('.codex/config.toml', 'model_provider = "outside"');
  await write('repo/.git/HEAD', 'ref: refs/heads/main');
  await write('repo/.codex/config.toml', 'model_provider = "mine"');
  await write('repo/packages/a/readme', '');
  expect(await find(join(root, 'repo/packages/a'))).toEqual([
    { path: '../../.codex/config.toml', settings: ['model_provider'] },
  ]);
});
