import type { Dialogue, OfferedTool, Turn } from './dialogue.ts';
import {
  isObject,
  type JsonObject,
  optionalList,
  requireObject,
  requireString,
  textOf,
} from './json-values.ts';
import { RequestError } from './request-error.ts';

/**
 * Reads a Chat Completions request (https://platform.openai.com/docs/api-reference/chat/create).
 *
 * @throws {RequestError} as OpenAI would refuse it.
 */
export function readChatRequest(body: JsonObject): Dialogue {
  const model = requireString(body.model, 'model');
  const messages = optionalList(body.messages, 'messages');
  if (messages.length === 0)
    throw new RequestError("Missing required parameter: 'messages'.", {
      param: 'messages',
      code: 'missing_required_parameter',
    });
  const turns = messages.flatMap((message, index) => readMessage(message, `messages[${index}]`));
  const maxTokens = body.max_completion_tokens ?? body.max_tokens;
  const json = readFormat(body.response_format);
  return {
    model,
    stream: body.stream === true,
    turns,
    tools: body.tool_choice === 'none' ? [] : optionalList(body.tools, 'tools').flatMap(readTool),
    ...(json && { json }),
    ...(typeof maxTokens === 'number' && { maxTokens }),
    reasons: body.reasoning_effort !== 'none',
    prompt: [JSON.stringify(body.tools ?? []), ...messages.map((message) => JSON.stringify(message))],
  };
}

function readMessage(value: unknown, param: string): Turn[] {
  const message = requireObject(value, param);
  const text = textOf(message.content);
  switch (message.role) {
    case 'system':
    case 'developer':
      return [{ role: 'instructions', text }];
    case 'user':
      return [{ role: 'user', text }];
    case 'assistant': {
      const calls = optionalList(message.tool_calls, `${param}.tool_calls`).map((call, index) =>
        readCall(call, `${param}.tool_calls[${index}]`),
      );
      return [...(text === '' ? [] : [{ role: 'assistant' as const, text }]), ...calls];
    }
    case 'tool':
      return [{ role: 'result', callId: requireString(message.tool_call_id, `${param}.tool_call_id`), text }];
    default:
      throw new RequestError(
        `Invalid value: '${String(message.role)}'. Supported values are: 'system', 'developer', 'user', 'assistant', and 'tool'.`,
        { param: `${param}.role`, code: 'invalid_value' },
      );
  }
}

function readCall(value: unknown, param: string): Turn {
  const call = requireObject(value, param);
  const id = requireString(call.id, `${param}.id`);
  if (call.type === 'custom') {
    const custom = requireObject(call.custom, `${param}.custom`);
    const name = requireString(custom.name, `${param}.custom.name`);
    return { role: 'call', id, name, input: requireString(custom.input, `${param}.custom.input`) };
  }
  const called = requireObject(call.function, `${param}.function`);
  const name = requireString(called.name, `${param}.function.name`);
  return { role: 'call', id, name, input: requireString(called.arguments, `${param}.function.arguments`) };
}

function readTool(tool: unknown): OfferedTool[] {
  if (!isObject(tool)) return [];
  if (isObject(tool.function) && typeof tool.function.name === 'string')
    return [{ kind: 'function', name: tool.function.name }];
  if (isObject(tool.custom) && typeof tool.custom.name === 'string')
    return [{ kind: 'freeform', name: tool.custom.name }];
  return [];
}

function readFormat(format: unknown): Dialogue['json'] {
  if (!isObject(format)) return undefined;
  if (format.type === 'json_object') return {};
  const schema = isObject(format.json_schema) ? format.json_schema.schema : undefined;
  return format.type === 'json_schema' && isObject(schema) ? { schema } : undefined;
}
