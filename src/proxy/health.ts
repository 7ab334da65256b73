import type { ServerResponse } from 'node:http';

/** Says that this proxy is well, and that it is this one. */
export function sendHealth(response: ServerResponse, instance: string): void {
  const body = '{"status":"ok"}';
  response.setHeader('x-llmup-instance', instance);
  response.setHeader('content-type', 'application/json');
  response.setHeader('content-length', body.length);
  response.end(body);
}
