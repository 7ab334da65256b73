import { accumulateResponse } from 'openai/lib/responses/ResponseAccumulator';
import type { Response, ResponseStreamEvent } from 'openai/resources/responses/responses';
import { checkResponsesStream } from '../../provider/responses-grammar.ts';
import { wireEvents } from './contexts.ts';

/**
 * What is wrong with a stream: by the provider rules, and by the official SDK, whose own gathering of the deltas must
 * come to what the terminal event says.
 */
export function streamProblems(stream: string): readonly string[] {
  return [...checkResponsesStream(stream), ...sdkProblems(stream)];
}

function sdkProblems(stream: string): readonly string[] {
  const events = wireEvents(stream) as unknown as readonly ResponseStreamEvent[];
  let gathered: Response | undefined;
  try {
    for (const event of events.slice(0, -1)) gathered = accumulateResponse(event, gathered);
  } catch (error) {
    return [`the SDK refuses it: ${String(error)}`];
  }
  const last = events.at(-1);
  if (!last || !gathered || !('response' in last)) return ['no terminal response'];
  const shown = gathered.output.filter((item) => 'status' in item === false || item.status !== 'in_progress');
  const told = last.response.output;
  if (last.type === 'response.failed' || JSON.stringify(shown) === JSON.stringify(told)) return [];
  return ['the SDK gathers another output than the terminal event tells'];
}
