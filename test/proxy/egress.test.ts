import { once } from 'node:events';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { proxyFor } from '../../src/proxy/egress.ts';
import { type Provider, startProvider } from '../provider/provider.ts';
import { CHAT_PATH, chatRequest, HELLO_JSON, startTestProxy, type TestProxy } from './test-proxy.ts';

let provider: Provider;
let proxy: TestProxy;
const servers: { close(): void }[] = [];

afterEach(async () => {
  await proxy?.close(0);
  await provider?.close();
  for (const server of servers.splice(0)) server.close();
});

/** A forward proxy that notes what it is asked for. */
async function startForwardProxy(): Promise<{ url: string; seen: string[] }> {
  const seen: string[] = [];
  const server: Server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
    const { 'proxy-authorization': _, ...headers } = request.headers;
    const onward = httpRequest(request.url ?? '', { method: request.method, headers }, (reply) => {
      response.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(response);
    });
    request.pipe(onward);
  });
  server.on('connect', (request, socket) => {
    seen.push(`CONNECT ${request.url}`);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push({
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  });
  return { url: `127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

describe('egress', () => {
  it('goes through the configured proxy, with its credentials, even to loopback', async () => {
    const forward = await startForwardProxy();
    provider = await startProvider(() => ({ json: HELLO_JSON }));
    proxy = await startTestProxy(provider.url, {
      config: { proxy: { url: `http://user:pass@${forward.url}` } },
    });
    expect((await proxy.post(CHAT_PATH, chatRequest())).status).toBe(200);
    const basic = `Basic ${Buffer.from('user:pass').toString('base64')}`;
    expect(forward.seen).toEqual([`POST ${provider.url}/v1/chat/completions ${basic}`]);
    expect(provider.requests[0]?.headers).not.toHaveProperty('proxy-authorization');
  });

  it('reaches HTTPS through CONNECT, and says what the proxy said', async () => {
    const forward = await startForwardProxy();
    provider = await startProvider(() => ({ json: HELLO_JSON }));
    proxy = await startTestProxy(provider.url, {
      chat: { api_root: 'https://api.example.com/v1', proxy: { url: `http://${forward.url}` } },
      timers: { retries: 0 },
    });
    const answer = await proxy.post(CHAT_PATH, chatRequest());
    expect(answer.status).toBe(502);
    expect(JSON.stringify(await answer.json())).toMatch(/403/);
    expect(forward.seen).toEqual(['CONNECT api.example.com:443']);
  });

  it('names the proxy that cannot be reached, and not its password', async () => {
    provider = await startProvider(() => ({ json: HELLO_JSON }));
    const down = 'http://user:proxy-password@127.0.0.1:1';
    proxy = await startTestProxy(provider.url, { config: { proxy: { url: down } }, timers: { retries: 0 } });
    const text = await (await proxy.post(CHAT_PATH, chatRequest())).text();
    expect(text).toContain('its proxy http://127.0.0.1:1 refused the connection');
    expect(text).not.toContain('proxy-password');
  });

  it('says that a server without TLS has none', async () => {
    provider = await startProvider(() => ({ json: HELLO_JSON }));
    proxy = await startTestProxy(provider.url.replace('http:', 'https:'));
    const text = await (await proxy.post(CHAT_PATH, chatRequest())).text();
    expect(text).toContain('does not speak TLS');
    expect(proxy.last().attempts).toBe(1);
  });

  it('goes straight to loopback whatever the environment says', async () => {
    const forward = await startForwardProxy();
    provider = await startProvider(() => ({ json: HELLO_JSON }));
    proxy = await startTestProxy(provider.url, {
      options: { env: { HTTP_PROXY: `http://${forward.url}`, ALL_PROXY: `http://${forward.url}` } },
    });
    expect((await proxy.post(CHAT_PATH, chatRequest())).status).toBe(200);
    expect(forward.seen).toEqual([]);
  });

  it('goes through SOCKS5', async () => {
    provider = await startProvider(() => ({ json: HELLO_JSON }));
    const asked: string[] = [];
    const socks = createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        socket.write(Buffer.from([5, 0]));
        socket.once('data', (request: Buffer) => {
          const isName = request[3] === 3;
          const host = isName
            ? request.toString('latin1', 5, 5 + (request[4] ?? 0))
            : [...request.subarray(4, 8)].join('.');
          const port = request.readUInt16BE(request.length - 2);
          asked.push(`${host}:${port}`);
          const onward = connect(port, '127.0.0.1', () => {
            socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
            socket.pipe(onward);
            onward.pipe(socket);
          });
          onward.on('error', () => socket.destroy());
        });
      });
    });
    socks.listen(0, '127.0.0.1');
    await once(socks, 'listening');
    servers.push(socks);
    const { port } = socks.address() as AddressInfo;
    proxy = await startTestProxy(provider.url, { config: { proxy: { url: `socks5h://127.0.0.1:${port}` } } });
    expect((await proxy.post(CHAT_PATH, chatRequest())).status).toBe(200);
    expect(asked).toEqual([provider.url.replace('http://', '')]);
  });
});

describe('the proxy of an origin', () => {
  const ENV = {
    https_proxy: 'http://secure:1',
    HTTP_PROXY: 'plain:2',
    NO_PROXY: 'internal.example, .corp:8443',
  };
  const by = (origin: string, env: Record<string, string> = ENV) =>
    proxyFor(new URL(origin), { kind: 'environment' }, env)?.host;

  it.each([
    ['https://api.example.com', 'secure:1'],
    ['http://api.example.com', 'plain:2'],
    ['https://internal.example', undefined],
    ['https://a.internal.example', undefined],
    ['https://notinternal.example', 'secure:1'],
    ['https://x.corp:8443', undefined],
    ['https://x.corp', 'secure:1'],
    ['http://localhost:11434', undefined],
    ['http://127.0.0.5', undefined],
    ['http://[::1]:80', undefined],
  ])('is, for %s, %s', (origin, host) => {
    expect(by(origin)).toBe(host);
  });

  it('is nothing where the environment names none, or exempts all', () => {
    expect(by('https://api.example.com', {})).toBeUndefined();
    expect(by('https://api.example.com', { ...ENV, no_proxy: '*' })).toBeUndefined();
    expect(by('https://api.example.com', { ALL_PROXY: 'socks5://all:3' })).toBe('all:3');
  });

  it('is what the config says, whatever the environment says', () => {
    const origin = new URL('https://api.example.com');
    expect(proxyFor(origin, { kind: 'direct' }, ENV)).toBeUndefined();
    expect(proxyFor(origin, { kind: 'proxy', url: 'http://mine:9' }, ENV)?.host).toBe('mine:9');
  });
});
