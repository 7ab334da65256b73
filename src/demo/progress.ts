import type { Turn } from './dialogue.ts';
import { readHandover } from './handover.ts';
import { readToolResult, type ToolResult } from './tool-result.ts';

/** Where a conversation stands: what the user asked last, and what tools have answered since. */
export interface Progress {
  /** The user's last words, without what the agent's program put around them; empty when there are none. */
  readonly request: string;
  /** All requests of the user so far, the last one included. */
  readonly requests: readonly string[];
  /** Of the steps taken for the last request. */
  readonly results: readonly ToolResult[];
  /** The conversation up to the last request, without it. */
  readonly before: readonly Turn[];
}

/** Only what came after the user's last words counts: an earlier request's tool calls are done with. */
export function readProgress(turns: readonly Turn[]): Progress {
  const requests: string[] = [];
  let last = -1;
  let handedOver: readonly ToolResult[] = [];
  turns.forEach((turn, index) => {
    if (turn.role !== 'user') return;
    const words = withoutContext(turn.text);
    if (words !== '') {
      requests.push(words);
      last = index;
      handedOver = [];
    }
    if (turn.text.includes(SUMMARY)) handedOver = readHandover(turn.text);
  });
  return {
    request: requests.at(-1) ?? '',
    requests,
    results: [...handedOver, ...resultsOf(turns.slice(last + 1))],
    before: turns.slice(0, Math.max(0, last)),
  };
}

/** One result per call, in the order of the calls. A call that nobody answered did not happen. */
function resultsOf(turns: readonly Turn[]): ToolResult[] {
  return turns.flatMap((turn) => {
    if (turn.role !== 'call') return [];
    const answer = turns.find((other) => other.role === 'result' && other.callId === turn.id);
    return answer?.role === 'result' ? [readToolResult(answer.text)] : [];
  });
}

/** How Codex begins what it keeps of a conversation that it compacted. */
const SUMMARY = 'Another language model started to solve this problem';

/** What agents put into user messages beside the user's words: a beginning, and the end that belongs to it. */
const CONTEXT: readonly (readonly [start: string, end: string])[] = [
  ...[
    'environment_context',
    'user_instructions',
    'skills_instructions',
    'skill',
    'turn_aborted',
    'user_shell_command',
    'subagent_notification',
    'system-reminder',
    'system_instruction',
    'permissions instructions',
  ].map((tag): [string, string] => [`<${tag}>`, `</${tag}>`]),
  ['# AGENTS.md instructions', '</INSTRUCTIONS>'],
  // Codex frames a picture by these; the picture itself is no text.
  ['<image ', '>'],
  ['</image', '>'],
  [SUMMARY, '\u0000'],
];

/** The user's own words. A block without an end reaches to the end of the message. */
function withoutContext(text: string): string {
  let rest = text;
  for (const [start, end] of CONTEXT) {
    const kept: string[] = [];
    let position = 0;
    for (;;) {
      const from = rest.indexOf(start, position);
      kept.push(rest.slice(position, from < 0 ? undefined : from));
      if (from < 0) break;
      const to = rest.indexOf(end, from);
      if (to < 0) break;
      position = to + end.length;
    }
    rest = kept.join('');
  }
  return rest.trim();
}
