import { chmod, cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { CLI, CLIENT, KEY, llmup, type Machine, makeMachine } from '../sessions/program.ts';

/** Runs a command line on a machine of its own and gives what the shell would see. */
async function run(machine: Machine, ...args: readonly string[]) {
  const { exitCode, stdout, stderr } = await llmup(machine, args);
  return { exitCode, stdout: String(stdout), stderr: String(stderr) };
}

/** The machine with further variables. */
const withEnv = (machine: Machine, env: Record<string, string>): Machine => ({
  ...machine,
  env: { ...machine.env, ...env },
});

describe('the command line', () => {
  test('--help and --version answer on stdout; nothing is written anywhere', async () => {
    const machine = await makeMachine();
    const help = await run(machine, '--help');
    expect(help).toMatchObject({ exitCode: 0, stderr: '' });
    for (const command of ['codex', 'demo', 'serve', 'watch', 'presets', 'models', 'config']) {
      expect(help.stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    }
    // Only what works is offered.
    expect(help.stdout).not.toMatch(/claude|gemini/);
    expect((await run(machine, 'demo', '--help')).stdout).not.toMatch(/--(config|preset|proxy-base)/);
    expect(await run(machine, '--version')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
    const made = await execa('find', [machine.home, '-mindepth', '1']);
    expect(made.stdout).toBe('');
  });

  test('--help loads none of the large libraries', async () => {
    const machine = await makeMachine();
    const hook = machine.path('hook.mjs');
    await writeFile(
      hook,
      `import { writeSync } from 'node:fs';
export async function load(url, context, next) {
  writeSync(2, url + '\\n');
  return next(url, context);
}`,
    );
    const loaded = machine.path('loaded.mjs');
    await writeFile(
      loaded,
      `import { register } from 'node:module';\nregister('./hook.mjs', import.meta.url);`,
    );
    const { stderr } = await execa(process.execPath, ['--import', loaded, CLI, 'codex', '--help'], {
      env: machine.env,
      extendEnv: false,
    });
    // The program itself and what the bundler shares between all files: commands would be more.
    expect(stderr.split('\n').filter((url) => url.includes('/dist/')).length).toBeLessThanOrEqual(2);
  });

  test('without a command and without a terminal: help on stderr, exit 2', async () => {
    const bare = await run(await makeMachine());
    expect(bare).toMatchObject({ exitCode: 2, stdout: '' });
    expect(bare.stderr).toContain('Usage: llmup');
  });

  test.each([
    [['codx'], 'did you mean codex?'],
    [['codex', '--modle', 'x'], 'did you mean --model?'],
    [['codex', '-p', 'hello'], 'llmup codex -- -p'],
    [['codex', '-c', 'model=x'], 'llmup codex -- -c'],
    [['demo', 'codex', '-c', 'x=y'], 'llmup demo -- -c'],
    [['codex', 'exec', 'hello'], 'stands after --'],
    [['codex', '--record', 'everything'], 'full, meta, off'],
    [['codex', '--model'], 'argument missing'],
    [['models', 'extra'], 'llmup models --help'],
    [['claude', '-p', 'hi'], 'cannot run claude yet'],
    [['gemini', '--', '-p', 'hi'], 'cannot run gemini yet'],
    [['config'], 'check'],
    [['config', 'chek'], 'llmup config --help'],
    [['presets', 'shwo'], "unknown command 'shwo'"],
    [['codex', '--config', ''], "'--config <file>' argument is empty"],
    [['codex', '-w', ''], 'argument is empty'],
    [['config', 'check', ''], 'an argument is empty'],
    [['serve', '--listen', 'nowhere'], '--listen must be host:port'],
  ])('%j is a usage error that says what to do', async (args, expected) => {
    const { exitCode, stdout, stderr } = await run(await makeMachine(), ...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(expected);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test('variables that are set to nothing count as unset', async () => {
    const machine = withEnv(await makeMachine(), { CONFIG_PATH: '', BIND_ADDR: '' });
    const { exitCode, stderr } = await run(machine, 'serve');
    expect(exitCode).toBe(3);
    expect(stderr).toContain('PRESET_OPENAI_ENDPOINT_BASE_URL');
  });

  test('a password in --proxy-base is refused, and not repeated', async () => {
    const args = ['codex', '--proxy-base', 'http://me:my-password@127.0.0.1:9', '-m', 'coder'];
    const { exitCode, stderr } = await run(await makeMachine(), ...args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('LLM_UNIVERSAL_PROXY_KEY');
    expect(stderr).not.toContain('my-password');
  });

  test('a current directory that was removed: a message, exit 3', async () => {
    const machine = await makeMachine();
    const script = `mkdir "$0/gone" && cd "$0/gone" && rmdir "$0/gone" && "$1" "$2" config check my.yaml`;
    const args = ['-c', script, machine.directory, process.execPath, CLI];
    const options = { env: machine.env, extendEnv: false, reject: false };
    const { exitCode, stderr } = await execa('bash', args, options);
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(/^llmup: the current directory does not exist any more/),
    });
  });

  test('a current directory that this user may not enter: exit 3', async () => {
    const machine = await makeMachine();
    const copy = machine.path('llmup');
    await cp(dirname(CLI), join(copy, 'dist'), { recursive: true });
    await writeFile(join(copy, 'package.json'), '{"type":"module"}');
    // Root may enter every directory: it plays another user.
    const nobody = 65534;
    const user = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
    if (user.uid) await execa('chown', ['-R', `${nobody}:${nobody}`, machine.directory]);
    const script = `mkdir shut && cd shut && chmod 0 . && "$0" "$1" codex --config "$2"`;
    const args = ['-c', script, process.execPath, join(copy, 'dist/cli.js'), machine.config];
    const options = { cwd: machine.directory, env: machine.env, extendEnv: false, reject: false, ...user };
    expect(await execa('bash', args, options)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('may not enter the current directory'),
    });
  });

  test('a workspace that leads nowhere: a message, exit 3', async () => {
    const machine = await makeMachine();
    await symlink(machine.path('loop'), machine.path('loop'));
    const args = ['codex', '--config', machine.config, '-w', machine.path('loop')];
    const { exitCode, stderr } = await run(machine, ...args);
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/^llmup: --workspace \S*loop: there is no such directory/);
  });

  test('a client that is no program: a message without its bytes, exit 4', async () => {
    const machine = await makeMachine();
    const client = machine.path('client');
    await writeFile(client, '\x1b[31mnonsense\x07\n', { mode: 0o755 });
    const args = ['codex', '--config', machine.config, '--client-bin', client];
    const { exitCode, stderr } = await run(machine, ...args);
    expect(exitCode).toBe(4);
    expect(stderr).toContain('is not a working Codex CLI');
    expect(stderr.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });

  test('the demo is llmup’s own, whatever preset the user calls demo', async () => {
    const machine = await makeMachine();
    const presets = `${machine.home}/.config/llmup/presets`;
    await mkdir(presets, { recursive: true });
    await writeFile(`${presets}/demo.yaml`, 'upstreams: { MINE: { api_root: "http://h/v1", auth: none } }\n');
    const { exitCode, stdout } = await run(machine, 'demo', '--client-bin', CLIENT, '--print-env');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('DEMO-CHAT');
    expect(stdout).toContain('/homes/codex/demo');
  });

  test('what is typed wrong is told before what is missing', async () => {
    const { exitCode, stderr } = await run(await makeMachine(), 'codex', '--prefix', 'a', '--model', 'nope');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^llmup: --prefix a is no key that can be taken\n/);
  });

  test('no home: a message, exit 3, and no stack', async () => {
    const machine = await makeMachine();
    const { exitCode, stderr } = await run({ ...machine, env: { PATH: machine.env.PATH ?? '' } }, 'models');
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/^llmup: no home directory/);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test('a home in which nothing can be made: a message, exit 3', async () => {
    const machine = await makeMachine();
    const env = { ...machine.env, HOME: '/proc/no/home', XDG_STATE_HOME: '', XDG_CONFIG_HOME: '' };
    const args = ['codex', '--config', machine.config, '--client-bin', CLIENT, '--', 'exit=0'];
    const { exitCode, stderr } = await run({ ...machine, env }, ...args);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 3 });
    expect(stderr).toMatch(/^llmup: \/proc\/no\/home\S* cannot be written: no such file or directory/);
  });

  test('a reader that leaves early is no fault', async () => {
    const machine = await makeMachine();
    const { stderr, exitCode } = await execa(
      'bash',
      ['-c', `set -o pipefail; "$0" "$1" config schema | head -c 1 >/dev/null`, process.execPath, CLI],
      {
        env: machine.env,
        extendEnv: false,
        reject: false,
      },
    );
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
  });
});

describe('llmup models', () => {
  test('shows every alias with route, protocol and limits; --json is alone on stdout', async () => {
    const machine = await makeMachine();
    const table = await run(machine, 'models', '--config', machine.config);
    expect(table.exitCode).toBe(0);
    expect(table.stdout).toMatch(/^coder +MAIN:model-a +openai-completion +100,000 +20,000$/m);
    const json = await run(machine, 'models', '--config', machine.config, '--json');
    expect(JSON.parse(json.stdout)).toMatchObject([
      { alias: 'coder', route: 'MAIN:model-a', contextWindow: 100_000, maxOutputTokens: 20_000, missing: [] },
      { alias: 'writer', route: 'MAIN:model-b', missing: [] },
    ]);
    expect(json.stderr).toBe('');
  });

  test('shows prices and capabilities, and values in the place of placeholders', async () => {
    const machine = await makeMachine();
    const openai = await run(machine, 'models', '--preset', 'openai');
    expect(openai.stdout).toMatch(/gpt-5 .*text, image, pdf +1\.25 \/ 0\.125 \/ 10 +OPENAI_API_KEY/);
    const set = withEnv(machine, { PRESET_ENDPOINT_MODEL: 'glm-x' });
    const neutral = await run(set, 'models');
    expect(neutral.stdout).toContain('PRESET-OPENAI-COMPATIBLE:glm-x');
  });
});

describe('llmup presets', () => {
  test('list says what is ready and what is missing', async () => {
    const machine = withEnv(await makeMachine(), { OPENAI_API_KEY: KEY });
    const { stdout, exitCode } = await run(machine, 'presets');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^openai +shipped +OpenAI +.*yes$/m);
    expect(stdout).toMatch(/^provider-neutral +shipped .*no: set PRESET_OPENAI_ENDPOINT_BASE_URL/m);
    expect(stdout).toMatch(/^demo .*yes: llmup demo$/m);
    expect(stdout).not.toContain(KEY);
    const json = await run(machine, 'presets', 'list', '--json');
    expect(JSON.parse(json.stdout)).toContainEqual(expect.objectContaining({ name: 'openai', ready: true }));
  });

  test('show lists aliases and variables, never their values', async () => {
    const machine = withEnv(await makeMachine(), { PRESET_ENDPOINT_API_KEY: KEY });
    const { stdout } = await run(machine, 'presets', 'show', 'provider-neutral');
    expect(stdout).toMatch(
      /^preset-openai-compatible +PRESET-OPENAI-COMPATIBLE:PRESET_ENDPOINT_MODEL +codex$/m,
    );
    expect(stdout).toMatch(/^PRESET_ENDPOINT_API_KEY +set +API key/m);
    expect(stdout).toMatch(/^PRESET_ENDPOINT_MODEL +not set /m);
    expect(stdout).not.toContain(KEY);
    const unknown = await run(machine, 'presets', 'show', 'provider-neutrl');
    expect(unknown).toMatchObject({ exitCode: 3, stdout: '' });
    expect(unknown.stderr).toContain('did you mean provider-neutral?');
  });
});

describe('llmup config', () => {
  test('check: right, with what is not ready', async () => {
    const machine = await makeMachine();
    const ok = await run(machine, 'config', 'check', machine.config);
    expect(ok).toMatchObject({ exitCode: 0, stdout: `${machine.config}: ok, 1 upstream, 2 aliases` });
    const byName = await run(machine, 'config', 'check', 'openai');
    expect(byName).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/openai\.yaml: ok/) });
    const shipped = await run(machine, 'config', 'check');
    expect(shipped.stdout).toContain(
      'preset-openai-compatible is not ready: PRESET_OPENAI_ENDPOINT_BASE_URL not set',
    );
  });

  test('check: every mistake by line, exit 3', async () => {
    const machine = await makeMachine();
    const file = machine.path('wrong.yaml');
    await writeFile(file, 'upstreams:\n  A: { api_root: nope, auth: none }\nmodel_aliases:\n  a: A\n');
    const { exitCode, stdout, stderr } = await run(machine, 'config', 'check', file);
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toContain(`${file}:2:8  upstreams.A.api_root: must be a whole URL`);
    expect(stderr).toContain(`${file}:4:3  model_aliases.a: must be UPSTREAM:MODEL`);
  });

  test('render: hydrated, without a secret, from secrets.env', async () => {
    const machine = await makeMachine();
    const config = join(machine.home, '.config/llmup');
    await mkdir(config, { recursive: true });
    await writeFile(
      join(config, 'secrets.env'),
      `PRESET_OPENAI_ENDPOINT_BASE_URL=https://api.example.com/v1\nPRESET_ENDPOINT_MODEL=glm-x\nPRESET_ENDPOINT_API_KEY=${KEY}\n`,
      { mode: 0o600 },
    );
    const { exitCode, stdout, stderr } = await run(machine, 'config', 'render');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('api_root: https://api.example.com/v1');
    expect(stdout).toContain('preset-openai-compatible: PRESET-OPENAI-COMPATIBLE:glm-x');
    expect(stdout).toContain('provider_key_env: PRESET_ENDPOINT_API_KEY');
    expect(stdout).not.toContain(KEY);
    expect(stderr).toContain('left out PRESET-ANTHROPIC-COMPATIBLE');
    await chmod(join(config, 'secrets.env'), 0o644);
    const open = await run(machine, 'config', 'render');
    expect(open).toMatchObject({ exitCode: 3, stdout: '' });
    expect(open.stderr).toContain('chmod 600');
  });

  test('render: what is missing, all at once', async () => {
    const { exitCode, stderr } = await run(
      await makeMachine(),
      'config',
      'render',
      '-m',
      'preset-openai-compatible',
    );
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(
      /PRESET_OPENAI_ENDPOINT_BASE_URL[\s\S]*PRESET_ENDPOINT_API_KEY[\s\S]*PRESET_ENDPOINT_MODEL/,
    );
  });

  test('schema: JSON alone on stdout', async () => {
    const { stdout, stderr } = await run(await makeMachine(), 'config', 'schema');
    expect(JSON.parse(stdout)).toMatchObject({ type: 'object', additionalProperties: false });
    expect(stderr).toBe('');
  });
});

describe('config faults of a session and a server', () => {
  test.each([
    [['codex', '--config', '/no/such/file.yaml'], 'there is no such file'],
    [['codex', '--preset', 'opnai'], 'did you mean openai?'],
    [['codex', '--model', 'preset-openai-compatble'], 'the nearest: preset-openai-compatible'],
    [['codex'], 'PRESET_ENDPOINT_API_KEY'],
    [['codex', '--preset', 'demo'], 'llmup demo'],
    [['serve', '--config', '/no/such/file.yaml'], 'there is no such file'],
  ])('%j: exit 3, and nothing left behind', async (args, expected) => {
    const machine = await makeMachine();
    const { exitCode, stdout, stderr } = await run(machine, ...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toContain(expected);
    const made = await execa('find', [machine.home, '-type', 'f']);
    expect(made.stdout).toBe('');
  });

  test('CONFIG_PATH names the config of a server; a preset that is typed outranks it', async () => {
    const machine = withEnv(await makeMachine(), { CONFIG_PATH: '/no/such/file.yaml' });
    expect((await run(machine, 'serve')).stderr).toContain('/no/such/file.yaml: there is no such file');
    expect((await run(machine, 'serve', '--preset', 'openai')).stderr).toContain('OPENAI_API_KEY');
  });
});
