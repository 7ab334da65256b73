import type { ChatCompletionMessageParam, ChatCompletionTool } from 'openai/resources';
import { expect, test } from 'vitest';
import { checkChatStream } from '../provider/chat-grammar.ts';
import { demo } from './upstream.ts';

const TOOLS: ChatCompletionTool[] = ['exec_command', 'apply_patch'].map((name) => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties: {} } },
}));

test('a question is answered, with reasoning and honest usage', async () => {
  const { client } = await demo();
  const ask = () =>
    client.chat.completions.create({
      model: 'llmup-demo',
      messages: [
        { role: 'system', content: 'You are helpful.' },
        { role: 'user', content: 'What is llmup?' },
      ],
    });
  const first = await ask();
  const [choice] = first.choices;
  expect(choice?.finish_reason).toBe('stop');
  expect(choice?.message.content).toContain('puts any model behind any coding agent');
  expect(choice?.message).toHaveProperty('reasoning_content', expect.stringContaining('Looking it up'));
  expect(first.usage?.total_tokens).toBe(
    (first.usage?.prompt_tokens ?? 0) + (first.usage?.completion_tokens ?? 0),
  );
  expect(first.usage?.prompt_tokens_details?.cached_tokens).toBe(0);

  const second = await ask();
  expect(second.usage?.prompt_tokens_details?.cached_tokens).toBe(first.usage?.prompt_tokens);
});

test('a stream says the same as a whole answer, word by word, and counts what it streamed', async () => {
  const { client } = await demo();
  const request = {
    model: 'any-name',
    messages: [{ role: 'user' as const, content: 'How does it isolate my agent?' }],
  };
  const whole = await client.chat.completions.create(request);
  const stream = await client.chat.completions.create({
    ...request,
    stream: true,
    stream_options: { include_usage: true },
  });
  const deltas: string[] = [];
  let tokens = 0;
  let usage: unknown;
  for await (const chunk of stream) {
    expect(chunk.model).toBe('any-name');
    const delta: Record<string, unknown> = { ...chunk.choices[0]?.delta };
    if (delta.content) deltas.push(String(delta.content));
    if (delta.content || delta.reasoning_content) tokens += 1;
    usage = chunk.usage ?? usage;
  }
  expect(deltas.length).toBeGreaterThan(50);
  expect(deltas.join('')).toBe(whole.choices[0]?.message.content);
  expect(usage).toMatchObject({ completion_tokens: tokens });
});

test.each([true, false])('the stream keeps the grammar (usage asked for: %s)', async (include_usage) => {
  const { url } = await demo();
  for (const content of ['What is llmup?', 'create a.txt']) {
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({
        model: 'm',
        stream: true,
        stream_options: { include_usage },
        messages: [{ role: 'user', content }],
        tools: TOOLS,
      }),
    });
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    const text = await answer.text();
    expect(checkChatStream(text)).toEqual([]);
    expect(text.includes('"usage":{')).toBe(include_usage);
  }
});

test('an order is carried out step by step with the tools of the agent', async () => {
  const { client } = await demo();
  const messages: ChatCompletionMessageParam[] = [
    { role: 'system', content: 'Earlier instructions.' },
    { role: 'user', content: 'create notes.md with the text "first line"' },
  ];
  const calls: { name: string; input: Record<string, unknown> }[] = [];
  const outputs = [
    'Process exited with code 0\nOutput:\nno such file yet\n',
    'Exit code: 0\nWall time: 0 seconds\nOutput:\nSuccess. Updated the following files:\nA notes.md\n',
    'Process exited with code 0\nOutput:\n-rw-r--r-- 1 u u 11 notes.md\nfirst line\n',
  ];
  for (const output of outputs) {
    const stream = client.chat.completions.stream({ model: 'm', messages, tools: TOOLS });
    const message = (await stream.finalChatCompletion()).choices[0]?.message;
    const call = message?.tool_calls?.[0];
    if (message === undefined || call?.type !== 'function') throw new Error('no function call');
    calls.push({ name: call.function.name, input: JSON.parse(call.function.arguments) });
    messages.push(message, { role: 'tool', tool_call_id: call.id, content: output });
  }
  const last = await client.chat.completions.create({ model: 'm', messages, tools: TOOLS });

  expect(calls).toEqual([
    { name: 'exec_command', input: { cmd: expect.stringMatching(/^ls -l notes\.md /) } },
    {
      name: 'apply_patch',
      input: { input: '*** Begin Patch\n*** Add File: notes.md\n+first line\n*** End Patch' },
    },
    { name: 'exec_command', input: { cmd: 'ls -l notes.md && cat notes.md' } },
  ]);
  expect(last.choices[0]?.finish_reason).toBe('stop');
  expect(last.choices[0]?.message.content).toContain('-rw-r--r-- 1 u u 11 notes.md\nfirst line');
  expect(last.usage?.prompt_tokens_details?.cached_tokens).toBeGreaterThan(0);
});

test('the output limit is kept, and a call that does not fit is not handed over', async () => {
  const { client } = await demo();
  const answer = await client.chat.completions.create({
    model: 'm',
    messages: [{ role: 'user', content: 'create a.txt' }],
    tools: TOOLS,
    max_completion_tokens: 10,
  });
  expect(answer.choices[0]?.finish_reason).toBe('length');
  expect(answer.choices[0]?.message.tool_calls).toBeUndefined();
  expect(answer.usage?.completion_tokens).toBe(10);
});

test('structured output fits the schema', async () => {
  const { client } = await demo();
  const answer = await client.chat.completions.create({
    model: 'm',
    messages: [
      { role: 'user', content: 'Generate a short title for:\n\nwhat does the watch command show me?' },
    ],
    response_format: {
      type: 'json_schema',
      json_schema: {
        name: 'title',
        strict: true,
        schema: {
          type: 'object',
          properties: { title: { type: 'string', maxLength: 30 }, kind: { enum: ['question', 'task'] } },
          required: ['title', 'kind'],
          additionalProperties: false,
        },
      },
    },
  });
  expect(JSON.parse(answer.choices[0]?.message.content ?? '')).toEqual({
    title: 'What does the watch command',
    kind: 'question',
  });
});

test('mistakes are refused in the shape that SDKs read', async () => {
  const { client, url } = await demo();
  await expect(client.chat.completions.create({ model: 'm', messages: [] })).rejects.toMatchObject({
    status: 400,
    param: 'messages',
  });
  await expect(client.models.retrieve('gpt-9')).rejects.toMatchObject({
    status: 404,
    code: 'model_not_found',
  });
  const post = (path: string, body: string) => fetch(url + path, { method: 'POST', body });
  for (const [path, body, status] of [
    ['/v1/chat/completions', '{"model":', 400],
    ['/v1/chat/completions', '[]', 400],
    ['/v1/chat/completions', '{"model":"m","messages":[{"role":"boss"}]}', 400],
    ['/v1/chat/completions', '{"model":"m","messages":[7]}', 400],
    ['/v1/completions', '{}', 404],
    ['/constructor', '{}', 404],
    ['/v1/models', '{}', 405],
  ] as const) {
    const answer = await post(path, body);
    expect([path, body, answer.status]).toEqual([path, body, status]);
    expect(await answer.json()).toMatchObject({
      error: { message: expect.any(String), type: expect.any(String) },
    });
  }
  expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['llmup-demo']);
});

test('a client that leaves stops the stream, and the server goes on', async () => {
  const { client } = await demo({ pace: 1 });
  const messages = [{ role: 'user' as const, content: 'What is llmup?' }];
  const stream = await client.chat.completions.create({ model: 'm', messages, stream: true });
  for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
  const whole = await client.chat.completions.create({ model: 'm', messages });
  expect(whole.choices[0]?.message.content).toContain('llmup');
});
