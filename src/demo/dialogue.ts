/** A request as the demo agent sees it, whichever protocol it came in. */
export interface Dialogue {
  readonly model: string;
  readonly stream: boolean;
  readonly turns: readonly Turn[];
  /** Empty when the client forbade their use. */
  readonly tools: readonly OfferedTool[];
  /** The answer is to be JSON; of any shape without a schema. */
  readonly json?: { readonly schema?: Schema };
  readonly maxTokens?: number;
  /** False when the client asked for no reasoning. */
  readonly reasons: boolean;
  /** The prompt in the pieces that a prompt cache compares. */
  readonly prompt: readonly string[];
}

export type Schema = Readonly<Record<string, unknown>>;

export type Turn =
  | { readonly role: 'instructions' | 'user' | 'assistant'; readonly text: string }
  | { readonly role: 'call'; readonly id: string; readonly name: string; readonly input: string }
  | { readonly role: 'result'; readonly callId: string; readonly text: string };

export interface OfferedTool {
  readonly name: string;
  /** A freeform tool takes raw text, a function JSON. */
  readonly kind: 'function' | 'freeform';
}

/** A tool call that the agent makes. */
export interface ToolUse {
  readonly name: string;
  readonly kind: OfferedTool['kind'];
  /** Of a function the JSON of its arguments, of a freeform tool the raw text. */
  readonly input: string;
}

/** What the agent does next: think aloud, say something, and perhaps call a tool. */
export interface Move {
  readonly reasoning: string;
  readonly text: string;
  readonly call?: ToolUse;
}
