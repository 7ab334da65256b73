import { PassThrough } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import { expect, test } from 'vitest';
import { runWatchScreen } from '../../src/display/watch.tsx';
import type { WatchMessage } from '../../src/sessions/view.ts';
import type { Exchange } from '../../src/traffic/exchange.ts';
import { exchange, exchangeMessage, HELLO, LOSSES, RECEIPT, waiting } from './traffic.ts';

/** What `watch` prints without a terminal, given these messages. */
async function printed(
  messages: readonly WatchMessage[],
  options: { readonly ascii?: boolean } = {},
): Promise<string> {
  const stdout = new PassThrough();
  const stdin = new PassThrough();
  const exitCode = await runWatchScreen({
    source: {
      subscribe: (listener) => {
        for (const message of messages) listener(message);
        return () => {};
      },
      closed: Promise.resolve(),
    },
    ...options,
    stdin: stdin as unknown as ReadStream,
    stdout: stdout as unknown as WriteStream,
    env: { LANG: 'C.UTF-8', HOME: '/home/ada' },
  });
  expect(exitCode).toBe(0);
  return String(stdout.read() ?? '');
}

const sentence = async (change: Partial<Exchange>) =>
  (await printed([exchangeMessage(exchange(36, change))])).trim();

test('one sentence for each finished exchange', async () => {
  expect(await sentence({})).toBe(
    'request 36, opus to glm-5.2, ok, 0.4 seconds to first token, 577 tokens, 64 tokens a second, 0.0042 dollars',
  );
  expect(await sentence({ attempts: 2, losses: LOSSES, cost: 0.5, usage: { output: 1 } })).toBe(
    'request 36, opus to glm-5.2, ok, 1 retry, 0.4 seconds to first token, 1 token, 0.5 dollars, 1 loss',
  );
});

test('failures and cancellations say why', async () => {
  const { usage: _u, cost: _c, ...bare } = exchange(36, { timing: { end: 3200 } });
  const failed = {
    ...bare,
    state: 'failed',
    status: 429,
    error: { kind: 'rate-limit', message: 'Too many\nrequests' },
  } as const;
  expect((await printed([exchangeMessage(failed)])).trim()).toBe(
    'request 36, opus to glm-5.2, failed with status 429, rate limit, Too many requests',
  );
  expect((await printed([exchangeMessage({ ...bare, state: 'cancelled' })])).trim()).toBe(
    'request 36, opus to glm-5.2, cancelled by the client after 3.2 seconds',
  );
});

test('a session as a whole: who, each exchange once, the receipt', async () => {
  const text = await printed([
    HELLO,
    exchangeMessage(waiting(1)),
    exchangeMessage(exchange(1)),
    exchangeMessage(exchange(1)),
    exchangeMessage(waiting(2)),
    { type: 'receipt', receipt: RECEIPT },
  ]);
  const [first, second, ...rest] = text.split('\n');
  expect(first).toBe('session a1f3, codex 0.169.0 in /home/ada/src/app, preset glm-coding');
  expect(second).toMatch(/^request 1, /);
  expect(text.match(/^request /gm)).toHaveLength(1);
  expect(rest.join('\n')).toContain('418,300 in');
  expect(text).not.toContain('\u001b');
});

test('no control sequence of a provider is printed', async () => {
  const text = await sentence({ alias: 'a\u001b[31mb', model: 'm\u0007\r\n' });
  expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  expect(await printed([exchangeMessage(exchange(1, { alias: '你好' }))], { ascii: true })).toMatch(
    /^[\n\x20-\x7e]*$/,
  );
});
