import { describe, expect, it } from 'vitest';
import type { Conversation, Part, Tool, Turn } from '../../../src/protocols/conversation.ts';
import { RequestRefused } from '../../../src/protocols/failure.ts';
import { chatCodec } from '../../../src/protocols/openai-chat/index.ts';
import type { Quirks } from '../../../src/protocols/quirks.ts';
import { refuseChat } from '../../provider/chat-rules.ts';
import { conversationOf, OPENAI, targetOf } from '../contexts.ts';

const text = (words: string): Part => ({ type: 'text', text: words });
const user = (...parts: Part[]): Turn => ({ role: 'user', parts });
const assistant = (...parts: Part[]): Turn => ({ role: 'assistant', parts });
const call = (id: string, fields: Partial<Part & { type: 'tool-call' }> = {}): Part => ({
  type: 'tool-call',
  id,
  name: 'run',
  arguments: '{}',
  freeform: false,
  ...fields,
});
const result = (callId: string, ...content: (Part & { type: 'text' | 'image' })[]): Part => ({
  type: 'tool-result',
  callId,
  content,
});
const image: Part & { type: 'image' } = {
  type: 'image',
  source: { kind: 'base64', mimeType: 'image/png', data: 'iVBORw0KGgo=' },
  detail: 'high',
};
const run: Tool = { type: 'function', name: 'run', parameters: { type: 'object', properties: {} } };

/** Encodes, and sees to it that the provider in question would take it. */
function encode(fields: Partial<Conversation>, quirks: Partial<Quirks> = {}, target = {}) {
  const encoded = chatCodec.encodeRequest(conversationOf(fields), targetOf(quirks, target));
  const dialect = quirks.systemAnywhere ? 'openai' : 'stranger';
  expect(refuseChat(JSON.parse(JSON.stringify(encoded.body)), dialect)).toBeUndefined();
  return { ...encoded, messages: encoded.body.messages };
}

/** What Codex sends first: instructions as developer items, the environment, the prompt. */
const codexTurns: readonly Turn[] = [
  { role: 'developer', parts: [text('You are a coding agent.')] },
  { role: 'developer', parts: [text('<permissions instructions>')] },
  user(text('<environment_context>')),
  user(text('create hello.txt')),
];

describe('a conversation for a stranger', () => {
  it('has one system message in front, and plain strings', () => {
    const { body } = encode({ turns: codexTurns });
    expect(body).toEqual({
      model: 'served-model',
      stream: false,
      messages: [
        { role: 'system', content: 'You are a coding agent.\n\n<permissions instructions>' },
        { role: 'user', content: '<environment_context>\n\ncreate hello.txt' },
      ],
    });
  });

  it('has later instructions as marked user text, never between a call and its result', () => {
    const { messages, losses } = encode({
      turns: [
        user(text('go')),
        assistant(call('c1')),
        { role: 'developer', parts: [text('be quick')] },
        user(result('c1', { type: 'text', text: 'done' })),
      ],
      tools: [run],
    });
    expect(messages).toMatchObject([
      { role: 'user', content: 'go' },
      { role: 'assistant', content: null, tool_calls: [{ id: 'c1' }] },
      { role: 'tool', tool_call_id: 'c1', content: 'done' },
      { role: 'user', content: expect.stringContaining('be quick') },
    ]);
    expect(losses.map((loss) => loss.action)).toContain('emulated');
  });

  it('puts instructions into user text where there is no system role', () => {
    const { messages } = encode({ turns: codexTurns }, { noSystemRole: true });
    expect(messages).toMatchObject([
      { role: 'user', content: expect.stringContaining('You are a coding agent.') },
    ]);
  });

  it('sends media as parts, and what a tool message cannot hold behind all tool messages', () => {
    const { messages, losses } = encode({
      turns: [
        user(text('see'), image),
        assistant(call('c1'), call('c2')),
        user(result('c1', image), result('c2', { type: 'text', text: 'two' })),
      ],
      tools: [run],
    });
    expect(messages).toMatchObject([
      { role: 'user', content: [{ type: 'text' }, { type: 'image_url', image_url: { detail: 'high' } }] },
      { role: 'assistant', tool_calls: [{ id: 'c1' }, { id: 'c2' }] },
      { role: 'tool', tool_call_id: 'c1' },
      { role: 'tool', tool_call_id: 'c2', content: 'two' },
      {
        role: 'user',
        content: [
          { type: 'text' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
        ],
      },
    ]);
    expect(losses).toMatchObject([{ action: 'emulated', topic: 'content', from: 'media in a tool result' }]);
  });

  it('says nothing that strangers do not know', () => {
    const { body, losses } = encode({
      output: { verbosity: 'low' },
      hints: { user: 'u', promptCacheKey: 'k', serviceTier: 'flex', store: false, metadata: { a: 'b' } },
    });
    expect(Object.keys(body).sort()).toEqual(['messages', 'model', 'stream']);
    expect(losses.map(({ path, topic }) => [path, topic])).toEqual([
      ['verbosity', 'hint'],
      ['metadata', 'hint'],
      ['user', 'hint'],
      ['prompt_cache_key', 'hint'],
      ['service_tier', 'hint'],
    ]);
  });

  it('asks for usage with a stream, where that is understood', () => {
    expect(encode({}, {}, { stream: true }).body).toMatchObject({
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(encode({}, { streamOptions: false }, { stream: true }).body).not.toHaveProperty('stream_options');
  });

  it('spells the output cap its way, and takes the alias’s where the client gave none', () => {
    expect(encode({ output: { maxTokens: 9 } }, {}, { maxOutputTokens: 5 }).body).toMatchObject({
      max_tokens: 9,
    });
    expect(encode({}, {}, { maxOutputTokens: 5 }).body).toMatchObject({ max_tokens: 5 });
    expect(encode({ output: { maxTokens: 9 } }, OPENAI).body).toMatchObject({ max_completion_tokens: 9 });
    expect(encode({}).body).not.toHaveProperty('max_tokens');
  });

  it('caps an effort to what it takes, on the ledger, and never invents one', () => {
    const capped = encode({ reasoning: { effort: 'xhigh' } });
    expect(capped.body).toMatchObject({ reasoning_effort: 'high' });
    expect(capped.losses).toMatchObject([
      { path: 'reasoning_effort', action: 'downgraded', from: 'xhigh', to: 'high' },
    ]);
    const unknown = encode({ reasoning: { effort: 'low' } }, { efforts: [] });
    expect(unknown.body).not.toHaveProperty('reasoning_effort');
    expect(unknown.losses).toMatchObject([{ path: 'reasoning_effort', action: 'dropped' }]);
    expect(encode({ reasoning: { budgetTokens: 3000 } }).body).toMatchObject({ reasoning_effort: 'medium' });
    expect(encode({ reasoning: {} }).body).not.toHaveProperty('reasoning_effort');
  });
});

describe('a conversation for OpenAI', () => {
  it('keeps its developer turns, its hints and its freeform tools', () => {
    const patch: Tool = {
      type: 'freeform',
      name: 'apply_patch',
      grammar: { syntax: 'lark', definition: 'start: A' },
    };
    const { body } = encode(
      {
        turns: [
          ...codexTurns,
          assistant(call('c1', { name: 'apply_patch', freeform: true, arguments: '*** Begin' })),
          user(result('c1', { type: 'text', text: 'ok' })),
        ],
        tools: [patch],
        toolChoice: { type: 'tool', tool: { name: 'apply_patch' } },
        parallelToolCalls: true,
        output: { verbosity: 'low' },
        hints: { promptCacheKey: 'k', store: true, metadata: { a: 'b' } },
      },
      OPENAI,
    );
    expect(body).toMatchObject({
      messages: [
        { role: 'developer', content: 'You are a coding agent.' },
        { role: 'developer', content: '<permissions instructions>' },
        { role: 'user', content: '<environment_context>' },
        { role: 'user', content: 'create hello.txt' },
        {
          role: 'assistant',
          tool_calls: [{ id: 'c1', type: 'custom', custom: { name: 'apply_patch', input: '*** Begin' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'ok' },
      ],
      tools: [{ type: 'custom', custom: { name: 'apply_patch', format: { type: 'grammar' } } }],
      tool_choice: { type: 'custom', custom: { name: 'apply_patch' } },
      parallel_tool_calls: true,
      verbosity: 'low',
      prompt_cache_key: 'k',
      store: true,
      metadata: { a: 'b' },
    });
  });
});

describe('tools', () => {
  it('that are freeform become functions of the same name, in the history too', () => {
    const { body, toolNames } = encode({
      turns: [
        user(text('go')),
        assistant(call('c1', { name: 'apply_patch', freeform: true, arguments: '*** Begin\n"x"' })),
        user(result('c1', { type: 'text', text: 'ok' })),
      ],
      tools: [
        {
          type: 'freeform',
          name: 'apply_patch',
          description: 'Edits.',
          grammar: { syntax: 'lark', definition: 'start: A' },
        },
      ],
    });
    expect(body).toMatchObject({
      tools: [
        {
          type: 'function',
          function: {
            name: 'apply_patch',
            description: expect.stringContaining('start: A'),
            parameters: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] },
          },
        },
      ],
      messages: [
        {},
        {
          tool_calls: [
            { function: { name: 'apply_patch', arguments: JSON.stringify({ input: '*** Begin\n"x"' }) } },
          ],
        },
        { role: 'tool', content: 'ok' },
      ],
    });
    expect(toolNames.client('apply_patch')).toEqual({ name: 'apply_patch', freeform: true });
  });

  it('of a namespace are flattened everywhere, hosted ones are dropped, on the ledger', () => {
    const { body, losses } = encode({
      turns: [
        user(text('go')),
        assistant(call('c1', { name: 'close_agent', namespace: 'multi_agent_v1' })),
        user(result('c1', { type: 'text', text: 'ok' })),
      ],
      tools: [
        { type: 'function', namespace: 'multi_agent_v1', name: 'close_agent' },
        { type: 'hosted', kind: 'web_search', protocol: 'responses', json: { type: 'web_search' } },
      ],
      toolChoice: { type: 'tool', tool: { namespace: 'multi_agent_v1', name: 'close_agent' } },
    });
    const name = 'multi_agent_v1__close_agent';
    expect(body).toMatchObject({
      tools: [{ function: { name, parameters: { type: 'object' } } }],
      tool_choice: { type: 'function', function: { name } },
      messages: [{}, { tool_calls: [{ function: { name } }] }, {}],
    });
    expect(losses).toMatchObject([
      { path: 'tools[1]', from: 'web_search', action: 'dropped', topic: 'tools' },
    ]);
  });

  it.each([
    [
      'alone, at OpenAI',
      {
        type: 'web_search',
        search_context_size: 'low',
        user_location: { type: 'approximate', country: 'DE' },
      },
      {
        search_context_size: 'low',
        user_location: { type: 'approximate', approximate: { country: 'DE' } },
      },
    ],
    ['of stored pages', { type: 'web_search', external_web_access: false }, undefined],
    ['of named sites', { type: 'web_search', filters: { allowed_domains: ['a.example'] } }, undefined],
  ])('that search: %s', (_, json, options) => {
    const tools: readonly Tool[] = [{ type: 'hosted', kind: 'web_search', protocol: 'responses', json }];
    const { body, losses } = encode({ tools }, OPENAI);
    expect(body.web_search_options).toEqual(options);
    expect(losses).toHaveLength(options ? 0 : 1);
    // Models that search take no other tools, and strangers do not know the field.
    expect(encode({ tools: [...tools, run] }, OPENAI).body).not.toHaveProperty('web_search_options');
    expect(encode({ tools }).body).not.toHaveProperty('web_search_options');
  });

  it('that are not offered cannot be chosen', () => {
    const toolChoice = { type: 'tool', tool: { name: 'missing' } } as const;
    expect(() => encode({ tools: [run], toolChoice })).toThrow(/tool_choice.*'missing'/);
  });

  it('take choice and parallel calls with them when none is left', () => {
    const { body } = encode({
      tools: [{ type: 'hosted', kind: 'web_search', protocol: 'responses', json: {} }],
      toolChoice: { type: 'auto' },
      parallelToolCalls: true,
    });
    expect(body).not.toHaveProperty('tools');
    expect(body).not.toHaveProperty('tool_choice');
    expect(body).not.toHaveProperty('parallel_tool_calls');
  });

  it('that may be used are the only ones a stranger hears of', () => {
    const tools: readonly Tool[] = [run, { type: 'function', name: 'other' }];
    const toolChoice = { type: 'allowed', mode: 'required', tools: [{ name: 'other' }] } as const;
    const stranger = encode({ tools, toolChoice }).body;
    expect(stranger).toMatchObject({ tools: [{ function: { name: 'other' } }], tool_choice: 'required' });
    const openai = encode({ tools, toolChoice }, OPENAI).body;
    expect(openai).toMatchObject({
      tools: [{}, {}],
      tool_choice: {
        type: 'allowed_tools',
        allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'other' } }] },
      },
    });
  });

  it('are called one at a time where the alias says so, which is never refused', () => {
    const { body, losses } = encode(
      { tools: [run], parallelToolCalls: true },
      {},
      { parallelToolCalls: false },
    );
    expect(body).toMatchObject({ parallel_tool_calls: false });
    expect(losses).toMatchObject([{ path: 'parallel_tool_calls', action: 'downgraded', topic: 'hint' }]);
    const without = encode({ tools: [run], parallelToolCalls: true }, { parallelToolCallsField: false });
    expect(without.body).not.toHaveProperty('parallel_tool_calls');
  });

  it('have arguments that a chat template can parse', () => {
    const { messages, losses } = encode({
      turns: [
        user(text('go')),
        assistant(call('c1', { arguments: '' }), call('c2', { arguments: '{"cmd": "ec' })),
        user(result('c1'), result('c2', { type: 'text', text: 'failed to parse' })),
      ],
      tools: [run],
    });
    expect(messages).toMatchObject([
      {},
      {
        tool_calls: [
          { function: { arguments: '{}' } },
          { function: { arguments: expect.stringContaining('ec') } },
        ],
      },
      { role: 'tool', content: '' },
      {},
    ]);
    expect(losses).toMatchObject([{ action: 'emulated', topic: 'tools' }]);
  });
});

describe('reasoning of earlier turns', () => {
  const thought: Part = { type: 'reasoning', summary: ['In short.'], text: 'At length.' };

  it('is left out, as a hint', () => {
    const { messages, losses } = encode({
      turns: [user(text('a')), assistant(thought, text('b')), user(text('c'))],
    });
    expect(JSON.stringify(messages)).not.toContain('length');
    expect(losses).toMatchObject([{ action: 'dropped', topic: 'hint' }]);
  });

  it('goes back with its calls where the upstream demands it', () => {
    const turns = [
      user(text('a')),
      assistant(thought, call('c1')),
      user(result('c1')),
      assistant(call('c2')),
      user(result('c2')),
    ];
    const { messages } = encode({ turns, tools: [run] }, { reasoningEcho: true });
    expect(messages).toMatchObject([
      {},
      { reasoning_content: 'At length.' },
      {},
      { reasoning_content: '' },
      {},
    ]);
    const renamed = encode({ turns, tools: [run] }, { reasoningEcho: true, reasoningField: 'reasoning' });
    expect(renamed.messages).toMatchObject([{}, { reasoning: 'At length.' }, {}, {}, {}]);
  });

  it('goes back byte for byte to the upstream that sealed it, and to no other', () => {
    const details = [{ type: 'reasoning.encrypted', data: 'QUJD', id: 'rs_1', format: 'x', index: 0 }];
    const sealed = (issuer: string): Part => ({
      type: 'reasoning',
      summary: [],
      text: 'Hm.',
      seal: { issuer, protocol: 'chat', kind: 'details', data: JSON.stringify(details) },
    });
    const turns = (issuer: string) => [
      user(text('a')),
      assistant(sealed(issuer), call('c1')),
      user(result('c1')),
    ];
    const own = encode({ turns: turns(targetOf().issuer), tools: [run] });
    expect(own.messages).toMatchObject([{}, { reasoning_details: details }, {}]);
    const foreign = encode({ turns: turns('somebody else'), tools: [run] });
    expect(JSON.stringify(foreign.body)).not.toContain('QUJD');
    expect(foreign.losses.map((loss) => loss.topic)).toEqual(['hint', 'hint']);
  });

  it('is asked of the vault when the client dropped it', () => {
    const vault = {
      find: ({ callId, name, arguments: args }: { callId: string; name: string; arguments: string }) =>
        callId === 'c1' && name === 'run' && args === '{}' ? [thought as Part & { type: 'reasoning' }] : [],
    };
    const turns = [user(text('a')), assistant(call('c1')), user(result('c1'))];
    const { messages } = encode({ turns, tools: [run] }, { reasoningEcho: true }, { vault });
    expect(messages).toMatchObject([{}, { reasoning_content: 'At length.' }, {}]);
  });
});

describe('structured output', () => {
  const format = {
    type: 'schema',
    name: 'codex output',
    strict: true,
    schema: { type: 'object', properties: {}, additionalProperties: false },
  } as const;

  it('is sent as a schema, or as JSON mode and words, or as words alone', () => {
    expect(encode({ output: { format } }).body).toMatchObject({
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'codex_output', strict: true, schema: format.schema },
      },
    });
    const json = encode({ output: { format } }, { structuredOutput: 'json' });
    expect(json.body).toMatchObject({
      response_format: { type: 'json_object' },
      messages: [{ role: 'system', content: expect.stringContaining('"additionalProperties":false') }, {}],
    });
    expect(json.losses).toMatchObject([{ action: 'downgraded', topic: 'format' }]);
    const none = encode({ output: { format } }, { structuredOutput: 'none' });
    expect(none.body).not.toHaveProperty('response_format');
    expect(none.messages).toMatchObject([{ role: 'system', content: expect.stringContaining('JSON') }, {}]);
  });

  it('says JSON somewhere, as OpenAI demands of JSON mode', () => {
    expect(encode({ output: { format: { type: 'json' } } }).messages).toMatchObject([
      { role: 'system', content: expect.stringContaining('JSON') },
      { role: 'user', content: 'Hi' },
    ]);
    const turns = [user(text('Answer in json.'))];
    expect(encode({ turns, output: { format: { type: 'json' } } }).messages).toHaveLength(1);
  });
});

describe('what cannot be sent', () => {
  it('is refused when nothing else is there', () => {
    const opaque: Part = { type: 'opaque', protocol: 'responses', kind: 'web_search_call', json: {} };
    expect(() => chatCodec.encodeRequest(conversationOf({ turns: [user(opaque)] }), targetOf())).toThrow(
      RequestRefused,
    );
    const kept = encode({ turns: [user({ ...opaque, text: 'A summary.' })] });
    expect(kept.messages).toEqual([{ role: 'user', content: 'A summary.' }]);
    expect(encode({ turns: [user(opaque, text('Hi'))] }).losses).toMatchObject([
      { action: 'dropped', topic: 'content', from: 'web_search_call' },
    ]);
  });

  it('is on the ledger as refused: file ids and documents by URL', () => {
    const parts: readonly Part[] = [
      text('Hi'),
      { type: 'image', source: { kind: 'file-id', id: 'file_1' } },
      { type: 'document', source: { kind: 'url', url: 'https://example.com/a.pdf' } },
    ];
    const { losses } = encode({ turns: [user(...parts)] });
    expect(losses.map((loss) => loss.action)).toEqual(['refused', 'refused']);
    // Alone they are refused for what they are, not for saying nothing.
    expect(() => encode({ turns: [user(...parts.slice(1))] })).toThrow(/file id/);
  });

  it('sends a PDF as a file and a text document as text', () => {
    const pdf: Part = {
      type: 'document',
      filename: 'a.pdf',
      source: { kind: 'base64', mimeType: 'application/pdf', data: 'JVBERi0=' },
    };
    const note: Part = {
      type: 'document',
      filename: 'note.md',
      source: { kind: 'base64', mimeType: 'text/markdown', data: Buffer.from('# Héllo').toString('base64') },
    };
    const { messages } = encode({ turns: [user(pdf, note)] });
    expect(messages).toMatchObject([
      {
        content: [
          { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } },
          { type: 'text', text: expect.stringContaining('# Héllo') },
        ],
      },
    ]);
  });
});

describe('a Chat client’s own fields', () => {
  it('are written for Chat again, and another protocol’s are not', () => {
    const native = { min_p: 0.1, functions: [] };
    const own = chatCodec.encodeRequest(conversationOf({ origin: 'chat', native }), targetOf()).body;
    expect(own).toMatchObject({ min_p: 0.1 });
    expect(own).not.toHaveProperty('functions');
    const foreign = chatCodec.encodeRequest(
      conversationOf({ origin: 'responses', native: { truncation: 'auto' } }),
      targetOf(),
    );
    expect(foreign.body).not.toHaveProperty('truncation');
  });
});
