import type { SessionRow } from '../../src/display/panels/sessions.ts';
import type { SessionView, WatchMessage } from '../../src/sessions/view.ts';
import type { Exchange, ExchangeDelta } from '../../src/traffic/exchange.ts';
import type { Receipt } from '../../src/traffic/receipt.ts';

/** 2026-01-15, five past ten in UTC. */
export const START = Date.UTC(2026, 0, 15, 10, 5, 0);

export const SESSION: SessionView = {
  id: 'a1f3',
  kind: 'session',
  client: 'codex',
  clientVersion: '0.169.0',
  preset: 'glm-coding',
  alias: 'opus',
  workspace: '/home/ada/src/app',
  proxyUrl: 'http://127.0.0.1:41533',
  pid: 18231,
  startedAt: START - 3_720_000,
  routes: [{ alias: 'opus', upstream: 'z-ai', model: 'glm-5.2', protocol: 'chat' }],
};

/** A running session, a running proxy, one that ended well and one that did not. */
export const SESSIONS: readonly SessionRow[] = [
  { view: SESSION, running: true, watchable: true },
  {
    view: {
      ...SESSION,
      id: '20260115-090000-b77c',
      kind: 'serve',
      preset: 'local',
      startedAt: START - 720_000,
    },
    running: true,
    watchable: true,
  },
  {
    view: {
      ...SESSION,
      id: '20260114-090000-9d20',
      preset: 'openai',
      alias: 'gpt-5',
      startedAt: START - 90_000_000,
    },
    running: false,
    watchable: false,
    exitCode: 0,
  },
  {
    view: { ...SESSION, id: '20260112-090000-c0de', startedAt: START - 260_000_000 },
    running: false,
    watchable: false,
    exitCode: 130,
  },
];

export const HELLO: WatchMessage = { type: 'hello', version: 1, session: SESSION };

/** A finished exchange of number `number`, ten seconds after the one before. */
export function exchange(number: number, change: Partial<Exchange> = {}): Exchange {
  return {
    id: `x${number}`,
    number,
    startedAt: START + number * 10_000,
    state: 'done',
    clientProtocol: 'responses',
    path: '/openai/v1/responses',
    stream: true,
    modelAsked: 'opus',
    alias: 'opus',
    upstream: 'z-ai',
    upstreamProtocol: 'chat',
    model: 'glm-5.2',
    status: 200,
    attempts: 1,
    timing: { sent: 4, firstByte: 380, firstToken: 390, lastToken: 9390, end: 9400 },
    usage: { input: 13_100, cachedRead: 12_500, output: 577 },
    cost: 0.0042,
    finish: 'stop',
    losses: [],
    requestBytes: 40_000,
    replyBytes: 9_000,
    ...change,
  };
}

/** An exchange that its upstream has not answered yet. */
export function waiting(number: number, change: Partial<Exchange> = {}): Exchange {
  const { status: _s, usage: _u, cost: _c, finish: _f, ...rest } = exchange(number);
  return { ...rest, state: 'prefill', timing: { sent: 4 }, ...change };
}

export function exchangeMessage(record: Exchange): WatchMessage {
  return { type: 'exchange', exchange: record };
}

export function deltaMessage(
  exchangeId: string,
  kind: ExchangeDelta['kind'],
  text: string,
  part?: number,
): WatchMessage {
  return { type: 'delta', delta: { exchangeId, kind, text, ...(part !== undefined && { part }) } };
}

export const LOSSES: Exchange['losses'] = [
  {
    path: 'prompt_cache_key',
    from: 'prompt_cache_key',
    to: '',
    action: 'dropped',
    topic: 'hint',
    reason: 'Chat Completions of this upstream has no cache key.',
  },
  {
    path: 'tools[2]',
    from: 'custom tool',
    to: 'function',
    action: 'emulated',
    topic: 'tools',
    reason: 'A freeform tool is offered as a function with one string argument.',
  },
  {
    path: 'input[3].content[0]',
    from: 'reasoning signature',
    to: '',
    action: 'dropped',
    topic: 'reasoning',
    reason: 'The signature belongs to another provider, which alone could read it.',
  },
];

export const RECEIPT: Receipt = {
  sessionId: 'a1f3',
  durationMs: 3_731_000,
  requests: 36,
  failed: 1,
  cancelled: 0,
  retries: 1,
  usage: { input: 418_300, cachedRead: 380_000, output: 9_100 },
  cost: 0.278,
  unpriced: 0,
  losses: [{ what: 'reasoning', action: 'dropped', count: 31 }],
  errors: [{ message: 'rate limit', count: 1 }],
  exitCode: 0,
};

/** Three exchanges of a working session: one done, one refused, one streaming since `streamingSince`. */
export function workingSession(streamingSince = START + 360_000): readonly WatchMessage[] {
  return [
    HELLO,
    exchangeMessage(exchange(34, { losses: LOSSES, attempts: 2 })),
    exchangeMessage(
      waiting(35, {
        state: 'failed',
        status: 429,
        timing: { sent: 3, firstByte: 210, end: 212 },
        error: { kind: 'rate-limit', message: 'Too many requests, retry in 20 s', upstreamStatus: 429 },
      }),
    ),
    exchangeMessage(
      waiting(36, {
        state: 'streaming',
        startedAt: streamingSince,
        timing: { sent: 3, firstByte: 380, firstToken: 390 },
      }),
    ),
    deltaMessage(
      'x36',
      'reasoning',
      'The delta frames lose their index when the parser is reset between frames.',
    ),
    deltaMessage('x36', 'text', 'I will update the parser so that the delta frames keep their index. '),
    deltaMessage('x36', 'text', 'First I look at the failing test:'),
    deltaMessage('x36', 'tool-call', 'shell'),
    deltaMessage('x36', 'tool-arguments', '{"command":["sed","-n","1,200p",'),
    deltaMessage('x36', 'tool-arguments', '"src/sse.ts"]'),
  ];
}
