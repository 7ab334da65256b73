import {
  boolean,
  dataUrl,
  filled,
  integer,
  isRecord,
  type Json,
  jsonNamed,
  judge,
  list,
  mediaUrl,
  number,
  oneOf,
  onlyKeys,
  optional,
  parametersSchema,
  record,
  refuse,
  strictSchema,
  text,
  toolName,
} from './json-checks.ts';

const FIELDS = [
  'background',
  'client_metadata',
  'context_management',
  'conversation',
  'include',
  'input',
  'instructions',
  'max_output_tokens',
  'max_tool_calls',
  'metadata',
  'model',
  'parallel_tool_calls',
  'previous_response_id',
  'prompt',
  'prompt_cache_key',
  'prompt_cache_retention',
  'reasoning',
  'safety_identifier',
  'service_tier',
  'store',
  'stream',
  'stream_options',
  'temperature',
  'text',
  'tool_choice',
  'tools',
  'top_logprobs',
  'top_p',
  'truncation',
  'user',
];

const INCLUDES = [
  'code_interpreter_call.outputs',
  'computer_call_output.output.image_url',
  'file_search_call.results',
  'message.input_image.image_url',
  'message.output_text.logprobs',
  'reasoning.encrypted_content',
  'web_search_call.action.sources',
  'web_search_call.results',
];

const HOSTED_TOOLS = [
  'code_interpreter',
  'computer_use_preview',
  'file_search',
  'image_generation',
  'mcp',
  'web_search',
  'web_search_preview',
];

/**
 * What the Responses API would answer 400 to, or nothing when it would serve the request.
 * https://platform.openai.com/docs/api-reference/responses/create
 */
export function refuseResponses(body: unknown): string | undefined {
  return judge(() => {
    const request = record(body, 'body');
    onlyKeys(request, '', FIELDS);
    filled(request.model, 'model');
    checkOptions(request);
    const tools = checkTools(request);
    checkToolChoice(request, tools);
    if (typeof request.input === 'string') filled(request.input, 'input');
    else checkInput(list(request.input, 'input'), request.store === false);
  });
}

function checkOptions(request: Json): void {
  optional(request.instructions, (value) => text(value, 'instructions'));
  for (const name of ['stream', 'store', 'parallel_tool_calls', 'background'])
    optional(request[name], (value) => boolean(value, name));
  optional(request.stream_options, (value) => {
    if (request.stream !== true) refuse('stream_options', 'only allowed when stream is enabled');
    onlyKeys(record(value, 'stream_options'), 'stream_options', ['include_obfuscation']);
  });
  optional(request.max_output_tokens, (value) => integer(value, 'max_output_tokens', 16));
  optional(request.temperature, (value) => number(value, 'temperature', 0, 2));
  optional(request.top_p, (value) => number(value, 'top_p', 0, 1));
  optional(request.top_logprobs, (value) => integer(value, 'top_logprobs', 0, 20));
  optional(request.truncation, (value) => oneOf(value, 'truncation', ['auto', 'disabled']));
  optional(request.include, (value) => {
    for (const entry of list(value, 'include')) oneOf(entry, 'include', INCLUDES);
  });
  optional(request.metadata, (value) => {
    for (const entry of Object.values(record(value, 'metadata'))) text(entry, 'metadata');
  });
  for (const name of ['user', 'prompt_cache_key', 'safety_identifier', 'service_tier'])
    optional(request[name], (value) => filled(value, name));
  optional(request.reasoning, (value) => {
    const reasoning = record(value, 'reasoning');
    onlyKeys(reasoning, 'reasoning', ['effort', 'summary', 'generate_summary', 'context']);
    const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'];
    optional(reasoning.effort, (effort) => oneOf(effort, 'reasoning.effort', efforts));
    const summaries = ['auto', 'concise', 'detailed'];
    optional(reasoning.summary, (summary) => oneOf(summary, 'reasoning.summary', summaries));
  });
  optional(request.text, (value) => {
    const options = record(value, 'text');
    onlyKeys(options, 'text', ['format', 'verbosity']);
    optional(options.verbosity, (verbosity) => oneOf(verbosity, 'text.verbosity', ['low', 'medium', 'high']));
    optional(options.format, (given) => {
      const format = record(given, 'text.format');
      checkFormat(format);
      jsonNamed(format.type, [request.instructions, request.input], 'input');
    });
  });
}

/** Flat, unlike Chat's `response_format`. */
function checkFormat(format: Json): void {
  oneOf(format.type, 'text.format.type', ['text', 'json_object', 'json_schema']);
  const schemaKeys = ['type', 'name', 'schema', 'strict', 'description'];
  onlyKeys(format, 'text.format', format.type === 'json_schema' ? schemaKeys : ['type']);
  if (format.type !== 'json_schema') return;
  toolName(format.name, 'text.format.name');
  const schema = record(format.schema, 'text.format.schema');
  optional(format.strict, (strict) => boolean(strict, 'text.format.strict'));
  if (format.strict === true) strictSchema(schema, 'text.format.schema');
}

/** Names of the callable tools, namespaces' children as `namespace.child`. */
function checkTools(request: Json): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (name: string, path: string): void => {
    if (names.has(name)) refuse(path, `duplicate tool '${name}'`);
    names.add(name);
  };
  optional(request.tools, (value) => {
    for (const [index, item] of list(value, 'tools').entries()) {
      const path = `tools[${index}]`;
      const tool = record(item, path);
      switch (tool.type) {
        case 'function':
          add(checkFunction(tool, path), path);
          break;
        case 'custom': {
          onlyKeys(tool, path, ['type', 'name', 'description', 'format']);
          optional(tool.format, (format) => checkCustomFormat(record(format, path), `${path}.format`));
          add(toolName(tool.name, `${path}.name`), path);
          break;
        }
        case 'namespace': {
          onlyKeys(tool, path, ['type', 'name', 'description', 'tools']);
          const namespace = toolName(tool.name, `${path}.name`);
          filled(tool.description, `${path}.description`);
          for (const [at, child] of list(tool.tools, `${path}.tools`).entries())
            add(`${namespace}.${checkFunction(record(child, path), `${path}.tools[${at}]`)}`, path);
          break;
        }
        default:
          oneOf(tool.type, `${path}.type`, HOSTED_TOOLS);
      }
    }
  });
  return names;
}

function checkFunction(tool: Json, path: string): string {
  onlyKeys(tool, path, ['type', 'name', 'description', 'parameters', 'strict', 'defer_loading']);
  oneOf(tool.type, `${path}.type`, ['function']);
  optional(tool.description, (description) => text(description, `${path}.description`));
  optional(tool.strict, (strict) => boolean(strict, `${path}.strict`));
  parametersSchema(tool.parameters, `${path}.parameters`, tool.strict === true);
  return toolName(tool.name, `${path}.name`);
}

function checkCustomFormat(format: Json, path: string): void {
  oneOf(format.type, `${path}.type`, ['text', 'grammar']);
  if (format.type !== 'grammar') return;
  oneOf(format.syntax, `${path}.syntax`, ['lark', 'regex']);
  filled(format.definition, `${path}.definition`);
}

function checkToolChoice(request: Json, tools: ReadonlySet<string>): void {
  optional(request.tool_choice, (choice) => {
    if (!isRecord(choice)) {
      oneOf(choice, 'tool_choice', ['none', 'auto', 'required']);
      if (choice === 'required' && list(request.tools ?? [], 'tools').length === 0)
        refuse('tool_choice', "'required' needs 'tools'");
      return;
    }
    switch (choice.type) {
      case 'function':
      case 'custom':
        onlyKeys(choice, 'tool_choice', ['type', 'name']);
        if (!tools.has(text(choice.name, 'tool_choice.name')))
          refuse('tool_choice', `no tool is called '${String(choice.name)}'`);
        return;
      case 'allowed_tools':
        onlyKeys(choice, 'tool_choice', ['type', 'mode', 'tools']);
        oneOf(choice.mode, 'tool_choice.mode', ['auto', 'required']);
        for (const item of list(choice.tools, 'tool_choice.tools')) {
          const tool = record(item, 'tool_choice.tools');
          if (typeof tool.name === 'string' && !tools.has(tool.name))
            refuse('tool_choice.tools', `no tool is called '${tool.name}'`);
        }
        return;
      default:
        oneOf(choice.type, 'tool_choice.type', HOSTED_TOOLS);
    }
  });
}

/** Items that only this API makes, taken as they come. */
const OPAQUE_ITEMS = [
  'code_interpreter_call',
  'compaction',
  'compaction_trigger',
  'computer_call',
  'computer_call_output',
  'file_search_call',
  'image_generation_call',
  'item_reference',
  'mcp_approval_request',
  'mcp_approval_response',
  'mcp_call',
  'mcp_list_tools',
  'web_search_call',
];

function checkInput(input: readonly unknown[], unstored: boolean): void {
  if (input.length === 0) refuse('input', 'must not be empty');
  const items = input.map((value, index) => record(value, `input[${index}]`));
  const calls = new Map<string, string>();
  const answered = new Set<string>();
  for (const [index, item] of items.entries()) {
    const path = `input[${index}]`;
    const type = item.type ?? 'message';
    switch (type) {
      case 'message':
        checkMessage(item, path);
        break;
      case 'function_call':
      case 'custom_tool_call': {
        const custom = type === 'custom_tool_call';
        const body = custom ? 'input' : 'arguments';
        onlyKeys(item, path, ['type', 'id', 'call_id', 'name', 'namespace', 'status', body]);
        text(item[body], `${path}.${body}`);
        toolName(item.name, `${path}.name`);
        itemId(item.id, path, custom ? 'ctc' : 'fc');
        const id = filled(item.call_id, `${path}.call_id`);
        if (calls.has(id)) refuse(`${path}.call_id`, `duplicate call id ${id}`);
        calls.set(id, String(type));
        break;
      }
      case 'function_call_output':
      case 'custom_tool_call_output': {
        onlyKeys(item, path, ['type', 'id', 'call_id', 'output', 'status', 'name']);
        const id = filled(item.call_id, `${path}.call_id`);
        if (`${calls.get(id)}_output` !== type)
          refuse(path, `No tool call found for ${type} with call_id ${id}.`);
        if (answered.has(id)) refuse(path, `duplicate output of ${id}`);
        answered.add(id);
        if (typeof item.output !== 'string')
          checkParts(item.output, `${path}.output`, ['input_text', 'input_image', 'input_file']);
        break;
      }
      case 'reasoning':
        checkReasoning(item, path, unstored);
        checkFollower(items[index + 1], path);
        break;
      default:
        oneOf(type, `${path}.type`, OPAQUE_ITEMS);
    }
  }
  const open = [...calls.keys()].filter((id) => !answered.has(id));
  if (open.length > 0) refuse('input', `No tool output found for function call ${open.join(', ')}.`);
}

function itemId(value: unknown, path: string, prefix: string): void {
  optional(value, (id) => {
    if (!text(id, `${path}.id`).startsWith(prefix))
      refuse(`${path}.id`, `Expected an ID that begins with '${prefix}', got '${String(id)}'`);
  });
}

function checkMessage(item: Json, path: string): void {
  onlyKeys(item, path, ['type', 'id', 'role', 'content', 'status', 'phase']);
  itemId(item.id, path, 'msg');
  oneOf(item.role, `${path}.role`, ['user', 'system', 'developer', 'assistant']);
  const assistant = item.role === 'assistant';
  if (!assistant && item.phase !== undefined) refuse(`${path}.phase`, 'only of assistant messages');
  optional(item.phase, (phase) => oneOf(phase, `${path}.phase`, ['commentary', 'final_answer']));
  if (typeof item.content === 'string') return;
  const own = ['output_text', 'refusal'];
  const given = ['input_text', 'input_image', 'input_file', 'input_audio'];
  checkParts(item.content, `${path}.content`, assistant ? own : given);
}

function checkReasoning(item: Json, path: string, unstored: boolean): void {
  onlyKeys(item, path, ['type', 'id', 'summary', 'content', 'encrypted_content', 'status']);
  itemId(item.id, path, 'rs');
  for (const [index, value] of list(item.summary, `${path}.summary`).entries()) {
    const summary = record(value, `${path}.summary[${index}]`);
    oneOf(summary.type, `${path}.summary[${index}].type`, ['summary_text']);
    text(summary.text, `${path}.summary[${index}].text`);
  }
  optional(item.content, (content) => checkParts(content, `${path}.content`, ['reasoning_text']));
  if (typeof item.encrypted_content === 'string') filled(item.encrypted_content, `${path}.encrypted_content`);
  else if (unstored && item.id !== undefined)
    refuse(path, `Item '${String(item.id)}' not found. Items are not persisted when store is false.`);
}

/** Reasoning is only taken together with what it led to. */
function checkFollower(next: Json | undefined, path: string): void {
  const type = next?.type ?? (next?.role === undefined ? undefined : 'message');
  const own = typeof type === 'string' && (type === 'reasoning' || /_call$/.test(type));
  if (!own && !(type === 'message' && next?.role === 'assistant'))
    refuse(path, "an item of type 'reasoning' was provided without its required following item");
}

function checkParts(value: unknown, path: string, types: readonly string[]): void {
  const parts = list(value, path);
  if (parts.length === 0) refuse(path, 'must not be empty');
  for (const [index, item] of parts.entries()) checkPart(record(item, path), `${path}[${index}]`, types);
}

function checkPart(part: Json, path: string, types: readonly string[]): void {
  oneOf(part.type, `${path}.type`, types);
  switch (part.type) {
    case 'input_image':
      onlyKeys(part, path, ['type', 'image_url', 'file_id', 'detail']);
      if (typeof part.file_id === 'string') return;
      mediaUrl(part.image_url, `${path}.image_url`, /^image\/(png|jpeg|gif|webp)$/);
      optional(part.detail, (detail) => oneOf(detail, `${path}.detail`, ['auto', 'low', 'high', 'original']));
      return;
    case 'input_file':
      onlyKeys(part, path, ['type', 'file_data', 'file_id', 'file_url', 'filename']);
      if (typeof part.file_id === 'string' || typeof part.file_url === 'string') return;
      filled(part.filename, `${path}.filename`);
      dataUrl(text(part.file_data, `${path}.file_data`), `${path}.file_data`, /^[a-z]+\//);
      return;
    case 'input_audio': {
      const audio = record(part.input_audio, `${path}.input_audio`);
      filled(audio.data, `${path}.input_audio.data`);
      oneOf(audio.format, `${path}.input_audio.format`, ['wav', 'mp3']);
      return;
    }
    case 'refusal':
      onlyKeys(part, path, ['type', 'refusal']);
      text(part.refusal, `${path}.refusal`);
      return;
    case 'output_text':
      onlyKeys(part, path, ['type', 'text', 'annotations', 'logprobs']);
      text(part.text, `${path}.text`);
      return;
    default:
      onlyKeys(part, path, ['type', 'text']);
      text(part.text, `${path}.text`);
  }
}
