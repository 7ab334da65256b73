import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServe } from '../../contract/serve.ts';
import type { Answer } from '../../provider/provider.ts';
import { call, decline, freeform, say, think, USAGE, wait } from '../../provider/reply-plan.ts';
import { instructions, outputSchema, results, tools, transcript } from '../../provider/seen.ts';
import { type FixtureHome, makeFixtureHome } from '../fixture-home.ts';
import { openForwardProxy } from './forward-proxy.ts';
import {
  ALIAS,
  type CodexRun,
  PROVIDER_KEY,
  runCodex,
  startCodex,
  startScripted,
  type UpstreamFormat,
  until,
  workspaceFile,
} from './run.ts';

/** The real Codex CLI through `llmup codex`, over a Chat and over a Responses upstream. */

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const IMAGES = { surface: { modalities: { input: ['text', 'image'] } } };
const TEXT_ONLY = { surface: { modalities: { input: ['text'] } } };
const FAST_RETRIES = { timers: { retries: 0 } };
const hello = { say: [say('Hello')] };
const shell = (cmd: string, more: object = {}) => call('exec_command', { cmd, ...more });
const error = (status: number, fields: object, headers: Record<string, string> = {}): Answer => ({
  status,
  headers,
  json: { error: fields },
});
const addHello = '*** Begin Patch\n*** Add File: hello.txt\n+hello\n*** End Patch\n';
const updateHello =
  '*** Begin Patch\n*** Update File: hello.txt\n@@\n-hello\n+hallo "né" \\ 🌍\n*** End Patch\n';

describe.each<{ upstream: UpstreamFormat }>([{ upstream: 'chat' }, { upstream: 'responses' }])(
  'Codex over $upstream',
  ({ upstream }) => {
    let home: FixtureHome;
    beforeAll(async () => {
      home = await makeFixtureHome();
      await writeFile(join(home.workspace, 'pic.png'), Buffer.from(PNG, 'base64'));
    });
    afterAll(() => home.remove());
    const run = (rest: Omit<CodexRun, 'upstream' | 'home'>) =>
      runCodex({ upstream, home, prompt: 'do it', ...rest });
    const file = (name: string) => workspaceFile(home, name);

    it('1: text', async () => {
      const last = join(home.path, 'last.txt');
      const result = await run({ script: [{ say: [say('He', 'l', 'l', 'o', '!')] }], args: ['-o', last] });
      expect(result).toMatchObject({ exitCode: 0, message: 'Hello!' });
      expect(result.events.find((event) => event.type === 'turn.completed')?.usage).toMatchObject({
        input_tokens: USAGE.input,
        cached_input_tokens: USAGE.cached,
        output_tokens: USAGE.output,
      });
      const [turn] = result.turns;
      expect(instructions(turn?.body)).toMatch(/coding agent/i);
      expect(transcript(turn?.body).at(-1)).toMatch(/^user: ([\s\S]*\n)?do it$/);
      expect(await readFile(last, 'utf8')).toBe('Hello!');
    });

    it('2: a command', async () => {
      const asked = shell('echo hi > exec.txt');
      const result = await run({ script: [{ say: [asked] }, hello] });
      expect(result).toMatchObject({ exitCode: 0, message: 'Hello' });
      expect(await file('exec.txt')).toBe('hi\n');
      expect(result.turns).toHaveLength(2);
      const last = transcript(result.turns[1]?.body).at(-1);
      expect(last?.startsWith(`result #${asked.id}: `)).toBe(true);
      expect(last).toContain('Process exited with code 0');
    });

    it('3: a long command, polled', async () => {
      const result = await run({
        script: [
          { say: [shell('echo start; sleep 3; echo end', { yield_time_ms: 1000 })] },
          ({ body }) => {
            const session = Number(/session ID (\d+)/.exec(results(body).at(-1) ?? '')?.[1]);
            return { say: [call('write_stdin', { session_id: session, chars: '', yield_time_ms: 5000 })] };
          },
          hello,
        ],
      });
      expect(result.exitCode).toBe(0);
      expect(result.items('command_execution')[0]).toMatchObject({ aggregated_output: 'start\nend\n' });
    });

    it('4: patches', async () => {
      const result = await run({
        script: [
          { say: [freeform('apply_patch', addHello)] },
          { say: [freeform('apply_patch', updateHello)] },
          hello,
        ],
      });
      expect(result.exitCode).toBe(0);
      expect(await file('hello.txt')).toBe('hallo "né" \\ 🌍\n');
      const kinds = result.items('file_change').map((item) => JSON.stringify(item.changes));
      expect(kinds).toEqual([expect.stringContaining('"add"'), expect.stringContaining('"update"')]);
      const written = upstream === 'chat' ? JSON.stringify({ input: addHello }) : addHello;
      expect(transcript(result.turns[1]?.body).join('\n')).toContain(`call apply_patch ${written} #`);
      if (upstream === 'chat')
        expect(tools(result.turns[0]?.body).get('apply_patch')).toMatchObject({ type: 'function' });
    });

    it('5: a malformed patch, mended', async () => {
      const result = await run({
        script: [
          { say: [freeform('apply_patch', 'no patch')] },
          { say: [freeform('apply_patch', addHello.replace('hello.txt', 'mended.txt'))] },
          hello,
        ],
      });
      expect(results(result.turns[1]?.body).at(-1)).toContain('verification failed');
      expect(await file('mended.txt')).toBe('hello\n');
      expect(result.exitCode).toBe(0);
    });

    it('6: parallel commands', async () => {
      const [one, two] = [shell('sleep 2; echo one'), shell('sleep 2; echo two')];
      const result = await run({ script: [{ say: [one, two] }, hello] });
      expect(result.exitCode).toBe(0);
      const lines = transcript(result.turns[1]?.body).filter((line) => line.startsWith('result '));
      expect(lines.map((line) => line.split(':')[0])).toEqual([`result #${one.id}`, `result #${two.id}`]);
      expect(lines.map((line) => line.split('Output:\n')[1])).toEqual(['one\n', 'two\n']);
      const [first, second] = result.turns;
      expect((second?.received.at ?? 0) - (first?.received.at ?? 0)).toBeLessThan(3900);
    });

    it('7: arguments in single bytes', async () => {
      const text = 'a "b" \\ né 🌍 \t.';
      const asked = call('exec_command', { cmd: `printf '%s' '${text}' > split.txt` }, { deltaLength: 1 });
      const result = await run({ script: [{ say: [asked], chunkBytes: 1 }, hello] });
      expect(result.exitCode).toBe(0);
      expect(await file('split.txt')).toBe(text);
    });

    it('8: reasoning, and its way back', async () => {
      const seal = `gAAAA+/=${'s'.repeat(300)}`;
      const script = [
        { say: [think(seal, '**Looking**\n\n', 'Around.'), shell('true')] },
        { say: [think(`${seal}2`, 'More.'), say('Done')] },
      ];
      const result = await run({ script });
      expect(result.items('reasoning').map((item) => item.text)).toContain('**Looking**\n\nAround.');
      const resumed = await run({ script: [hello], command: ['exec', 'resume', '--last'], prompt: 'again' });
      expect(resumed).toMatchObject({ exitCode: 0, message: 'Hello' });
      for (const body of [result.turns[1]?.body, resumed.turns[0]?.body]) {
        // What a Chat provider is not known to take back it does not get.
        if (upstream === 'chat') expect(transcript(body).join('\n')).not.toContain('Around.');
        else expect(transcript(body)).toContain(`reasoning: **Looking**\n\nAround. [${seal}]`);
      }
      expect(transcript(resumed.turns[0]?.body).slice(-2)).toEqual(['assistant: Done', 'user: again']);
    });

    if (upstream === 'chat')
      it('8: reasoning, back to a Chat provider that demands it', async () => {
        const result = await run({
          script: [{ say: [think('', 'Let me ', 'look.'), shell('true')] }, hello],
          quirks: { reasoning_echo: true },
        });
        expect(transcript(result.turns[1]?.body)).toContain('reasoning: Let me look.');
      });

    it('9: text and a command in one message', async () => {
      const result = await run({ script: [{ say: [say('First this.'), shell('true')] }, hello] });
      const types = result.events.flatMap((event) =>
        event.type === 'item.completed' ? [(event.item as { type: string }).type] : [],
      );
      expect(types).toEqual(['agent_message', 'command_execution', 'agent_message']);
      const lines = transcript(result.turns[1]?.body);
      expect(lines.at(-3)).toBe('assistant: First this.');
      expect(lines.at(-2)).toMatch(/^call exec_command /);
    });

    it('10: characters split between chunks', async () => {
      const text = 'né 🌍 𝄞 ﷽ 中文';
      expect((await run({ script: [{ say: [say(text)], chunkBytes: 1 }] })).message).toBe(text);
    });

    it('11: arguments of a sloppy model', async () => {
      const sloppy =
        '{"cmd":"echo ok > sloppy.txt","yield_time_ms":1000.0,"login":null,"max_output_tokens":null}';
      const wrong = '{"cmd":"true","yield_time_ms":"soon"}';
      const result = await run({
        script: [{ say: [call('exec_command', sloppy)] }, { say: [call('exec_command', wrong)] }, hello],
      });
      expect(result.exitCode).toBe(0);
      if (upstream === 'chat') expect(await file('sloppy.txt')).toBe('ok\n');
      expect(results(result.turns[2]?.body).at(-1)).toMatch(/failed to parse function arguments/);
    });

    it('12: a namespaced tool', async () => {
      const asked = call('close_agent', { target: 'nobody' }, { namespace: 'multi_agent_v1' });
      const result = await run({ script: [{ say: [asked] }, hello] });
      const offered = [...tools(result.turns[0]?.body).keys()];
      expect(offered).toContain(
        upstream === 'chat' ? 'multi_agent_v1__close_agent' : 'multi_agent_v1.close_agent',
      );
      expect(results(result.turns[1]?.body).at(-1)).toMatch(/agent id/);
      expect(transcript(result.turns[1]?.body).at(-2)).toMatch(/^call multi_agent_v1(__|\.)close_agent /);
      expect(result.exitCode).toBe(0);
    });

    it('13: view_image', async () => {
      const asked = call('view_image', { path: 'pic.png' });
      const seeing = await run({ script: [{ say: [asked] }, hello], alias: IMAGES });
      const body = transcript(seeing.turns[1]?.body).join('\n');
      expect(body).toContain(`image data:image/png;base64,${PNG}`);
      const blind = await run({ script: [{ say: [asked] }, hello], alias: TEXT_ONLY });
      expect(results(blind.turns[1]?.body).at(-1)).toMatch(/do not support image inputs|unsupported call/);
    });

    it('14: an image in the prompt', async () => {
      const args = ['-i', 'pic.png', '--'];
      const seeing = await run({ script: [hello], alias: IMAGES, args });
      expect(transcript(seeing.turns[0]?.body)).toContain(`user image data:image/png;base64,${PNG}`);
      const blind = await run({ script: [hello], alias: TEXT_ONLY, args });
      expect(blind.exitCode).toBe(0);
      expect(transcript(blind.turns[0]?.body).join('\n')).toContain('image content omitted');
    });

    it('15: structured output', async () => {
      const schema = {
        type: 'object',
        properties: { ok: { type: 'boolean' } },
        required: ['ok'],
        additionalProperties: false,
      };
      await writeFile(join(home.workspace, 'schema.json'), JSON.stringify(schema));
      const result = await run({
        script: [{ say: [say('{"ok":', 'true}')] }],
        args: ['--output-schema', 'schema.json'],
      });
      expect(outputSchema(result.turns[0]?.body)).toEqual(schema);
      expect(JSON.parse(result.message)).toEqual({ ok: true });
    });

    it('16: a rate limit', async () => {
      const limited = error(
        429,
        { message: 'Slow down', code: 'rate_limit_exceeded' },
        { 'retry-after': '1' },
      );
      const once = await run({ script: [limited, hello] });
      expect(once).toMatchObject({ exitCode: 0, message: 'Hello' });
      const [first, second] = once.turns;
      expect((second?.received.at ?? 0) - (first?.received.at ?? 0)).toBeGreaterThan(990);
      const always = await run({ script: () => limited, config: { timers: { retries: 1 } } });
      expect(always.exitCode).toBe(1);
    });

    it('17: refused credentials', async () => {
      const refused = error(401, { message: `Incorrect API key provided: ${PROVIDER_KEY}` });
      const substitute = { 'stream_max_retries=2': 'stream_max_retries=0' };
      const result = await run({ script: () => refused, config: FAST_RETRIES, substitute });
      expect(result.exitCode).toBe(1);
      expect(result.stdout + result.stderr).toMatch(/TEST_PROVIDER_KEY/);
      expect(result.stdout + result.stderr).not.toContain(PROVIDER_KEY);
      expect(result.turns.length).toBeLessThanOrEqual(2);
    });

    it.each([
      "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
      'prompt is too long: 210000 tokens > 200000 maximum',
      'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
      'the request exceeds the available context size, try increasing it',
    ])('18: a full context, in the words "%s"', async (message) => {
      const result = await run({
        script: [error(400, { message, type: 'invalid_request_error', code: null })],
      });
      expect(result.exitCode).toBe(1);
      expect(result.stdout + result.stderr).toContain('ran out of room');
      expect(result.turns).toHaveLength(1);
    });

    it('19: a stream cut once', async () => {
      const text = await run({ script: [{ say: [say('half')], end: 'cut' }, { say: [say('whole')] }] });
      expect(text).toMatchObject({ exitCode: 0, message: 'whole' });
      const once = await run({
        script: [
          { say: [shell('echo line >> cut.txt')], end: 'cut' },
          ({ body }) => (results(body).length > 0 ? hello : { say: [shell('echo line >> cut.txt')] }),
          hello,
        ],
      });
      expect(once.exitCode).toBe(0);
      expect(await file('cut.txt')).toBe('line\n');
    });

    it('20: the output limit, a filter, a refusal', async () => {
      const limit = await run({ script: [{ say: [say('half a')], finish: 'length' }] });
      expect(limit.exitCode).toBe(1);
      expect(limit.stdout + limit.stderr).toContain('max_output_tokens');
      const filtered = await run({
        script: () => ({ say: [say('I can')], finish: 'content_filter' }),
        config: FAST_RETRIES,
      });
      expect(filtered.stdout).toContain('I can');
      if (upstream === 'chat') expect(filtered.turns).toHaveLength(1);
      const declined = await run({ script: [{ say: [decline('I will not.')] }] });
      if (upstream === 'chat') expect(declined.message).toBe('I will not.');
      expect(declined.exitCode).toBe(0);
    });

    it('21: compaction', async () => {
      const usage = { ...USAGE, input: 18_000, output: 500 };
      const result = await run({
        alias: { limits: { context_window: 20_000 } },
        script: ({ kind, body }) => {
          if (kind === 'compaction') return { say: [say('A summary.')] };
          if (transcript(body).join('\n').includes('A summary.')) return { say: [say('Compacted.')] };
          return { say: [shell('echo big')], usage };
        },
      });
      expect(result.turns.map((turn) => turn.kind)).toEqual(['turn', 'compaction', 'turn']);
      expect(result).toMatchObject({ exitCode: 0, message: 'Compacted.' });
    });

    it('22: no warning of unknown metadata for a known alias', async () => {
      const result = await run({ script: [hello] });
      expect(result.stdout + result.stderr).not.toContain('Model metadata');
      // A name that is nowhere is not passed on to fail later.
      const unknown = await run({ script: [], model: 'test-modle' });
      expect(unknown.exitCode).toBe(3);
      // One given to Codex itself is its own business; the proxy's answer names the alias that was meant.
      const given = await run({ script: [], args: ['-m', 'test-modle'], alias: {} });
      expect(given.exitCode).not.toBe(0);
      expect(given.stdout + given.stderr).toContain(ALIAS);
    });

    it('23: a dead forward proxy in the environment', async () => {
      const dead = 'http://127.0.0.1:9';
      const env = { HTTP_PROXY: dead, http_proxy: dead, ALL_PROXY: dead, all_proxy: dead };
      expect(await run({ script: [hello], env })).toMatchObject({ exitCode: 0, message: 'Hello' });
    });

    it('24: the proxy is killed under it', async () => {
      const scripted = await startScripted({ upstream, script: () => ({ say: [say('half')], end: 'hang' }) });
      const serve = await startServe(
        {
          data_auth: { mode: 'proxy_key', proxy_key: { inline: 'attach-key-4711' } },
          upstreams: {
            TEST: {
              api_root: `${scripted.provider.url}/v1`,
              format: upstream === 'chat' ? 'openai-completion' : 'openai-responses',
              provider_key_env: 'TEST_PROVIDER_KEY',
            },
          },
          model_aliases: { [ALIAS]: 'TEST:upstream-model' },
        },
        { TEST_PROVIDER_KEY: PROVIDER_KEY },
      );
      const session = await startCodex({
        upstream,
        home,
        prompt: 'do it',
        script: [],
        alias: {},
        options: ['--proxy-base', serve.url],
        env: { LLM_UNIVERSAL_PROXY_KEY: 'attach-key-4711' },
      });
      await until(() => scripted.turns.length === 1);
      await serve.kill();
      await scripted.provider.close();
      const result = await session.result;
      expect(result.exitCode).toBe(1);
      expect(result.durationMs).toBeLessThan(45_000);
    });

    it('25: no connection to anywhere else', async () => {
      const forward = await openForwardProxy();
      const env = {
        HTTPS_PROXY: forward.url,
        https_proxy: forward.url,
        HTTP_PROXY: forward.url,
        http_proxy: forward.url,
      };
      const result = await run({ script: [{ say: [shell('true')] }, hello], env });
      await forward.close();
      expect(result.exitCode).toBe(0);
      expect(forward.asked).toEqual([]);
    });

    it('26: a WebSocket upgrade is turned down, and POST works', async () => {
      const substitute = { 'supports_websockets=false': 'supports_websockets=true' };
      const result = await run({ script: [hello], substitute });
      expect(result).toMatchObject({ exitCode: 0, message: 'Hello' });
      // It did ask for one, once.
      expect(result.stderr.match(/failed to connect to Responses WebSocket/g)).toHaveLength(1);
      expect(result.provider.requests.map((request) => request.method)).toEqual(['POST']);
    });

    it('27: SIGINT in the middle of a stream', async () => {
      const session = await startCodex({
        upstream,
        home,
        prompt: 'do it',
        script: [{ say: [say('half')], end: 'hang' }],
      });
      await until(() => session.scripted.turns.length === 1);
      await new Promise((resolve) => setTimeout(resolve, 300));
      session.process.kill('SIGINT');
      await until(() => session.scripted.provider.aborted.length === 1, 3);
      expect((await session.result).exitCode).toBe(1);
    });

    it('30: a provider slower than Codex’s patience', async () => {
      const result = await run({
        script: [{ say: [wait(3000), say('Late')] }],
        config: { timers: { heartbeat_after_secs: 0.3 } },
        substitute: { 'stream_idle_timeout_ms=300000': 'stream_idle_timeout_ms=1500' },
      });
      expect(result).toMatchObject({ exitCode: 0, message: 'Late' });
      expect(result.turns).toHaveLength(1);
    });
  },
);
