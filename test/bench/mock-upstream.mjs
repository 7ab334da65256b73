// A fast provider for the benchmark, Chat and Responses on one port: node mock-upstream.mjs PORT
import { createServer } from 'node:http';
import { parseModel, stamp } from './wire.mjs';

const usage = {
  chat: { prompt_tokens: 1200, completion_tokens: 300, total_tokens: 1500 },
  responses: {
    input_tokens: 1200,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 300,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 1500,
  },
};

const chatChunk = (delta, finish = null) =>
  `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"mock","choices":[{"index":0,"delta":${JSON.stringify(delta)},"finish_reason":${JSON.stringify(finish)}}]}\n\n`;

const message = (text) => ({
  id: 'msg_1',
  type: 'message',
  status: 'completed',
  role: 'assistant',
  content: [{ type: 'output_text', text, annotations: [] }],
});
const response = (status, output) => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  status,
  model: 'mock',
  error: null,
  incomplete_details: null,
  output,
  ...(status === 'completed' && { usage: usage.responses }),
});

const WRITERS = {
  chat: {
    open: () => chatChunk({ role: 'assistant', content: '' }),
    delta: (text) => chatChunk({ content: text }),
    close: () =>
      `${chatChunk({}, 'stop')}data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"mock","choices":[],"usage":${JSON.stringify(usage.chat)}}\n\ndata: [DONE]\n\n`,
    whole: (text) => ({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      model: 'mock',
      choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
      usage: usage.chat,
    }),
  },
  responses: {
    open: () =>
      [
        { type: 'response.created', response: response('in_progress', []) },
        { type: 'response.output_item.added', output_index: 0, item: { ...message(''), content: [] } },
        {
          type: 'response.content_part.added',
          item_id: 'msg_1',
          output_index: 0,
          content_index: 0,
          part: message('').content[0],
        },
      ]
        .map(frame)
        .join(''),
    delta: (text) =>
      frame({
        type: 'response.output_text.delta',
        item_id: 'msg_1',
        output_index: 0,
        content_index: 0,
        delta: text,
      }),
    close: (text) =>
      [
        { type: 'response.output_text.done', item_id: 'msg_1', output_index: 0, content_index: 0, text },
        {
          type: 'response.content_part.done',
          item_id: 'msg_1',
          output_index: 0,
          content_index: 0,
          part: message(text).content[0],
        },
        { type: 'response.output_item.done', output_index: 0, item: message(text) },
        { type: 'response.completed', response: response('completed', [message(text)]) },
      ]
        .map(frame)
        .join(''),
    whole: (text) => response('completed', [message(text)]),
  },
};

let sequence = 0;
function frame(event) {
  return `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number: sequence++ })}\n\n`;
}

/** Refuses what has lost its conversation or its tools on the way. */
function refuse(body, size) {
  const turns = body.messages ?? body.input;
  // A leading system message may stand in `instructions`.
  const count = Array.isArray(turns) ? turns.length + (body.instructions ? 1 : 0) : 0;
  if (count < 2) return 'the conversation is missing';
  if (size > 5000 && body.tools?.length !== 20) return 'the tools are missing';
  return undefined;
}

const server = createServer((request, reply) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const raw = Buffer.concat(chunks);
    const body = JSON.parse(raw.toString());
    const shape = parseModel(body.model ?? '');
    const fault = shape ? refuse(body, raw.length) : 'unknown model';
    if (fault) {
      reply.writeHead(400, { 'content-type': 'application/json' });
      reply.end(JSON.stringify({ error: { message: fault, type: 'invalid_request_error' } }));
      return;
    }
    const writer = request.url.endsWith('/responses') ? WRITERS.responses : WRITERS.chat;
    if (!body.stream) {
      const text = Array.from({ length: shape.deltas }, (_, index) => stamp(index, shape.size)).join('');
      reply.writeHead(200, { 'content-type': 'application/json' });
      reply.end(JSON.stringify(writer.whole(text)));
      return;
    }
    reply.writeHead(200, { 'content-type': 'text/event-stream' });
    reply.write(writer.open());
    let sent = 0;
    let text = '';
    const step = () => {
      if (reply.destroyed) return;
      let out = '';
      for (let count = 0; count < shape.batch && sent < shape.deltas; count++) {
        const piece = stamp(sent++, shape.size);
        text += piece;
        out += writer.delta(piece);
      }
      const done = sent >= shape.deltas;
      if (done) out += writer.close(text);
      const flowing = reply.write(out);
      if (done) reply.end();
      else if (!flowing) reply.once('drain', step);
      else if (shape.delayMs) setTimeout(step, shape.delayMs);
      else setImmediate(step);
    };
    step();
  });
});
server.listen(Number(process.argv[2]), '127.0.0.1', 4096);
