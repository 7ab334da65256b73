import { writeHandover } from './handover.ts';
import type { Progress } from './progress.ts';
import { readTask } from './task.ts';

const ASKS_FOR_SUMMARY =
  /\bcompaction\b|\bhandoff summary\b|\bsummar(?:y|i[sz]e)\b[^.\n]{0,60}\b(?:conversation|session|chat|thread|discussion|so far|above)\b/i;
const MAX_REQUESTS = 20;

/**
 * Sums a conversation up when an agent's program asks for that, as it does before it compacts its history.
 *
 * @param before Where the conversation stood before the prompt that asks for the summary.
 * @returns undefined when the prompt asks for something else.
 */
export function summarise(prompt: string, before: Progress): string | undefined {
  if (!ASKS_FOR_SUMMARY.test(prompt)) return undefined;
  if (before.requests.length === 0) return 'So far the user has asked for nothing.';
  const requests = before.requests.slice(-MAX_REQUESTS).map((request) => `- ${describe(request)}`);
  const steps = before.results.length === 0 ? [] : ['For the last of these:', writeHandover(before.results)];
  return [
    "The user talked with llmup's demo model. In order, the user:",
    requests.join('\n'),
    ...steps,
    'What the user asked for last may not be finished; everything before it is.',
  ].join('\n\n');
}

function describe(request: string): string {
  const task = readTask(request);
  switch (task.kind) {
    case 'write':
    case 'write-outside':
      return `asked for the file \`${task.file}\``;
    case 'run':
    case 'run-refused':
      return `asked to run \`${task.command}\``;
    case 'question':
      return `asked: ${task.text.replaceAll(/\s+/g, ' ').slice(0, 200)}`;
  }
}
