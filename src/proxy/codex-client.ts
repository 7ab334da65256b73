import type { IncomingHttpHeaders } from 'node:http';
import type { Failure } from '../protocols/failure.ts';

/** Whether a request comes from Codex. */
export function isCodex(headers: IncomingHttpHeaders): boolean {
  return /codex/i.test(`${headers.originator ?? ''} ${headers['user-agent'] ?? ''}`);
}

/** What Codex does not send again in vain: it takes these for final, or for what passes. */
const UNDERSTOOD = new Set([400, 404, 408, 409, 425, 429]);

/**
 * A failure with a status upon which the client does not try in vain what lasts: Codex sends a request five times
 * again that was answered with any other 4xx (401, 403, 413, …).
 */
export function sparingRetries(failure: Failure, headers: IncomingHttpHeaders): Failure {
  const { status } = failure;
  const lasts = status >= 400 && status < 500 && !UNDERSTOOD.has(status);
  return lasts && isCodex(headers) ? { ...failure, status: 400 } : failure;
}
