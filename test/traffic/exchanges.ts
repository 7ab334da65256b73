import type { Exchange } from '../../src/traffic/exchange.ts';

/** A finished exchange, as a proxy records it. */
export function exchange(changes: Partial<Exchange> = {}): Exchange {
  return {
    id: 'ex_1',
    number: 1,
    startedAt: 1_760_000_000_000,
    state: 'done',
    clientProtocol: 'responses',
    path: '/openai/v1/responses',
    stream: true,
    modelAsked: 'fast',
    alias: 'fast',
    upstream: 'local',
    upstreamProtocol: 'chat',
    model: 'qwen3',
    modelServed: 'qwen3:30b',
    status: 200,
    attempts: 1,
    timing: { sent: 3, firstByte: 210, firstToken: 230, lastToken: 900, end: 910 },
    usage: { input: 1200, output: 80 },
    finish: 'stop',
    losses: [],
    requestBytes: 4000,
    replyBytes: 900,
    ...changes,
  };
}
