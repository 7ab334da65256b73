import { isObject, type JsonObject } from './bridge/fields.ts';
import { markedInstruction } from './bridge/ordering.ts';
import { schemaInstruction } from './bridge/schema-instruction.ts';

/** One change to a body. Each says what it applies to, so that it may be made on requests that never had the fault. */
export type Edit =
  /** Takes a field out, which may be named by a path of two steps. */
  | { readonly type: 'remove'; readonly field: string }
  | { readonly type: 'rename'; readonly field: string; readonly to: string }
  /** One value of a field for another. */
  | { readonly type: 'replace'; readonly field: string; readonly from: string; readonly to: string }
  | { readonly type: 'limit'; readonly field: string; readonly most: number }
  /** Takes a field out of every member of a list (or of its `function`). */
  | { readonly type: 'strip'; readonly list: 'messages' | 'tools' | 'input'; readonly name: string }
  | {
      readonly type: 'role';
      readonly list: 'messages' | 'input';
      readonly from: 'developer' | 'system';
      readonly to: 'system' | 'user';
    }
  /** Responses: takes out the sealed reasoning of earlier turns. */
  | { readonly type: 'unseal' }
  /** Chat: a schema becomes plain JSON mode and words. */
  | { readonly type: 'plain-json' };

/** The body with the change made, sharing what did not change; the same object where nothing does. */
export function applyEdit(body: JsonObject, edit: Edit): JsonObject {
  switch (edit.type) {
    case 'remove':
      return remove(body, edit.field);
    case 'rename': {
      const { [edit.field]: value, ...rest } = body;
      if (value === undefined) return body;
      return rest[edit.to] === undefined ? { ...rest, [edit.to]: value } : rest;
    }
    case 'replace':
      return change(body, edit.field, (value) => (value === edit.from ? edit.to : value));
    case 'limit':
      return change(body, edit.field, (value) =>
        typeof value === 'number' && value > edit.most ? edit.most : value,
      );
    case 'strip':
      return mapList(body, edit.list, (member) => strip(member, edit.name));
    case 'role':
      return mapList(body, edit.list, (member) => recast(member, edit.from, edit.to));
    case 'unseal':
      return unseal(body);
    case 'plain-json':
      return plainJson(body);
  }
}

function remove(body: JsonObject, field: string): JsonObject {
  const [outer = '', inner] = field.split('.');
  const { [outer]: value, ...rest } = body;
  if (value === undefined) return body;
  if (inner === undefined) return rest;
  if (!isObject(value) || value[inner] === undefined) return body;
  const { [inner]: _removed, ...others } = value;
  return Object.keys(others).length === 0 ? rest : { ...body, [outer]: others };
}

function change(body: JsonObject, field: string, to: (value: unknown) => unknown): JsonObject {
  const [outer = '', inner] = field.split('.');
  const value = body[outer];
  if (inner === undefined) {
    const changed = to(value);
    return changed === value ? body : { ...body, [outer]: changed };
  }
  if (!isObject(value)) return body;
  const changed = to(value[inner]);
  return changed === value[inner] ? body : { ...body, [outer]: { ...value, [inner]: changed } };
}

function mapList(body: JsonObject, list: string, map: (member: JsonObject) => JsonObject): JsonObject {
  const members = body[list];
  if (!Array.isArray(members)) return body;
  const mapped = members.map((member: unknown) => (isObject(member) ? map(member) : member));
  return mapped.every((member, at) => member === members[at]) ? body : { ...body, [list]: mapped };
}

function strip(member: JsonObject, name: string): JsonObject {
  const { [name]: own, ...rest } = member;
  if (own !== undefined) return rest;
  if (!isObject(member.function) || member.function[name] === undefined) return member;
  const { [name]: _removed, ...others } = member.function;
  return { ...member, function: others };
}

/** An instruction in the role that is understood; as a user's words it is marked. */
function recast(message: JsonObject, from: string, to: string): JsonObject {
  if (message.role !== from) return message;
  if (to !== 'user' || typeof message.content !== 'string') return { ...message, role: to };
  return { ...message, role: to, content: markedInstruction(message.content) };
}

function unseal(body: JsonObject): JsonObject {
  const { input } = body;
  if (!Array.isArray(input)) return body;
  const kept = input.filter((item: unknown) => !isObject(item) || item.type !== 'reasoning');
  return kept.length < input.length ? { ...body, input: kept } : body;
}

function plainJson(body: JsonObject): JsonObject {
  const format = body.response_format;
  if (!isObject(format) || format.type !== 'json_schema') return body;
  const spec = isObject(format.json_schema) ? format.json_schema : {};
  const words = schemaInstruction(isObject(spec.schema) ? spec.schema : {});
  return { ...body, messages: instruct(body.messages, words), response_format: { type: 'json_object' } };
}

/** Adds words to the leading instruction, or puts one in front. */
function instruct(messages: unknown, words: string): unknown {
  if (!Array.isArray(messages)) return messages;
  const [first, ...rest] = messages as unknown[];
  const leads = isObject(first) && (first.role === 'system' || first.role === 'developer');
  if (leads && typeof first.content === 'string') {
    return [{ ...first, content: `${first.content}\n\n${words}` }, ...rest];
  }
  return [{ role: 'system', content: words }, ...messages];
}
