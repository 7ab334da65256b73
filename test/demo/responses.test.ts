import type { ResponseInput, ResponseOutputItem, Tool } from 'openai/resources/responses/responses';
import { expect, test } from 'vitest';
import { checkResponsesStream } from '../provider/responses-grammar.ts';
import { demo } from './upstream.ts';

/** The tools as Codex offers them. */
const TOOLS: Tool[] = [
  { type: 'function', name: 'exec_command', strict: false, parameters: { type: 'object', properties: {} } },
  { type: 'custom', name: 'apply_patch' },
];

const CONTEXT = [
  { role: 'developer' as const, content: 'You are a coding agent.' },
  {
    role: 'user' as const,
    content: '<environment_context>\n  <cwd>/create/this.txt</cwd>\n</environment_context>',
  },
];

test('a question is answered, with a summary of the reasoning', async () => {
  const { client } = await demo();
  const response = await client.responses.create({
    model: 'm',
    input: 'who are you?',
    reasoning: { summary: 'auto' },
    include: ['reasoning.encrypted_content'],
  });
  expect(response.status).toBe('completed');
  expect(response.output_text).toContain('demo model built into llmup');
  expect(response.output.map(({ type }) => type)).toEqual(['reasoning', 'message']);
  expect(response.output[0]).toMatchObject({
    summary: [{ type: 'summary_text' }],
    encrypted_content: expect.any(String),
  });
  expect(response.usage?.output_tokens_details.reasoning_tokens).toBeGreaterThan(0);
});

test('no reasoning is shown to a client that wants none', async () => {
  const { client } = await demo();
  const response = await client.responses.create({
    model: 'm',
    input: 'hello',
    reasoning: { effort: 'none' },
  });
  expect(response.output.map(({ type }) => type)).toEqual(['message']);
  expect(response.usage?.output_tokens_details.reasoning_tokens).toBe(0);
});

test('the stream keeps the grammar and ends with the whole response', async () => {
  const { url, client } = await demo();
  for (const input of ['What is llmup?', 'create a.txt', 'run `pwd`'])
    for (const max_output_tokens of [undefined, 12]) {
      const body = { model: 'm', input, tools: TOOLS, stream: true, max_output_tokens };
      const answer = await fetch(`${url}/v1/responses`, { method: 'POST', body: JSON.stringify(body) });
      expect(checkResponsesStream(await answer.text())).toEqual([]);
    }
  const stream = client.responses.stream({ model: 'm', input: 'What is llmup?' });
  let text = '';
  let pieces = 0;
  stream.on('response.output_text.delta', ({ delta }) => {
    text += delta;
    pieces += 1;
  });
  const final = await stream.finalResponse();
  expect(text).toBe(final.output_text);
  expect(pieces).toBeGreaterThan(50);
});

test('an order is carried out as Codex expects it: look, patch, look, sum up', async () => {
  const { client } = await demo();
  const input: ResponseInput = [...CONTEXT, { role: 'user', content: 'create hello.txt' }];
  const made: ResponseOutputItem[] = [];
  const outputs = [
    'Chunk ID: b4571b\nWall time: 0.0000 seconds\nProcess exited with code 0\nOutput:\nno such file yet\n',
    'Exit code: 0\nWall time: 0 seconds\nOutput:\nSuccess. Updated the following files:\nA hello.txt\n',
    'Chunk ID: b4571c\nWall time: 0.0000 seconds\nProcess exited with code 0\nOutput:\n33 hello.txt\nHello\n',
  ];
  for (const output of outputs) {
    const stream = client.responses.stream({ model: 'm', input, tools: TOOLS });
    const response = await stream.finalResponse();
    // The SDK adds what it parsed, which is not part of the protocol.
    const items = JSON.parse(JSON.stringify(response.output)).map(
      ({ parsed_arguments: _parsed, ...item }: Record<string, unknown>) => item,
    );
    input.push(...items);
    const call = response.output.at(-1);
    if (call?.type === 'function_call')
      input.push({ type: 'function_call_output', call_id: call.call_id, output });
    else if (call?.type === 'custom_tool_call')
      input.push({ type: 'custom_tool_call_output', call_id: call.call_id, output });
    else throw new Error(`no call but ${call?.type}`);
    made.push(call);
  }
  expect(made).toMatchObject([
    { type: 'function_call', name: 'exec_command' },
    {
      type: 'custom_tool_call',
      name: 'apply_patch',
      input: '*** Begin Patch\n*** Add File: hello.txt\n+Hello from the llmup demo agent.\n*** End Patch',
    },
    { type: 'function_call', name: 'exec_command', arguments: '{"cmd":"ls -l hello.txt && cat hello.txt"}' },
  ]);
  const last = await client.responses.create({ model: 'm', input, tools: TOOLS });
  expect(last.output_text).toContain('Done');
  expect(last.output_text).toContain('33 hello.txt\nHello');

  // A second request in the same conversation starts afresh.
  input.push({ role: 'assistant', content: last.output_text }, { role: 'user', content: 'run `uname -a`' });
  const next = await client.responses.create({ model: 'm', input, tools: TOOLS });
  expect(next.output.at(-1)).toMatchObject({ name: 'exec_command', arguments: '{"cmd":"uname -a"}' });
});

test('structured output of an agent run fits the schema', async () => {
  const { client } = await demo();
  const response = await client.responses.create({
    model: 'm',
    input: [...CONTEXT, { role: 'user', content: 'What is llmup?' }],
    tools: TOOLS,
    text: {
      format: {
        type: 'json_schema',
        name: 'codex_output_schema',
        strict: true,
        schema: {
          type: 'object',
          properties: {
            answer: { $ref: '#/$defs/line' },
            score: { type: 'integer', minimum: 1 },
            tags: { type: 'array', items: { type: 'string' }, minItems: 1 },
            note: { anyOf: [{ type: 'null' }, { type: 'boolean' }] },
          },
          required: ['answer', 'score', 'tags', 'note'],
          $defs: { line: { type: 'string' } },
        },
      },
    },
  });
  const json = JSON.parse(response.output_text);
  expect(json).toMatchObject({ score: 1, note: false, tags: [expect.any(String)] });
  expect(json.answer).toContain('puts any model behind any coding agent');
});

test('what would need a stored response is refused', async () => {
  const { client } = await demo();
  await expect(
    client.responses.create({ model: 'm', input: 'hi', previous_response_id: 'resp_1' }),
  ).rejects.toMatchObject({ status: 400, code: 'previous_response_not_found' });
  await expect(client.responses.create({ model: 'm', input: [] })).rejects.toMatchObject({ param: 'input' });
});

test('closing cuts what still runs', async () => {
  const { startDemoUpstream } = await import('../../src/demo/server.ts');
  const upstream = await startDemoUpstream({ pace: 1000 });
  const answer = fetch(`${upstream.url}/v1/responses`, {
    method: 'POST',
    body: JSON.stringify({ model: 'm', input: 'hi', stream: true }),
  }).then((reply) => reply.text());
  const failed = expect(answer).rejects.toThrow();
  await new Promise((resolve) => setTimeout(resolve, 20));
  await upstream.close();
  await upstream.close();
  await failed;
});
