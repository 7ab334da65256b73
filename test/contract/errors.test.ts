import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../provider/provider.ts';
import { say } from '../provider/reply-plan.ts';
import { type Bench, CLIENT_KEY, startBench } from './bench.ts';

/** Failures as the official SDK sees them (translation.md §7, §8). */

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

const CLIENTS = (['chat', 'responses'] as const).flatMap((client) =>
  (['stranger', 'responses'] as const).map((upstream) => ({ client, upstream })),
);

/** The error the SDK throws. */
async function failure(client: 'chat' | 'responses', model: string, stream = false): Promise<unknown> {
  try {
    if (client === 'chat') {
      const messages = [{ role: 'user' as const, content: 'x' }];
      const got = await bench.openai.chat.completions.create({ model, messages, stream });
      if (Symbol.asyncIterator in got) for await (const _ of got);
    } else {
      const got = await bench.openai.responses.create({ model, input: 'x', stream });
      if (Symbol.asyncIterator in got) for await (const _ of got);
    }
  } catch (error) {
    return error;
  }
  throw new Error('nothing failed');
}

const error = (status: number, fields: object, headers: Record<string, string> = {}): Answer => ({
  status,
  headers,
  json: { error: fields },
});

interface Row {
  readonly name: string;
  readonly answer: Answer;
  readonly status: number;
  readonly code?: string | null;
  readonly message: RegExp;
  /** Requests the upstream sees: a failure that may pass is tried once more. */
  readonly tries: number;
}

const ROWS: readonly Row[] = [
  {
    name: 'a bad request',
    answer: error(400, {
      message: 'temperature is odd',
      type: 'invalid_request_error',
      param: 'temperatur',
      code: 'odd',
    }),
    status: 400,
    code: 'odd',
    message: /temperature is odd/,
    tries: 1,
  },
  {
    name: 'an unknown model upstream',
    answer: error(404, {
      message: 'The model does not exist',
      type: 'invalid_request_error',
      code: 'model_not_found',
    }),
    status: 404,
    code: 'model_not_found',
    message: /does not exist/,
    tries: 1,
  },
  {
    name: 'a rate limit whose wait is too long',
    answer: error(
      429,
      { message: 'Slow down', type: 'requests', code: 'rate_limit_exceeded' },
      { 'retry-after': '7' },
    ),
    status: 429,
    code: 'rate_limit_exceeded',
    message: /Slow down/,
    tries: 1,
  },
  {
    name: 'no quota',
    answer: error(429, { message: 'You exceeded your current quota', code: 'insufficient_quota' }),
    status: 429,
    code: 'insufficient_quota',
    message: /quota/,
    tries: 1,
  },
  {
    name: 'a broken upstream',
    answer: error(500, { message: 'Boom' }),
    status: 500,
    message: /Boom/,
    tries: 2,
  },
  {
    name: 'an overloaded upstream',
    answer: error(503, { message: 'Overloaded', code: 'server_is_overloaded' }),
    status: 503,
    message: /Overloaded/,
    tries: 2,
  },
  {
    name: 'Anthropic’s 529',
    answer: error(529, { message: 'Overloaded' }),
    status: 503,
    message: /Overloaded/,
    tries: 2,
  },
  {
    name: 'HTML with 502',
    answer: { status: 502, text: '<html><body>Bad gateway</body></html>' },
    status: 502,
    message: /./,
    tries: 2,
  },
  ...[
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
    'prompt is too long: 210000 tokens > 200000 maximum',
    'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
    'Input is too long for requested model: exceeds the context window.',
    'the request exceeds the available context size, try increasing it',
  ].map((message) => ({
    name: `a full context: ${message.slice(0, 30)}…`,
    answer: error(400, { message, type: 'invalid_request_error', code: null }),
    status: 400,
    code: 'context_length_exceeded',
    message: /./,
    tries: 1,
  })),
];

describe.each(CLIENTS)('a $client client over $upstream is told of', ({ client, upstream }) => {
  it.each(ROWS)('$name', async ({ answer, status, code, message, tries }) => {
    for (const stream of [false, true]) {
      bench.script(answer, answer, answer);
      const thrown = await failure(client, upstream, stream);
      expect(thrown).toBeInstanceOf(OpenAI.APIError);
      expect(thrown).toMatchObject({ status, message: expect.stringMatching(message) });
      expect(thrown).toMatchObject({ type: expect.any(String), ...(code !== undefined && { code }) });
      expect(bench.bodies()).toHaveLength(tries);
    }
  });

  it('how long to wait', async () => {
    bench.script(error(429, { message: 'Slow down' }, { 'retry-after': '7' }));
    const thrown = (await failure(client, upstream)) as InstanceType<typeof OpenAI.APIError>;
    expect(thrown.headers?.get('retry-after')).toBe('7');
  });

  it('refused credentials: a fault of the configuration, with the upstream and its variable, without the key', async () => {
    bench.script(
      error(401, {
        message: 'Incorrect API key provided: provider-key-0815-uvwxyz',
        code: 'invalid_api_key',
      }),
    );
    const thrown = (await failure(client, upstream)) as InstanceType<typeof OpenAI.APIError>;
    expect(thrown.message).toMatch(upstream === 'stranger' ? /STRANGER/ : /RESPONSES/);
    expect(thrown.message).toContain('TEST_PROVIDER_KEY');
    expect(thrown.message).not.toContain('0815');
    expect(bench.bodies()).toHaveLength(1);
  });

  it.each<[string, Answer]>([
    ['HTML', { text: '<html>Welcome to the café</html>' }],
    ['nothing', { text: '', contentType: 'application/json' }],
    ['broken JSON', { text: '{"choices": [', contentType: 'application/json' }],
    ['JSON of something else', { json: { hello: 'world' } }],
  ])('%s with 200, as a 502', async (_, answer) => {
    bench.script(answer, answer, answer);
    expect(await failure(client, upstream)).toMatchObject({ status: 502 });
  });

  it('a failure that passed: tried again, and never told', async () => {
    const { answer } = { answer: error(500, { message: 'Boom' }) };
    bench.script(answer, { say: [say('hi')] });
    const text =
      client === 'chat'
        ? (
            await bench.openai.chat.completions.create({
              model: upstream,
              messages: [{ role: 'user', content: 'x' }],
            })
          ).choices[0]?.message.content
        : (await bench.openai.responses.create({ model: upstream, input: 'x' })).output_text;
    expect(text).toBe('hi');
    expect(bench.bodies()).toHaveLength(2);
  });
});

describe('the proxy itself refuses', () => {
  it.each(['chat', 'responses'] as const)(
    'an unknown model with 404 and the nearest alias (%s)',
    async (client) => {
      bench.script();
      expect(await failure(client, 'strangr')).toMatchObject({
        status: 404,
        code: 'model_not_found',
        message: expect.stringContaining('stranger'),
      });
      // The name of a target model is no route.
      expect(await failure(client, 'upstream-model')).toMatchObject({ status: 404 });
      expect(bench.bodies()).toEqual([]);
    },
  );

  it.each([
    ['a wrong key', { authorization: 'Bearer wrong' }, [401, 403]],
    ['no key', { authorization: '' }, [401]],
  ])('%s, in the shape of the route, before the body is read', async (_, headers, statuses) => {
    const response = await bench.post('/openai/v1/responses', '{', headers);
    expect(statuses).toContain(response.status);
    expect(await response.json()).toMatchObject({
      error: { message: expect.any(String), type: expect.any(String) },
    });
  });

  it.each(['x-api-key', 'api-key', 'x-goog-api-key'])(
    'no client that presents its key as %s',
    async (header) => {
      bench.script({ say: [say('hi')] });
      const headers = { 'content-type': 'application/json', [header]: CLIENT_KEY };
      const body = JSON.stringify({ model: 'stranger', input: 'x' });
      const response = await fetch(`${bench.url}/openai/v1/responses`, { method: 'POST', headers, body });
      expect(response.status).toBe(200);
    },
  );

  it.each([
    ['not JSON', '{"model":'],
    ['not an object', '[]'],
    ['no model', '{"input":"x"}'],
    ['no input', '{"model":"stranger"}'],
    ['a strange item', '{"model":"stranger","input":[{"type":"thought"}]}'],
    ['input of a wrong type', '{"model":"stranger","input":7}'],
  ])('a body that is %s with 400', async (_, body) => {
    bench.script();
    const response = await bench.post('/openai/v1/responses', body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { message: expect.any(String) } });
    expect(bench.bodies()).toEqual([]);
  });

  it('an image for a model that sees none, whatever its upstream says', async () => {
    bench.script();
    const image_url = 'data:image/png;base64,iVBORw0KGgo=';
    const input = [
      {
        role: 'user' as const,
        content: [{ type: 'input_image' as const, image_url, detail: 'auto' as const }],
      },
    ];
    await expect(bench.openai.responses.create({ model: 'blind', input })).rejects.toMatchObject({
      status: 400,
      message: expect.stringMatching(/image/),
    });
    const messages = [
      { role: 'user' as const, content: [{ type: 'image_url' as const, image_url: { url: image_url } }] },
    ];
    await expect(bench.openai.chat.completions.create({ model: 'blind', messages })).rejects.toMatchObject({
      status: 400,
    });
    expect(bench.bodies()).toEqual([]);
  });

  it('a WebSocket upgrade with 426', async () => {
    const { request } = await import('node:http');
    const status = await new Promise((resolve, reject) => {
      const upgrade = request(`${bench.url}/openai/v1/responses`, {
        headers: {
          connection: 'Upgrade',
          upgrade: 'websocket',
          'sec-websocket-version': '13',
          'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
          authorization: `Bearer ${CLIENT_KEY}`,
        },
      });
      upgrade.on('response', (response) => resolve(response.statusCode));
      upgrade.on('upgrade', () => reject(new Error('upgraded')));
      upgrade.on('error', reject);
      upgrade.end();
    });
    expect(status).toBe(426);
  });
});

describe('models', () => {
  it('are the aliases', async () => {
    const list = await bench.openai.models.list();
    expect(list.data.map((model) => model.id).sort()).toEqual(['blind', 'openai', 'responses', 'stranger']);
    expect(await bench.openai.models.retrieve('stranger')).toMatchObject({ id: 'stranger', object: 'model' });
    await expect(bench.openai.models.retrieve('nobody')).rejects.toMatchObject({ status: 404 });
  });

  it('are a Codex catalog to Codex', async () => {
    const headers = { authorization: `Bearer ${CLIENT_KEY}`, 'user-agent': 'codex_exec/0.169.0' };
    const response = await fetch(`${bench.url}/openai/v1/models?client_version=0.169.0`, { headers });
    const { models } = (await response.json()) as { models: object[] };
    expect(models).toHaveLength(4);
    for (const model of models)
      expect(model).toMatchObject({
        slug: expect.any(String),
        display_name: expect.any(String),
        supported_reasoning_levels: expect.any(Array),
        shell_type: expect.any(String),
        visibility: 'list',
        supported_in_api: true,
        priority: expect.any(Number),
        base_instructions: expect.any(String),
        truncation_policy: { mode: expect.any(String), limit: expect.any(Number) },
        experimental_supported_tools: [],
      });
  });
});

describe('headers', () => {
  it('of the client that concern only it stay here', async () => {
    for (const model of ['stranger', 'responses']) {
      bench.script({ say: [say('hi')] });
      await bench.post(
        '/openai/v1/responses',
        { model, input: 'x' },
        { cookie: 'a=b', 'x-stainless-lang': 'js', 'accept-encoding': 'br', 'openai-organization': 'o' },
      );
      const got = bench.requests()[0]?.headers ?? {};
      expect(got).toMatchObject({ 'accept-encoding': 'identity', 'content-type': 'application/json' });
      expect(Object.keys(got).filter((name) => name === 'cookie' || name.startsWith('x-stainless'))).toEqual(
        [],
      );
      expect(JSON.stringify(got)).not.toContain(CLIENT_KEY);
    }
  });

  it('of the provider that a client acts on come through, and nothing secret', async () => {
    bench.script({
      headers: {
        'x-request-id': 'req_9',
        'x-ratelimit-remaining-requests': '41',
        'set-cookie': 'session=secret',
        'openai-model': 'upstream-model',
      },
      json: { choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }] },
    });
    const response = await bench.post('/openai/v1/responses', { model: 'stranger', input: 'x' });
    expect(response.headers.get('x-request-id')).toBe('req_9');
    expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('41');
    expect(response.headers.get('x-llmup-exchange')).toMatch(/./);
    expect(response.headers.get('set-cookie')).toBeNull();
    expect(response.headers.get('openai-model') ?? 'stranger').toBe('stranger');
  });
});

describe('an optional field that the upstream refuses', () => {
  const refuses = (param: string, message = `Unsupported parameter: '${param}'`): Answer =>
    error(400, { message, type: 'invalid_request_error', param, code: 'unsupported_parameter' });

  it.each([
    ['reasoning_effort', { reasoning: { effort: 'high' as const } }],
    ['temperature', { temperature: 0.5 }],
  ])('is left out at the second try, and remembered (%s)', async (param, fields) => {
    const serve = await startBench();
    try {
      serve.script(refuses(param), { say: [say('hi')] });
      const first = await serve.openai.responses.create({ model: 'stranger', input: 'x', ...fields });
      expect(first.output_text).toBe('hi');
      expect(serve.bodies()).toHaveLength(2);
      expect(serve.bodies()[0]).toHaveProperty(param);
      expect(serve.bodies()[1]).not.toHaveProperty(param);
      serve.script({ say: [say('hi')] });
      await serve.openai.responses.create({ model: 'stranger', input: 'x', ...fields });
      expect(serve.bodies()[0]).not.toHaveProperty(param);
    } finally {
      await serve.close();
    }
  });

  it('is spelt the other way', async () => {
    const why =
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
    bench.script(refuses('max_tokens', why), (request) => ({
      json: {
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: JSON.stringify(request.body) },
            finish_reason: 'stop',
          },
        ],
      },
    }));
    const { output_text } = await bench.openai.responses.create({
      model: 'stranger',
      input: 'x',
      max_output_tokens: 99,
    });
    expect(JSON.parse(output_text)).toMatchObject({ max_completion_tokens: 99 });
    expect(JSON.parse(output_text)).not.toHaveProperty('max_tokens');
  });
});
