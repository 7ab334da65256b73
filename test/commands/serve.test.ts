import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { execa } from 'execa';
import { afterEach, describe, expect, test } from 'vitest';
import { startProvider } from '../provider/provider.ts';
import { CLI, KEY, type Machine, makeMachine } from '../sessions/program.ts';

const PROXY_KEY = 'key-of-this-proxy-123';
const AUTH = { LLM_UNIVERSAL_PROXY_KEY: PROXY_KEY };

const running: { kill(signal: NodeJS.Signals): void }[] = [];

afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

function start(machine: Machine, env: Record<string, string>, ...args: string[]) {
  const child = execa(process.execPath, [CLI, 'serve', '--config', machine.config, ...args], {
    env: { ...machine.env, ...env },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
  });
  running.push(child);
  return child;
}

/** The address that it says it listens on. */
async function address(child: ReturnType<typeof start>): Promise<string> {
  let said = '';
  for await (const data of child.stderr) {
    said += String(data);
    const url = /listening on (http:\S+)/.exec(said)?.[1];
    if (url) return url;
  }
  throw new Error(`it never listened: ${said}`);
}

describe('llmup serve', () => {
  test('without a word on who may use it is exit 3, and says how to say it', async () => {
    const { exitCode, stderr } = await start(await makeMachine(), {});
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/who may use this proxy/);
    expect(stderr).toContain('LLM_UNIVERSAL_PROXY_KEY');
    expect(stderr).toContain('data_auth');
  });

  test('with a mode that does not exist is exit 3', async () => {
    const env = { LLM_UNIVERSAL_PROXY_AUTH_MODE: 'open' };
    const { exitCode, stderr } = await start(await makeMachine(), env);
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining('"open"')]);
  });

  test('on a port that is taken is exit 5, and names it', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { exitCode, stderr } = await start(await makeMachine(), AUTH, '--listen', `127.0.0.1:${port}`);
    other.close();
    expect([exitCode, stderr]).toEqual([5, expect.stringContaining(String(port))]);
  });

  test('serves with the provider’s key, records, and ends in order', async () => {
    const provider = await startProvider(() => ({ json: { choices: [], usage: null } }));
    const machine = await makeMachine(provider.url);
    const child = start(machine, AUTH, '--listen', '127.0.0.1:0');
    const url = await address(child);
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${PROXY_KEY}` },
      body: JSON.stringify({ model: 'coder', messages: [{ role: 'user', content: 'hi' }] }),
    });
    await answer.text();
    expect(provider.requests[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
    child.kill('SIGTERM');
    expect((await child).exitCode).toBe(0);
    await provider.close();

    const [session = ''] = await readdir(`${machine.state}/sessions`);
    const journal = await readFile(`${machine.state}/sessions/${session}/journal.jsonl`, 'utf8');
    expect(JSON.parse(journal.split('\n')[0] ?? '')).toMatchObject({ alias: 'coder', upstream: 'MAIN' });
    expect(journal).not.toContain(KEY);
  });

  test('lets clients bring their own keys', async () => {
    const provider = await startProvider(() => ({ json: { choices: [] } }));
    const machine = await makeMachine(provider.url);
    const { MAIN_KEY: _, ...env } = machine.env;
    const mode = { LLM_UNIVERSAL_PROXY_AUTH_MODE: 'client_provider_key' };
    const child = start({ ...machine, env }, mode, '--listen', '127.0.0.1:0');
    const url = await address(child);
    const ask = (headers: Record<string, string>) =>
      fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ model: 'coder', messages: [{ role: 'user', content: 'hi' }] }),
      });
    expect((await ask({})).status).toBe(401);
    await ask({ 'x-api-key': 'key-of-a-client-1' });
    expect(provider.requests[0]?.headers.authorization).toBe('Bearer key-of-a-client-1');
    await provider.close();
  });

  // The bundle takes undici apart: a tunnel needs a method that its clients have from undici's own index.
  test('reaches HTTPS upstreams through a forward proxy', async () => {
    const asked: string[] = [];
    const forward = createHttpServer().on('connect', (request, socket) => {
      asked.push(String(request.url));
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    });
    forward.listen(0, '127.0.0.1');
    await once(forward, 'listening');
    const { port } = forward.address() as { port: number };
    const machine = await makeMachine('https://provider.example');
    const env = { ...AUTH, HTTPS_PROXY: `http://127.0.0.1:${port}` };
    const url = await address(start(machine, env, '--listen', '127.0.0.1:0'));
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${PROXY_KEY}` },
      body: JSON.stringify({ model: 'coder', messages: [{ role: 'user', content: 'hi' }] }),
    });
    expect(await answer.text()).toContain('Proxy response (407)');
    expect(asked[0]).toBe('provider.example:443');
    forward.close();
  });
});
