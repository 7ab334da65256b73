import type { IncomingHttpHeaders } from 'node:http';
import type { OpenExchange } from './context.ts';
import { portabilityWarnings, replyHeaders } from './headers.ts';

/** Headers of every answer to a model request: which exchange it was, what did not travel, what the upstream says of limits. */
export function exchangeHeaders(
  { record, context }: Pick<OpenExchange, 'record' | 'context'>,
  upstreamHeaders: IncomingHttpHeaders,
): Record<string, string | readonly string[]> {
  const warnings = portabilityWarnings(record.losses);
  return {
    ...replyHeaders(upstreamHeaders, context.redact),
    'x-llmup-exchange': record.id,
    ...(warnings.length > 0 && { 'x-llmup-portability-warning': warnings }),
  };
}
