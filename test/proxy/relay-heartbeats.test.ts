import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { CUT, type Provider, type Script } from '../provider/provider.ts';
import { call, say, think } from '../provider/reply-plan.ts';
import { responsesStream } from '../provider/responses-answers.ts';
import { checkResponsesStream } from '../provider/responses-grammar.ts';
import {
  CLIENT_KEY,
  event,
  frameData,
  RESPONSES_END,
  RESPONSES_HANDSHAKE,
  RESPONSES_PATH,
  RESPONSES_TEXT,
  responsesRequest,
  startPair,
  type TestProxy,
} from './test-proxy.ts';

/** Heartbeats and failures that a relay puts into a Responses stream speak of the same response as the upstream. */

let provider: Provider;
let proxy: TestProxy;
async function start(script: Script): Promise<void> {
  ({ provider, proxy } = await startPair(script, { timers: { heartbeat_after_secs: 0.03 } }));
}

interface Event {
  readonly type: string;
  readonly sequence_number: number;
  readonly response?: {
    readonly id: string;
    readonly status: string;
    readonly model: string;
    readonly error: unknown;
    readonly output: readonly {
      readonly id: string;
      readonly status: string;
      readonly content: readonly unknown[];
    }[];
  };
}

const REQUEST = responsesRequest({ model: 'responses', stream: true });
async function ask(more: object = {}): Promise<readonly Event[]> {
  const text = await (await proxy.post(RESPONSES_PATH, { ...REQUEST, ...more })).text();
  expect(checkResponsesStream(text), text).toEqual([]);
  return frameData(text) as readonly Event[];
}
const ids = (events: readonly Event[]): ReadonlySet<string | undefined> =>
  new Set(events.flatMap(({ response }) => (response ? [response.id] : [])));

const WAIT = 120;
const WHOLE = [...RESPONSES_HANDSHAKE, ...RESPONSES_TEXT, ...RESPONSES_END];

describe('a Responses stream that a heartbeat began', () => {
  it('keeps its id to the end, and the id goes on to mean the provider’s response', async () => {
    await start((_, index) => ({ frames: index === 0 ? [WAIT, ...WHOLE] : WHOLE }));
    const events = await ask();
    expect(ids(events).size).toBe(1);
    expect(events.at(-1)).toMatchObject({
      type: 'response.completed',
      response: { status: 'completed', output: [{ id: 'msg_up' }] },
    });
    const [id = ''] = ids(events);
    expect(id).not.toBe('resp_up');

    const next = await ask({ previous_response_id: id, input: 'and then?' });
    expect(provider.requests[1]?.body).toMatchObject({ previous_response_id: 'resp_up' });
    expect([...ids(next)]).toEqual(['resp_up']);
    await fetch(`${proxy.url}${RESPONSES_PATH}/${id}/input_items`, {
      headers: { authorization: `Bearer ${CLIENT_KEY}` },
    });
    expect(provider.requests[2]?.path).toBe('/v1/responses/resp_up/input_items');
  });

  it('keeps it in a failure that the upstream tells, and in one that the relay tells', async () => {
    const failed = event('response.failed', 5, {
      response: {
        id: 'resp_up',
        object: 'response',
        status: 'failed',
        output: [],
        error: { code: 'server_error', message: 'broke' },
      },
    });
    for (const end of [failed, CUT]) {
      await start(() => ({ frames: [WAIT, ...RESPONSES_HANDSHAKE, ...RESPONSES_TEXT, 5, end] }));
      const events = await ask();
      expect(ids(events).size).toBe(1);
      expect(events.at(-1)).toMatchObject({ type: 'response.failed', response: { status: 'failed' } });
      if (end === CUT) break;
      await proxy.close();
      await provider.close();
    }
  });

  it('keeps the id of a try that died after its handshake was shown', async () => {
    const other = WHOLE.map((frame) => frame.replaceAll('resp_up', 'resp_two'));
    await start((_, index) => ({
      frames: index === 0 ? [...RESPONSES_HANDSHAKE, WAIT, CUT] : [WAIT, ...other],
    }));
    const events = await ask();
    expect([...ids(events)]).toEqual(['resp_up']);
    expect(events.filter(({ type }) => type === 'response.created')).toHaveLength(1);
    expect(events.at(-1)?.type).toBe('response.completed');
  });
});

describe('a heartbeat amid a Responses stream', () => {
  it('repeats the upstream’s response with everything so far', async () => {
    const [added = '', part = '', delta = ''] = RESPONSES_TEXT;
    // The second is read without being parsed, the third has to be.
    const deltas = ['"H"', '"el"', '"lo \\""'].map((text) => delta.replace('"Hello"', () => text));
    const end = event('response.completed', 8, {
      response: { id: 'resp_up', object: 'response', output: [] },
    });
    await start(() => ({ frames: [...RESPONSES_HANDSHAKE, added, part, ...deltas, WAIT, end] }));
    const text = await (await proxy.post(RESPONSES_PATH, REQUEST)).text();
    const events = frameData(text) as readonly Event[];
    const beat = events.findLast(({ type }) => type === 'response.in_progress');
    expect(beat).toMatchObject({
      sequence_number: 4,
      response: {
        id: 'resp_up',
        model: 'served-model',
        status: 'in_progress',
        output: [
          { id: 'msg_up', status: 'in_progress', content: [{ type: 'output_text', text: 'Hello "' }] },
        ],
      },
    });
  });

  it('does not confuse the official SDK', async () => {
    await start(() => ({
      frames: [
        ...RESPONSES_HANDSHAKE,
        ...RESPONSES_TEXT.slice(0, 2),
        WAIT,
        ...RESPONSES_TEXT.slice(2),
        WAIT,
        ...RESPONSES_END,
      ],
    }));
    const client = new OpenAI({ baseURL: `${proxy.url}/openai/v1`, apiKey: CLIENT_KEY, maxRetries: 0 });
    const stream = client.responses.stream({ model: 'responses', input: 'x' });
    let heard = '';
    stream.on('response.output_text.delta', ({ delta }) => {
      heard += delta;
    });
    expect((await stream.finalResponse()).output_text).toBe('Hello');
    expect(heard).toBe('Hello');
  });
});

it('a failure that the relay tells holds the upstream’s id and its finished items, not half a call', async () => {
  const call = { id: 'fc_up', type: 'function_call', call_id: 'c', name: 'f', arguments: '' };
  const begun = event('response.output_item.added', 8, {
    output_index: 1,
    item: { ...call, status: 'in_progress' },
  });
  await start(() => ({
    frames: [...RESPONSES_HANDSHAKE, ...RESPONSES_TEXT, ...RESPONSES_END.slice(0, 3), begun, 5, CUT],
  }));
  const events = await ask();
  expect(events.at(-1)).toMatchObject({
    type: 'response.failed',
    sequence_number: 9,
    response: {
      id: 'resp_up',
      model: 'served-model',
      status: 'failed',
      error: { code: 'server_error', message: expect.stringMatching(/CHAT|RESPONSES|upstream/) },
    },
  });
  expect(events.at(-1)?.response?.output.map(({ id, status }) => [id, status])).toEqual([
    ['msg_up', 'completed'],
  ]);
});

it('a silence or a cut anywhere in a stream leaves it valid', async () => {
  const plan = responsesStream({
    say: [think('S', 'Think', 'ing'), say('Hel', 'lo'), call('f', '{"a":"b"}')],
  });
  const frames = 'frames' in plan ? plan.frames : [];
  expect(frames.length).toBeGreaterThan(15);
  let at = 0;
  let end: readonly string[] = [];
  await start(() => ({
    frames: [...frames.slice(0, at), WAIT, ...(end.length > 0 ? end : frames.slice(at))],
  }));
  for (at = 0; at < frames.length; at += 3) {
    end = [];
    const whole = await ask();
    expect(whole.at(-1)?.type).toBe('response.completed');
    expect(ids(whole).size).toBe(1);
    end = [CUT];
    const cut = await ask();
    expect(cut.at(-1)?.type).toBe('response.failed');
    expect(ids(cut).size).toBe(1);
  }
});
