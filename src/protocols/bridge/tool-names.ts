import type { ToolReference } from '../conversation.ts';

/** What a name seen upstream stands for on the client's side. */
export interface ClientTool extends ToolReference {
  /** The client offered it as a freeform tool, and it travels as a function with one string `input`. */
  readonly freeform: boolean;
  /** JSON Schema of the client's function, to repair arguments by. */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/**
 * The request-scoped map between the client's tools and the names an upstream sees. Kept beside the request, never
 * in the names, never accepted from a client.
 */
export interface ToolNames {
  /** The upstream's name for a client's tool, also for one that is only in the history. */
  upstream(tool: ToolReference): string;
  /** What the client calls it; an unknown name stands for itself, as a function. */
  client(upstreamName: string): ClientTool;
}
