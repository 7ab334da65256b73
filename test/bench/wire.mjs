// What the mock upstream and the load generator both know of the wire protocols.

/** Model names carry the shape of the answer: `mock-100x8-d20-b1` is 100 deltas of 8 characters, 20 ms apart, one a write. */
export function parseModel(name) {
  const found = /mock-(\d+)x(\d+)-d(\d+)-b(\d+)/.exec(name);
  if (!found) return undefined;
  const [, deltas, size, delayMs, batch] = found.map(Number);
  return { deltas, size, delayMs, batch };
}

/** The text of one delta: its index and when it was sent, on the clock all processes of this machine share. */
export const stamp = (index, size) => `<${index}@${process.hrtime.bigint()}>${'x'.repeat(size)}`;

const TOOLS = Array.from({ length: 20 }, (_, index) => ({
  name: `tool_${index}`,
  description: 'Does one thing to one file, and says what it did in a sentence or two.',
  parameters: {
    type: 'object',
    properties: { path: { type: 'string' }, text: { type: 'string' }, count: { type: 'number' } },
    required: ['path'],
    additionalProperties: false,
  },
}));

/** A coding agent's request of about `bytes`: tools, and a conversation padded by ten tool results. */
export function requestBody(protocol, model, stream, bytes) {
  const filler = Math.max(0, Math.floor((bytes - 6000) / 10));
  const result = 'const sum = (left, right) => left + right; // "adds"\n'
    .repeat(Math.ceil(filler / 53))
    .slice(0, filler);
  const rounds = bytes > 0 ? 10 : 0;
  if (protocol === 'chat') {
    const messages = [
      { role: 'system', content: 'You are a coding agent.' },
      { role: 'user', content: 'Say something long.' },
    ];
    for (let round = 0; round < rounds; round++) {
      messages.push({
        role: 'assistant',
        content: null,
        tool_calls: [
          {
            id: `call_${round}`,
            type: 'function',
            function: { name: 'tool_1', arguments: `{"path":"f${round}"}` },
          },
        ],
      });
      messages.push({ role: 'tool', tool_call_id: `call_${round}`, content: result });
    }
    const tools = rounds ? { tools: TOOLS.map((tool) => ({ type: 'function', function: tool })) } : {};
    return JSON.stringify({ model, stream, messages, ...tools });
  }
  const input = [
    {
      type: 'message',
      role: 'developer',
      content: [{ type: 'input_text', text: 'You are a coding agent.' }],
    },
    { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Say something long.' }] },
  ];
  for (let round = 0; round < rounds; round++) {
    input.push({
      type: 'function_call',
      call_id: `call_${round}`,
      name: 'tool_1',
      arguments: `{"path":"f${round}"}`,
    });
    input.push({ type: 'function_call_output', call_id: `call_${round}`, output: result });
  }
  const tools = rounds ? { tools: TOOLS.map((tool) => ({ type: 'function', strict: false, ...tool })) } : {};
  return JSON.stringify({ model, stream, store: false, input, ...tools });
}

export const requestPath = (protocol) => (protocol === 'chat' ? '/v1/chat/completions' : '/v1/responses');

/** The text of one client-side frame's JSON, or undefined. */
export function deltaText(protocol, json) {
  if (protocol === 'chat') return json.choices?.[0]?.delta?.content || undefined;
  return json.type === 'response.output_text.delta' ? json.delta : undefined;
}

/** Whether this frame says the reply is whole. */
export function isTerminal(protocol, data) {
  return protocol === 'chat' ? data === '[DONE]' : data.includes('"type":"response.completed"');
}

/** The text of a whole, non-streaming reply. */
export function replyText(protocol, json) {
  if (protocol === 'chat') return json.choices[0].message.content;
  return json.output.find((item) => item.type === 'message').content[0].text;
}
