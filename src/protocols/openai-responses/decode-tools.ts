import {
  arrayAt,
  type JsonObject,
  objectAt,
  oneOf,
  optionalBoolean,
  optionalObject,
  optionalString,
  stringAt,
} from '../bridge/fields.ts';
import type { Ledger } from '../bridge/ledger.ts';
import type {
  FreeformTool,
  FunctionTool,
  HostedTool,
  Tool,
  ToolChoice,
  ToolReference,
} from '../conversation.ts';
import { invalidRequest } from '../failure.ts';
import { asString } from './shape.ts';

/**
 * Reads `tools`. The children of a namespace become tools of their own that remember their namespace.
 *
 * @throws {RequestRefused} naming the tool that is malformed.
 */
export function decodeTools(value: unknown, path: string, ledger: Ledger): readonly Tool[] {
  if (value === undefined || value === null) return [];
  return arrayAt(value, path).flatMap((entry, index) => {
    const at = `${path}[${index}]`;
    const tool = objectAt(entry, at);
    const type = stringAt(tool.type, `${at}.type`);
    if (type === 'namespace') return decodeNamespace(tool, at, ledger);
    return [decodeClientTool(tool, at, ledger) ?? decodeHostedTool(tool, type)];
  });
}

/** A tool that the client runs itself; `undefined` for any other. */
function decodeClientTool(
  tool: JsonObject,
  at: string,
  ledger: Ledger,
  namespace?: string,
): FunctionTool | FreeformTool | undefined {
  if (tool.type !== 'function' && tool.type !== 'custom') return undefined;
  const name = stringAt(tool.name, `${at}.name`);
  if (name === '') throw invalidRequest(`'${at}.name' must not be empty.`, `${at}.name`);
  const description = optionalString(tool.description, `${at}.description`);
  const common = {
    name,
    ...(namespace !== undefined && { namespace }),
    ...(description !== undefined && { description }),
  };
  noteExtras(tool, at, ledger);
  if (tool.type === 'custom') {
    const grammar = decodeGrammar(tool.format, `${at}.format`);
    return { type: 'freeform', ...common, ...(grammar && { grammar }) };
  }
  const parameters = optionalObject(tool.parameters, `${at}.parameters`);
  const strict = optionalBoolean(tool.strict, `${at}.strict`);
  return {
    type: 'function',
    ...common,
    ...(parameters && { parameters }),
    ...(strict !== undefined && { strict }),
  };
}

/** `format` of a custom tool: absent or `text` is free text. */
function decodeGrammar(value: unknown, path: string): FreeformTool['grammar'] | undefined {
  const format = optionalObject(value, path);
  if (!format || format.type === 'text') return undefined;
  if (format.type !== 'grammar') {
    throw invalidRequest(`Invalid value for '${path}.type': expected 'text' or 'grammar'.`, `${path}.type`);
  }
  return {
    syntax: oneOf(format.syntax, ['lark', 'regex'], `${path}.syntax`),
    definition: stringAt(format.definition, `${path}.definition`),
  };
}

function decodeNamespace(tool: JsonObject, at: string, ledger: Ledger): readonly Tool[] {
  const namespace = stringAt(tool.name, `${at}.name`);
  if (tool.description) {
    ledger.once({
      path: `${at}.description`,
      from: 'description of a namespace',
      to: '',
      action: 'dropped',
      topic: 'hint',
      reason: 'Its tools go into a flat list, each with its own description.',
    });
  }
  return arrayAt(tool.tools, `${at}.tools`).flatMap((entry, index) => {
    const path = `${at}.tools[${index}]`;
    const child = objectAt(entry, path);
    const decoded = decodeClientTool(child, path, ledger, namespace);
    if (decoded) return [decoded];
    ledger.once({
      path,
      from: stringAt(child.type, `${path}.type`),
      to: '',
      action: 'dropped',
      topic: 'tools',
      reason: 'Within a namespace only functions and custom tools can be carried over.',
    });
    return [];
  });
}

function decodeHostedTool(json: JsonObject, type: string): HostedTool {
  return { type: 'hosted', kind: type, protocol: 'responses', json };
}

function noteExtras(tool: JsonObject, at: string, ledger: Ledger): void {
  for (const name of ['defer_loading', 'allowed_callers', 'output_schema']) {
    const value = tool[name];
    if (value === undefined || value === null || value === false) continue;
    ledger.once({
      path: `${at}.${name}`,
      from: name,
      to: '',
      action: 'dropped',
      topic: 'hint',
      reason: 'No other protocol has this field of a tool.',
    });
  }
}

/** @throws {RequestRefused} when it is none of the documented forms. */
export function decodeToolChoice(value: unknown, ledger: Ledger): ToolChoice | undefined {
  if (value === undefined || value === null) return undefined;
  if (value === 'auto' || value === 'none' || value === 'required') return { type: value };
  if (typeof value === 'string') {
    throw invalidRequest(
      "Invalid value for 'tool_choice': expected 'none', 'auto' or 'required'.",
      'tool_choice',
    );
  }
  const choice = objectAt(value, 'tool_choice');
  const type = stringAt(choice.type, 'tool_choice.type');
  switch (type) {
    case 'auto':
    case 'none':
    case 'required':
      return { type };
    case 'function':
      return { type: 'tool', tool: readReference(choice, 'tool_choice') };
    case 'custom':
      return { type: 'tool', tool: readReference(choice, 'tool_choice'), freeform: true };
    case 'allowed_tools':
      return decodeAllowed(choice, ledger);
    default:
      return { type: 'hosted', kind: type, json: choice };
  }
}

function decodeAllowed(choice: JsonObject, ledger: Ledger): ToolChoice {
  const mode = choice.mode ?? 'auto';
  if (mode !== 'auto' && mode !== 'required') {
    throw invalidRequest(
      "Invalid value for 'tool_choice.mode': expected 'auto' or 'required'.",
      'tool_choice.mode',
    );
  }
  const tools = arrayAt(choice.tools, 'tool_choice.tools').flatMap((entry, index) => {
    const path = `tool_choice.tools[${index}]`;
    const tool = objectAt(entry, path);
    if (tool.type === 'function' || tool.type === 'custom') return [readReference(tool, path)];
    ledger.once({
      path,
      from: asString(tool.type) ?? 'tool',
      to: '',
      action: 'dropped',
      topic: 'tools',
      reason: 'A tool that the provider runs cannot be allowed on another protocol.',
    });
    return [];
  });
  // Of nothing, nothing can be chosen.
  return tools.length > 0 ? { type: 'allowed', mode, tools } : { type: 'none' };
}

function readReference(json: JsonObject, path: string): ToolReference {
  const namespace = optionalString(json.namespace, `${path}.namespace`);
  return { name: stringAt(json.name, `${path}.name`), ...(namespace !== undefined && { namespace }) };
}
