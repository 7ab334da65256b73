import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/** A Chat provider that says nothing until the test lets it. */
export interface PacedUpstream {
  readonly url: string;
  /** Waits for the next request. */
  request(): Promise<PacedReply>;
}

export interface PacedReply {
  text(text: string): void;
  /** A tool call, its arguments in pieces. */
  call(name: string, ...pieces: readonly string[]): void;
  end(finish?: 'stop' | 'tool_calls'): void;
}

/** @param aside the answer to a request that is none of the test's, by its body */
export async function pacedUpstream(
  aside: (body: string) => string | undefined = () => undefined,
): Promise<PacedUpstream> {
  const waiting: ((response: ServerResponse) => void)[] = [];
  const arrived: ServerResponse[] = [];
  const server = createServer(async (incoming, response) => {
    const said = aside(await text(incoming));
    if (said === undefined) {
      const next = waiting.shift();
      if (next) next(response);
      else arrived.push(response);
      return;
    }
    const reply = replyOn(response);
    reply.text(said);
    reply.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    request: async () => {
      const first = arrived.shift();
      return replyOn(first ?? (await new Promise<ServerResponse>((resolve) => waiting.push(resolve))));
    },
  };
}

function replyOn(response: ServerResponse): PacedReply {
  const send = (delta: unknown, finish: string | null = null, usage?: unknown) => {
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
    const chunk = {
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'model-a',
      choices: usage ? [] : [{ index: 0, delta, finish_reason: finish }],
      ...(usage ? { usage } : {}),
    };
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  };
  return {
    text: (content) => send({ role: 'assistant', content }),
    call: (name, ...pieces) => {
      const start = { index: 0, id: 'call_1', type: 'function', function: { name, arguments: '' } };
      send({ role: 'assistant', tool_calls: [start] });
      for (const piece of pieces) send({ tool_calls: [{ index: 0, function: { arguments: piece } }] });
    },
    end: (finish = 'stop') => {
      send({}, finish);
      send({}, null, { prompt_tokens: 1200, completion_tokens: 34, total_tokens: 1234 });
      response.end('data: [DONE]\n\n');
    },
  };
}
