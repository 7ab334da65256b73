import { describe, expect, it } from 'vitest';
import type { Failure } from '../../src/protocols/failure.ts';
import { applyHealing, describeHealing, findHealing, stopsTakenOut } from '../../src/protocols/healing.ts';
import { chatCodec } from '../../src/protocols/openai-chat/index.ts';

const chat = {
  model: 'm',
  messages: [
    { role: 'developer', content: 'Be brief.' },
    { role: 'user', content: 'Hi' },
  ],
  max_tokens: 9000,
  temperature: 0.7,
  top_p: 0.9,
  seed: 1,
  user: 'u',
  stop: ['END'],
  reasoning_effort: 'xhigh',
  parallel_tool_calls: true,
  stream: true,
  stream_options: { include_usage: true },
  tools: [{ type: 'function', function: { name: 'f', strict: true, parameters: {} } }],
  tool_choice: 'required',
  response_format: { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'object' } } },
};

const openAi = (message: string, param?: string): Failure =>
  chatCodec.decodeError(400, {
    error: { message, type: 'invalid_request_error', param: param ?? null, code: null },
  });

/** The body sent again after this refusal; undefined when it would not be. */
function healed(
  failure: Failure,
  body: Record<string, unknown> = chat,
  protocol: 'chat' | 'responses' = 'chat',
) {
  const before = JSON.stringify(body);
  const healing = findHealing(protocol, body, failure);
  if (!healing) return undefined;
  expect(JSON.parse(JSON.stringify(healing))).toEqual(healing);
  expect(describeHealing(healing)).toMatchObject({ path: expect.any(String), reason: expect.any(String) });
  const next = applyHealing(body, healing);
  expect(JSON.stringify(body)).toBe(before);
  expect(applyHealing(next, healing)).toBe(next);
  return next;
}

const without = (...names: string[]) =>
  Object.fromEntries(Object.entries(chat).filter(([name]) => !names.includes(name)));

describe('a request that was refused for an optional field', () => {
  it('has its output cap spelled the other way, in both directions', () => {
    const old =
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
    expect(healed(openAi(old, 'max_tokens'))).toEqual({
      ...without('max_tokens'),
      max_completion_tokens: 9000,
    });
    const body = { ...without('max_tokens'), max_completion_tokens: 9000 };
    const fresh = chatCodec.decodeError(422, {
      detail: [
        {
          type: 'extra_forbidden',
          loc: ['body', 'max_completion_tokens'],
          msg: 'Extra inputs are not permitted',
        },
      ],
    });
    expect(healed(fresh, body)).toEqual(chat);
  });

  it('has a cap that is too large lowered to what the upstream states', () => {
    expect(healed(openAi('Invalid max_tokens value, the valid range of max_tokens is [1, 8192]'))).toEqual({
      ...chat,
      max_tokens: 8192,
    });
    expect(
      healed(
        openAi(
          'max_tokens is too large: 9000. This model supports at most 4096 completion tokens.',
          'max_tokens',
        ),
      ),
    ).toEqual({
      ...chat,
      max_tokens: 4096,
    });
  });

  it('has its developer turns as system turns', () => {
    for (const message of [
      "'developer' is not one of ['system', 'assistant', 'user', 'function'] - 'messages.0.role'",
      'Failed to deserialize: messages[0].role: unknown variant `developer`, expected one of `system`, `user`',
      'Unexpected role developer',
    ]) {
      expect(healed(openAi(message))).toMatchObject({
        messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user' }],
      });
    }
  });

  it('has its system turn as marked user text where there is no such role', () => {
    const body = {
      model: 'm',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hi' },
      ],
    };
    expect(healed(openAi('System role not supported'), body)).toMatchObject({
      messages: [{ role: 'user', content: expect.stringContaining('Be brief.') }, { role: 'user' }],
    });
  });

  it('has an effort that the upstream names, or none', () => {
    const named =
      "Unsupported value: 'reasoning_effort' does not support 'xhigh' with this model. Supported values are: 'low', 'medium', and 'high'.";
    expect(healed(openAi(named, 'reasoning_effort'))).toEqual({ ...chat, reasoning_effort: 'high' });
    expect(healed(openAi('Unrecognized request argument supplied: reasoning_effort'))).toEqual(
      without('reasoning_effort'),
    );
  });

  it('has a schema as JSON mode and words', () => {
    const next = healed(openAi('This response_format type is unavailable now'));
    expect(next).toMatchObject({
      response_format: { type: 'json_object' },
      messages: [{ content: expect.stringContaining('{"type":"object"}') }, {}],
    });
  });

  it.each([
    [
      'temperature',
      "Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value is supported.",
    ],
    ['top_p', '`top_p` is deprecated for this model.'],
    ['seed', "Unknown parameter: 'seed'."],
    ['stop', "Unsupported parameter: 'stop' is not supported with this model."],
    ['user', "property 'user' is unsupported"],
    ['stream_options', 'Unrecognized request argument supplied: stream_options'],
    ['parallel_tool_calls', 'parallel_tool_calls: Extra inputs are not permitted'],
    ['tool_choice', 'deepseek-reasoner does not support this tool_choice'],
  ])('goes without %s', (field, message) => {
    expect(healed(openAi(message))).toEqual(without(field));
  });

  it('has its tools without strict, and its messages without reasoning', () => {
    expect(
      healed(openAi('tools.0.function.strict: Extra inputs are not permitted', 'tools.0.function.strict')),
    ).toMatchObject({
      tools: [{ type: 'function', function: { name: 'f', parameters: {} } }],
    });
    const body = { ...chat, messages: [{ role: 'assistant', content: 'a', reasoning_content: 'Hm.' }] };
    expect(
      healed(openAi('messages.0.assistant.reasoning_content: Extra inputs are not permitted'), body)
        ?.messages,
    ).toEqual([{ role: 'assistant', content: 'a' }]);
  });

  it('is understood for Responses too', () => {
    const body = { model: 'm', input: [], reasoning: { effort: 'max', summary: 'auto' }, temperature: 1 };
    expect(
      healed(
        openAi(
          "Unsupported parameter: 'reasoning.summary' is not supported with this model.",
          'reasoning.summary',
        ),
        body,
        'responses',
      ),
    ).toEqual({
      ...body,
      reasoning: { effort: 'max' },
    });
    const effort = "Invalid value: 'max'. Supported values are: 'low', 'medium', 'high', and 'xhigh'.";
    expect(healed(openAi(effort, 'reasoning.effort'), body, 'responses')).toEqual({
      ...body,
      reasoning: { effort: 'xhigh', summary: 'auto' },
    });
  });
});

describe('a request that is refused for good', () => {
  it.each([
    [
      'a required field',
      openAi("Invalid type for 'messages[0].content': expected a string.", 'messages[0].content'),
    ],
    ['the model', openAi('The model `m` does not exist')],
    ['a field that was not sent', openAi("Unknown parameter: 'verbosity'.", 'verbosity')],
    ['no field at all', openAi('Bad request')],
    ['everyday words', openAi('The user must stop sending seed data to the store.')],
    ['the context', openAi("This model's maximum context length is 8192 tokens. Reduce max_tokens.")],
    ['a limit of rate', chatCodec.decodeError(429, { error: { message: 'Rate limit: temperature rising' } })],
  ])('is not sent again: %s', (_what, failure) => {
    expect(healed(failure)).toBeUndefined();
  });

  it('nor for protocols without rules of healing', () => {
    expect(findHealing('gemini', chat, openAi('temperature is wrong', 'temperature'))).toBeUndefined();
  });
});

describe('what was learned', () => {
  it('changes later requests only where they have the fault', () => {
    const healing = findHealing(
      'chat',
      chat,
      openAi("Supported values are: 'low', 'high'", 'reasoning_effort'),
    );
    expect(healing).toBeDefined();
    if (!healing) return;
    const other = { ...chat, reasoning_effort: 'low' };
    expect(applyHealing(other, healing)).toBe(other);
    const next = applyHealing(chat, healing);
    expect(next.reasoning_effort).toBe('high');
    expect(next.messages).toBe(chat.messages);
  });
});

describe('stop words that are taken out', () => {
  const healing = findHealing('chat', chat, openAi("Unsupported parameter: 'stop'", 'stop'));

  it('are told, for the reply to be cut at them', () => {
    const words = (body: Record<string, unknown>) =>
      stopsTakenOut(body, healing ? applyHealing(body, healing) : body);
    expect(words(chat)).toEqual(['END']);
    expect(words({ ...chat, stop: 'FIN' })).toEqual(['FIN']);
    expect(words({ model: 'm' })).toEqual([]);
    expect(stopsTakenOut(chat, { ...chat, temperature: 1 })).toEqual([]);
  });

  it('are lost only where the reply is not cut', () => {
    expect(healing && describeHealing(healing)).toMatchObject({ action: 'dropped', topic: 'sampling' });
    expect(healing && describeHealing(healing, true)).toMatchObject({
      action: 'emulated',
      topic: 'sampling',
    });
    const other = findHealing('chat', chat, openAi("Unsupported parameter: 'seed'", 'seed'));
    expect(other && describeHealing(other, true)).toMatchObject({ path: 'seed', action: 'dropped' });
  });
});

describe('a field that is named', () => {
  it.each([
    ['in camel case', 'Model grok-4 does not support parameter frequencyPenalty.', 'frequency_penalty'],
    ['without quotes', 'Model grok-4 does not support parameter stop.', 'stop'],
    ['after a colon', 'Argument not supported on this model: stop', 'stop'],
    [
      'in brackets',
      'The model returned the following errors: extraneous key [stop] is not permitted',
      'stop',
    ],
    ['by what it is about', '"llama3" does not support thinking', 'reasoning_effort'],
    ['as a penalty', 'Penalty is not enabled for models/gemini-2.5-pro', 'frequency_penalty'],
  ])('%s', (_, message, field) => {
    const body = { ...chat, frequency_penalty: 0.5 };
    const { [field as 'stop']: _removed, ...rest } = body;
    expect(healed(openAi(message), body)).toEqual(rest);
  });

  it('by its place in a tool', () => {
    const next = healed(openAi('tools.0.function.strict: Extra inputs are not permitted'));
    expect(next?.tools).toEqual([{ type: 'function', function: { name: 'f', parameters: {} } }]);
  });

  it('not by words that are about something else', () => {
    expect(healed(openAi('The parameter stop-gap is unknown; please stop. User error.'))).toBeUndefined();
  });
});

it('an effort is never switched off, for want of another that the upstream names', () => {
  expect(healed(openAi('`reasoning_effort` must be one of `none` or `default`'))).toEqual(
    without('reasoning_effort'),
  );
});

it('a limit that goes with a plain answer is kept to', () => {
  expect(healed(openAi('Requests with max_tokens > 4096 must have stream=true'))).toMatchObject({
    max_tokens: 4096,
  });
});
