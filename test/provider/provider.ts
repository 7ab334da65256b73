import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A scripted provider over real HTTP: each request is recorded, judged, and answered by the script. */
export interface Provider {
  /** `http://127.0.0.1:port`, without a path. */
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  /** Requests whose answer the client cut off. */
  readonly aborted: readonly ReceivedRequest[];
  close(): Promise<void>;
}

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly raw: Buffer;

  readonly body: unknown;
  /** `performance.now()` when the body had arrived. */
  readonly at: number;
}

/** What to answer. `frames` are written one by one; a number waits that many ms, `'cut'` destroys the socket, `'hang'` waits until the client leaves. */
export type Answer =
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly json: unknown }
  | {
      readonly status?: number;
      readonly headers?: Record<string, string>;
      readonly text: string;
      readonly contentType?: string;
    }
  | {
      readonly status?: number;
      readonly headers?: Record<string, string>;
      readonly frames: readonly Frame[];
    };

export type Frame = string | Buffer | number;

/** Ends a stream without its terminal. */
export const CUT = '\u0000cut';
/** Never ends. */
export const HANG = '\u0000hang';

export type Script = (request: ReceivedRequest, index: number) => Answer | Promise<Answer>;

export async function startProvider(script: Script): Promise<Provider> {
  const requests: ReceivedRequest[] = [];
  const aborted: ReceivedRequest[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', async () => {
      const raw = Buffer.concat(chunks);
      const request: ReceivedRequest = {
        method: incoming.method ?? '',
        path: incoming.url ?? '',
        headers: incoming.headers,
        raw,
        body: parse(raw),
        at: performance.now(),
      };
      requests.push(request);
      response.on('close', () => {
        if (!response.writableFinished) aborted.push(request);
      });
      try {
        await answer(response, await script(request, requests.length - 1));
      } catch (error) {
        response.statusCode = 500;
        response.end(JSON.stringify({ error: { message: `script failed: ${String(error)}` } }));
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    aborted,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function answer(response: ServerResponse, what: Answer): Promise<void> {
  response.statusCode = what.status ?? 200;
  for (const [name, value] of Object.entries(what.headers ?? {})) response.setHeader(name, value);
  if ('json' in what) {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(what.json));
    return;
  }
  if ('text' in what) {
    response.setHeader('content-type', what.contentType ?? 'text/html');
    response.end(what.text);
    return;
  }
  response.setHeader('content-type', 'text/event-stream');
  response.flushHeaders();
  for (const frame of what.frames) {
    if (response.destroyed) return;
    if (typeof frame === 'number') await sleep(frame);
    else if (frame === CUT) return void response.destroy();
    else if (frame === HANG) return void (await once(response, 'close'));
    else await written(response, frame);
  }
  response.end();
}

/** Resolves once the bytes are on their way: a cut right behind them must not swallow them. */
function written(response: ServerResponse, frame: string | Buffer): Promise<void> {
  return new Promise((resolve) => {
    response.once('close', resolve);
    response.write(frame, () => {
      response.off('close', resolve);
      resolve();
    });
  });
}

function parse(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString('utf8'));
  } catch {
    return undefined;
  }
}
