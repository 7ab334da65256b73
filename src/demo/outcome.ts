import type { Dialogue, Move, ToolUse } from './dialogue.ts';
import type { PromptTokens } from './prompt-cache.ts';
import { tokensOf } from './tokens.ts';

/** A move in tokens, ready to be sent in either protocol. */
export interface Outcome {
  readonly reasoning: readonly string[];
  readonly text: readonly string[];
  readonly call?: Omit<ToolUse, 'input'> & { readonly input: readonly string[] };
  /** The client's output limit cut it off. */
  readonly cut: boolean;
  readonly usage: OutcomeUsage;
}

export interface OutcomeUsage extends PromptTokens {
  /** Reasoning included. */
  readonly output: number;
  readonly reasoning: number;
}

/** Splits a move into the tokens it is streamed in, up to the client's limit. A call that does not fit is left out. */
export function outcomeOf(move: Move, dialogue: Dialogue, prompt: PromptTokens): Outcome {
  let left = dialogue.maxTokens ?? Number.POSITIVE_INFINITY;
  let cut = false;
  const take = (text: string): readonly string[] => {
    const tokens = tokensOf(text);
    const taken = tokens.slice(0, left);
    left -= taken.length;
    cut ||= taken.length < tokens.length;
    return taken;
  };
  const reasoning = take(dialogue.reasons ? move.reasoning : '');
  const text = take(move.text);
  const input = take(move.call?.input ?? '');
  const call = move.call && !cut ? { ...move.call, input } : undefined;
  const output = reasoning.length + text.length + input.length;
  return {
    reasoning,
    text,
    ...(call && { call }),
    cut,
    usage: { ...prompt, output, reasoning: reasoning.length },
  };
}
