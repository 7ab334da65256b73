import { describe, expect, it } from 'vitest';
import { RequestRefused } from '../../../src/protocols/failure.ts';
import { chatCodec } from '../../../src/protocols/openai-chat/index.ts';

const hi = [{ role: 'user', content: 'Hi' }];

function decode(fields: Record<string, unknown>) {
  return chatCodec.decodeRequest({ model: 'my-alias', messages: hi, ...fields });
}

function refusal(body: unknown) {
  try {
    chatCodec.decodeRequest(body);
  } catch (error) {
    if (error instanceof RequestRefused) return error.failure;
    throw error;
  }
  throw new Error('the request was not refused');
}

describe('the messages of a Chat client', () => {
  it('may hold reasoning inside their content', () => {
    const thinking = {
      type: 'thinking',
      thinking: [
        { type: 'text', text: 'Let me ' },
        { type: 'text', text: 'see.' },
      ],
    };
    const { conversation, losses } = decode({
      messages: [...hi, { role: 'assistant', content: [thinking, { type: 'text', text: '144' }] }],
    });
    expect(conversation.turns[1]?.parts).toEqual([
      { type: 'reasoning', summary: [], text: 'Let me see.' },
      { type: 'text', text: '144' },
    ]);
    expect(losses).toEqual([]);
  });

  it('become turns, in all their roles and parts', () => {
    const { conversation, losses } = decode({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'developer', content: [{ type: 'text', text: 'And kind.' }] },
        {
          role: 'user',
          name: 'ann',
          content: [
            { type: 'text', text: 'Look:' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'low' } },
            { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
            { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
            { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } },
          ],
        },
        {
          role: 'assistant',
          content: 'I will.',
          reasoning_content: 'Let me see.',
          tool_calls: [
            { id: 'c1', type: 'function', function: { name: 'look', arguments: '{"a":1}' } },
            { id: 'c2', type: 'custom', custom: { name: 'patch', input: '*** Begin' } },
          ],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'one' },
        { role: 'tool', tool_call_id: 'c2', content: [{ type: 'text', text: 'two' }] },
        { role: 'assistant', content: null, refusal: 'No.' },
      ],
    });
    expect(losses).toEqual([]);
    expect(conversation.turns).toEqual([
      { role: 'system', parts: [{ type: 'text', text: 'Be brief.' }] },
      { role: 'developer', parts: [{ type: 'text', text: 'And kind.' }] },
      {
        role: 'user',
        name: 'ann',
        parts: [
          { type: 'text', text: 'Look:' },
          {
            type: 'image',
            source: { kind: 'base64', mimeType: 'image/png', data: 'iVBORw0KGgo=' },
            detail: 'low',
          },
          { type: 'image', source: { kind: 'url', url: 'https://example.com/a.png' } },
          { type: 'audio', data: 'UklGRg==', format: 'wav' },
          {
            type: 'document',
            filename: 'a.pdf',
            source: { kind: 'base64', mimeType: 'application/pdf', data: 'JVBERi0=' },
          },
        ],
      },
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', summary: [], text: 'Let me see.' },
          { type: 'text', text: 'I will.' },
          { type: 'tool-call', id: 'c1', name: 'look', arguments: '{"a":1}', freeform: false },
          { type: 'tool-call', id: 'c2', name: 'patch', arguments: '*** Begin', freeform: true },
        ],
      },
      {
        role: 'user',
        parts: [
          { type: 'tool-result', callId: 'c1', content: [{ type: 'text', text: 'one' }] },
          { type: 'tool-result', callId: 'c2', content: [{ type: 'text', text: 'two' }], freeform: true },
        ],
      },
      { role: 'assistant', parts: [{ type: 'refusal', text: 'No.' }] },
    ]);
  });

  it('of the days of functions pair a call with its result', () => {
    const { conversation } = decode({
      functions: [{ name: 'look', parameters: { type: 'object' } }],
      function_call: { name: 'look' },
      messages: [
        ...hi,
        { role: 'assistant', content: null, function_call: { name: 'look', arguments: '{}' } },
        { role: 'function', name: 'look', content: 'seen' },
      ],
    });
    const [call, result] = conversation.turns.slice(1).flatMap((turn) => turn.parts);
    expect(call).toMatchObject({ type: 'tool-call', name: 'look', arguments: '{}' });
    expect(result).toMatchObject({ type: 'tool-result', callId: call?.type === 'tool-call' && call.id });
    expect(conversation).toMatchObject({
      tools: [{ type: 'function', name: 'look' }],
      toolChoice: { type: 'tool', tool: { name: 'look' } },
      parallelToolCalls: false,
    });
  });

  it('keep reasoning details as a seal that any Chat provider may read', () => {
    const details = [{ type: 'reasoning.text', text: 'Hm.', signature: 'c2ln', index: 0 }];
    const { conversation } = decode({
      messages: [...hi, { role: 'assistant', content: 'Yes', reasoning: 'Hm.', reasoning_details: details }],
    });
    expect(conversation.turns[1]?.parts[0]).toEqual({
      type: 'reasoning',
      summary: [],
      text: 'Hm.',
      seal: { issuer: '', protocol: 'chat', kind: 'details', data: JSON.stringify(details) },
    });
  });

  it('with content that no other protocol has are on the ledger as refused', () => {
    const { losses } = decode({
      messages: [
        { role: 'user', content: [{ type: 'video_url', video_url: { url: 'https://example.com/a.mp4' } }] },
        { role: 'assistant', audio: { id: 'audio_1' } },
        ...hi,
      ],
    });
    expect(losses).toMatchObject([
      { path: 'messages[0].content[0]', from: 'video_url', action: 'refused', topic: 'content' },
      { path: 'messages[1].audio', action: 'refused', topic: 'content' },
    ]);
  });
});

describe('the options of a Chat client', () => {
  it('are all understood', () => {
    const { conversation, losses } = decode({
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 5,
      max_completion_tokens: 7,
      stop: 'END',
      temperature: 0,
      top_p: 0.5,
      top_k: 3,
      presence_penalty: 1,
      frequency_penalty: -1,
      seed: 0,
      logit_bias: { '50256': -100 },
      logprobs: true,
      top_logprobs: 2,
      reasoning_effort: 'minimal',
      verbosity: 'low',
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'a', strict: true, schema: { type: 'object' } },
      },
      parallel_tool_calls: false,
      user: 'u',
      metadata: { a: 'b' },
      prompt_cache_key: 'k',
      prompt_cache_retention: '24h',
      service_tier: 'flex',
      safety_identifier: 's',
      store: true,
    });
    expect(losses).toEqual([]);
    expect(conversation).toMatchObject({
      stream: true,
      parallelToolCalls: false,
      output: {
        maxTokens: 7,
        stop: ['END'],
        verbosity: 'low',
        format: { type: 'schema', name: 'a', strict: true, schema: { type: 'object' } },
      },
      sampling: {
        temperature: 0,
        topP: 0.5,
        topK: 3,
        presencePenalty: 1,
        frequencyPenalty: -1,
        seed: 0,
        logitBias: { '50256': -100 },
        logprobs: 2,
      },
      reasoning: { effort: 'minimal' },
      hints: {
        user: 'u',
        metadata: { a: 'b' },
        promptCacheKey: 'k',
        promptCacheRetention: '24h',
        serviceTier: 'flex',
        safetyIdentifier: 's',
        store: true,
        includeUsage: true,
      },
      native: {},
    });
  });

  it('that are null are as if they were absent', () => {
    const { conversation } = decode({
      stop: null,
      temperature: null,
      max_tokens: null,
      tools: null,
      tool_choice: null,
      stream: null,
      stream_options: null,
      response_format: null,
      logit_bias: null,
      reasoning_effort: null,
      metadata: null,
    });
    expect(conversation).toMatchObject({ stream: false, tools: [], output: {}, sampling: {}, hints: {} });
    expect(conversation.toolChoice).toBeUndefined();
    expect(conversation.reasoning).toBeUndefined();
  });

  it('of tools: functions, grammars, choices', () => {
    const { conversation } = decode({
      tools: [
        {
          type: 'function',
          function: { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true },
        },
        {
          type: 'custom',
          custom: {
            name: 'p',
            format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: A' } },
          },
        },
      ],
      tool_choice: {
        type: 'allowed_tools',
        allowed_tools: {
          mode: 'required',
          tools: [
            { type: 'function', function: { name: 'f' } },
            { type: 'custom', custom: { name: 'p' } },
          ],
        },
      },
    });
    expect(conversation.tools).toEqual([
      { type: 'function', name: 'f', description: 'd', parameters: { type: 'object' }, strict: true },
      { type: 'freeform', name: 'p', grammar: { syntax: 'lark', definition: 'start: A' } },
    ]);
    expect(conversation.toolChoice).toEqual({
      type: 'allowed',
      mode: 'required',
      tools: [{ name: 'f' }, { name: 'p' }],
    });
    expect(decode({ tool_choice: 'required' }).conversation.toolChoice).toEqual({ type: 'required' });
    expect(
      decode({ tool_choice: { type: 'custom', custom: { name: 'p' } } }).conversation.toolChoice,
    ).toEqual({
      type: 'tool',
      tool: { name: 'p' },
      freeform: true,
    });
  });

  it('of other Chat providers mean the same as OpenAI’s', () => {
    expect(decode({ thinking: { type: 'disabled' } }).conversation.reasoning).toEqual({ effort: 'none' });
    expect(decode({ enable_thinking: false }).conversation.reasoning).toEqual({ effort: 'none' });
    expect(decode({ reasoning: { effort: 'high', max_tokens: 2000 } }).conversation.reasoning).toEqual({
      effort: 'high',
      budgetTokens: 2000,
    });
  });

  it('that only Chat has are kept for Chat, and on the ledger for anybody else', () => {
    const { conversation, losses } = decode({
      n: 2,
      modalities: ['text', 'audio'],
      audio: { voice: 'alloy', format: 'wav' },
      prediction: { type: 'content', content: 'x' },
      min_p: 0.1,
      guided_json: {},
      chat_template_kwargs: { a: 1 },
    });
    expect(conversation.native).toMatchObject({ n: 2, min_p: 0.1, chat_template_kwargs: { a: 1 } });
    expect(losses.map(({ path, action, topic }) => [path, action, topic])).toEqual([
      ['n', 'refused', 'content'],
      ['modalities', 'refused', 'content'],
      ['audio', 'dropped', 'hint'],
      ['prediction', 'dropped', 'hint'],
      ['min_p', 'dropped', 'sampling'],
      ['guided_json', 'dropped', 'format'],
      ['chat_template_kwargs', 'dropped', 'hint'],
    ]);
    expect(decode({ n: 1, modalities: ['text'] }).losses).toEqual([]);
  });
});

describe('a malformed request', () => {
  it.each([
    ['messages', { model: 'm' }],
    ['messages', { model: 'm', messages: [] }],
    ['messages', { model: 'm', messages: 'Hi' }],
    ['model', { messages: hi }],
    ['model', { model: 7, messages: hi }],
    ['messages[0]', { model: 'm', messages: ['Hi'] }],
    ['messages[0].role', { model: 'm', messages: [{ role: 'robot', content: 'Hi' }] }],
    ['messages[0].content', { model: 'm', messages: [{ role: 'user' }] }],
    ['messages[0].content', { model: 'm', messages: [{ role: 'user', content: 7 }] }],
    [
      'messages[0].content[0].text',
      { model: 'm', messages: [{ role: 'user', content: [{ type: 'text' }] }] },
    ],
    [
      'messages[0].content[0].image_url.url',
      {
        model: 'm',
        messages: [
          { role: 'user', content: [{ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }] },
        ],
      },
    ],
    [
      'messages[0].content[0].image_url.url',
      {
        model: 'm',
        messages: [
          { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,@@' } }] },
        ],
      },
    ],
    [
      'messages[0].content[0].file.file_data',
      {
        model: 'm',
        messages: [
          {
            role: 'user',
            content: [{ type: 'file', file: { filename: 'a.pdf', file_data: 'data:image/png;base64,AAAA' } }],
          },
        ],
      },
    ],
    ['messages[1].tool_call_id', { model: 'm', messages: [...hi, { role: 'tool', content: 'x' }] }],
    [
      'messages[0].tool_calls[0].id',
      { model: 'm', messages: [{ role: 'assistant', tool_calls: [{ type: 'function' }] }] },
    ],
    ['tools[0].function.name', { model: 'm', messages: hi, tools: [{ type: 'function', function: {} }] }],
    ['tool_choice', { model: 'm', messages: hi, tool_choice: 'maybe' }],
    ['stop[1]', { model: 'm', messages: hi, stop: ['a', 1] }],
    ['temperature', { model: 'm', messages: hi, temperature: 'hot' }],
    ['max_tokens', { model: 'm', messages: hi, max_tokens: 0 }],
    ['stream', { model: 'm', messages: hi, stream: 'yes' }],
    ['reasoning_effort', { model: 'm', messages: hi, reasoning_effort: 'extreme' }],
    ['response_format.type', { model: 'm', messages: hi, response_format: { type: 'xml' } }],
    ['n', { model: 'm', messages: hi, n: 0 }],
  ])('names the field: %s', (param, body) => {
    expect(refusal(body)).toMatchObject({ kind: 'invalid-request', status: 400, param });
    expect(refusal(body).message).toContain(param);
  });

  it.each([[null], ['text'], [[]], [7]])('is refused whatever it is: %j', (body) => {
    expect(refusal(body).status).toBe(400);
  });
});
