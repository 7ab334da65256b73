import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { RequestRefused } from '../protocols/failure.ts';
import type { Cancellation } from './cancellation.ts';

/** The client closed its connection; nobody is left to be told. */
export class ClientGone extends Error {
  constructor() {
    super('the client closed the connection');
    this.name = 'ClientGone';
  }
}

const DECODERS = new Map([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
]);

/** What can be told from the headers alone, before a byte of the body is read. */
export function checkBodyHeaders(request: IncomingMessage, limit: number): RequestRefused | undefined {
  if (Number(request.headers['content-length'] ?? 0) > limit) return tooLarge(limit);
  const encoding = encodingOf(request);
  if (encoding === undefined || DECODERS.has(encoding)) return undefined;
  return new RequestRefused({
    kind: 'invalid-request',
    status: 415,
    message: `content-encoding "${encoding.slice(0, 40)}" is not understood: send gzip, deflate, br or none`,
    code: 'unsupported_content_encoding',
  });
}

/**
 * The whole body, decoded.
 * @throws {RequestRefused} when it is longer than `limit` bytes, before or after decoding, or is not what its
 *   encoding says. {@link ClientGone} when the client left; the reason when it is cancelled.
 */
export async function readBody(
  request: IncomingMessage,
  limit: number,
  cancellation: Cancellation,
): Promise<Buffer> {
  const raw = await collect(request, limit, cancellation);
  const decode = DECODERS.get(encodingOf(request) ?? '');
  if (!decode || raw.length === 0) return raw;
  try {
    return await decode(raw, { maxOutputLength: limit });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limit);
    throw new RequestRefused({
      kind: 'invalid-request',
      status: 400,
      message: 'the request body is not in the content-encoding it claims',
    });
  }
}

function collect(request: IncomingMessage, limit: number, cancellation: Cancellation): Promise<Buffer> {
  cancellation.throwIfCancelled();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const onData = (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limit) return void chunks.push(chunk);
      stop(tooLarge(limit));
    };
    const stop = (reason: Error) => {
      // Whoever answers the refusal drains what still comes.
      request.off('data', onData);
      request.pause();
      reject(reason);
    };
    cancellation.listen(stop);
    request.on('data', onData);
    request.once('end', () => {
      cancellation.forget(stop);
      const [only] = chunks;
      resolve(only && chunks.length === 1 ? only : Buffer.concat(chunks, length));
    });
    // Also closed once it has been read, long after this promise was settled.
    request.once('close', () => {
      if (!request.readableEnded) reject(new ClientGone());
    });
    request.once('error', () => reject(new ClientGone()));
  });
}

function encodingOf(request: IncomingMessage): string | undefined {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase();
  return encoding === '' || encoding === 'identity' ? undefined : encoding;
}

function tooLarge(limit: number): RequestRefused {
  return new RequestRefused({
    kind: 'too-large',
    status: 413,
    message: `the request body is larger than ${limit} bytes (resource_limits.max_request_body_bytes)`,
    code: 'request_too_large',
  });
}
