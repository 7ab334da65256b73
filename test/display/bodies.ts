import type { Exchange, ExchangeBodies } from '../../src/traffic/exchange.ts';

const frame = (type: string, data: object) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;

const TOOLS = ['exec_command', 'write_stdin', 'apply_patch', 'view_image'].map((name) => ({
  type: name === 'apply_patch' ? 'custom' : 'function',
  name,
  description: `What ${name} is for.`,
  parameters: { type: 'object', properties: { cmd: { type: 'string' } }, required: ['cmd'] },
}));

const ASKED = 'The parser loses the index of a delta frame.\nFind out why, and mend it.\nThen run the tests.';

/** The bodies of exchange 34: a Responses client on a Chat upstream, both streaming. */
export const BODIES: ExchangeBodies = {
  exchangeId: 'x34',
  clientRequest: JSON.stringify({
    model: 'opus',
    instructions: 'You are a coding agent working in a terminal.',
    input: [
      { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'The sandbox is on.' }] },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: ASKED }] },
      { type: 'function_call', call_id: 'call_1', name: 'exec_command', arguments: '{"cmd":"ls src"}' },
      { type: 'reasoning', content: ['signature'], summary: [] },
    ],
    tools: TOOLS,
    tool_choice: 'auto',
    parallel_tool_calls: true,
    reasoning: { effort: 'high', summary: 'auto' },
    prompt_cache_key: 'session-1',
    stream: true,
  }),
  upstreamRequest: JSON.stringify({
    model: 'glm-5.2',
    messages: [
      { role: 'system', content: 'You are a coding agent working in a terminal.\n\nThe sandbox is on.' },
      { role: 'user', content: ASKED },
    ],
    stream: true,
    stream_options: { include_usage: true },
  }),
  upstreamReply: [
    ...['I', ' look', ' at', ' the', ' test.'].map(
      (content) => `data: ${JSON.stringify({ id: 'c1', choices: [{ index: 0, delta: { content } }] })}\n\n`,
    ),
    'data: [DONE]\n\n',
  ].join(''),
  clientReply: [
    frame('response.created', { response: { id: 'resp_1', status: 'in_progress' } }),
    frame('response.output_text.delta', { item_id: 'msg_1', output_index: 0, delta: 'I look at the test.' }),
    frame('response.completed', {
      response: { id: 'resp_1', status: 'completed', usage: { total_tokens: 620 } },
    }),
  ].join(''),
};

/** What was lost of {@link BODIES}: a tool, a field, a part of the input. */
export const BODY_LOSSES: Exchange['losses'] = [
  {
    path: 'tools[2]',
    from: 'custom tool',
    to: 'function',
    action: 'emulated',
    topic: 'tools',
    reason: 'A freeform tool is offered as a function with one string argument.',
  },
  {
    path: 'prompt_cache_key',
    from: 'prompt_cache_key',
    to: '',
    action: 'dropped',
    topic: 'hint',
    reason: 'This upstream does not take the field.',
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
