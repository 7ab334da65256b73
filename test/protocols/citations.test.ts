import { describe, expect, it } from 'vitest';
import { stopAt } from '../../src/protocols/bridge/stop-words.ts';
import type { Codec } from '../../src/protocols/codec.ts';
import { chatCodec } from '../../src/protocols/openai-chat/index.ts';
import { responsesCodec } from '../../src/protocols/openai-responses/index.ts';
import { foldReply, type ReplyEvent } from '../../src/protocols/reply.ts';
import { checkChatStream } from '../provider/chat-grammar.ts';
import { checkResponsesStream } from '../provider/responses-grammar.ts';
import { clientContext, decodeStream, encodeStream, upstreamContext } from './contexts.ts';
import { checkReply } from './reply-grammar.ts';

/** Citations (`url_citation`) between the two protocols, with their places in the text that the client sees. */

type Json = Record<string, unknown>;

const frame = (body: unknown): string => `data: ${JSON.stringify(body)}\n\n`;
const at = (text: string, words: string): readonly [number, number] => {
  const start = [...text.slice(0, text.indexOf(words))].length;
  return [start, start + [...words].length];
};
/** The characters of a text, in the unit in which providers count. */
const slice = (text: string, start: unknown, end: unknown): string =>
  [...text].slice(Number(start), Number(end)).join('');

const chatCitation = (text: string, words: string, url: string, title = 'T') => {
  const [start_index, end_index] = at(text, words);
  return { type: 'url_citation', url_citation: { start_index, end_index, title, url } };
};
const responsesCitation = (text: string, words: string, url: string, title = 'T') => {
  const [start_index, end_index] = at(text, words);
  return { type: 'url_citation', start_index, end_index, title, url };
};

const chunk = (delta: Json, finish: string | null = null, more: Json = {}): string =>
  frame({ id: 'c', model: 'm', choices: [{ index: 0, delta, finish_reason: finish }], ...more });
const wholeChat = (message: Json, more: Json = {}) => ({
  id: 'c',
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop' }],
  ...more,
});

function chatEvents(...chunks: readonly string[]): readonly ReplyEvent[] {
  const events = decodeStream(chatCodec, [...chunks, chunk({}, 'stop'), 'data: [DONE]\n\n']);
  expect(checkReply(events)).toEqual([]);
  return events;
}

interface Part {
  readonly type: string;
  readonly text: string;
  readonly annotations: readonly Json[];
}

/** The parts that a Responses client has in the end; streamed and whole must agree. */
function toResponses(events: readonly ReplyEvent[]) {
  const stream = encodeStream(responsesCodec, events);
  expect(checkResponsesStream(stream)).toEqual([]);
  const wire = stream.match(/(?<=^data: ).*$/gm)?.map((data): Json => JSON.parse(data)) ?? [];
  const contents = (response: unknown): readonly Part[] =>
    (response as { output: { content?: readonly Part[] }[] }).output.flatMap(({ content }) => content ?? []);
  const parts = contents(wire.at(-1)?.response);
  expect(contents(responsesCodec.encodeReply(foldReply(events), clientContext()))).toEqual(parts);
  const added = wire.filter(({ type }) => type === 'response.output_text.annotation.added');
  expect(added.map(({ annotation }) => annotation)).toEqual(parts.flatMap(({ annotations }) => annotations));
  return { parts, wire, added };
}

/** The message that a Chat client has in the end; streamed and whole must agree. */
function toChat(events: readonly ReplyEvent[]) {
  const stream = encodeStream(chatCodec, events);
  expect(checkChatStream(stream)).toEqual([]);
  const deltas = (stream.match(/(?<=^data: )\{.*$/gm) ?? []).map((data): Json => {
    const { choices } = JSON.parse(data) as { choices: { delta: Json }[] };
    return choices[0]?.delta ?? {};
  });
  const content = deltas.map(({ content: text }) => text ?? '').join('');
  const annotations = deltas.flatMap((delta) => (delta.annotations ?? []) as { url_citation: Json }[]);
  const { choices } = chatCodec.encodeReply(foldReply(events), clientContext()) as {
    choices: { message: Json }[];
  };
  expect(choices[0]?.message).toMatchObject({ content });
  expect(choices[0]?.message.annotations ?? []).toEqual(annotations);
  return { content, annotations: annotations.map(({ url_citation: citation }) => citation) };
}

const TEXT = 'Sky 🌍 is blue. Grass is green.';

describe('of a Chat upstream, to a Responses client', () => {
  const annotations = [
    chatCitation(TEXT, 'blue', 'https://sky.example'),
    chatCitation(TEXT, 'green', 'https://grass.example', 'Grass'),
  ];
  const expected = [
    {
      type: 'output_text',
      text: TEXT,
      annotations: [
        responsesCitation(TEXT, 'blue', 'https://sky.example'),
        responsesCitation(TEXT, 'green', 'https://grass.example', 'Grass'),
      ],
    },
  ];

  it('beside the text, after it, and repeated: each once', () => {
    const events = chatEvents(
      chunk({ role: 'assistant', content: 'Sky 🌍 is blue. ', annotations: annotations.slice(0, 1) }),
      chunk({ content: 'Grass is green.', annotations: [] }),
      chunk({ annotations }),
    );
    const { parts, added } = toResponses(events);
    expect(parts).toMatchObject(expected);
    expect(added.map(({ annotation_index, content_index }) => [annotation_index, content_index])).toEqual([
      [0, 0],
      [1, 0],
    ]);
  });

  it('before any text, and with the finish', () => {
    const [first, second] = annotations;
    const events = chatEvents(
      chunk({ annotations: [first] }),
      chunk({ content: TEXT }),
      chunk({ annotations: [second] }, 'stop'),
    );
    expect(toResponses(events).parts).toMatchObject(expected);
  });

  it('of a whole reply, beside calls', () => {
    const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } };
    const events = chatCodec.decodeReply(
      wholeChat({ content: TEXT, annotations, tool_calls: [call] }),
      upstreamContext(),
    );
    expect(checkReply(events)).toEqual([]);
    expect(toResponses(events).parts).toMatchObject(expected);
  });

  it('have their places in the part, not in the content with its thoughts and earlier parts', () => {
    const content = `<think>Hm 🤔</think>\n\n${TEXT}`;
    const cited = [chatCitation(content, 'green', 'https://grass.example', 'Grass')];
    const thinking = decodeStream(
      chatCodec,
      [chunk({ content }), chunk({ annotations: cited }, 'stop'), 'data: [DONE]\n\n'],
      upstreamContext({ thinkTags: true }),
    );
    expect(toResponses(thinking).parts[0]?.annotations).toEqual(expected[0]?.annotations.slice(1));

    const both = `First. ${TEXT}`;
    const apart = chatEvents(
      chunk({ content: 'First. ' }),
      chunk({ reasoning_content: 'Hm.' }),
      chunk({ content: TEXT }),
      chunk({ annotations: [chatCitation(both, 'blue', 'https://sky.example')] }),
    );
    const { parts } = toResponses(apart);
    expect(parts.map(({ text }) => text)).toEqual(['First. ', TEXT]);
    expect(parts[1]?.annotations).toEqual(expected[0]?.annotations.slice(0, 1));
  });

  it('that lack their places or titles get what clients insist on', () => {
    const events = chatEvents(
      chunk({ content: TEXT }),
      chunk({ annotations: [{ type: 'url_citation', url_citation: { url: 'https://a.example' } }] }),
    );
    expect(toResponses(events).parts[0]?.annotations).toEqual([
      {
        type: 'url_citation',
        start_index: 0,
        end_index: 0,
        title: 'https://a.example',
        url: 'https://a.example',
      },
    ]);
  });

  it.each([
    { name: 'Perplexity', more: { citations: ['https://a.example', 'https://b.example'] } },
    {
      name: 'Perplexity with titles',
      more: {
        citations: ['https://a.example', 'https://b.example'],
        search_results: [{ url: 'https://a.example', title: 'A' }, { url: 'https://b.example' }],
      },
    },
  ])('of a list of sources that is no annotation: $name', ({ more }) => {
    const streamed = chatEvents(
      chunk({ content: 'Blue[1]' }, null, more),
      chunk({ content: '[2].' }, null, more),
    );
    const whole = chatCodec.decodeReply(wholeChat({ content: 'Blue[1][2].' }, more), upstreamContext());
    for (const events of [streamed, whole]) {
      const urls = toResponses(events).parts.map(({ annotations: list }) => list.map(({ url }) => url));
      expect(urls).toEqual([['https://a.example', 'https://b.example']]);
    }
  });

  it('too late for their text, or of other kinds, are noted as lost', () => {
    const call = { index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } };
    const late = chatEvents(chunk({ content: TEXT }), chunk({ tool_calls: [call] }), chunk({ annotations }));
    expect(late.filter(({ type }) => type === 'opaque')).toMatchObject([{ kind: 'url_citation annotation' }]);
    expect(toResponses(late).parts).toMatchObject([{ text: TEXT, annotations: [] }]);
    const other = chatEvents(
      chunk({ content: TEXT, annotations: [{ type: 'file', file: { hash: 'x' } }, null, 7, { type: 4 }] }),
    );
    expect(other.filter(({ type }) => type === 'opaque')).toMatchObject([{ kind: 'file annotation' }]);
    expect(toResponses(other).parts).toMatchObject([{ text: TEXT, annotations: [] }]);
  });
});

describe('of a Responses upstream, to a Chat client', () => {
  const sky = responsesCitation(TEXT, 'blue', 'https://sky.example');
  const grass = responsesCitation('Grass is green.', 'green', 'https://grass.example', 'Grass');
  const file = { type: 'file_citation', file_id: 'file-1', filename: 'a.txt', index: 3 };
  const textPart = (text: string, annotations: readonly Json[]) => ({
    type: 'output_text',
    text,
    annotations,
    logprobs: [],
  });
  const item = (id: string, ...content: readonly Json[]) => ({
    type: 'message',
    id,
    role: 'assistant',
    status: 'completed',
    content,
  });
  const search = { type: 'web_search_call', id: 'ws_1', status: 'completed' };
  const output = [
    item('m1', textPart(TEXT, [sky])),
    search,
    item('m2', textPart('Grass is green.', [file, grass])),
  ];
  const completed = { id: 'r', status: 'completed', output };

  function stream(...events: readonly Json[]): readonly ReplyEvent[] {
    const terminal = { type: 'response.completed', response: completed };
    const read = decodeStream(responsesCodec, [...events, terminal].map(frame));
    expect(checkReply(read)).toEqual([]);
    return read;
  }
  const added = (output_index: number, annotation_index: number, annotation: Json) => ({
    type: 'response.output_text.annotation.added',
    item_id: output_index === 0 ? 'm1' : 'm2',
    output_index,
    content_index: 0,
    annotation_index,
    annotation,
  });
  const begun = (output_index: number, id: string, delta: string) => [
    { type: 'response.output_item.added', output_index, item: { ...item(id), status: 'in_progress' } },
    { type: 'response.output_text.delta', item_id: id, output_index, content_index: 0, delta },
  ];

  it.each([
    {
      name: 'by events, repeated in every whole',
      read: () =>
        stream(
          ...begun(0, 'm1', TEXT),
          added(0, 0, sky),
          {
            type: 'response.content_part.done',
            output_index: 0,
            content_index: 0,
            part: textPart(TEXT, [sky]),
          },
          { type: 'response.output_item.done', output_index: 0, item: output[0] },
          { type: 'response.output_item.done', output_index: 1, item: search },
          ...begun(2, 'm2', 'Grass is green.'),
          added(2, 0, file),
          added(2, 1, grass),
          { type: 'response.output_item.done', output_index: 2, item: output[2] },
        ),
    },
    { name: 'before their text', read: () => stream(added(0, 0, sky), ...begun(0, 'm1', TEXT)) },
    { name: 'in the last event alone', read: () => stream() },
    { name: 'whole', read: () => responsesCodec.decodeReply(completed, upstreamContext()) },
  ])('$name: each once, with its place in the content', ({ read }) => {
    const events = read();
    const { content, annotations } = toChat(events);
    expect(content).toBe(`${TEXT}\n\nGrass is green.`);
    expect(annotations.map(({ url, title }) => [url, title])).toEqual([
      ['https://sky.example', 'T'],
      ['https://grass.example', 'Grass'],
    ]);
    expect(annotations.map(({ start_index, end_index }) => slice(content, start_index, end_index))).toEqual([
      'blue',
      'green',
    ]);
    const unshown = events.flatMap((event) => (event.type === 'opaque' ? [event.kind] : []));
    expect(unshown).toEqual(['web_search_call', 'file_citation annotation']);
  });
});

it('those of a text that a Responses upstream never says are noted as lost', () => {
  const part = {
    type: 'output_text',
    text: '',
    annotations: [responsesCitation('', '', 'https://a.example')],
  };
  const output = [{ type: 'message', content: [part] }];
  const events = responsesCodec.decodeReply({ id: 'r', status: 'completed', output }, upstreamContext());
  expect(checkReply(events)).toEqual([]);
  expect(events.filter(({ type }) => type === 'opaque')).toMatchObject([{ kind: 'url_citation annotation' }]);
});

it('a stop word cuts the text, not what is cited before it', () => {
  const events = chatEvents(
    chunk({ content: 'Blue', annotations: [chatCitation('Blue', 'Blue', 'https://a.example')] }),
    chunk({ content: ' END more' }),
  );
  const cut = stopAt(['END'], events);
  expect(checkReply(cut)).toEqual([]);
  expect(toResponses(cut).parts).toMatchObject([{ text: 'Blue ', annotations: [{ end_index: 4 }] }]);
});

it.each<{ readonly codec: Codec; readonly body: Json }>([
  {
    codec: chatCodec,
    body: {
      model: 'm',
      messages: [
        { role: 'user', content: 'q' },
        { role: 'assistant', content: TEXT, annotations: [chatCitation(TEXT, 'blue', 'https://a.example')] },
        { role: 'user', content: 'and?' },
      ],
    },
  },
  {
    codec: responsesCodec,
    body: {
      model: 'm',
      input: [
        {
          role: 'assistant',
          content: [
            {
              type: 'output_text',
              text: TEXT,
              annotations: [responsesCitation(TEXT, 'blue', 'https://a.example')],
            },
          ],
        },
      ],
    },
  },
])(
  'those of an earlier answer that a $codec.protocol client repeats are a hint that is dropped',
  ({ codec, body }) => {
    expect(codec.decodeRequest(body).losses).toMatchObject([
      { from: 'annotations', action: 'dropped', topic: 'hint' },
    ]);
  },
);
