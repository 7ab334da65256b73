// The anchor: the cheapest proxy Node can be. node:http in, one undici pool out, bytes untouched.
//   node passthrough.mjs PORT UPSTREAM
import { createServer } from 'node:http';
import { Pool } from 'undici';

const [port, upstream] = process.argv.slice(2);
const pool = new Pool(upstream, { connections: 1024, headersTimeout: 0, bodyTimeout: 0 });

createServer(async (request, reply) => {
  try {
    const { host, connection, ...headers } = request.headers;
    const answer = await pool.request({ path: request.url, method: request.method, headers, body: request });
    reply.writeHead(answer.statusCode, { 'content-type': answer.headers['content-type'] });
    answer.body.on('data', (chunk) => {
      if (reply.write(chunk)) return;
      answer.body.pause();
      reply.once('drain', () => answer.body.resume());
    });
    answer.body.on('end', () => reply.end());
    answer.body.on('error', () => reply.destroy());
    reply.on('close', () => answer.body.destroy());
  } catch {
    reply.destroy();
  }
}).listen(Number(port), '127.0.0.1', 4096);
