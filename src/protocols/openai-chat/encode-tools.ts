import { isObject } from '../bridge/fields.ts';
import { freeformAsFunction } from '../bridge/freeform.ts';
import type { Ledger } from '../bridge/ledger.ts';
import { type ClientTool, OfferedTools, parametersOf } from '../bridge/offered-tools.ts';
import type { ToolNames } from '../bridge/tool-names.ts';
import type { Target } from '../codec.ts';
import type { Conversation, HostedTool, ToolChoice, ToolReference } from '../conversation.ts';
import type { ChatTool, ChatToolChoice } from './wire.ts';

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
  const offered = new OfferedTools(conversation.tools, ledger);
  const hosted = encodeHosted(conversation.tools, target, ledger);
  const { toolChoice: choice } = conversation;
  const tools =
    choice?.type === 'allowed' && !target.quirks.openaiHints ? allowed(offered, choice, ledger) : offered.all;
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
      parameters: parametersOf(tool),
      // The default is false, and strangers may not know the field.
      ...(tool.strict && { strict: true }),
    },
  };
}

/** No hosted tool has a place here but search; what else the provider ran itself is left out. */
function encodeHosted(tools: Conversation['tools'], target: Target, ledger: Ledger): ToolFields {
  let search: HostedTool | undefined;
  for (const [at, tool] of tools.entries()) {
    if (tool.type !== 'hosted') continue;
    if (isSearch(tool, tools, target)) {
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
  return search ? { web_search_options: searchOptions(search) } : {};
}

/**
 * Whether the upstream can search in the tool's place. OpenAI's models that search here take no other tools
 * (https://platform.openai.com/docs/guides/tools-web-search), and search always.
 */
function isSearch(tool: HostedTool, tools: Conversation['tools'], { quirks }: Target): boolean {
  if (tool.protocol === 'chat') return tool.kind === 'web_search';
  const { external_web_access: live, filters } = tool.json;
  // Neither a search of stored pages nor one of named sites can be asked for here.
  const fits = /^web_search(_preview)?(_\d|$)/.test(tool.kind) && live !== false && !filters;
  return fits && quirks.openaiHints && tools.length === 1;
}

/** The Responses API's tool has its place one level higher. */
function searchOptions({ protocol, json }: HostedTool): Readonly<Record<string, unknown>> {
  if (protocol === 'chat') return json;
  const { search_context_size: size, user_location: place } = json;
  const { type: _approximate, ...approximate } = isObject(place) ? place : {};
  return {
    ...(typeof size === 'string' && { search_context_size: size }),
    ...(isObject(place) && { user_location: { type: 'approximate', approximate } }),
  };
}

function allowed(
  offered: OfferedTools,
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
  const chosen = new Set(choice.tools.map((reference) => offered.chosen(reference)));
  return offered.all.filter((tool) => chosen.has(tool));
}

function encodeChoice(
  choice: ToolChoice,
  target: Target,
  names: ToolNames,
  offered: OfferedTools,
  ledger: Ledger,
): ChatToolChoice | undefined {
  switch (choice.type) {
    case 'auto':
    case 'none':
    case 'required':
      return choice.type;
    case 'tool':
      return named(choice.tool, target, names, offered);
    case 'allowed': {
      if (!target.quirks.openaiHints) return choice.mode;
      const references = choice.tools.map((tool) => named(tool, target, names, offered));
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
  offered: OfferedTools,
): ChatToolChoice {
  const name = names.upstream(reference);
  return offered.chosen(reference).type === 'freeform' && target.quirks.freeformTools
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
