import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Answer, Provider, Script } from '../provider/provider.ts';
import {
  CHAT_PATH,
  chatRequest,
  chunk,
  DONE,
  type Extra,
  event,
  HELLO_FRAMES,
  HELLO_JSON,
  PROVIDER_KEY,
  RESPONSES_PATH,
  responsesRequest,
  startPair,
  startTestProxy,
  type TestProxy,
  until,
} from './test-proxy.ts';

let provider: Provider;
let proxy: TestProxy;

async function start(script: Script, extra: Extra = {}): Promise<void> {
  ({ provider, proxy } = await startPair(script, extra));
}

describe('the record of an exchange', () => {
  it('notes what of a reply its client has no form for', async () => {
    const search = { id: 'ws', type: 'web_search_call', status: 'completed' };
    const message = {
      id: 'm',
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'Found.', annotations: [] }],
    };
    await start(() => ({
      json: { id: 'r', object: 'response', status: 'completed', output: [search, search, message] },
    }));
    const lost = { path: 'reply', from: 'web_search_call', action: 'dropped' };
    await (await proxy.post(CHAT_PATH, chatRequest({ model: 'responses' }))).text();
    expect(proxy.last().losses).toMatchObject([lost]);
    await (await proxy.post(RESPONSES_PATH, responsesRequest({ model: 'responses' }))).text();
    expect(proxy.last().losses).toEqual([]);
  });

  it('is there while the upstream still withholds its first byte', async () => {
    let answer: (answer: Answer) => void = () => {};
    await start(
      () =>
        new Promise<Answer>((resolve) => {
          answer = resolve;
        }),
    );
    const asked = proxy.post(RESPONSES_PATH, responsesRequest({ stream: true }), {
      headers: { 'x-codex-turn-metadata': '{"request_kind":"turn","thread_source":"thread_title"}' },
    });
    await until(() => provider.requests.length === 1, 'the upstream’s request');
    expect(proxy.states[0]).toMatchObject({ state: 'queued', number: 1, attempts: 0 });
    expect(proxy.last()).toMatchObject({
      state: 'prefill',
      clientProtocol: 'responses',
      upstreamProtocol: 'chat',
      path: RESPONSES_PATH,
      purpose: 'thread_title',
      stream: true,
      modelAsked: 'chat',
      alias: 'chat',
      upstream: 'CHAT',
      model: 'chat-model',
      attempts: 1,
    });
    answer({ frames: HELLO_FRAMES });
    await (await asked).text();
    expect(proxy.states.map(({ state }) => state)).toEqual([
      'queued',
      'connecting',
      'prefill',
      'streaming',
      'done',
    ]);
  });

  it('has tokens, price, timing, bytes and the words as they came', async () => {
    await start(() => ({ frames: HELLO_FRAMES }), {
      aliases: { chat: { target: 'CHAT:chat-model', pricing: { input: 100_000, output: 200_000 } } },
    });
    for (const [path, body] of [
      [CHAT_PATH, chatRequest({ stream: true })],
      [RESPONSES_PATH, responsesRequest({ stream: true })],
    ] as const) {
      const text = await (await proxy.post(path, body)).text();
      const last = proxy.last();
      expect(last).toMatchObject({
        state: 'done',
        status: 200,
        finish: 'stop',
        modelServed: 'served-model',
        usage: { input: 10, output: 5 },
        cost: 2,
        requestBytes: JSON.stringify(body).length,
        replyBytes: Buffer.byteLength(text),
      });
      const { sent = -1, firstByte = -1, firstToken = -1, lastToken = -1, end = -1 } = last.timing;
      expect([sent, firstByte, firstToken, lastToken, end]).toEqual(
        [sent, firstByte, firstToken, lastToken, end].toSorted((a, b) => a - b),
      );
      expect(sent).toBeGreaterThanOrEqual(0);
      const said = proxy.deltas.filter(({ exchangeId }) => exchangeId === last.id);
      expect(said.map(({ kind, text: piece }) => `${kind}:${piece}`)).toEqual(['text:Hel', 'text:lo']);
    }
  });

  it('has the words of a relayed stream right, whatever stands between them', async () => {
    const texts = ['a', 'b', 'b', '"', 'content', '\\n', 'é😀', ' ', 'served-model', '0', 'c', 'd'];
    const call = { tool_calls: [{ index: 0, id: 'call_1', function: { name: 'f', arguments: '{}' } }] };
    const frames = [
      chunk({ role: 'assistant', content: '' }),
      ...texts.map((content) => chunk({ content })),
      chunk({ reasoning_content: 'hm' }),
      ...texts.map((content) => chunk({ content })),
      chunk(call),
      chunk({}, { finish_reason: 'tool_calls' }),
      DONE,
    ];
    await start(() => ({ frames: [frames.join('')] }));
    expect(await (await proxy.post(CHAT_PATH, chatRequest({ stream: true }))).text()).toBe(frames.join(''));
    const said: { kind: string; text: string }[] = [];
    for (const { kind, text } of proxy.deltas) {
      const last = said.at(-1);
      // Words that came together may be told together.
      if (last?.kind === kind) last.text += text;
      else said.push({ kind, text });
    }
    const words = { kind: 'text', text: texts.join('') };
    const call1 = [
      { kind: 'tool-call', text: 'f' },
      { kind: 'tool-arguments', text: '{}' },
    ];
    expect(said).toEqual([words, { kind: 'reasoning', text: 'hm' }, words, ...call1]);
  });

  it('has bodies, redacted, only when they are asked for', async () => {
    await start(() => ({ json: { ...HELLO_JSON, system_fingerprint: PROVIDER_KEY } }), {
      options: { recordBodies: true },
    });
    await proxy.post(RESPONSES_PATH, responsesRequest());
    const [bodies] = proxy.bodies;
    expect(JSON.parse(bodies?.clientRequest ?? '')).toEqual(responsesRequest());
    expect(JSON.parse(bodies?.upstreamRequest ?? '')).toMatchObject({ model: 'chat-model' });
    expect(bodies?.upstreamReply).toContain('[redacted]');
    expect(JSON.parse(bodies?.clientReply ?? '')).toMatchObject({ object: 'response', model: 'chat' });
    expect(JSON.stringify(bodies)).not.toContain(PROVIDER_KEY);
    await proxy.close();
    await provider.close();
    await start(() => ({ json: HELLO_JSON }));
    await proxy.post(RESPONSES_PATH, responsesRequest());
    expect(proxy.bodies).toEqual([]);
  });
});

describe('what a translation loses', () => {
  const LOSSY = responsesRequest({
    stream: true,
    input: [
      { type: 'item_reference', id: 'msg_gone' },
      { role: 'user', content: 'hello' },
    ],
    tools: [{ type: 'file_search', vector_store_ids: ['vs_1'] }],
    prompt_cache_key: 'hint',
  });

  it('is in the record, and in a header unless it is a hint', async () => {
    await start(() => ({ frames: HELLO_FRAMES }));
    const body = responsesRequest({
      stream: true,
      tools: [{ type: 'file_search', vector_store_ids: ['vs_1'] }],
      prompt_cache_key: 'hint',
    });
    const answer = await proxy.post(RESPONSES_PATH, body);
    await answer.text();
    expect(answer.headers.get('x-llmup-portability-warning')).toMatch(/^dropped tools\[0\]: [\x20-\x7e]+$/);
    expect(proxy.last().losses.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['tools[0]', 'prompt_cache_key']),
    );
  });

  it('is refused in strict mode, each thing by name, before the upstream is asked', async () => {
    await start(() => ({ frames: HELLO_FRAMES }), { options: { strict: true } });
    const answer = await proxy.post(RESPONSES_PATH, LOSSY);
    expect(answer.status).toBe(400);
    expect(JSON.stringify(await answer.json())).toMatch(/tools\[0\]/);
    expect(provider.requests).toHaveLength(0);
    expect(proxy.last()).toMatchObject({ state: 'failed', status: 400, attempts: 0 });
    const hintsOnly = responsesRequest({ prompt_cache_key: 'hint', store: false });
    expect((await proxy.post(RESPONSES_PATH, { ...hintsOnly, stream: true })).status).toBe(200);
  });
});

describe('a translated request', () => {
  it('gets the alias’s parameters and limits', async () => {
    await start(() => ({ json: HELLO_JSON }), {
      aliases: {
        chat: {
          target: 'CHAT:chat-model',
          limits: { max_output_tokens: 77 },
          params: {
            default: { temperature: 0.5, top_p: 0.9 },
            override: { chat_template_kwargs: { think: true } },
          },
        },
      },
    });
    await proxy.post(RESPONSES_PATH, responsesRequest({ temperature: 0.1 }));
    expect(provider.requests[0]?.body).toMatchObject({
      model: 'chat-model',
      temperature: 0.1,
      top_p: 0.9,
      max_tokens: 77,
      chat_template_kwargs: { think: true },
    });
  });
});

describe('reasoning that a Chat client drops', () => {
  const SEALED = 'opaque-reasoning-state';
  const CALL = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'look', arguments: '{"a":1}' };
  const REASONING = { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm.' }] };
  const response = (status: string, output: readonly object[]) => ({
    response: { id: 'resp_up', object: 'response', created_at: 1, model: 'm', status, output },
  });
  const OUTPUT = [
    { ...REASONING, encrypted_content: SEALED },
    { ...CALL, status: 'completed' },
  ];
  const CALLING: Answer = {
    frames: [
      event('response.created', 0, response('in_progress', [])),
      event('response.output_item.added', 1, { output_index: 0, item: { ...REASONING, summary: [] } }),
      event('response.output_item.done', 2, { output_index: 0, item: OUTPUT[0] ?? {} }),
      event('response.output_item.added', 3, { output_index: 1, item: { ...CALL, arguments: '' } }),
      event('response.function_call_arguments.delta', 4, {
        item_id: 'fc_1',
        output_index: 1,
        delta: CALL.arguments,
      }),
      event('response.output_item.done', 5, { output_index: 1, item: OUTPUT[1] ?? {} }),
      event('response.completed', 6, response('completed', OUTPUT)),
    ],
  };
  const TOOLS = [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }];
  const ASK = chatRequest({ model: 'responses', stream: true, tools: TOOLS });

  it('is given back to its issuer with the call it led to, also after a restart', async () => {
    const stateDirectory = await mkdtemp(join(tmpdir(), 'llmup-proxy-'));
    await start(() => CALLING, { options: { stateDirectory } });
    const reply = await (await proxy.post(CHAT_PATH, ASK)).text();
    const call = /"tool_calls":\[(\{.*?"id":"([^"]+)".*?)\]/.exec(reply);
    const id = call?.[2];
    await proxy.close();
    const file = join(stateDirectory, 'reasoning.jsonl');
    expect((await stat(file)).mode & 0o077).toBe(0);
    expect(await readFile(file, 'utf8')).toContain(SEALED);

    const restarted = await startTestProxy(provider.url, { options: { stateDirectory } });
    const history = (args: string) => ({
      ...ASK,
      messages: [
        { role: 'user', content: 'hello' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id, type: 'function', function: { name: 'look', arguments: args } }],
        },
        { role: 'tool', tool_call_id: id, content: 'seen' },
      ],
    });
    await (await restarted.post(CHAT_PATH, history('{"a":1}'))).text();
    expect(JSON.stringify(provider.requests.at(-1)?.body)).toContain(SEALED);
    await (await restarted.post(CHAT_PATH, history('{"a":2}'))).text();
    expect(JSON.stringify(provider.requests.at(-1)?.body)).not.toContain(SEALED);
    await restarted.close();
    await rm(stateDirectory, { recursive: true });
  });

  it('is never given to another caller', async () => {
    await start(() => CALLING, { options: { auth: { mode: 'client_provider_key' } } });
    const ask = async (key: string, body: object) => {
      const answer = await proxy.post(CHAT_PATH, body, { headers: { authorization: `Bearer ${key}` } });
      return answer.text();
    };
    const reply = await ask('key-of-alice-123', ASK);
    expect(provider.requests.at(-1)?.headers.authorization).toBe('Bearer key-of-alice-123');
    const id = /"tool_calls":\[\{.*?"id":"([^"]+)"/.exec(reply)?.[1];
    const call = { id, type: 'function', function: { name: 'look', arguments: '{"a":1}' } };
    const next = {
      ...ASK,
      messages: [
        { role: 'user', content: 'hello' },
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: id, content: 'seen' },
      ],
    };
    await ask('key-of-bob-456', next);
    expect(JSON.stringify(provider.requests.at(-1)?.body)).not.toContain(SEALED);
    await ask('key-of-alice-123', next);
    expect(JSON.stringify(provider.requests.at(-1)?.body)).toContain(SEALED);
  });
});
