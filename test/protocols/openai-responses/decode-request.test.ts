import { describe, expect, test } from 'vitest';
import { packSeal } from '../../../src/protocols/bridge/seal.ts';
import type { Seal, Turn } from '../../../src/protocols/conversation.ts';
import { RequestRefused } from '../../../src/protocols/failure.ts';
import type { Loss } from '../../../src/protocols/loss.ts';
import { responsesCodec } from '../../../src/protocols/openai-responses/index.ts';

const PIXEL = 'iVBORw0KGgo=';

function decode(fields: object) {
  return responsesCodec.decodeRequest({ model: 'm', input: 'hi', ...fields });
}

function turns(input: unknown): readonly Turn[] {
  return decode({ input }).conversation.turns;
}

function losses(fields: object): readonly Loss[] {
  return decode(fields).losses;
}

/** The path that the 400 names. */
function refusedAt(fields: object): string | undefined {
  try {
    decode(fields);
  } catch (error) {
    expect(error).toBeInstanceOf(RequestRefused);
    const { failure } = error as RequestRefused;
    expect(failure).toMatchObject({ kind: 'invalid-request', status: 400 });
    return failure.param;
  }
  return 'not refused';
}

describe('input', () => {
  test('calls and outputs of kinds that are newer than this are let go, not refused', () => {
    const call = { type: 'future_thing_call', id: 'x_1', action: {} };
    const output = { type: 'future_thing_call_output', call_id: 'x_1', output: 'Found.' };
    expect(turns([{ role: 'user', content: 'hi' }, call, output])).toMatchObject([
      { role: 'user', parts: [{ text: 'hi' }] },
      { role: 'assistant', parts: [{ type: 'opaque', kind: 'future_thing_call' }] },
      { role: 'user', parts: [{ type: 'opaque', kind: 'future_thing_call_output', text: 'Found.' }] },
    ]);
    expect(refusedAt({ input: [{ type: 'future_thing' }] })).toBe('input[0].type');
  });

  test('a string is the user’s', () => {
    expect(turns('hello')).toEqual([{ role: 'user', parts: [{ type: 'text', text: 'hello' }] }]);
  });

  test('instructions come first, before developer items', () => {
    const { conversation } = decode({
      instructions: 'Be brief.',
      input: [
        { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'You are X.' }] },
        { role: 'system', content: 'Later.' },
        { role: 'user', content: 'hi' },
      ],
    });
    expect(conversation.turns.map((turn) => turn.role)).toEqual(['system', 'developer', 'system', 'user']);
  });

  test('neighbouring items of the assistant are one turn, neighbouring results another', () => {
    const read = turns([
      { role: 'user', content: 'go' },
      {
        type: 'reasoning',
        id: 'rs_1',
        summary: [{ type: 'summary_text', text: 'hm' }],
        content: null,
        encrypted_content: null,
      },
      {
        type: 'message',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'On it.' }],
        phase: 'commentary',
      },
      {
        type: 'function_call',
        call_id: 'a',
        name: 'f',
        arguments: '{"x":1}',
        id: 'fc_1',
        status: 'completed',
      },
      { type: 'custom_tool_call', call_id: 'b', name: 'patch', input: '*** Begin', namespace: 'ns' },
      { type: 'function_call_output', call_id: 'a', output: 'one' },
      { type: 'custom_tool_call_output', call_id: 'b', output: 'two' },
      { role: 'user', content: 'next' },
    ]);
    expect(read.map((turn) => [turn.role, ...turn.parts.map((part) => part.type)])).toEqual([
      ['user', 'text'],
      ['assistant', 'reasoning', 'text', 'tool-call', 'tool-call'],
      ['user', 'tool-result', 'tool-result'],
      ['user', 'text'],
    ]);
    expect(read[1]?.phase).toBe('commentary');
    expect(read[1]?.parts[3]).toEqual({
      type: 'tool-call',
      id: 'b',
      name: 'patch',
      namespace: 'ns',
      arguments: '*** Begin',
      freeform: true,
    });
    expect(read[2]?.parts[1]).toMatchObject({ callId: 'b', freeform: true });
  });

  test('messages of different phases stay apart', () => {
    const message = (phase: string, text: string) => ({ role: 'assistant', phase, content: text });
    expect(
      turns([message('commentary', 'a'), message('final_answer', 'b')]).map((turn) => turn.phase),
    ).toEqual(['commentary', 'final_answer']);
  });

  test('a user message between a call and its output keeps its place', () => {
    const read = turns([
      { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
      { role: 'user', content: 'wait' },
      { type: 'function_call_output', call_id: 'a', output: 'done' },
    ]);
    expect(read.map((turn) => turn.parts[0]?.type)).toEqual(['tool-call', 'text', 'tool-result']);
  });

  test('media of every kind', () => {
    const [turn] = turns([
      {
        role: 'user',
        content: [
          { type: 'input_image', image_url: `data:image/png;base64,${PIXEL}`, detail: 'high' },
          { type: 'input_image', image_url: 'https://example.com/a.png' },
          { type: 'input_image', file_id: 'file-1' },
          { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' },
          { type: 'input_file', file_url: 'https://example.com/a.pdf' },
          { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
        ],
      },
    ]);
    expect(turn?.parts).toEqual([
      { type: 'image', source: { kind: 'base64', mimeType: 'image/png', data: PIXEL }, detail: 'high' },
      { type: 'image', source: { kind: 'url', url: 'https://example.com/a.png' } },
      { type: 'image', source: { kind: 'file-id', id: 'file-1' } },
      {
        type: 'document',
        source: { kind: 'base64', mimeType: 'application/pdf', data: 'JVBERi0=' },
        filename: 'a.pdf',
      },
      { type: 'document', source: { kind: 'url', url: 'https://example.com/a.pdf' } },
      { type: 'audio', data: 'UklGRg==', format: 'wav' },
    ]);
  });

  test('the output of a call may hold an image (Codex view_image)', () => {
    const read = turns([
      { type: 'function_call', call_id: 'a', name: 'view_image', arguments: '{"path":"a.png"}' },
      {
        type: 'function_call_output',
        call_id: 'a',
        output: [
          { type: 'input_text', text: 'see' },
          { type: 'input_image', image_url: `data:image/png;base64,${PIXEL}` },
        ],
      },
    ]);
    expect(read[1]?.parts[0]).toMatchObject({ content: [{ type: 'text', text: 'see' }, { type: 'image' }] });
  });

  test('items that only the provider understands are kept verbatim, with their readable text', () => {
    const search = { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search' } };
    const compaction = { type: 'compaction', id: 'cmp_1', encrypted_content: 'x', summary: 'We did A.' };
    const [turn] = turns([search, compaction]);
    expect(turn?.role).toBe('assistant');
    expect(turn?.parts).toEqual([
      { type: 'opaque', protocol: 'responses', kind: 'web_search_call', json: search },
      { type: 'opaque', protocol: 'responses', kind: 'compaction', json: compaction, text: 'We did A.' },
    ]);
  });

  test('another agent’s readable message is a user’s', () => {
    const content = [
      { type: 'input_text', text: 'Task: build.' },
      { type: 'encrypted_content', encrypted_content: 'gAAA' },
    ];
    const { conversation, losses } = decode({ input: [{ type: 'agent_message', author: 'root', content }] });
    expect(conversation.turns).toEqual([{ role: 'user', parts: [{ type: 'text', text: 'Task: build.' }] }]);
    expect(losses).toMatchObject([{ path: 'input[0].content[1]', action: 'dropped', topic: 'content' }]);
  });

  test('additional tools arrive as an item', () => {
    const item = { type: 'additional_tools', role: 'developer', tools: [{ type: 'function', name: 'late' }] };
    expect(decode({ input: [item, { role: 'user', content: 'x' }] }).conversation.tools).toEqual([
      { type: 'function', name: 'late' },
    ]);
  });
});

describe('reasoning items', () => {
  const seal: Seal = { issuer: 'claude@https://a', protocol: 'messages', kind: 'signature', data: 'c2ln' };

  test.each([
    ['one packed here is its issuer’s', packSeal(seal), seal],
    [
      'any other is of a provider of this protocol',
      'gAAAA',
      { issuer: '', protocol: 'responses', kind: 'encrypted', data: 'gAAAA' },
    ],
  ])('%s', (_, encrypted, expected) => {
    const [turn] = turns([
      {
        type: 'reasoning',
        id: 'rs_1',
        summary: [{ type: 'summary_text', text: 'a' }],
        content: [{ type: 'reasoning_text', text: 'raw' }],
        encrypted_content: encrypted,
      },
    ]);
    expect(turn?.parts).toEqual([
      { type: 'reasoning', summary: ['a'], text: 'raw', seal: expected, id: 'rs_1' },
    ]);
  });
});

describe('references to earlier items', () => {
  test('one that is remembered stands for itself', () => {
    const item = {
      type: 'message',
      id: 'msg_1',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'Hi' }],
    };
    const memory = { find: (id: string) => (id === 'msg_1' ? item : undefined), keep: () => {} };
    const body = {
      model: 'm',
      input: [
        { type: 'item_reference', id: 'msg_1' },
        { role: 'user', content: 'go on' },
      ],
    };
    const { conversation, losses } = responsesCodec.decodeRequest(body, memory);
    expect(conversation.turns[0]).toEqual({ role: 'assistant', parts: [{ type: 'text', text: 'Hi' }] });
    expect(losses).toEqual([]);
  });

  test('an unknown one is refused, unless it is reasoning', () => {
    const input = [{ type: 'item_reference', id: 'rs_1' }, { id: 'msg_1' }, { role: 'user', content: 'x' }];
    expect(losses({ input })).toMatchObject([
      { path: 'input[0]', action: 'dropped', topic: 'reasoning' },
      { path: 'input[1]', action: 'refused', topic: 'content' },
    ]);
  });
});

describe('tools', () => {
  test('functions, custom tools, namespaces and hosted tools', () => {
    const parameters = { type: 'object', properties: { a: { type: 'string' } } };
    const { tools } = decode({
      tools: [
        { type: 'function', name: 'f', description: 'does', parameters, strict: false },
        { type: 'function', name: 'bare', parameters: null, strict: null },
        { type: 'custom', name: 'free', format: { type: 'text' } },
        {
          type: 'custom',
          name: 'patch',
          format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' },
        },
        {
          type: 'namespace',
          name: 'ns',
          description: 'd',
          tools: [
            { type: 'function', name: 'g', parameters },
            { type: 'custom', name: 'h' },
          ],
        },
        { type: 'web_search', external_web_access: false },
      ],
    }).conversation;
    expect(tools).toEqual([
      { type: 'function', name: 'f', description: 'does', parameters, strict: false },
      { type: 'function', name: 'bare' },
      { type: 'freeform', name: 'free' },
      { type: 'freeform', name: 'patch', grammar: { syntax: 'lark', definition: 'start: "x"' } },
      { type: 'function', name: 'g', namespace: 'ns', parameters },
      { type: 'freeform', name: 'h', namespace: 'ns' },
      {
        type: 'hosted',
        kind: 'web_search',
        protocol: 'responses',
        json: { type: 'web_search', external_web_access: false },
      },
    ]);
  });

  test.each([
    ['required', { type: 'required' }],
    [
      { type: 'function', name: 'f' },
      { type: 'tool', tool: { name: 'f' } },
    ],
    [
      { type: 'custom', name: 'p' },
      { type: 'tool', tool: { name: 'p' }, freeform: true },
    ],
    [{ type: 'web_search' }, { type: 'hosted', kind: 'web_search', json: { type: 'web_search' } }],
    [
      {
        type: 'allowed_tools',
        mode: 'required',
        tools: [
          { type: 'function', name: 'f' },
          { type: 'custom', name: 'p' },
        ],
      },
      { type: 'allowed', mode: 'required', tools: [{ name: 'f' }, { name: 'p' }] },
    ],
  ])('tool_choice %j', (choice, expected) => {
    expect(decode({ tool_choice: choice }).conversation.toolChoice).toEqual(expected);
  });
});

test('options', () => {
  const { conversation, losses } = decode({
    stream: true,
    parallel_tool_calls: false,
    max_output_tokens: 100,
    temperature: 0.5,
    top_p: 0.9,
    top_logprobs: 3,
    text: {
      format: { type: 'json_schema', name: 's', schema: { type: 'object' }, strict: true },
      verbosity: 'low',
    },
    reasoning: { effort: 'xhigh', summary: 'auto' },
    include: ['reasoning.encrypted_content', 'message.output_text.logprobs'],
    store: false,
    metadata: { a: 'b' },
    user: 'u',
    safety_identifier: 's',
    prompt_cache_key: 'k',
    prompt_cache_retention: '24h',
    service_tier: 'flex',
  });
  expect(losses).toEqual([]);
  expect(conversation).toMatchObject({
    origin: 'responses',
    stream: true,
    parallelToolCalls: false,
    output: {
      maxTokens: 100,
      format: { type: 'schema', name: 's', schema: { type: 'object' }, strict: true },
      verbosity: 'low',
    },
    sampling: { temperature: 0.5, topP: 0.9, logprobs: 3 },
    reasoning: { effort: 'xhigh', summary: 'auto', sealed: true },
    hints: {
      store: false,
      metadata: { a: 'b' },
      user: 'u',
      safetyIdentifier: 's',
      promptCacheKey: 'k',
      promptCacheRetention: '24h',
      serviceTier: 'flex',
    },
    native: {},
  });
});

describe('the ledger', () => {
  test.each([
    [{ previous_response_id: 'resp_1' }, 'previous_response_id', 'refused', 'content'],
    [{ conversation: 'conv_1' }, 'conversation', 'refused', 'content'],
    [{ prompt: { id: 'pmpt_1' } }, 'prompt', 'refused', 'content'],
    [{ background: true }, 'background', 'refused', 'content'],
    [{ input: [{ type: 'compaction_trigger' }] }, 'input[0]', 'refused', 'content'],
    [{ store: true }, 'store', 'dropped', 'hint'],
    [{ truncation: 'auto' }, 'truncation', 'dropped', 'hint'],
    [{ client_metadata: { a: 'b' } }, 'client_metadata', 'dropped', 'hint'],
    [{ stream_options: { include_obfuscation: false } }, 'stream_options', 'dropped', 'hint'],
    [{ max_tool_calls: 3 }, 'max_tool_calls', 'dropped', 'hint'],
    [{ reasoning: { effort: 'ultra' } }, 'reasoning.effort', 'downgraded', 'reasoning'],
    [{ reasoning: { effort: 'weird' } }, 'reasoning.effort', 'dropped', 'reasoning'],
    [{ reasoning: { context: 'all_turns' } }, 'reasoning.context', 'dropped', 'hint'],
    [{ seed: 1 }, 'seed', 'dropped', 'sampling'],
  ])('%j', (fields, path, action, topic) => {
    expect(losses(fields)).toMatchObject([{ path, action, topic }]);
  });

  test.each([
    { background: false },
    { previous_response_id: null },
    { store: null, truncation: 'disabled', stream_options: null },
    { prompt: null, conversation: null, reasoning: null, text: null, tools: null, tool_choice: null },
  ])('%j says nothing', (fields) => {
    expect(losses(fields)).toEqual([]);
  });

  test('a conversation that the provider keeps needs no input', () => {
    const { losses } = responsesCodec.decodeRequest({ model: 'm', previous_response_id: 'resp_1' });
    expect(losses).toMatchObject([{ action: 'refused' }]);
  });
});

describe('malformed requests name the field', () => {
  test.each([
    [{ model: 7 }, 'model'],
    [{ input: null }, 'input'],
    [{ input: [] }, 'input'],
    [{ input: 7 }, 'input'],
    [{ input: [null] }, 'input[0]'],
    [{ input: [{ type: 'nonsense' }] }, 'input[0].type'],
    [{ input: [{ content: 'x' }] }, 'input[0].type'],
    [{ input: [{ role: 'tool', content: 'x' }] }, 'input[0].role'],
    [{ input: [{ role: 'user' }] }, 'input[0].content'],
    [{ input: [{ role: 'user', content: [{ type: 'input_text' }] }] }, 'input[0].content[0].text'],
    [{ input: [{ role: 'user', content: [{ type: 'video' }] }] }, 'input[0].content[0].type'],
    [
      { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'file:///etc/passwd' }] }] },
      'input[0].content[0].image_url',
    ],
    [
      {
        input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'data:image/png;base64,%%%' }] }],
      },
      'input[0].content[0].image_url',
    ],
    [
      {
        input: [
          { role: 'user', content: [{ type: 'input_image', image_url: `data:text/html;base64,${PIXEL}` }] },
        ],
      },
      'input[0].content[0].image_url',
    ],
    [{ input: [{ role: 'user', content: [{ type: 'input_image' }] }] }, 'input[0].content[0].image_url'],
    [
      {
        input: [
          {
            role: 'user',
            content: [
              { type: 'input_file', filename: 'a.png', file_data: 'data:application/pdf;base64,JVBERi0=' },
            ],
          },
        ],
      },
      'input[0].content[0].file_data',
    ],
    [
      {
        input: [
          { role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'AA==', format: 'ogg' } }] },
        ],
      },
      'input[0].content[0].input_audio.format',
    ],
    [{ input: [{ type: 'function_call', name: 'f', arguments: '{}' }] }, 'input[0].call_id'],
    [{ input: [{ type: 'function_call', call_id: 'a', name: 'f', arguments: {} }] }, 'input[0].arguments'],
    [{ input: [{ type: 'function_call_output', call_id: 'a' }] }, 'input[0].output'],
    [{ input: [{ type: 'reasoning', summary: [{ type: 'summary_text' }] }] }, 'input[0].summary[0].text'],
    [{ tools: [{ type: 'function' }] }, 'tools[0].name'],
    [{ tools: [{ name: 'f' }] }, 'tools[0].type'],
    [{ tools: [{ type: 'function', name: 'f', parameters: 'x' }] }, 'tools[0].parameters'],
    [{ tools: [{ type: 'custom', name: 'f', format: { type: 'xml' } }] }, 'tools[0].format.type'],
    [{ tools: [{ type: 'namespace', name: 'n', tools: [{ type: 'function' }] }] }, 'tools[0].tools[0].name'],
    [{ tool_choice: 'maybe' }, 'tool_choice'],
    [{ tool_choice: { type: 'function' } }, 'tool_choice.name'],
    [{ text: { format: { type: 'xml' } } }, 'text.format.type'],
    [{ text: { format: { type: 'json_schema', name: 's' } } }, 'text.format.schema'],
    [{ temperature: 'hot' }, 'temperature'],
    [{ stream: 'yes' }, 'stream'],
    [{ include: ['a', 1] }, 'include[1]'],
  ])('%j', (fields, path) => {
    expect(refusedAt(fields)).toBe(path);
  });

  test.each([null, [], 'text', 7])('a body that is %j', (body) => {
    expect(() => responsesCodec.decodeRequest(body)).toThrow(RequestRefused);
  });
});
