import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { codex } from '../../src/clients/codex.ts';
import { findClient, peekClient } from '../../src/clients/detect.ts';
import { installClient } from '../../src/clients/install.ts';
import { llmupPaths, type Paths } from '../../src/config/paths.ts';
import { isRunning, markProcess } from '../../src/sessions/processes.ts';
import { UserError } from '../../src/user-error.ts';

// npm is played by a script in PATH that does what npm does to the file system.

let root: string;
let paths: Paths;
let env: Record<string, string>;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'llmup-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  paths = llmupPaths({ LLMUP_HOME: join(root, 'llmup') });
  await mkdir(join(root, 'bin'));
  env = { PATH: `${join(root, 'bin')}:/usr/bin:/bin`, ROOT: root };
});

async function script(path: string, text: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${text}\n`);
  await chmod(path, 0o755);
}

const npm = (text: string) =>
  script(join(root, 'bin/npm'), `echo "$*" >> "$ROOT/npm.log"\nenv > "$ROOT/npm.env"\n${text}`);
const NPM_INSTALLS = `
mkdir -p node_modules/.bin
printf '#!/bin/sh\\necho codex-cli 0.169.0\\n' > node_modules/.bin/codex
chmod +x node_modules/.bin/codex`;

const install = (say: (line: string) => void = () => {}) => installClient(codex, paths, env, say);
const find = (more: object = {}) => findClient(codex, { paths, env, ...more });

test('the tested version is fetched once, whole, and then found without being asked for', async () => {
  await npm(NPM_INSTALLS);
  const said: string[] = [];
  await install((line) => said.push(line));
  await install();
  expect((await readFile(join(root, 'npm.log'), 'utf8')).trim().split('\n')).toEqual([
    expect.stringMatching(/^install --prefix \S+ .*@openai\/codex@0\.169\.0$/),
  ]);
  expect(said.join('\n')).toMatch(/fetching @openai\/codex@0\.169\.0.*installed Codex CLI 0\.169\.0/s);
  expect(await readdir(join(paths.data, 'clients'))).toEqual(['codex-0.169.0']);
  expect(await find()).toEqual({
    program: join(paths.data, 'clients/codex-0.169.0/node_modules/.bin/codex'),
    version: '0.169.0',
  });
});

test('a failed installation leaves nothing, and says what npm said', async () => {
  await npm('mkdir -p node_modules; echo "npm error 404 Not Found" >&2; exit 1');
  await expect(install()).rejects.toMatchObject({
    exitCode: 4,
    message: expect.stringContaining('npm error 404 Not Found'),
  });
  expect(await readdir(join(paths.data, 'clients'))).toEqual([]);
});

test('a place that cannot be written is named', async () => {
  await writeFile(join(root, 'llmup'), 'a file');
  await expect(install()).rejects.toMatchObject({
    exitCode: 3,
    message: expect.stringMatching(/llmup\/data\/clients cannot be written: not a directory/),
  });
});

test('without npm it says so', async () => {
  env = { ...env, PATH: join(root, 'bin') };
  await expect(install()).rejects.toMatchObject({
    exitCode: 4,
    message: expect.stringContaining('needs npm'),
  });
});

test('what an enclosing npx sets does not send the files elsewhere', async () => {
  await npm(NPM_INSTALLS);
  env = {
    ...env,
    npm_config_prefix: '/elsewhere',
    npm_config_global: 'true',
    npm_config_registry: 'http://mine',
  };
  await install();
  const seen = await readFile(join(root, 'npm.env'), 'utf8');
  expect(seen).toContain('npm_config_registry=http://mine');
  expect(seen).not.toMatch(/npm_config_(prefix|global)/);
});

test('the one on PATH goes first, unless --install was given or it is too old', async () => {
  await npm(NPM_INSTALLS);
  await install();
  const onPath = join(root, 'bin/codex');
  const installed = join(paths.data, 'clients/codex-0.169.0/node_modules/.bin/codex');
  await script(onPath, 'echo codex-cli 0.170.1-alpha.2');
  expect(await find()).toEqual({ program: onPath, version: '0.170.1-alpha.2' });
  expect(await find({ preferInstalled: true })).toMatchObject({ program: installed });
  await script(onPath, 'echo codex-cli 0.99.0');
  expect(await find()).toMatchObject({ program: installed });
});

test('a version is asked for once for each state of the file', async () => {
  const path = join(root, 'bin/codex');
  const versions = async () => (await readFile(join(root, 'asked'), 'utf8')).trim().split('\n').length;
  await script(path, 'echo asked >> "$ROOT/asked"; echo codex-cli 0.169.0');
  expect(await peekClient(codex, { paths, env })).toEqual({ program: path });
  await find();
  await find();
  expect(await versions()).toBe(1);
  expect(await peekClient(codex, { paths, env })).toEqual({ program: path, version: '0.169.0' });
  await script(path, 'echo asked >> "$ROOT/asked"; echo newer; echo codex-cli 0.171.0');
  expect(await find()).toMatchObject({ version: '0.171.0' });
  expect(await versions()).toBe(2);
});

test('behind npm’s starter script the program itself is found', async () => {
  const platform = `${process.platform}-${process.arch}`;
  const targets: Record<string, string> = {
    'linux-x64': 'x86_64-unknown-linux-musl',
    'linux-arm64': 'aarch64-unknown-linux-musl',
    'darwin-x64': 'x86_64-apple-darwin',
    'darwin-arm64': 'aarch64-apple-darwin',
  };
  const modules = join(root, 'lib/node_modules/@openai');
  const binary = join(modules, `codex-${platform}/vendor/${targets[platform]}/bin/codex`);
  await script(binary, 'echo codex-cli 0.169.0');
  await writeFile(join(modules, `codex-${platform}/package.json`), '{"name":"x","version":"1.0.0"}');
  await script(join(modules, 'codex/bin/codex.js'), 'echo starter >&2; exit 1');
  await mkdir(join(root, 'bin'), { recursive: true });
  const { symlink } = await import('node:fs/promises');
  await symlink('../lib/node_modules/@openai/codex/bin/codex.js', join(root, 'bin/codex'));
  expect(await find()).toEqual({ program: binary, version: '0.169.0' });
});

test.each([
  ['#!/nonexistent/interpreter', 'the interpreter that its first line names does not exist'],
  ['#!/bin/sh\necho hello', '`--version` names no version'],
  ['#!/bin/sh\necho boom >&2; exit 3', '`--version` failed with exit code 3: boom'],
])('a program that does not work is told what is wrong with it', async (text, fault) => {
  await writeFile(join(root, 'bin/codex'), text, { mode: 0o755 });
  await expect(find()).rejects.toMatchObject({ exitCode: 4, message: expect.stringContaining(fault) });
});

test.each([
  ['notes.txt', 'it is not executable (chmod +x)'],
  ['folder', 'it is not a file'],
  ['nothing', 'no such program'],
])('--client-bin %s is told why it cannot be', async (name, fault) => {
  await writeFile(join(root, 'notes.txt'), 'hello');
  await mkdir(join(root, 'folder'));
  await expect(find({ clientBin: join(root, name) })).rejects.toMatchObject({
    exitCode: 4,
    message: expect.stringContaining(fault),
  });
});

test('a probe is stopped at once, with what it had started and what holds its output open', async () => {
  await script(join(root, 'bin/codex'), 'sleep 60 & echo $! > "$ROOT/child"; wait');
  const cancel = new AbortController();
  const found = find({ cancel: cancel.signal });
  const child = await vi.waitFor(async () => {
    const pid = Number(await readFile(join(root, 'child'), 'utf8'));
    return (await markProcess(pid)) ?? fail();
  });
  cancel.abort(new UserError('stopped', 143));
  await expect(found).rejects.toMatchObject({ exitCode: 143 });
  await vi.waitFor(async () => expect(await isRunning(child)).toBe(false));
});

test('a probe that takes too long is given up, although its child holds its output open', async () => {
  await script(join(root, 'bin/codex'), 'sleep 60 & wait');
  await expect(find({ probeTimeout: 20 })).rejects.toMatchObject({
    exitCode: 4,
    message: expect.stringContaining('took longer than 20 ms'),
  });
});

function fail(): never {
  throw new Error('not yet');
}
