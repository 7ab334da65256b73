import type { Ledger } from '../bridge/ledger.ts';
import { type ClientTool, OfferedTools, parametersOf } from '../bridge/offered-tools.ts';
import type { ToolNames } from '../bridge/tool-names.ts';
import type { Target } from '../codec.ts';
import type { Conversation, HostedTool, ToolChoice, ToolReference } from '../conversation.ts';
import { asObject } from './shape.ts';

type Fields = Record<string, unknown>;

/** Writes tools, choice and parallel calls; without a tool left, none of them is sent. */
export function encodeTools(
  conversation: Conversation,
  target: Target,
  names: ToolNames,
  ledger: Ledger,
): Fields {
  const offered = new OfferedTools(conversation.tools, ledger);
  const hosted = conversation.tools.flatMap((tool, at) =>
    tool.type === 'hosted' ? encodeHosted(tool, `tools[${at}]`, ledger) : [],
  );
  const { toolChoice: choice } = conversation;
  if (offered.all.length + hosted.length === 0) {
    if (choice && choice.type !== 'auto' && choice.type !== 'none') noteUnchoosable(choice.type, ledger);
    return {};
  }
  const strictByDefault = conversation.origin === 'responses';
  return {
    tools: [...offered.all.map((tool) => encodeTool(tool, names, strictByDefault)), ...hosted],
    ...(choice && { tool_choice: encodeChoice(choice, names, offered, hosted, ledger) }),
    ...encodeParallel(conversation, target, ledger),
  };
}

function encodeTool(tool: ClientTool, names: ToolNames, strictByDefault: boolean): Fields {
  const name = names.upstream(tool);
  const description = tool.description === undefined ? {} : { description: tool.description };
  if (tool.type === 'freeform') {
    const { grammar } = tool;
    return {
      type: 'custom',
      name,
      ...description,
      ...(grammar && { format: { type: 'grammar', syntax: grammar.syntax, definition: grammar.definition } }),
    };
  }
  const strict = tool.strict ?? (strictByDefault ? undefined : false);
  return {
    type: 'function',
    name,
    ...description,
    parameters: parametersOf(tool),
    // This API takes an unsaid `strict` for true, all the others for false.
    ...(strict !== undefined && { strict }),
  };
}

/** This protocol's own tools as they are; of the others' search alone has an equivalent. */
function encodeHosted(tool: HostedTool, path: string, ledger: Ledger): readonly Fields[] {
  if (tool.protocol === 'responses') return [{ ...tool.json }];
  if (/^web_search(_preview)?(_\d|$)/.test(tool.kind))
    return [{ type: 'web_search', ...searchOptions(tool.json) }];
  ledger.add({
    path,
    from: tool.kind,
    to: '',
    action: 'dropped',
    topic: 'tools',
    reason: 'The provider of this tool runs it itself; this upstream has none like it.',
  });
  return [];
}

/** Chat nests the place one level deeper (`web_search_options`). */
function searchOptions(json: Readonly<Record<string, unknown>>): Fields {
  const place = asObject(asObject(json.user_location)?.approximate);
  return {
    ...(typeof json.search_context_size === 'string' && { search_context_size: json.search_context_size }),
    ...(place && { user_location: { type: 'approximate', ...place } }),
  };
}

function encodeChoice(
  choice: ToolChoice,
  names: ToolNames,
  offered: OfferedTools,
  hosted: readonly Fields[],
  ledger: Ledger,
): unknown {
  switch (choice.type) {
    case 'auto':
    case 'none':
    case 'required':
      return choice.type;
    case 'tool':
      return named(choice.tool, names, offered);
    case 'allowed':
      return {
        type: 'allowed_tools',
        mode: choice.mode,
        tools: choice.tools.map((tool) => named(tool, names, offered)),
      };
    case 'hosted':
      if (hosted.some((tool) => tool.type === choice.kind))
        return asObject(choice.json) ?? { type: choice.kind };
      ledger.add({
        path: 'tool_choice',
        from: choice.kind,
        to: 'auto',
        action: 'downgraded',
        topic: 'tools',
        reason: 'The tool that was chosen is one that only its own provider runs.',
      });
      return 'auto';
  }
}

/** A tool by the form in which it is offered. */
function named(reference: ToolReference, names: ToolNames, offered: OfferedTools): Fields {
  return {
    type: offered.chosen(reference).type === 'freeform' ? 'custom' : 'function',
    name: names.upstream(reference),
  };
}

function noteUnchoosable(from: string, ledger: Ledger): void {
  ledger.add({
    path: 'tool_choice',
    from,
    to: '',
    action: 'dropped',
    topic: 'tools',
    reason: 'No tool is left that this upstream could be made to call.',
  });
}

function encodeParallel({ parallelToolCalls }: Conversation, target: Target, ledger: Ledger): Fields {
  if (target.parallelToolCalls) {
    return parallelToolCalls === undefined ? {} : { parallel_tool_calls: parallelToolCalls };
  }
  if (parallelToolCalls) {
    ledger.add({
      path: 'parallel_tool_calls',
      from: 'true',
      to: 'false',
      action: 'downgraded',
      topic: 'hint',
      reason: 'The model behind this alias calls one tool at a time.',
    });
  }
  return { parallel_tool_calls: false };
}
