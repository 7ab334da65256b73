import type { FreeformTool, FunctionTool, Tool, ToolReference } from '../conversation.ts';
import { invalidRequest } from '../failure.ts';
import { quoteShort } from './fields.ts';
import type { Ledger } from './ledger.ts';

/** A tool that the client runs itself. */
export type ClientTool = FunctionTool | FreeformTool;

/** The tools that the client runs, each name once, and found by name. */
export class OfferedTools {
  readonly #tools = new Map<string, ClientTool>();

  constructor(tools: readonly Tool[], ledger: Ledger) {
    for (const [at, tool] of tools.entries()) {
      if (tool.type === 'hosted') continue;
      const key = keyOf(tool);
      if (!this.#tools.has(key)) this.#tools.set(key, tool);
      else {
        ledger.add({
          path: `tools[${at}]`,
          from: 'second tool of the same name',
          to: '',
          action: 'dropped',
          topic: 'tools',
          reason: 'A call could not tell the two apart.',
        });
      }
    }
  }

  get all(): readonly ClientTool[] {
    return [...this.#tools.values()];
  }

  /** @throws {RequestRefused} when the tool that is chosen is none of them: no upstream could be made to call it. */
  chosen(reference: ToolReference): ClientTool {
    const tool = this.#tools.get(keyOf(reference));
    if (tool) return tool;
    throw invalidRequest(
      `Invalid 'tool_choice': there is no ${quoteShort(reference.name)} in 'tools'.`,
      'tool_choice',
    );
  }
}

function keyOf({ name, namespace = '' }: ToolReference): string {
  return `${namespace}\u0000${name}`;
}

/** Parameters are the schema of an object, and say so: OpenAI refuses any other, and grammars are built from it. */
export function parametersOf({ parameters }: FunctionTool): Readonly<Record<string, unknown>> {
  if (!parameters || Object.keys(parameters).length === 0) return { type: 'object', properties: {} };
  return parameters.type === undefined ? { type: 'object', ...parameters } : parameters;
}
