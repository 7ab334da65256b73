import { freeformAsFunction } from '../bridge/freeform.ts';
import type { Ledger } from '../bridge/ledger.ts';
import type { ToolNames } from '../bridge/tool-names.ts';
import type { Target } from '../codec.ts';
import type {
  Conversation,
  FreeformTool,
  FunctionTool,
  HostedTool,
  ToolChoice,
  ToolReference,
} from '../conversation.ts';
import type { ChatTool, ChatToolChoice } from './wire.ts';

type ClientTool = FunctionTool | FreeformTool;

/** The tool fields of a request. */
export interface ToolFields {
  tools?: readonly ChatTool[];
  tool_choice?: ChatToolChoice;
  parallel_tool_calls?: boolean;
  web_search_options?: Readonly<Record<string, unknown>>;
}

/** Writes tools, choice and parallel calls; without a tool left, none of them may be sent. */
export function encodeTools(
  conversation: Conversation,
  target: Target,
  names: ToolNames,
  ledger: Ledger,
): ToolFields {
  const offered = distinct(conversation.tools, ledger);
  const hosted = encodeHosted(conversation.tools, ledger);
  const { toolChoice: choice } = conversation;
  const tools =
    choice?.type === 'allowed' && !target.quirks.openaiHints ? allowed(offered, choice, ledger) : offered;
  if (tools.length === 0) {
    noteUnchoosable(choice, ledger);
    return hosted;
  }
  const encodedChoice = choice && encodeChoice(choice, target, names, offered, ledger);
  return {
    ...hosted,
    tools: tools.map((tool) => encodeTool(tool, target, names)),
    ...(encodedChoice !== undefined && { tool_choice: encodedChoice }),
    ...encodeParallel(conversation, target, ledger),
  };
}

function encodeTool(tool: ClientTool, target: Target, names: ToolNames): ChatTool {
  const name = names.upstream(tool);
  if (tool.type === 'freeform') {
    if (!target.quirks.freeformTools) return encodeTool(freeformAsFunction(tool), target, names);
    const { description, grammar } = tool;
    return {
      type: 'custom',
      custom: {
        name,
        ...(description !== undefined && { description }),
        ...(grammar && { format: { type: 'grammar', grammar } }),
      },
    };
  }
  return {
    type: 'function',
    function: {
      name,
      ...(tool.description !== undefined && { description: tool.description }),
      parameters: objectSchema(tool.parameters),
      // The default is false, and strangers may not know the field.
      ...(tool.strict && { strict: true }),
    },
  };
}

/** Parameters are the schema of an object, and say so: OpenAI refuses any other, and grammars are built from it. */
function objectSchema(schema: FunctionTool['parameters']): Readonly<Record<string, unknown>> {
  if (!schema || Object.keys(schema).length === 0) return { type: 'object', properties: {} };
  return schema.type === undefined ? { type: 'object', ...schema } : schema;
}

/** The tools that the client runs, each name once. */
function distinct(tools: Conversation['tools'], ledger: Ledger): readonly ClientTool[] {
  const seen = new Set<string>();
  return tools.flatMap((tool, at): readonly ClientTool[] => {
    if (tool.type === 'hosted') return [];
    const key = `${tool.namespace ?? ''}\u0000${tool.name}`;
    if (!seen.has(key)) {
      seen.add(key);
      return [tool];
    }
    ledger.add({
      path: `tools[${at}]`,
      from: 'second tool of the same name',
      to: '',
      action: 'dropped',
      topic: 'tools',
      reason: 'A call could not tell the two apart.',
    });
    return [];
  });
}

/** Search as Chat Completions itself has it is kept; no other hosted tool has a place here. */
function encodeHosted(tools: Conversation['tools'], ledger: Ledger): ToolFields {
  let search: HostedTool | undefined;
  for (const [at, tool] of tools.entries()) {
    if (tool.type !== 'hosted') continue;
    if (tool.protocol === 'chat' && tool.kind === 'web_search') {
      search = tool;
      continue;
    }
    ledger.add({
      path: `tools[${at}]`,
      from: tool.kind,
      to: '',
      action: 'dropped',
      topic: 'tools',
      reason: 'The provider of this tool runs it itself; this upstream has none like it.',
    });
  }
  return search ? { web_search_options: search.json } : {};
}

function allowed(
  tools: readonly ClientTool[],
  choice: ToolChoice & { type: 'allowed' },
  ledger: Ledger,
): readonly ClientTool[] {
  ledger.add({
    path: 'tool_choice',
    from: 'allowed tools',
    to: 'a shorter list of tools',
    action: 'emulated',
    topic: 'tools',
    reason: 'This upstream cannot be told of tools that it may not use.',
  });
  return tools.filter((tool) => choice.tools.some((reference) => isSame(reference, tool)));
}

function isSame(a: ToolReference, b: ToolReference): boolean {
  return a.name === b.name && (a.namespace ?? '') === (b.namespace ?? '');
}

function encodeChoice(
  choice: ToolChoice,
  target: Target,
  names: ToolNames,
  tools: readonly ClientTool[],
  ledger: Ledger,
): ChatToolChoice | undefined {
  switch (choice.type) {
    case 'auto':
    case 'none':
    case 'required':
      return choice.type;
    case 'tool':
      return named(choice.tool, target, names, tools);
    case 'allowed': {
      if (!target.quirks.openaiHints) return choice.mode;
      const references = choice.tools.map((tool) => named(tool, target, names, tools));
      return { type: 'allowed_tools', allowed_tools: { mode: choice.mode, tools: references } };
    }
    case 'hosted':
      noteHostedChoice(choice.kind, ledger);
      return 'auto';
  }
}

/** A tool by the form in which it was offered. */
function named(
  reference: ToolReference,
  target: Target,
  names: ToolNames,
  tools: readonly ClientTool[],
): ChatToolChoice {
  const name = names.upstream(reference);
  const freeform = tools.find((tool) => isSame(tool, reference))?.type === 'freeform';
  return freeform && target.quirks.freeformTools
    ? { type: 'custom', custom: { name } }
    : { type: 'function', function: { name } };
}

function noteHostedChoice(kind: string, ledger: Ledger): void {
  ledger.add({
    path: 'tool_choice',
    from: kind,
    to: 'auto',
    action: 'downgraded',
    topic: 'tools',
    reason: 'The tool that was chosen is one that only its provider can run.',
  });
}

function noteUnchoosable(choice: ToolChoice | undefined, ledger: Ledger): void {
  if (!choice || choice.type === 'auto' || choice.type === 'none') return;
  ledger.add({
    path: 'tool_choice',
    from: choice.type,
    to: '',
    action: 'dropped',
    topic: 'tools',
    reason: 'No tool is left that this upstream could be made to call.',
  });
}

function encodeParallel(conversation: Conversation, target: Target, ledger: Ledger): ToolFields {
  const asked = conversation.parallelToolCalls;
  const single = asked === false || !target.parallelToolCalls;
  if (asked === true && !target.parallelToolCalls) {
    ledger.add({
      path: 'parallel_tool_calls',
      from: 'true',
      to: 'false',
      action: 'downgraded',
      topic: 'hint',
      reason: 'The model behind this alias calls one tool at a time.',
    });
  }
  if (asked === undefined && !single) return {};
  if (target.quirks.parallelToolCallsField) return { parallel_tool_calls: !single };
  ledger.add({
    path: 'parallel_tool_calls',
    from: String(!single),
    to: '',
    action: 'dropped',
    topic: asked === false ? 'tools' : 'hint',
    reason: 'This upstream does not take the field.',
  });
  return {};
}
