import { afterEach, expect, it } from 'vitest';
import { type Provider, type Script, startProvider } from '../provider/provider.ts';
import {
  event,
  frameData,
  HELLO_JSON,
  RESPONSES_END,
  RESPONSES_HANDSHAKE,
  RESPONSES_PATH,
  RESPONSES_TEXT,
  responsesRequest,
  startTestProxy,
  type TestProxy,
} from './test-proxy.ts';

/** A Responses client goes on with another model: what the first one sealed is not shown to the second. */

let provider: Provider;
let proxy: TestProxy;
afterEach(async () => {
  await proxy.close();
  await provider.close();
});
async function start(script: Script, extra?: (url: string) => object): Promise<void> {
  provider = await startProvider(script);
  proxy = await startTestProxy(provider.url, { ...(extra && { config: extra(provider.url) }) });
}

type Item = Record<string, unknown>;
const CALL = { id: 'c1', type: 'function', function: { name: 'look', arguments: '{}' } };
const THOUGHT = {
  json: {
    ...HELLO_JSON,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: null,
          reasoning_content: 'let me look',
          reasoning_details: [{ type: 'reasoning.encrypted', data: 'chat-secret' }],
          tool_calls: [CALL],
        },
        finish_reason: 'tool_calls',
      },
    ],
  },
};
const NATIVE = {
  id: 'resp_up',
  object: 'response',
  status: 'completed',
  model: 'served',
  output: [
    { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: 'gAAA' },
    {
      id: 'fc_1',
      type: 'function_call',
      call_id: 'c1',
      name: 'look',
      arguments: '{}',
      status: 'completed',
    },
  ],
};
const STREAM = { frames: [...RESPONSES_HANDSHAKE, ...RESPONSES_TEXT, ...RESPONSES_END] };
const TOOLS = [{ type: 'function', name: 'look', parameters: { type: 'object', properties: {} } }];
const sealed = { include: ['reasoning.encrypted_content'], tools: TOOLS, store: false };
const result = { type: 'function_call_output', call_id: 'c1', output: 'nothing' };

it('from a translated upstream to one of its own protocol: sealed reasoning stays behind, all else is its bytes', async () => {
  await start((request) => (request.path.endsWith('/responses') ? STREAM : THOUGHT));
  const first = await proxy.post(RESPONSES_PATH, responsesRequest({ model: 'chat', ...sealed }));
  const { output } = (await first.json()) as { output: readonly Item[] };
  const [reasoning, call] = output;
  expect(reasoning).toMatchObject({ type: 'reasoning', id: expect.stringMatching(/^rs_llmup_/) });

  const user = '{ "role":"user" , "content":"a \\"]} \\\\ b", "big":1152921504606846976,"one":1.0 }';
  const input = [user, JSON.stringify(reasoning), JSON.stringify(call), JSON.stringify(result)];
  const body = (items: readonly string[], model: string): string =>
    `{"model":"${model}","stream":true,"input":[ ${items.join(', ')} ],"store":false}`;
  const second = await proxy.post(RESPONSES_PATH, body(input, 'responses'));
  expect(frameData(await second.text()).at(-1)).toMatchObject({ type: 'response.completed' });
  const sent = provider.requests.at(-1)?.raw.toString() ?? '';
  expect(sent).not.toContain('llmup');
  expect(sent.replaceAll(' ', '')).toBe(
    body([user, input[2] ?? '', input[3] ?? ''], 'responses-model').replaceAll(' ', ''),
  );
  expect(sent).toContain(user);
  expect(proxy.last().losses).toMatchObject([{ path: 'input[1]', action: 'dropped', topic: 'hint' }]);
});

it('from an upstream whose answer was written anew back to it: its own seal, as it gave it', async () => {
  // A stream was asked for, so the JSON is told as one, with items that were made here.
  await start((_, index) => (index === 0 ? { json: NATIVE } : STREAM));
  const request = responsesRequest({ model: 'responses', stream: true, ...sealed });
  const events = frameData(await (await proxy.post(RESPONSES_PATH, request)).text()) as Item[];
  const last = events.at(-1)?.response as { output: readonly Item[] } | undefined;
  const output = last?.output ?? [];
  expect(output[0]?.encrypted_content).toMatch(/^llmup1\./);

  const input = [{ role: 'user', content: 'go' }, ...output, result];
  await (await proxy.post(RESPONSES_PATH, { ...request, input })).text();
  const body = provider.requests.at(-1)?.body as { input: readonly Item[] };
  expect(body.input[1]).toEqual({ type: 'reasoning', summary: [], encrypted_content: 'gAAA' });
  expect(body.input[3]).toEqual(result);
  expect(proxy.last().losses).toEqual([]);
});

it('a request that only speaks of such things is passed on as it is', async () => {
  await start(() => STREAM);
  const body = `{"model":"responses","stream":true,"input":[{"role":"user","content":"what is llmup1. and rs_llmup_ ?"} ]}`;
  await (await proxy.post(RESPONSES_PATH, body)).text();
  expect(provider.requests[0]?.raw.toString()).toBe(body.replace('"responses"', '"responses-model"'));
});

const SEALED_STREAM = [
  ...RESPONSES_HANDSHAKE,
  event('response.output_item.done', 2, { output_index: 0, item: NATIVE.output[0] }),
  event('response.completed', 3, { response: { ...NATIVE, output: [NATIVE.output[0]] } }),
];

it.each([true, false])(
  'between two upstreams of its own protocol, which do not read each other (stream: %s)',
  async (stream) => {
    await start(
      () => (stream ? { frames: SEALED_STREAM } : { json: NATIVE }),
      (url) => {
        const upstream = {
          api_root: `${url}/v1`,
          format: 'openai-responses',
          provider_key_env: 'TEST_PROVIDER_KEY',
        };
        return { upstreams: { ONE: upstream, TWO: upstream }, model_aliases: { one: 'ONE:m', two: 'TWO:m' } };
      },
    );
    const input = [{ role: 'user', content: 'go' }, NATIVE.output[0], { role: 'user', content: 'on' }];
    await (await proxy.post(RESPONSES_PATH, { model: 'one', stream, input: 'go' })).text();
    await (await proxy.post(RESPONSES_PATH, { model: 'one', stream, input })).text();
    await (await proxy.post(RESPONSES_PATH, { model: 'two', stream, input })).text();
    const inputs = provider.requests.map(({ body }) => (body as { input: unknown }).input);
    expect(inputs[1]).toEqual(input);
    expect(inputs[2]).toEqual([input[0], input[2]]);
    expect(proxy.last().losses).toMatchObject([{ path: 'input[1]', action: 'dropped', topic: 'hint' }]);
  },
);

it('heals a history whose seals its upstream refuses, each time, without forgetting seals for good', async () => {
  const refused = {
    status: 400,
    json: {
      error: {
        message: 'The encrypted content gAAA... could not be verified. Reason: it could not be decrypted.',
        type: 'invalid_request_error',
        code: 'invalid_encrypted_content',
      },
    },
  };
  await start(({ raw }) => (raw.includes('gOLD') ? refused : { json: NATIVE }));
  const ask = (sealed: string) =>
    proxy.post(RESPONSES_PATH, {
      model: 'responses',
      input: [
        { role: 'user', content: 'go' },
        { ...NATIVE.output[0], encrypted_content: sealed },
      ],
    });
  expect((await ask('gOLD')).status).toBe(200);
  expect(provider.requests).toHaveLength(2);
  expect(proxy.last().losses).toMatchObject([
    { from: 'sealed reasoning', action: 'dropped', topic: 'reasoning' },
  ]);
  expect((await ask('gNEW')).status).toBe(200);
  expect(provider.requests[2]?.raw.toString()).toContain('gNEW');
});
