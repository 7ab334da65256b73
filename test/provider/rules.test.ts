import { describe, expect, it } from 'vitest';
import { chatStream } from './chat-answers.ts';
import { checkChatStream } from './chat-grammar.ts';
import { type ChatDialect, refuseChat } from './chat-rules.ts';
import type { Answer } from './provider.ts';
import { call, freeform, type ReplyPlan, say, think } from './reply-plan.ts';
import { responsesStream } from './responses-answers.ts';
import { checkResponsesStream } from './responses-grammar.ts';
import { refuseResponses } from './responses-rules.ts';

const user = { role: 'user', content: 'hi' };
const weather = { type: 'function', function: { name: 'weather', parameters: { type: 'object' } } };
const calls = (...ids: string[]) => ({
  role: 'assistant',
  content: null,
  tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: 'weather', arguments: '{}' } })),
});
const result = (id: string) => ({ role: 'tool', tool_call_id: id, content: 'sunny' });
const chat = (fields: object): object => ({ model: 'm', messages: [user], ...fields });

describe('a Chat provider', () => {
  it.each<[string, object]>([
    ['a question', chat({})],
    ['a system turn first', chat({ messages: [{ role: 'system', content: 's' }, user] })],
    [
      'answered calls',
      chat({ messages: [user, calls('a', 'b'), result('a'), result('b')], tools: [weather] }),
    ],
    ['an image', chat({ messages: [{ role: 'user', content: [imageUrl('data:image/png;base64,aGk=')] }] })],
    ['a named choice', chat({ tools: [weather], tool_choice: named('weather') })],
  ])('serves %s', (_, body) => {
    expect(refuseChat(body, 'stranger')).toBeUndefined();
    expect(refuseChat(body, 'openai')).toBeUndefined();
  });

  it.each<[string, ChatDialect | 'both', object, string]>([
    ['no messages', 'both', chat({ messages: [] }), 'messages'],
    ['an orphan result', 'both', chat({ messages: [user, result('a')] }), 'messages[1]'],
    ['an unanswered call', 'both', chat({ messages: [user, calls('a')] }), 'messages'],
    [
      'a call answered late',
      'both',
      chat({ messages: [user, calls('a'), user, result('a')] }),
      'messages[2]',
    ],
    ['swapped results', 'both', chat({ messages: [user, calls('a', 'b'), result('b')] }), 'messages[2]'],
    ['a choice without tools', 'both', chat({ tool_choice: 'auto' }), 'tool_choice'],
    ['a choice of nothing', 'both', chat({ tools: [weather], tool_choice: named('x') }), 'tool_choice'],
    ['an empty tool list', 'both', chat({ tools: [] }), 'tools'],
    ['the same tool twice', 'both', chat({ tools: [weather, weather] }), 'tools[1].function.name'],
    ['a spoilt name', 'both', chat({ tools: [{ type: 'function', function: { name: 'a.b' } }] }), 'tools[0]'],
    ['no budget', 'both', chat({ max_tokens: 0 }), 'max_tokens'],
    ['five stops', 'both', chat({ stop: ['1', '2', '3', '4', '5'] }), 'stop'],
    [
      'a broken image',
      'both',
      chat({ messages: [{ role: 'user', content: [imageUrl('x')] }] }),
      'messages[0]',
    ],
    ['usage of no stream', 'both', chat({ stream_options: {} }), 'stream_options'],
    ['an unknown field', 'both', chat({ top_k: 3 }), 'top_k'],
    ['OpenAI hints', 'stranger', chat({ prompt_cache_key: 'k' }), 'prompt_cache_key'],
    [
      'a developer turn',
      'stranger',
      chat({ messages: [{ role: 'developer', content: 's' }, user] }),
      'messages',
    ],
    [
      'a later system turn',
      'stranger',
      chat({ messages: [user, { role: 'system', content: 's' }] }),
      'messages',
    ],
    [
      'text in a list',
      'stranger',
      chat({ messages: [{ role: 'user', content: [textPart('s')] }] }),
      'messages',
    ],
    [
      'a field of others',
      'openai',
      chat({ messages: [user, { ...calls(), reasoning: 'r' }] }),
      'messages[1]',
    ],
    ['an open strict schema', 'openai', chat({ tools: [strictTool({ type: 'object' })] }), 'tools[0]'],
  ])('refuses %s', (_, dialect, body, path) => {
    for (const one of dialect === 'both' ? (['openai', 'stranger'] as const) : [dialect])
      expect(refuseChat(body, one)).toContain(path);
  });
});

function imageUrl(url: string): object {
  return { type: 'image_url', image_url: { url } };
}

function textPart(text: string): object {
  return { type: 'text', text };
}

function named(name: string): object {
  return { type: 'function', function: { name } };
}

function strictTool(parameters: object): object {
  return { type: 'function', function: { name: 'w', strict: true, parameters } };
}

const message = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hi' }] };
const answer = { role: 'assistant', content: [{ type: 'output_text', text: 'ho' }] };
const made = { type: 'function_call', call_id: 'a', name: 'w', arguments: '{}' };
const output = { type: 'function_call_output', call_id: 'a', output: 'sunny' };
const sealed = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'E' };
const responses = (...input: object[]): object => ({ model: 'm', store: false, input });

describe('the Responses API', () => {
  it.each<[string, object]>([
    ['a question', { model: 'm', input: 'hi' }],
    ['a history', responses(message, answer, message)],
    ['an answered call with its reasoning', responses(message, sealed, made, output)],
    ['Codex hints', { ...responses(message), prompt_cache_key: 'k', client_metadata: { a: 'b' } }],
  ])('serves %s', (_, body) => expect(refuseResponses(body)).toBeUndefined());

  it.each<[string, object, string]>([
    ['no input', responses(), 'input'],
    ['an orphan output', responses(message, output), 'No tool call found'],
    ['an unanswered call', responses(message, made), 'No tool output found'],
    ['output text of a user', responses({ ...answer, role: 'user' }), 'input[0].content[0].type'],
    ['input text of an assistant', responses({ ...message, role: 'assistant' }), 'input[0].content[0].type'],
    ['a foreign item id', responses({ ...message, id: 'chatcmpl-1' }), "begins with 'msg'"],
    ['unsealed reasoning', responses({ ...sealed, encrypted_content: null }, made, output), 'not found'],
    ['reasoning that led nowhere', responses(sealed, message), 'required following item'],
    ['a nested function', { ...responses(message), tools: [weather] }, 'tools[0]'],
    ['a tiny budget', { ...responses(message), max_output_tokens: 1 }, 'max_output_tokens'],
    ['a stop', { ...responses(message), stop: ['x'] }, 'stop'],
    ['an unknown include', { ...responses(message), include: ['everything'] }, 'include'],
    ['an unknown item', responses({ type: 'thought' }), 'input[0].type'],
  ])('refuses %s', (_, body, path) => expect(refuseResponses(body)).toContain(path));
});

const PLAN: ReplyPlan = {
  say: [think('E', 'hm', 'm'), say('Hel', 'lo'), call('w', { city: 'Ōsaka' }), freeform('p', '*** x')],
};

describe('the stream checkers', () => {
  it('pass what the scripted providers send', () => {
    expect(checkChatStream(textOf(chatStream(PLAN)))).toEqual([]);
    expect(checkResponsesStream(textOf(responsesStream(PLAN)))).toEqual([]);
    expect(checkResponsesStream(textOf(responsesStream({ say: [say('x')], finish: 'length' })))).toEqual([]);
  });

  it('see any missing or doubled frame', () => {
    for (const [check, stream] of [
      [checkChatStream, textOf(chatStream(PLAN))],
      [checkResponsesStream, textOf(responsesStream(PLAN))],
    ] as const) {
      const frames = stream.split(/(?<=\n\n)/);
      for (const [at, frame] of frames.entries()) {
        // A Chat stream may do without a delta or its usage; a doubled in_progress is a heartbeat.
        const dispensable = check === checkChatStream && at > 0 && at < frames.length - 1;
        const without = frames.filter((_, index) => index !== at).join('');
        if (!dispensable) expect(check(without), `without ${frame}`).not.toEqual([]);
        if (at !== 1 && (check === checkResponsesStream || at === 0 || at === frames.length - 1))
          expect(check(frames.toSpliced(at, 0, frame).join('')), `twice ${frame}`).not.toEqual([]);
      }
    }
  });
});

function textOf(answer: Answer): string {
  if (!('frames' in answer)) throw new Error('not a stream');
  return answer.frames.filter((frame) => typeof frame !== 'number').join('');
}
