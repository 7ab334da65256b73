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

/**
 * `openai`: OpenAI's own endpoint. `stranger`: what most compatible servers take, and no more: one leading system
 * turn, plain strings, functions only, none of OpenAI's hints.
 */
export type ChatDialect = 'openai' | 'stranger';

const COMMON_FIELDS = [
  'model',
  'messages',
  'frequency_penalty',
  'presence_penalty',
  'logit_bias',
  'logprobs',
  'top_logprobs',
  'max_tokens',
  'n',
  'response_format',
  'seed',
  'stop',
  'stream',
  'stream_options',
  'temperature',
  'top_p',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'reasoning_effort',
];

const OPENAI_FIELDS = [
  ...COMMON_FIELDS,
  'audio',
  'function_call',
  'functions',
  'max_completion_tokens',
  'metadata',
  'modalities',
  'prediction',
  'prompt_cache_key',
  'prompt_cache_retention',
  'safety_identifier',
  'service_tier',
  'store',
  'user',
  'verbosity',
  'web_search_options',
];

/**
 * What a Chat Completions provider would answer 400 to, or nothing when it would serve the request.
 * https://platform.openai.com/docs/api-reference/chat/create
 */
export function refuseChat(body: unknown, dialect: ChatDialect): string | undefined {
  return judge(() => {
    const request = record(body, 'body');
    onlyKeys(request, '', dialect === 'openai' ? OPENAI_FIELDS : COMMON_FIELDS);
    filled(request.model, 'model');
    checkOptions(request);
    const tools = checkTools(request, dialect);
    checkToolChoice(request, tools, dialect);
    checkMessages(list(request.messages, 'messages'), dialect);
  });
}

function checkOptions(request: Json): void {
  optional(request.stream, (value) => boolean(value, 'stream'));
  optional(request.stream_options, (value) => {
    if (request.stream !== true) refuse('stream_options', 'only allowed when stream is enabled');
    onlyKeys(record(value, 'stream_options'), 'stream_options', ['include_usage', 'include_obfuscation']);
  });
  optional(request.max_tokens, (value) => integer(value, 'max_tokens', 1));
  optional(request.max_completion_tokens, (value) => {
    integer(value, 'max_completion_tokens', 1);
    if (request.max_tokens !== undefined) refuse('max_tokens', 'not together with max_completion_tokens');
  });
  optional(request.temperature, (value) => number(value, 'temperature', 0, 2));
  optional(request.top_p, (value) => number(value, 'top_p', 0, 1));
  optional(request.presence_penalty, (value) => number(value, 'presence_penalty', -2, 2));
  optional(request.frequency_penalty, (value) => number(value, 'frequency_penalty', -2, 2));
  optional(request.n, (value) => integer(value, 'n', 1, 128));
  optional(request.seed, (value) => integer(value, 'seed', -(2 ** 63), 2 ** 63));
  optional(request.logit_bias, (value) => {
    for (const bias of Object.values(record(value, 'logit_bias'))) number(bias, 'logit_bias', -100, 100);
  });
  optional(request.logprobs, (value) => boolean(value, 'logprobs'));
  optional(request.top_logprobs, (value) => {
    integer(value, 'top_logprobs', 0, 20);
    if (request.logprobs !== true) refuse('top_logprobs', 'needs logprobs');
  });
  optional(request.stop, (value) => {
    const stops = typeof value === 'string' ? [value] : list(value, 'stop');
    if (stops.length < 1 || stops.length > 4) refuse('stop', 'expected 1 to 4 sequences');
    for (const stop of stops) filled(stop, 'stop');
  });
  optional(request.reasoning_effort, (value) =>
    oneOf(value, 'reasoning_effort', ['none', 'minimal', 'low', 'medium', 'high', 'xhigh']),
  );
  optional(request.verbosity, (value) => oneOf(value, 'verbosity', ['low', 'medium', 'high']));
  optional(request.metadata, (value) => {
    for (const entry of Object.values(record(value, 'metadata'))) text(entry, 'metadata');
  });
  for (const name of ['user', 'prompt_cache_key', 'safety_identifier', 'service_tier'])
    optional(request[name], (value) => filled(value, name));
  optional(request.response_format, (value) => {
    checkResponseFormat(value);
    jsonNamed(record(value, 'response_format').type, request.messages, 'messages');
  });
}

function checkResponseFormat(value: unknown): void {
  const format = record(value, 'response_format');
  oneOf(format.type, 'response_format.type', ['text', 'json_object', 'json_schema']);
  onlyKeys(format, 'response_format', format.type === 'json_schema' ? ['type', 'json_schema'] : ['type']);
  if (format.type !== 'json_schema') return;
  const path = 'response_format.json_schema';
  const given = record(format.json_schema, path);
  onlyKeys(given, path, ['name', 'description', 'schema', 'strict']);
  toolName(given.name, `${path}.name`);
  optional(given.description, (description) => text(description, `${path}.description`));
  optional(given.strict, (strict) => boolean(strict, `${path}.strict`));
  const schema = record(given.schema, `${path}.schema`);
  if (given.strict === true) strictSchema(schema, `${path}.schema`);
}

/** The names of the tools, each once. */
function checkTools(request: Json, dialect: ChatDialect): ReadonlySet<string> {
  const names = new Set<string>();
  if (request.tools === undefined || request.tools === null) return names;
  const tools = list(request.tools, 'tools');
  if (tools.length === 0) refuse('tools', '[] is too short');
  for (const [index, value] of tools.entries()) {
    const path = `tools[${index}]`;
    const tool = record(value, path);
    oneOf(tool.type, `${path}.type`, dialect === 'openai' ? ['function', 'custom'] : ['function']);
    const kind = String(tool.type);
    onlyKeys(tool, path, ['type', kind]);
    const given = record(tool[kind], `${path}.${kind}`);
    const name = toolName(given.name, `${path}.${kind}.name`);
    if (names.has(name)) refuse(`${path}.${kind}.name`, `duplicate tool '${name}'`);
    names.add(name);
    optional(given.description, (description) => text(description, `${path}.description`));
    if (kind === 'custom') {
      onlyKeys(given, path, ['name', 'description', 'format']);
      optional(given.format, (format) => checkCustomFormat(record(format, path), `${path}.format`));
    } else {
      onlyKeys(given, path, ['name', 'description', 'parameters', 'strict']);
      optional(given.strict, (strict) => boolean(strict, `${path}.strict`));
      parametersSchema(given.parameters, `${path}.function.parameters`, given.strict === true);
    }
  }
  return names;
}

/** Chat nests a grammar, unlike Responses. */
function checkCustomFormat(format: Json, path: string): void {
  oneOf(format.type, `${path}.type`, ['text', 'grammar']);
  if (format.type !== 'grammar') return;
  const grammar = record(format.grammar, `${path}.grammar`);
  oneOf(grammar.syntax, `${path}.grammar.syntax`, ['lark', 'regex']);
  filled(grammar.definition, `${path}.grammar.definition`);
}

function checkToolChoice(request: Json, tools: ReadonlySet<string>, dialect: ChatDialect): void {
  optional(request.parallel_tool_calls, (value) => {
    boolean(value, 'parallel_tool_calls');
    if (tools.size === 0) refuse('parallel_tool_calls', "only allowed when 'tools' are specified");
  });
  optional(request.tool_choice, (choice) => {
    if (tools.size === 0) refuse('tool_choice', "only allowed when 'tools' are specified");
    if (!isRecord(choice)) {
      oneOf(choice, 'tool_choice', ['none', 'auto', 'required']);
      return;
    }
    const kind = String(choice.type);
    const kinds = dialect === 'openai' ? ['function', 'custom', 'allowed_tools'] : ['function'];
    oneOf(kind, 'tool_choice.type', kinds);
    onlyKeys(choice, 'tool_choice', ['type', kind]);
    const given = record(choice[kind], `tool_choice.${kind}`);
    if (kind !== 'allowed_tools') {
      mustBeOffered(given.name, tools);
      return;
    }
    oneOf(given.mode, 'tool_choice.allowed_tools.mode', ['auto', 'required']);
    for (const allowed of list(given.tools, 'tool_choice.allowed_tools.tools')) {
      const tool = record(allowed, 'tool_choice.allowed_tools.tools');
      mustBeOffered(record(tool[String(tool.type)], 'tool_choice.allowed_tools.tools').name, tools);
    }
  });
}

function mustBeOffered(name: unknown, tools: ReadonlySet<string>): void {
  if (!tools.has(toolName(name, 'tool_choice'))) refuse('tool_choice', `no tool is called '${String(name)}'`);
}

function checkMessages(messages: readonly unknown[], dialect: ChatDialect): void {
  if (messages.length === 0) refuse('messages', '[] is too short');
  /** Calls still to be answered, in order. */
  let open: string[] = [];
  for (const [index, value] of messages.entries()) {
    const path = `messages[${index}]`;
    const message = record(value, path);
    const role = text(message.role, `${path}.role`);
    if (role === 'tool') {
      const id = filled(message.tool_call_id, `${path}.tool_call_id`);
      if (open.length === 0 || !open.includes(id))
        refuse(path, `'tool' must be a response to a preceding message with 'tool_calls' (${id})`);
      if (open[0] !== id) refuse(path, `expected the result of ${open[0]} before that of ${id}`);
      open = open.slice(1);
      onlyKeys(message, path, ['role', 'tool_call_id', 'content']);
      checkContent(message.content, `${path}.content`, dialect, ['text']);
      continue;
    }
    if (open.length > 0) refuse(path, `tool_call_ids without a response: ${open.join(', ')}`);
    switch (role) {
      case 'developer':
      case 'system':
        if (dialect === 'stranger' && role === 'developer')
          refuse(`${path}.role`, "'developer' is not one of system, user, assistant");
        if (dialect === 'stranger' && index > 0) refuse(path, 'a system message must be at the beginning');
        onlyKeys(message, path, ['role', 'content', 'name']);
        checkContent(message.content, `${path}.content`, dialect, ['text']);
        break;
      case 'user':
        onlyKeys(message, path, ['role', 'content', 'name']);
        checkContent(message.content, `${path}.content`, dialect, [
          'text',
          'image_url',
          'input_audio',
          'file',
        ]);
        break;
      case 'assistant':
        open = checkAssistant(message, path, dialect);
        break;
      default:
        refuse(`${path}.role`, `'${role}' is not a role`);
    }
  }
  if (open.length > 0) refuse('messages', `tool_call_ids without a response: ${open.join(', ')}`);
}

/** The ids of the calls it makes. */
function checkAssistant(message: Json, path: string, dialect: ChatDialect): string[] {
  const stranger = dialect === 'stranger' ? ['reasoning_content', 'reasoning', 'reasoning_details'] : [];
  onlyKeys(message, path, ['role', 'content', 'name', 'refusal', 'audio', 'tool_calls', ...stranger]);
  const ids: string[] = [];
  optional(message.tool_calls, (value) => {
    const calls = list(value, `${path}.tool_calls`);
    if (calls.length === 0) refuse(`${path}.tool_calls`, '[] is too short');
    for (const [at, item] of calls.entries()) {
      const where = `${path}.tool_calls[${at}]`;
      const call = record(item, where);
      const id = filled(call.id, `${where}.id`);
      if (ids.includes(id)) refuse(`${where}.id`, `duplicate call id ${id}`);
      ids.push(id);
      oneOf(call.type, `${where}.type`, dialect === 'openai' ? ['function', 'custom'] : ['function']);
      const given = record(call[String(call.type)], where);
      onlyKeys(call, where, ['id', 'type', String(call.type)]);
      toolName(given.name, `${where}.name`);
      if (call.type === 'custom') text(given.input, `${where}.custom.input`);
      else checkArguments(given.arguments, `${where}.function.arguments`);
    }
  });
  if (message.content === null || message.content === undefined) {
    const refusal = typeof message.refusal === 'string';
    if (ids.length === 0 && !refusal) refuse(`${path}.content`, 'expected content or tool_calls');
  } else checkContent(message.content, `${path}.content`, dialect, ['text', 'refusal']);
  return ids;
}

/** Chat templates of open models parse the arguments of past calls. */
function checkArguments(value: unknown, path: string): void {
  const json = text(value, path);
  try {
    record(JSON.parse(json), path);
  } catch {
    refuse(path, `expected the JSON of an object, got ${json.slice(0, 40)}`);
  }
}

function checkContent(value: unknown, path: string, dialect: ChatDialect, types: readonly string[]): void {
  if (typeof value === 'string') return;
  const parts = list(value, path);
  if (parts.length === 0) refuse(path, '[] is too short');
  if (dialect === 'stranger' && parts.every((part) => isRecord(part) && part.type === 'text'))
    refuse(path, 'expected a string');
  for (const [index, item] of parts.entries()) checkPart(record(item, path), `${path}[${index}]`, types);
}

function checkPart(part: Json, path: string, types: readonly string[]): void {
  oneOf(part.type, `${path}.type`, types);
  const kind = String(part.type);
  onlyKeys(part, path, ['type', kind]);
  switch (kind) {
    case 'image_url': {
      const image = record(part.image_url, `${path}.image_url`);
      onlyKeys(image, `${path}.image_url`, ['url', 'detail']);
      mediaUrl(image.url, `${path}.image_url.url`, /^image\/(png|jpeg|gif|webp)$/);
      optional(image.detail, (detail) => oneOf(detail, `${path}.image_url.detail`, ['auto', 'low', 'high']));
      return;
    }
    case 'input_audio': {
      const audio = record(part.input_audio, `${path}.input_audio`);
      filled(audio.data, `${path}.input_audio.data`);
      oneOf(audio.format, `${path}.input_audio.format`, ['wav', 'mp3']);
      return;
    }
    case 'file': {
      const file = record(part.file, `${path}.file`);
      onlyKeys(file, `${path}.file`, ['file_data', 'file_id', 'filename']);
      if (file.file_id !== undefined) filled(file.file_id, `${path}.file.file_id`);
      else dataUrl(text(file.file_data, `${path}.file.file_data`), `${path}.file.file_data`, /^[a-z]+\//);
      return;
    }
    default:
      text(part[kind], `${path}.${kind}`);
  }
}
