import { nearestEffort } from './bridge/effort.ts';
import { isObject, type JsonObject } from './bridge/fields.ts';
import { EFFORTS, type Effort, type Protocol } from './conversation.ts';
import type { Failure } from './failure.ts';
import { applyEdit, type Edit } from './healing-edits.ts';
import { ALIASES, EVERYDAY, INNER, OPTIONAL } from './healing-fields.ts';
import type { Loss, LossTopic } from './loss.ts';

/**
 * What is changed in a request so that an upstream takes it, learned from its refusal. Plain JSON, kept for the
 * upstream and model, and applied to every later request of theirs.
 */
export interface Healing {
  readonly protocol: Protocol;
  /** The field as the upstream knows it. */
  readonly field: string;
  readonly edit: Edit;
}

/** The two spellings of Chat's output cap. */
const CAPS: Readonly<Record<string, string>> = {
  max_tokens: 'max_completion_tokens',
  max_completion_tokens: 'max_tokens',
};

/**
 * What to change after an upstream refused a request, if its words name an optional field of it. Never a required
 * one: what the client means to say is sent or the client is told.
 *
 * @param body what was refused; it is not changed.
 */
export function findHealing(protocol: Protocol, body: JsonObject, failure: Failure): Healing | undefined {
  if (protocol !== 'chat' && protocol !== 'responses') return undefined;
  if (failure.kind !== 'invalid-request') return undefined;
  const complaint = new Complaint(failure);
  const special = findRole(protocol, body, complaint) ?? findSeal(protocol, body, failure);
  if (special) return special;
  for (const { list, name } of INNER) {
    const edit: Edit = { type: 'strip', list, name };
    if (complaint.names(name, list) && applyEdit(body, edit) !== body)
      return { protocol, field: `${list}[].${name}`, edit };
  }
  for (const field of namedFields(protocol, body, complaint)) {
    const edit = editOf(field, body, complaint);
    if (edit) return { protocol, field, edit };
  }
  return undefined;
}

/** The body with the change made; the same object where there is nothing to change. */
export function applyHealing(body: JsonObject, healing: Healing): Record<string, unknown> {
  return applyEdit(body, healing.edit) as Record<string, unknown>;
}

/** The stop words that a change took out of a body: the reply can be cut at them on its way back. */
export function stopsTakenOut(before: JsonObject, after: JsonObject): readonly string[] {
  const words: readonly unknown[] = Array.isArray(before.stop) ? before.stop : [before.stop];
  return after.stop === undefined ? words.filter((word) => typeof word === 'string') : [];
}

/** The change, for the ledger. `cutsReplies`: of stop words nothing is lost, see {@link stopsTakenOut}. */
export function describeHealing({ protocol, field, edit }: Healing, cutsReplies = false): Loss {
  const topic = topicOf(protocol, field);
  const reason = 'The upstream refused the field, so the request was sent again in a form that it takes.';
  switch (edit.type) {
    case 'remove':
      if (field === 'stop' && cutsReplies) return CUT_ON_ITS_WAY_BACK;
      return { path: field, from: field, to: '', action: 'dropped', topic, reason };
    case 'strip':
      return { path: field, from: edit.name, to: '', action: 'dropped', topic, reason };
    case 'rename':
      return { path: field, from: edit.field, to: edit.to, action: 'emulated', topic: 'hint', reason };
    case 'role':
      return {
        path: field,
        from: `role ${edit.from}`,
        to: `role ${edit.to}`,
        action: 'emulated',
        topic: 'content',
        reason,
      };
    case 'unseal':
      return { path: field, from: 'sealed reasoning', to: '', action: 'dropped', topic: 'reasoning', reason };
    case 'plain-json':
      return {
        path: field,
        from: 'json_schema',
        to: 'json_object and instructions',
        action: 'downgraded',
        topic: 'format',
        reason,
      };
    case 'replace':
      return { path: field, from: edit.from, to: edit.to, action: 'downgraded', topic, reason };
    case 'limit':
      return {
        path: field,
        from: field,
        to: `at most ${edit.most}`,
        action: 'downgraded',
        topic: 'hint',
        reason,
      };
  }
}

const CUT_ON_ITS_WAY_BACK: Loss = {
  path: 'stop',
  from: 'stop words',
  to: 'a reply that is cut at the first of them on its way back',
  action: 'emulated',
  topic: 'sampling',
  reason: 'The upstream refused the field, so the request was sent again without it.',
};

function topicOf(protocol: Protocol, field: string): LossTopic {
  const inner = INNER.find(({ list, name }) => field === `${list}[].${name}`);
  if (inner) return inner.topic;
  return protocol === 'chat' || protocol === 'responses' ? (OPTIONAL[protocol][field] ?? 'hint') : 'hint';
}

/** The words of a refusal. */
class Complaint {
  readonly text: string;
  readonly #param: string | undefined;

  constructor({ message, param }: Failure) {
    this.text = message;
    this.#param = param;
  }

  /** Whether it is about a field, named as its parameter or in its text; `within` must be named beside it. */
  names(field: string, within?: string): boolean {
    const last = field.slice(field.lastIndexOf('.') + 1);
    if (this.#param !== undefined) {
      const steps = this.#param.split(/[.[\]]+/);
      if (within === undefined && (this.#param === field || this.#param === last)) return true;
      if (within !== undefined && steps[0] === within && steps.includes(last)) return true;
    }
    if (within !== undefined) {
      if (new RegExp(`\\b${within}[.[]\\d+\\]?(?:\\.\\w+)*\\.${last}\\b`).test(this.text)) return true;
      const bare = new RegExp(`\\b${within}\\b.{0,80}\\b${last}\\b`, 's').test(this.text);
      return isEverydayWithin(last) ? bare && this.quotes(last) : bare || this.mentions(last);
    }
    if (this.quotes(field) || this.quotes(last)) return true;
    if (ALIASES[field]?.some((words) => words.test(this.text))) return true;
    return !EVERYDAY.has(field) && (this.mentions(last) || this.mentions(inCamelCase(last)));
  }

  mentions(word: string): boolean {
    return new RegExp(`(?<![\\w.])${word}(?!\\w)`).test(this.text);
  }

  /** Named as a field: in quotes, before a colon, or as "parameter stop", "extraneous key [stop]", "on this model: stop". */
  quotes(word: string): boolean {
    const field = word.replace('.', '\\.');
    return (
      new RegExp(`(?<=["'\`]|body\\.|^)${field}(?=["'\`:]|\\s*:)`).test(this.text) ||
      new RegExp(
        `\\b(?:param|parameter|argument|field|key|on this model:) \\[?${field}(?![\\w-]|\\.\\w)`,
      ).test(this.text)
    );
  }
}

/** As xAI names the fields that it refuses. */
function inCamelCase(field: string): string {
  return field.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function isEverydayWithin(name: string): boolean {
  return name === 'name' || name === 'strict';
}

/** The optional fields of the body that the complaint names; the one named by its parameter, then longer names first. */
function namedFields(
  protocol: 'chat' | 'responses',
  body: JsonObject,
  complaint: Complaint,
): readonly string[] {
  return Object.keys(OPTIONAL[protocol])
    .filter((field) => isPresent(body, field) && complaint.names(field))
    .sort((a, b) => b.length - a.length);
}

function isPresent(body: JsonObject, field: string): boolean {
  const [outer = '', inner] = field.split('.');
  const value = body[outer];
  return inner === undefined ? value !== undefined : isObject(value) && value[inner] !== undefined;
}

function editOf(field: string, body: JsonObject, complaint: Complaint): Edit | undefined {
  const cap = CAPS[field];
  if (cap !== undefined || field === 'max_output_tokens') return capEdit(field, cap, body, complaint);
  if (field === 'reasoning_effort' || field === 'reasoning.effort') return effortEdit(field, body, complaint);
  if (field === 'response_format' && isSchemaFormat(body.response_format)) return { type: 'plain-json' };
  return { type: 'remove', field };
}

/** Too large a cap is lowered to what the upstream states; an unknown spelling is changed for the other. */
function capEdit(
  field: string,
  other: string | undefined,
  body: JsonObject,
  complaint: Complaint,
): Edit | undefined {
  const sent = body[field];
  const most = limitIn(complaint.text);
  if (most !== undefined && typeof sent === 'number' && most < sent) return { type: 'limit', field, most };
  if (other === undefined) return { type: 'remove', field };
  return body[other] === undefined ? { type: 'rename', field, to: other } : { type: 'remove', field };
}

/** "the valid range of max_tokens is [1, 8192]", "Requests with max_tokens > 4096 must have stream=true", "must be less than or equal to 4096", "supports at most 16384". */
function limitIn(text: string): number | undefined {
  const found =
    /\[\s*\d+\s*,\s*(\d+)\s*\]/.exec(text) ??
    /max_\w*tokens > (\d+)/.exec(text) ??
    /(?:less than or equal to|at most|<=|no more than|up to|maximum(?: value)?(?: is| of|:))\s*`?(\d+)/i.exec(
      text,
    );
  const most = Number(found?.[1]);
  return Number.isSafeInteger(most) && most > 0 ? most : undefined;
}

/** A level that the upstream names as its own; else it is left to the model, but never switched off. */
function effortEdit(field: string, body: JsonObject, complaint: Complaint): Edit {
  const sent =
    field === 'reasoning_effort'
      ? body.reasoning_effort
      : isObject(body.reasoning)
        ? body.reasoning.effort
        : undefined;
  const wanted = EFFORTS.find((effort) => effort === sent);
  const offered =
    wanted === undefined
      ? []
      : effortsIn(complaint.text).filter((effort) => effort !== wanted && effort !== 'none');
  const to = wanted === undefined ? undefined : nearestEffort(wanted, offered);
  return wanted !== undefined && to !== undefined
    ? { type: 'replace', field, from: wanted, to }
    : { type: 'remove', field };
}

function effortsIn(text: string): readonly Effort[] {
  return EFFORTS.filter((effort) => new RegExp(`["'\`]${effort}["'\`]`).test(text));
}

function isSchemaFormat(value: unknown): boolean {
  return isObject(value) && value.type === 'json_schema';
}

/** "The encrypted content gAAA... could not be verified": it is another provider's, and no request can go on from it. */
function findSeal(
  protocol: 'chat' | 'responses',
  body: JsonObject,
  { code, message }: Failure,
): Healing | undefined {
  const edit: Edit = { type: 'unseal' };
  const refused =
    code === 'invalid_encrypted_content' || /encrypted[ _]content\b.{0,200}\b(verif|decrypt)/is.test(message);
  if (protocol !== 'responses' || !refused || applyEdit(body, edit) === body) return undefined;
  return { protocol, field: 'input[].encrypted_content', edit };
}

/** "'developer' is not one of ['system', 'assistant', 'user']", "unknown variant `developer`", "System role not supported". */
function findRole(
  protocol: 'chat' | 'responses',
  body: JsonObject,
  complaint: Complaint,
): Healing | undefined {
  if (!/role|variant|not one of|expected one of/i.test(complaint.text)) return undefined;
  const list = protocol === 'chat' ? 'messages' : 'input';
  const refused = [
    { from: 'developer', to: 'system', named: complaint.mentions('developer') },
    {
      from: 'system',
      to: 'user',
      named: /system role|role ['"`]?system['"`]? (is )?not/i.test(complaint.text),
    },
  ] as const;
  for (const { from, to, named } of refused) {
    const edit: Edit = { type: 'role', list, from, to };
    if (named && applyEdit(body, edit) !== body) return { protocol, field: `${list}[].role`, edit };
  }
  return undefined;
}
