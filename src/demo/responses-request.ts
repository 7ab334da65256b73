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
 * Reads a Responses request (https://platform.openai.com/docs/api-reference/responses/create).
 *
 * @throws {RequestError} as OpenAI would refuse it, and for what needs a stored response: none is kept here.
 */
export function readResponsesRequest(body: JsonObject): Dialogue {
  const model = requireString(body.model, 'model');
  if (typeof body.previous_response_id === 'string')
    throw new RequestError(`Previous response with id '${body.previous_response_id}' not found.`, {
      param: 'previous_response_id',
      code: 'previous_response_not_found',
    });
  const input = typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : body.input;
  const items = optionalList(input, 'input');
  if (items.length === 0)
    throw new RequestError("Missing required parameter: 'input'.", {
      param: 'input',
      code: 'missing_required_parameter',
    });
  const instructions = typeof body.instructions === 'string' ? body.instructions : '';
  const json = readFormat(isObject(body.text) ? body.text.format : undefined);
  return {
    model,
    stream: body.stream === true,
    turns: [
      ...(instructions === '' ? [] : [{ role: 'instructions' as const, text: instructions }]),
      ...items.flatMap((item, index) => readItem(item, `input[${index}]`)),
    ],
    tools: body.tool_choice === 'none' ? [] : optionalList(body.tools, 'tools').flatMap(readTool),
    ...(json && { json }),
    ...(typeof body.max_output_tokens === 'number' && { maxTokens: body.max_output_tokens }),
    reasons: !isObject(body.reasoning) || body.reasoning.effort !== 'none',
    prompt: [JSON.stringify(body.tools ?? []), instructions, ...items.map((item) => JSON.stringify(item))],
  };
}

/** Items that the demo agent has no use for (reasoning, hosted calls) say nothing to it. */
function readItem(value: unknown, param: string): Turn[] {
  const item = requireObject(value, param);
  switch (item.type) {
    case undefined:
    case 'message':
      return [readMessage(item, param)];
    case 'function_call':
    case 'custom_tool_call': {
      const field = item.type === 'function_call' ? 'arguments' : 'input';
      return [
        {
          role: 'call',
          id: requireString(item.call_id, `${param}.call_id`),
          name: requireString(item.name, `${param}.name`),
          input: requireString(item[field], `${param}.${field}`),
        },
      ];
    }
    case 'function_call_output':
    case 'custom_tool_call_output':
      return [
        {
          role: 'result',
          callId: requireString(item.call_id, `${param}.call_id`),
          text: textOf(item.output),
        },
      ];
    default:
      return [];
  }
}

function readMessage(message: JsonObject, param: string): Turn {
  const text = textOf(message.content);
  switch (message.role) {
    case 'user':
    case 'assistant':
      return { role: message.role, text };
    case 'system':
    case 'developer':
      return { role: 'instructions', text };
    default:
      throw new RequestError(
        `Invalid value: '${String(message.role)}'. Supported values are: 'assistant', 'system', 'developer', and 'user'.`,
        { param: `${param}.role`, code: 'invalid_value' },
      );
  }
}

function readTool(tool: unknown): OfferedTool[] {
  if (!isObject(tool) || typeof tool.name !== 'string') return [];
  if (tool.type === 'function') return [{ kind: 'function', name: tool.name }];
  if (tool.type === 'custom') return [{ kind: 'freeform', name: tool.name }];
  return [];
}

function readFormat(format: unknown): Dialogue['json'] {
  if (!isObject(format)) return undefined;
  if (format.type === 'json_object') return {};
  return format.type === 'json_schema' && isObject(format.schema) ? { schema: format.schema } : undefined;
}
