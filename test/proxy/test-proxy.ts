import { onTestFinished } from 'vitest';
import { resolveCredentials } from '../../src/config/credentials.ts';
import { parseConfig } from '../../src/config/parse.ts';
import type { ProxyHandle, ProxyOptions } from '../../src/proxy/handle.ts';
import { startProxy } from '../../src/proxy/server.ts';
import { TrafficBus } from '../../src/traffic/bus.ts';
import type { Exchange, ExchangeBodies, ExchangeDelta } from '../../src/traffic/exchange.ts';
import { type Provider, type Script, startProvider } from '../provider/provider.ts';

export const CLIENT_KEY = 'client-key-for-tests-1';
export const PROVIDER_KEY = 'provider-key-for-tests-2';

export interface TestProxy extends ProxyHandle {
  /** Every state of every exchange, in order. */
  readonly states: readonly Exchange[];
  readonly deltas: readonly ExchangeDelta[];
  readonly bodies: readonly ExchangeBodies[];
  /** The last state of the last exchange. */
  last(): Exchange;
  /** Posts with the client's key. */
  post(path: string, body: unknown, init?: PostInit): Promise<Response>;
}

interface PostInit {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Timers in milliseconds' reach, so that nothing in a test waits. */
const FAST = {
  connect_timeout_secs: 2,
  unary_timeout_secs: 10,
  heartbeat_after_secs: 20,
  retries: 2,
  retry_base_secs: 0.002,
  retry_max_secs: 0.05,
  grace_secs: 0.2,
};

export interface Extra {
  readonly timers?: object;
  readonly config?: object;
  readonly chat?: object;
  readonly responses?: object;
  readonly aliases?: object;
  readonly options?: Partial<ProxyOptions>;
}

/** A provider that follows a script, and a proxy before it; both are gone when the test is over. */
export async function startPair(
  script: Script,
  extra: Extra = {},
): Promise<{ readonly provider: Provider; readonly proxy: TestProxy }> {
  const provider = await startProvider(script);
  onTestFinished(() => provider.close());
  const proxy = await startTestProxy(provider.url, extra);
  onTestFinished(() => proxy.close(0));
  return { provider, proxy };
}

/** A proxy in this process. `chat` and `responses` are aliases of two upstreams at `url`. */
export async function startTestProxy(url: string, extra: Extra = {}): Promise<TestProxy> {
  const upstream = (format: string, more: object = {}) => ({
    api_root: `${url}/v1`,
    format,
    provider_key_env: 'TEST_PROVIDER_KEY',
    ...more,
  });
  const config = parseConfig(
    JSON.stringify({
      upstreams: {
        CHAT: upstream('openai-completion', extra.chat),
        RESPONSES: upstream('openai-responses', extra.responses),
      },
      model_aliases: { chat: 'CHAT:chat-model', responses: 'RESPONSES:responses-model', ...extra.aliases },
      timers: { ...FAST, ...extra.timers },
      ...extra.config,
    }),
    'test.yaml',
  );
  const bus = new TrafficBus();
  const states: Exchange[] = [];
  const deltas: ExchangeDelta[] = [];
  const bodies: ExchangeBodies[] = [];
  bus.subscribe({
    onEvent: (event) =>
      void (event.type === 'exchange' ? states.push(event.exchange) : deltas.push(event.delta)),
    onBodies: (all) => void bodies.push(all),
  });
  const handle = await startProxy({
    config,
    credentials: resolveCredentials(config, new Map([['TEST_PROVIDER_KEY', PROVIDER_KEY]])),
    listen: { host: '127.0.0.1', port: 0 },
    auth: { mode: 'proxy_key', key: CLIENT_KEY },
    bus,
    recordBodies: false,
    env: {},
    ...extra.options,
  });
  return {
    ...handle,
    states,
    deltas,
    bodies,
    last: () => {
      const last = states.at(-1);
      if (!last) throw new Error('no exchange was recorded');
      return last;
    },
    post: (path, body, { headers = {}, signal } = {}) =>
      fetch(`${handle.url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${CLIENT_KEY}`, 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
        ...(signal && { signal }),
      }),
  };
}

/** Waits for a condition that something else brings about. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  for (let waited = 0; waited < 10_000; waited += 2) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error(`never happened: ${what}`);
}

export const CHAT_PATH = '/openai/v1/chat/completions';
export const RESPONSES_PATH = '/openai/v1/responses';

export function chatRequest(more: object = {}): object {
  return { model: 'chat', messages: [{ role: 'user', content: 'hello' }], ...more };
}

export function responsesRequest(more: object = {}): object {
  return { model: 'chat', input: 'hello', ...more };
}

/** A frame of a Chat stream. */
export function chunk(delta: object, more: object = {}): string {
  return `data: ${JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'served-model',
    choices: [{ index: 0, delta, finish_reason: null, ...more }],
  })}\n\n`;
}

export const FINISH = chunk({}, { finish_reason: 'stop' });
export const DONE = 'data: [DONE]\n\n';
export const USAGE = `data: ${JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'served-model',
  choices: [],
  usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
})}\n\n`;

/** A whole Chat stream. */
export const HELLO_FRAMES: readonly string[] = [
  chunk({ role: 'assistant', content: '' }),
  chunk({ content: 'Hel' }),
  chunk({ content: 'lo' }),
  FINISH,
  USAGE,
  DONE,
];

export const HELLO_JSON = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'served-model',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
};

/** A frame of a Responses stream. */
export function event(type: string, sequence_number: number, more: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number, ...more })}\n\n`;
}

const RESPONSE = { id: 'resp_up', object: 'response', created_at: 1, model: 'served-model', output: [] };
const MESSAGE = { id: 'msg_up', type: 'message', role: 'assistant' };

/** The frames of a Responses stream up to its first text. */
export const RESPONSES_HANDSHAKE: readonly string[] = [
  event('response.created', 0, { response: { ...RESPONSE, status: 'in_progress' } }),
  event('response.in_progress', 1, { response: { ...RESPONSE, status: 'in_progress' } }),
];

export const RESPONSES_TEXT: readonly string[] = [
  event('response.output_item.added', 2, {
    output_index: 0,
    item: { ...MESSAGE, status: 'in_progress', content: [] },
  }),
  event('response.content_part.added', 3, {
    item_id: 'msg_up',
    output_index: 0,
    content_index: 0,
    part: { type: 'output_text', text: '', annotations: [] },
  }),
  event('response.output_text.delta', 4, {
    item_id: 'msg_up',
    output_index: 0,
    content_index: 0,
    delta: 'Hello',
  }),
];

const TEXT_PART = { type: 'output_text', text: 'Hello', annotations: [] };
const DONE_ITEM = { ...MESSAGE, status: 'completed', content: [TEXT_PART] };

export const RESPONSES_END: readonly string[] = [
  event('response.output_text.done', 5, {
    item_id: 'msg_up',
    output_index: 0,
    content_index: 0,
    text: 'Hello',
  }),
  event('response.content_part.done', 6, {
    item_id: 'msg_up',
    output_index: 0,
    content_index: 0,
    part: TEXT_PART,
  }),
  event('response.output_item.done', 7, { output_index: 0, item: DONE_ITEM }),
  event('response.completed', 8, {
    response: {
      ...RESPONSE,
      status: 'completed',
      output: [DONE_ITEM],
      usage: { input_tokens: 10, output_tokens: 5, total_tokens: 15 },
    },
  }),
];

/** The data of each frame of an event stream, parsed where it is JSON. */
export function frameData(text: string): readonly unknown[] {
  return text
    .split(/\n\n/)
    .map((frame) => /^data: (.*)$/m.exec(frame)?.[1])
    .filter((data) => data !== undefined)
    .map((data) => (data === '[DONE]' ? data : JSON.parse(data)));
}
