import { describe, expect, test } from 'vitest';
import type { ReasoningVault } from '../../../src/protocols/bridge/vault.ts';
import type { Target } from '../../../src/protocols/codec.ts';
import type { Conversation, Part, ReasoningPart, Turn } from '../../../src/protocols/conversation.ts';
import { RequestRefused } from '../../../src/protocols/failure.ts';
import { responsesCodec } from '../../../src/protocols/openai-responses/index.ts';
import { refuseResponses } from '../../provider/responses-rules.ts';
import { conversation, target } from './contexts.ts';

const HELLO: Turn = { role: 'user', parts: [{ type: 'text', text: 'hello' }] };
const ISSUER = target().issuer;

/** Encodes, and has the provider's rules judge the result. */
function encode(parts: Partial<Conversation>, to: Target = target()) {
  const encoded = responsesCodec.encodeRequest(
    conversation({ origin: 'chat', turns: [HELLO], ...parts }),
    to,
  );
  expect(refuseResponses(encoded.body)).toBeUndefined();
  return encoded;
}

function input(turns: readonly Turn[], to?: Target) {
  return encode({ turns }, to).body.input;
}

function call(id: string, name = 'f'): Part {
  return { type: 'tool-call', id, name, arguments: '{"a":1}', freeform: false };
}

function result(callId: string, text = 'done'): Part {
  return { type: 'tool-result', callId, content: [{ type: 'text', text }] };
}

test('a plain request', () => {
  expect(encode({}).body).toEqual({
    model: 'served',
    input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hello' }] }],
    stream: true,
    store: false,
    include: ['reasoning.encrypted_content'],
  });
});

describe('instructions', () => {
  const system = (text: string): Turn => ({ role: 'system', parts: [{ type: 'text', text }] });

  test('leading system turns are `instructions`, later ones stay in their place as the developer’s', () => {
    const { body } = encode({ turns: [system('A'), system('B'), HELLO, system('C'), HELLO] });
    expect(body.instructions).toBe('A\n\nB');
    expect(body.input).toMatchObject([{ role: 'user' }, { role: 'developer' }, { role: 'user' }]);
  });

  test('the developer’s keep their role', () => {
    const developer: Turn = { role: 'developer', parts: [{ type: 'text', text: 'X' }] };
    const { body } = encode({ turns: [developer, HELLO] });
    expect(body).not.toHaveProperty('instructions');
    expect(body.input).toMatchObject([{ role: 'developer', content: [{ text: 'X' }] }, { role: 'user' }]);
  });

  test('instructions alone are sent as input, which may not be missing', () => {
    const { body } = encode({ turns: [system('A')] });
    expect(body).not.toHaveProperty('instructions');
    expect(body.input).toMatchObject([{ role: 'developer', content: [{ text: 'A' }] }]);
  });
});

describe('history', () => {
  test('words, calls and results', () => {
    const assistant: Turn = {
      role: 'assistant',
      phase: 'commentary',
      parts: [
        { type: 'text', text: 'On it.' },
        call('a'),
        { type: 'tool-call', id: 'b', name: 'patch', arguments: '*** Begin', freeform: true },
      ],
    };
    const results: Turn = { role: 'user', parts: [result('a'), result('b')] };
    expect(input([HELLO, assistant, results])).toEqual([
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hello' }] },
      {
        type: 'message',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'On it.' }],
        phase: 'commentary',
      },
      { type: 'function_call', call_id: 'a', name: 'f', arguments: '{"a":1}' },
      { type: 'custom_tool_call', call_id: 'b', name: 'patch', input: '*** Begin' },
      { type: 'function_call_output', call_id: 'a', output: 'done' },
      { type: 'custom_tool_call_output', call_id: 'b', output: 'done' },
    ]);
  });

  test('a user’s words between a call and its result come after it', () => {
    const items = input([
      HELLO,
      { role: 'assistant', parts: [call('a')] },
      HELLO,
      { role: 'user', parts: [result('a')] },
    ]);
    expect(items).toMatchObject([
      { role: 'user' },
      { type: 'function_call' },
      { type: 'function_call_output' },
      { role: 'user' },
    ]);
  });

  test('calls without result and results without call become text', () => {
    const { body, losses } = encode({
      turns: [
        HELLO,
        { role: 'assistant', parts: [call('a')] },
        { role: 'user', parts: [result('z', 'lost')] },
      ],
    });
    expect(JSON.stringify(body.input)).toContain('lost');
    expect(losses).toMatchObject([
      { action: 'emulated', topic: 'tools' },
      { action: 'emulated', topic: 'tools' },
    ]);
  });

  test('ids that repeat from turn to turn, are too long or empty still match', () => {
    const long = 'x'.repeat(100);
    const step = (id: string): readonly Turn[] => [
      { role: 'assistant', parts: [call(id)] },
      { role: 'user', parts: [result(id)] },
    ];
    const items = input([HELLO, ...step('call_0'), ...step('call_0'), ...step(long), ...step('')]);
    const ids = (items as readonly { call_id?: string }[]).flatMap((item) => item.call_id ?? []);
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id.length).toBeLessThanOrEqual(64);
  });

  test('media, also in results', () => {
    const image: Part = {
      type: 'image',
      source: { kind: 'base64', mimeType: 'image/png', data: 'iVBORw0KGgo=' },
    };
    const turns: Turn[] = [
      {
        role: 'user',
        parts: [
          { ...image, detail: 'low' },
          { type: 'document', source: { kind: 'base64', mimeType: 'application/pdf', data: 'JVBERi0=' } },
          { type: 'document', source: { kind: 'url', url: 'https://example.com/a.pdf' } },
          { type: 'audio', data: 'UklGRg==', format: 'wav' },
        ],
      },
      { role: 'assistant', parts: [call('a')] },
      {
        role: 'user',
        parts: [{ type: 'tool-result', callId: 'a', content: [{ type: 'text', text: 'see' }, image] }],
      },
    ];
    const url = 'data:image/png;base64,iVBORw0KGgo=';
    expect(input(turns)).toMatchObject([
      {
        content: [
          { type: 'input_image', image_url: url, detail: 'low' },
          { type: 'input_file', filename: 'document.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' },
          { type: 'input_file', file_url: 'https://example.com/a.pdf' },
          { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
        ],
      },
      { type: 'function_call' },
      {
        output: [
          { type: 'input_text', text: 'see' },
          { type: 'input_image', image_url: url, detail: 'auto' },
        ],
      },
    ]);
  });

  test('a file id does not travel', () => {
    const part: Part = { type: 'image', source: { kind: 'file-id', id: 'file-1' } };
    const { losses } = encode({ turns: [HELLO, { role: 'user', parts: [part] }] });
    expect(losses).toMatchObject([{ path: 'turns[1].parts[0]', action: 'refused', topic: 'content' }]);
    // Alone it is refused for what it is, not for saying nothing.
    expect(() => encode({ turns: [{ role: 'user', parts: [part] }] })).toThrow(/file id/);
  });

  test('a result that is an error says so', () => {
    const failed: Part = {
      type: 'tool-result',
      callId: 'a',
      content: [{ type: 'text', text: 'no such file' }],
      isError: true,
    };
    const items = input([
      HELLO,
      { role: 'assistant', parts: [call('a')] },
      { role: 'user', parts: [failed] },
    ]);
    expect(items).toMatchObject([{}, {}, { output: '[The tool reported an error]\nno such file' }]);
  });

  test('nothing but what another provider alone can read is refused', () => {
    const opaque: Part = { type: 'opaque', protocol: 'messages', kind: 'server_tool_use', json: {} };
    expect(() =>
      responsesCodec.encodeRequest(conversation({ turns: [{ role: 'user', parts: [opaque] }] }), target()),
    ).toThrow(RequestRefused);
  });
});

describe('reasoning of earlier turns', () => {
  const own: ReasoningPart = {
    type: 'reasoning',
    summary: ['hm'],
    seal: { issuer: ISSUER, protocol: 'responses', kind: 'encrypted', data: 'gAAA' },
    id: 'rs_llmup_1',
  };
  const step = (...parts: readonly Part[]): readonly Turn[] => [
    HELLO,
    { role: 'assistant', parts: [...parts, call('a')] },
    { role: 'user', parts: [result('a')] },
  ];
  const item = {
    type: 'reasoning',
    summary: [{ type: 'summary_text', text: 'hm' }],
    encrypted_content: 'gAAA',
  };

  test('goes back to its issuer, before its call', () => {
    expect(input(step(own))).toMatchObject([{}, item, { type: 'function_call' }, {}]);
  });

  test('an id given out here is not sent, the provider’s own is', () => {
    expect(input(step(own))).toEqual([expect.anything(), item, expect.anything(), expect.anything()]);
    const native: ReasoningPart = {
      ...own,
      id: 'rs_1',
      seal: { issuer: '', protocol: 'responses', kind: 'encrypted', data: 'gAAA' },
    };
    expect(input(step(native))).toMatchObject([{}, { ...item, id: 'rs_1' }, {}, {}]);
  });

  test.each([
    ['of another issuer', { issuer: 'azure@x', protocol: 'responses', kind: 'encrypted', data: 'x' }],
    ['of another protocol', { issuer: ISSUER, protocol: 'messages', kind: 'signature', data: 'x' }],
  ] as const)('a seal %s is not sent', (_, seal) => {
    const { body, losses } = encode({ turns: step({ ...own, seal }) });
    expect(body.input).toMatchObject([{}, { type: 'function_call' }, {}]);
    expect(losses).toMatchObject([{ action: 'dropped', topic: 'hint' }]);
  });

  test('where the upstream wants it back, its readable text is sent', () => {
    const plain: ReasoningPart = { type: 'reasoning', summary: ['a', 'b'] };
    expect(input(step(plain), target({ quirks: { reasoningEcho: true } }))).toMatchObject([
      {},
      { type: 'reasoning', content: [{ type: 'reasoning_text', text: 'a\n\nb' }] },
      { type: 'function_call' },
      {},
    ]);
  });

  test('what the client dropped is put back from the vault, once for parallel calls', () => {
    const vault: ReasoningVault = {
      find: ({ callId, name, arguments: args }) =>
        callId !== '' && name === 'f' && args === '{"a":1}' ? [own] : [],
    };
    const turns: Turn[] = [
      HELLO,
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', summary: [], text: 'hm' },
          { type: 'text', text: 'ok' },
          call('a'),
          call('b'),
        ],
      },
      { role: 'user', parts: [result('a'), result('b')] },
    ];
    const { body, losses } = encode({ turns }, target({ vault }));
    expect(body.input).toMatchObject([
      { role: 'user' },
      { role: 'assistant' },
      item,
      { call_id: 'a' },
      { call_id: 'b' },
      {},
      {},
    ]);
    expect(losses).toEqual([]);
  });

  test('reasoning that led to nothing is not sent', () => {
    expect(input([HELLO, { role: 'assistant', parts: [own] }, HELLO])).toMatchObject([
      { role: 'user' },
      { role: 'user' },
    ]);
  });
});

describe('tools', () => {
  const parameters = { type: 'object', properties: { a: { type: 'string' } } };

  test('`strict` is false unless the client said otherwise: this API’s default differs', () => {
    const { body } = encode({
      tools: [
        { type: 'function', name: 'f', description: 'does', parameters },
        { type: 'function', name: 'g' },
        { type: 'freeform', name: 'p', grammar: { syntax: 'lark', definition: 'start: "x"' } },
        { type: 'function', name: 'h', namespace: 'ns', parameters },
      ],
    });
    expect(body.tools).toEqual([
      { type: 'function', name: 'f', description: 'does', parameters, strict: false },
      { type: 'function', name: 'g', parameters: { type: 'object', properties: {} }, strict: false },
      { type: 'custom', name: 'p', format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' } },
      { type: 'function', name: 'ns__h', parameters, strict: false },
    ]);
  });

  test('`strict` is kept', () => {
    const closed = { type: 'object', properties: {}, required: [], additionalProperties: false };
    const { body } = encode({ tools: [{ type: 'function', name: 'f', parameters: closed, strict: true }] });
    expect(body.tools).toMatchObject([{ strict: true }]);
  });

  test('parameters always say that they are an object', () => {
    const parameters = { properties: { a: { type: 'string' } } };
    const { body } = encode({ tools: [{ type: 'function', name: 'f', parameters }] });
    expect(body.tools).toMatchObject([{ parameters: { type: 'object', ...parameters } }]);
  });

  test('one that is not offered cannot be chosen', () => {
    const tools = [{ type: 'function', name: 'f' }] as const;
    const choose = (name: string) => encode({ tools, toolChoice: { type: 'tool', tool: { name } } });
    expect(choose('f').body.tool_choice).toEqual({ type: 'function', name: 'f' });
    expect(() => choose('g')).toThrow(/tool_choice.*'g'/);
  });

  test('search has an equivalent here, other hosted tools have none', () => {
    const { body, losses } = encode({
      tools: [
        {
          type: 'hosted',
          kind: 'web_search',
          protocol: 'chat',
          json: {
            search_context_size: 'low',
            user_location: { type: 'approximate', approximate: { country: 'DE' } },
          },
        },
        { type: 'hosted', kind: 'code_execution', protocol: 'messages', json: {} },
      ],
    });
    expect(body.tools).toEqual([
      {
        type: 'web_search',
        search_context_size: 'low',
        user_location: { type: 'approximate', country: 'DE' },
      },
    ]);
    expect(losses).toMatchObject([{ path: 'tools[1]', action: 'dropped' }]);
  });

  test.each([
    [{ type: 'required' }, 'required'],
    [
      { type: 'tool', tool: { name: 'f' } },
      { type: 'function', name: 'f' },
    ],
    [
      { type: 'tool', tool: { name: 'p' } },
      { type: 'custom', name: 'p' },
    ],
    [
      { type: 'allowed', mode: 'auto', tools: [{ name: 'f' }, { name: 'p' }] },
      {
        type: 'allowed_tools',
        mode: 'auto',
        tools: [
          { type: 'function', name: 'f' },
          { type: 'custom', name: 'p' },
        ],
      },
    ],
  ] as const)('choice %j', (toolChoice, expected) => {
    const tools: Conversation['tools'] = [
      { type: 'function', name: 'f' },
      { type: 'freeform', name: 'p' },
    ];
    expect(encode({ tools, toolChoice }).body.tool_choice).toEqual(expected);
  });

  test('a choice without tools is left out, on the ledger', () => {
    const { body, losses } = encode({ toolChoice: { type: 'required' } });
    expect(body).not.toHaveProperty('tool_choice');
    expect(losses).toMatchObject([{ path: 'tool_choice', action: 'dropped', topic: 'tools' }]);
  });

  test.each([
    [true, true, true],
    [false, true, false],
    [undefined, true, undefined],
    [true, false, false],
    [undefined, false, false],
  ])('parallel calls: asked %s, possible %s', (asked, possible, sent) => {
    const { body, losses } = encode(
      {
        tools: [{ type: 'function', name: 'f' }],
        ...(asked !== undefined && { parallelToolCalls: asked }),
      },
      target({ parallelToolCalls: possible }),
    );
    expect(body.parallel_tool_calls).toBe(sent);
    expect(losses).toHaveLength(asked && !possible ? 1 : 0);
  });
});

describe('options', () => {
  test('what this API takes', () => {
    const { body, losses } = encode({
      output: { maxTokens: 100, verbosity: 'low' },
      sampling: { temperature: 0.5, topP: 0.9 },
      reasoning: { effort: 'high', summary: 'auto' },
      hints: {
        user: 'u',
        metadata: { a: 'b' },
        promptCacheKey: 'k',
        promptCacheRetention: '24h',
        serviceTier: 'flex',
        safetyIdentifier: 's',
      },
    });
    expect(body).toMatchObject({
      max_output_tokens: 100,
      temperature: 0.5,
      top_p: 0.9,
      text: { verbosity: 'low' },
      reasoning: { effort: 'high', summary: 'auto' },
      user: 'u',
      metadata: { a: 'b' },
      prompt_cache_key: 'k',
      prompt_cache_retention: '24h',
      service_tier: 'flex',
      safety_identifier: 's',
      store: false,
    });
    expect(losses).toEqual([]);
  });

  test('what it does not take is on the ledger', () => {
    const { body, losses } = encode({
      output: { stop: ['END'] },
      sampling: { topK: 5, presencePenalty: 1, frequencyPenalty: 1, seed: 7, logitBias: { a: 1 } },
      hints: { store: true },
    });
    for (const name of ['stop', 'seed', 'top_k', 'logit_bias']) expect(body).not.toHaveProperty(name);
    expect(losses.map(({ path, action, topic }) => `${action} ${topic} ${path}`)).toEqual([
      'emulated sampling stop',
      'dropped sampling top_k',
      'dropped sampling presence_penalty',
      'dropped sampling frequency_penalty',
      'dropped sampling seed',
      'dropped sampling logit_bias',
      'dropped hint store',
    ]);
  });

  test('an output limit below the API’s least is raised', () => {
    const { body, losses } = encode({ output: { maxTokens: 1 } });
    expect(body.max_output_tokens).toBe(16);
    expect(losses).toMatchObject([{ action: 'downgraded', topic: 'sampling' }]);
  });

  test('the alias’s limit holds where the client set none', () => {
    expect(encode({}, target({ maxOutputTokens: 50 })).body.max_output_tokens).toBe(50);
    expect(
      encode({ output: { maxTokens: 90 } }, target({ maxOutputTokens: 50 })).body.max_output_tokens,
    ).toBe(90);
  });

  test('log probabilities are asked for', () => {
    const { body } = encode({ sampling: { logprobs: 3 } });
    expect(body).toMatchObject({
      top_logprobs: 3,
      include: ['reasoning.encrypted_content', 'message.output_text.logprobs'],
    });
  });

  test.each([
    ['max', ['low', 'high'], 'high', 'downgraded'],
    ['medium', ['low', 'high'], 'high', 'downgraded'],
    ['low', ['low', 'high'], 'low', undefined],
    ['low', [], undefined, 'dropped'],
  ] as const)('effort %s towards %j', (effort, efforts, sent, action) => {
    const { body, losses } = encode({ reasoning: { effort } }, target({ quirks: { efforts } }));
    expect((body.reasoning as { effort?: string } | undefined)?.effort).toBe(sent);
    expect(losses.map((loss) => loss.action)).toEqual(action ? [action] : []);
  });

  test('sealed reasoning is not asked of a model that does not think', () => {
    expect(encode({}, target({ quirks: { efforts: [] } })).body).not.toHaveProperty('include');
    expect(encode({ reasoning: { effort: 'none' } }).body).not.toHaveProperty('include');
  });
});

describe('structured output', () => {
  const format = { type: 'schema', name: 'my answer', schema: { type: 'object' }, description: 'd' } as const;

  test('a schema', () => {
    expect(encode({ output: { format } }).body.text).toEqual({
      format: {
        type: 'json_schema',
        name: 'my_answer',
        description: 'd',
        schema: { type: 'object' },
        strict: false,
      },
    });
  });

  test('JSON mode needs the word in the input', () => {
    const { body } = encode({ output: { format: { type: 'json' } } });
    expect(body.text).toEqual({ format: { type: 'json_object' } });
    expect(body.input).toMatchObject([
      { role: 'developer', content: [{ text: expect.stringMatching(/json/i) }] },
      {},
    ]);
    const said: Turn = { role: 'user', parts: [{ type: 'text', text: 'Answer in JSON.' }] };
    expect(encode({ turns: [said], output: { format: { type: 'json' } } }).body.input).toHaveLength(1);
  });

  test.each(['json', 'none'] as const)('an upstream that takes %s is told in words', (structuredOutput) => {
    const { body, losses } = encode({ output: { format } }, target({ quirks: { structuredOutput } }));
    expect(JSON.stringify(body.input)).toContain('JSON Schema');
    expect(JSON.stringify(body.text ?? null)).not.toContain('schema');
    expect(losses).toMatchObject([{ action: 'downgraded', topic: 'format' }]);
  });
});

test('a Responses client’s own fields and items go out as they came', () => {
  const compaction = { type: 'compaction', id: 'cmp_1', encrypted_content: 'x' };
  const approval = { type: 'mcp_approval_response', approval_request_id: 'a', approve: true };
  const { conversation: request } = responsesCodec.decodeRequest({
    model: 'm',
    input: [compaction, approval, { role: 'user', content: 'go on' }],
    truncation: 'auto',
    store: true,
    tools: [{ type: 'file_search', vector_store_ids: ['v'] }],
  });
  const { body, losses } = responsesCodec.encodeRequest(request, target());
  expect(body).toMatchObject({
    truncation: 'auto',
    store: true,
    input: [compaction, approval, { role: 'user' }],
    tools: [{ type: 'file_search', vector_store_ids: ['v'] }],
  });
  expect(losses).toEqual([]);
});
