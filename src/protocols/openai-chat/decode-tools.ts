import {
  arrayAt,
  isObject,
  type JsonObject,
  objectAt,
  oneOf,
  optionalBoolean,
  optionalObject,
  optionalString,
  stringAt,
} from '../bridge/fields.ts';
import type { FreeformTool, FunctionTool, Tool, ToolChoice, ToolReference } from '../conversation.ts';
import { invalidRequest } from '../failure.ts';

/**
 * The tools on offer: `tools`, or `functions` of the days before them.
 *
 * @throws {RequestRefused} naming the tool that is malformed.
 */
export function decodeTools(body: JsonObject): readonly Tool[] {
  const tools = listAt(body.tools, 'tools').map((tool, at) => decodeTool(tool, `tools[${at}]`));
  const legacy = listAt(body.functions, 'functions').map((tool, at) =>
    decodeFunction(objectAt(tool, `functions[${at}]`), `functions[${at}]`),
  );
  const search = optionalObject(body.web_search_options, 'web_search_options');
  const hosted: readonly Tool[] = search
    ? [{ type: 'hosted', kind: 'web_search', protocol: 'chat', json: search }]
    : [];
  return [...tools, ...legacy, ...hosted];
}

/** @throws {RequestRefused} when `tool_choice` (or `function_call`) has none of the documented forms. */
export function decodeToolChoice(body: JsonObject): ToolChoice | undefined {
  const { tool_choice: choice, function_call: legacy } = body;
  if (choice !== undefined && choice !== null) return decodeChoice(choice);
  if (legacy === undefined || legacy === null) return undefined;
  if (isObject(legacy)) return { type: 'tool', tool: { name: stringAt(legacy.name, 'function_call.name') } };
  return { type: oneOf(legacy, ['none', 'auto'], 'function_call') };
}

function decodeTool(value: unknown, path: string): Tool {
  const tool = objectAt(value, path);
  const type = stringAt(tool.type, `${path}.type`);
  switch (type) {
    case 'function':
      return decodeFunction(objectAt(tool.function, `${path}.function`), `${path}.function`);
    case 'custom':
      return decodeCustom(objectAt(tool.custom, `${path}.custom`), `${path}.custom`);
    default:
      return { type: 'hosted', kind: type, protocol: 'chat', json: tool };
  }
}

function decodeFunction(tool: JsonObject, path: string): FunctionTool {
  const description = optionalString(tool.description, `${path}.description`);
  const parameters = optionalObject(tool.parameters, `${path}.parameters`);
  const strict = optionalBoolean(tool.strict, `${path}.strict`);
  return {
    type: 'function',
    name: nameAt(tool.name, `${path}.name`),
    ...(description !== undefined && { description }),
    ...(parameters && { parameters }),
    ...(strict !== undefined && { strict }),
  };
}

function decodeCustom(tool: JsonObject, path: string): FreeformTool {
  const description = optionalString(tool.description, `${path}.description`);
  const format = optionalObject(tool.format, `${path}.format`);
  const grammar = format && decodeFormat(format, `${path}.format`);
  return {
    type: 'freeform',
    name: nameAt(tool.name, `${path}.name`),
    ...(description !== undefined && { description }),
    ...(grammar && { grammar }),
  };
}

function decodeFormat(format: JsonObject, path: string): FreeformTool['grammar'] {
  if (oneOf(format.type, ['text', 'grammar'], `${path}.type`) === 'text') return undefined;
  const grammar = objectAt(format.grammar, `${path}.grammar`);
  return {
    syntax: oneOf(grammar.syntax, ['lark', 'regex'], `${path}.grammar.syntax`),
    definition: stringAt(grammar.definition, `${path}.grammar.definition`),
  };
}

function decodeChoice(choice: unknown): ToolChoice {
  if (typeof choice === 'string') return { type: oneOf(choice, ['none', 'auto', 'required'], 'tool_choice') };
  const form = objectAt(choice, 'tool_choice');
  switch (form.type) {
    case 'function':
      return { type: 'tool', tool: referenceAt(form.function, 'tool_choice.function') };
    case 'custom':
      return { type: 'tool', tool: referenceAt(form.custom, 'tool_choice.custom'), freeform: true };
    case 'allowed_tools': {
      const allowed = objectAt(form.allowed_tools, 'tool_choice.allowed_tools');
      const tools = arrayAt(allowed.tools, 'tool_choice.allowed_tools.tools');
      if (tools.length === 0)
        throw invalidRequest("Invalid 'tool_choice': no tool is allowed by it.", 'tool_choice');
      return {
        type: 'allowed',
        mode: oneOf(allowed.mode, ['auto', 'required'], 'tool_choice.allowed_tools.mode'),
        tools: tools.map((tool, at) => allowedAt(tool, `tool_choice.allowed_tools.tools[${at}]`)),
      };
    }
    default:
      return { type: 'hosted', kind: stringAt(form.type, 'tool_choice.type'), json: form };
  }
}

function allowedAt(value: unknown, path: string): ToolReference {
  const tool = objectAt(value, path);
  return tool.type === 'custom'
    ? referenceAt(tool.custom, `${path}.custom`)
    : referenceAt(tool.function, `${path}.function`);
}

function referenceAt(value: unknown, path: string): ToolReference {
  return { name: stringAt(objectAt(value, path).name, `${path}.name`) };
}

function nameAt(value: unknown, path: string): string {
  const name = stringAt(value, path);
  if (name === '') throw invalidRequest(`Invalid '${path}': expected a name.`, path);
  return name;
}

function listAt(value: unknown, path: string): readonly unknown[] {
  return value === undefined || value === null ? [] : arrayAt(value, path);
}
