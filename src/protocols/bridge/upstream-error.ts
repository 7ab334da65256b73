import type { Failure } from '../failure.ts';
import { classifyFailure, type ErrorFacts } from './classify.ts';
import { isObject, type JsonObject } from './fields.ts';
import { parseJson } from './json.ts';

/** Reads the body of an error answer: OpenAI's object, or whatever a stranger sends in its place. */
export function decodeError(status: number, body: unknown): Failure {
  return classifyFailure(status, readFacts(body) ?? { message: httpMessage(status) });
}

/**
 * An error that came with status 200 or inside a stream: `{"error":…}`, vLLM's `{"object":"error"}`, OpenRouter's
 * error beside or inside a choice, MiniMax's `base_resp`. `undefined` when the body is none.
 */
export function readInStreamError(body: JsonObject, event: string | undefined): Failure | undefined {
  const stated = body.error ?? errorInChoice(body.choices) ?? errorOfGroq(body.x_groq);
  if (stated !== undefined && stated !== null) {
    return classifyFailure(undefined, readFacts(stated) ?? { message: '' });
  }
  const refused = refusalOfMiniMax(body.base_resp);
  if (refused !== undefined) return classifyFailure(undefined, { message: refused });
  const isError = event === 'error' || body.object === 'error' || body.type === 'error';
  const bare = body.choices === undefined && (body.message !== undefined || body.detail !== undefined);
  if (!isError && !bare) return undefined;
  return classifyFailure(undefined, readFacts(body) ?? { message: '' });
}

function errorInChoice(choices: unknown): unknown {
  const first: unknown = Array.isArray(choices) ? choices[0] : undefined;
  return isObject(first) ? first.error : undefined;
}

/** https://console.groq.com/docs/api-reference: why a stream was stopped early. */
function errorOfGroq(answer: unknown): unknown {
  return isObject(answer) ? answer.error : undefined;
}

/** What an `event: error` says whose data is no JSON object. */
export function readErrorText(text: string): Failure {
  return classifyFailure(undefined, textFacts(text, 0) ?? { message: '' });
}

/** https://platform.minimax.io/docs/api-reference/errorcode: status 200 and a code of its own; 0 is success. */
function refusalOfMiniMax(answer: unknown): string | undefined {
  if (!isObject(answer) || typeof answer.status_code !== 'number' || answer.status_code === 0)
    return undefined;
  return isText(answer.status_msg) ? answer.status_msg : `The upstream reported code ${answer.status_code}.`;
}

/** The longest part of an HTML or plain text answer that is shown. */
const SHOWN_TEXT = 500;

/** Errors are wrapped in each other a few times, by the gateways on their way. */
const DEEPEST = 8;

/** What an error says, in the shapes met so far; `undefined` for silence. */
function readFacts(body: unknown, depth = 0): ErrorFacts | undefined {
  if (depth > DEEPEST) return undefined;
  if (typeof body === 'string') return textFacts(body, depth);
  if (Array.isArray(body)) return readFacts(body[0], depth + 1);
  if (!isObject(body)) return undefined;
  const { error } = body;
  if (isObject(error) || Array.isArray(error)) return readFacts(error, depth + 1);
  if (Array.isArray(body.detail)) return validationFacts(body.detail);
  // Cloudflare: `{"success":false,"errors":[{"code":5007,"message":"No such model"}]}`
  if (Array.isArray(body.errors) && body.message === undefined) return readFacts(body.errors, depth + 1);
  if (isObject(body.detail) || isObject(body.message))
    return readFacts(body.detail ?? body.message, depth + 1);
  const told = Array.isArray(body.message) ? body.message.filter(isText).join('; ') : body.message;
  const own = [told, error, body.detail, body.error_message, body.error_msg, body.msg].find(isText);
  const message = own === undefined ? undefined : withProviderWords(own, body.metadata, depth);
  const code = wordOf(body.code) ?? wordOf(body.error_code);
  const type = wordOf(body.type) ?? wordOf(body.status);
  const param = wordOf(body.param);
  if (message === undefined && code === undefined && type === undefined) return undefined;
  return {
    message: message ?? `The upstream reported ${code ?? type ?? 'an error'}.`,
    ...(code !== undefined && { code }),
    ...(type !== undefined && { type }),
    ...(param !== undefined && { param }),
  };
}

/** OpenRouter says "Provider returned error" and puts what the provider said into `metadata.raw`. */
function withProviderWords(message: string, metadata: unknown, depth: number): string {
  if (!isObject(metadata) || !isText(metadata.raw)) return message;
  const inner = readFacts(parseJson(metadata.raw) ?? metadata.raw, depth + 1);
  return inner ? `${message}: ${inner.message}` : message;
}

/** FastAPI's and Mistral's list of what did not validate: `[{loc: ['body', 'top_k'], msg}]`. */
function validationFacts(details: readonly unknown[]): ErrorFacts | undefined {
  const lines = details.flatMap((detail) => {
    if (!isObject(detail) || !isText(detail.msg)) return [];
    const place = Array.isArray(detail.loc) ? detail.loc.filter((step) => step !== 'body').join('.') : '';
    return [{ place, line: place === '' ? detail.msg : `${place}: ${detail.msg}` }];
  });
  if (lines.length === 0) return undefined;
  const param = lines[0]?.place;
  return { message: lines.map(({ line }) => line).join('; '), ...(param && { param }) };
}

function textFacts(body: string, depth: number): ErrorFacts | undefined {
  const trimmed = body.trim();
  if (trimmed === '') return undefined;
  const inner = parseJson(trimmed);
  if (isObject(inner)) return readFacts(inner, depth + 1);
  // Of a page only the title says something.
  const title = /<title[^>]*>([^<]*)<\/title>/i.exec(trimmed)?.[1]?.trim();
  if (/^<(!doctype|html)/i.test(trimmed))
    return { message: title || 'The upstream answered with a web page.' };
  return { message: trimmed.length > SHOWN_TEXT ? `${trimmed.slice(0, SHOWN_TEXT)}…` : trimmed };
}

function httpMessage(status: number): string {
  return `The upstream answered with status ${status} and no message.`;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

function wordOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
