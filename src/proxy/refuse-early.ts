import type { IncomingMessage } from 'node:http';

/** Bytes of an unwanted body that are read away after the answer, so that the client gets to see it. */
const DRAIN_BYTES = 4 * 1024 * 1024;

/**
 * Answers a request whose body nobody has read, or nobody wants the rest of. Closing at once would reset the
 * connection under a client that is still sending, and the answer with it: a little is drained first.
 * @param graceMs how long the client may go on sending
 * @param answer ends the response
 */
export function refuseEarly(request: IncomingMessage, graceMs: number, answer: () => void): void {
  const hasBody = Number(request.headers['content-length'] ?? 0) > 0 || request.headers['transfer-encoding'];
  const { socket } = request;
  answer();
  if (!hasBody || request.readableEnded) return;
  let drained = 0;
  const stop = () => socket.destroy();
  const timer = setTimeout(stop, graceMs);
  request.on('data', (chunk: Buffer) => {
    drained += chunk.length;
    if (drained > DRAIN_BYTES) stop();
  });
  request.once('end', () => clearTimeout(timer));
  request.once('close', () => clearTimeout(timer));
  request.resume();
}
