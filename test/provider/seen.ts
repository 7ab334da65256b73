import { isRecord, type Json } from './json-checks.ts';

/**
 * What an upstream request says, one line a part, the same for Chat and Responses:
 * `user: hi`, `call weather {"city":"Oslo"} #call_1`, `result #call_1: sunny`, `user image data:image/png;…`.
 */
export function transcript(body: unknown): readonly string[] {
  const request = asRecord(body);
  if (Array.isArray(request.messages)) return request.messages.map(asRecord).flatMap(chatLines);
  const instructions = typeof request.instructions === 'string' ? [`system: ${request.instructions}`] : [];
  if (typeof request.input === 'string') return [...instructions, `user: ${request.input}`];
  return [...instructions, ...records(request.input).flatMap(responsesLines)];
}

/** Instructions that lead the conversation, as one text. */
export function instructions(body: unknown): string {
  const lines = transcript(body);
  const end = lines.findIndex((line) => !/^(system|developer): /.test(line));
  return (end < 0 ? lines : lines.slice(0, end)).map((line) => line.replace(/^\w+: /, '')).join('\n\n');
}

/** Tools by the names the upstream sees; namespaced ones of Responses as `namespace.name`. */
export function tools(body: unknown): ReadonlyMap<string, Json> {
  const found = new Map<string, Json>();
  for (const tool of records(asRecord(body).tools)) {
    const nested = tool.function ?? tool.custom;
    const given = isRecord(nested) ? nested : tool;
    if (tool.type === 'namespace')
      for (const child of records(tool.tools)) found.set(`${String(tool.name)}.${String(child.name)}`, child);
    else found.set(String(given.name ?? tool.type), { ...given, type: tool.type });
  }
  return found;
}

/** Texts of the tool results, in order. */
export function results(body: unknown): readonly string[] {
  return transcript(body)
    .filter((line) => line.startsWith('result '))
    .map((line) => line.slice(line.indexOf(': ') + 2));
}

/** The structured output asked for: its JSON Schema. */
export function outputSchema(body: unknown): Json | undefined {
  const request = asRecord(body);
  const format = asRecord(asRecord(request.response_format).json_schema).schema;
  const flat = asRecord(asRecord(request.text).format).schema;
  const found = format ?? flat;
  return isRecord(found) ? found : undefined;
}

function chatLines(message: Json): string[] {
  const role = String(message.role);
  if (role === 'tool')
    return [`result #${String(message.tool_call_id)}: ${contentLines('', message.content).join('\n')}`];
  const reasoning = message.reasoning_content ?? message.reasoning;
  return [
    ...(typeof reasoning === 'string' ? [`reasoning: ${reasoning}`] : []),
    ...contentLines(`${role}`, message.content),
    ...records(message.tool_calls).map((call) => {
      const given = asRecord(call.function ?? call.custom);
      return `call ${String(given.name)} ${String(given.arguments ?? given.input)} #${String(call.id)}`;
    }),
  ];
}

function responsesLines(item: Json): string[] {
  switch (item.type ?? 'message') {
    case 'message':
      return contentLines(String(item.role), item.content);
    case 'function_call':
    case 'custom_tool_call': {
      const name =
        item.namespace === undefined ? item.name : `${String(item.namespace)}.${String(item.name)}`;
      return [`call ${String(name)} ${String(item.arguments ?? item.input)} #${String(item.call_id)}`];
    }
    case 'function_call_output':
    case 'custom_tool_call_output':
      return [`result #${String(item.call_id)}: ${contentLines('', item.output).join('\n')}`];
    case 'reasoning':
      return [
        `reasoning: ${records(item.summary)
          .map((part) => part.text)
          .join('\n')} [${String(item.encrypted_content)}]`,
      ];
    default:
      return [String(item.type)];
  }
}

function contentLines(role: string, content: unknown): string[] {
  const head = role === '' ? '' : `${role}: `;
  if (typeof content === 'string') return content === '' && role !== '' ? [] : [`${head}${content}`];
  return records(content).map((part) => {
    const image = isRecord(part.image_url) ? part.image_url.url : part.image_url;
    if (image !== undefined) return `${role} image ${String(image)}`.trim();
    const file = isRecord(part.file) ? part.file : part;
    if (file.file_data !== undefined)
      return `${role} file ${String(file.filename)} ${String(file.file_data)}`.trim();
    if (isRecord(part.input_audio)) return `${role} audio ${String(part.input_audio.format)}`.trim();
    return `${head}${String(part.text ?? part.refusal)}`;
  });
}

function asRecord(value: unknown): Json {
  return isRecord(value) ? value : {};
}

function records(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
