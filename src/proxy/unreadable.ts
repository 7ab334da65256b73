import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** A connection as Node's server marks it while a response is on it. */
type Connection = Duplex & { readonly _httpMessage?: { readonly headersSent: boolean } | null };

/**
 * Answers what cannot be read as HTTP, or has headers past Node's limit of 16 KiB. Node's own answer has no body, and
 * SDKs then have nothing to show.
 */
export function refuseUnreadable(error: NodeJS.ErrnoException, connection: Duplex): void {
  const { _httpMessage: response } = connection as Connection;
  if (error.code === 'ECONNRESET' || !connection.writable || response?.headersSent) {
    connection.destroy(error);
    return;
  }
  const { status, message } = refusalOf(error);
  const body = JSON.stringify({
    error: { message, type: 'invalid_request_error', param: null, code: null },
  });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'connection: close',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  connection.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function refusalOf({ code }: NodeJS.ErrnoException): { readonly status: number; readonly message: string } {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return { status: 431, message: 'The headers of this request are longer than 16 KiB.' };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, message: 'The headers of this request did not arrive in time.' };
    default:
      return { status: 400, message: 'This is not a valid HTTP request.' };
  }
}
