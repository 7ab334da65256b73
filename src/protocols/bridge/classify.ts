import type { Failure, FailureKind } from '../failure.ts';

/** What an error object says of itself, whatever shape it came in. */
export interface ErrorFacts {
  readonly message: string;
  readonly code?: string;
  readonly type?: string;
  readonly param?: string;
}

/** The request does not fit the model's window, in each vendor's words. */
const CONTEXT_LENGTH = [
  // OpenAI, vLLM, DeepSeek, OpenRouter, Groq, Azure: "This model's maximum context length is N tokens"
  /maximum (context|model|prompt|sequence) length/i,
  /context[ _-]?length[ _-]?exceeded/i,
  /exceed\w*\b.{0,60}\bcontext[ _-]?(window|length|size|limit)/i,
  /context[ _-]?(window|length|size|limit)\b.{0,60}\b(exceed|overflow|too (small|long|large))/i,
  // vLLM: "However, the model's context length is only N tokens"; LM Studio: "loaded with context length of only N"
  /context length (is|of) only/i,
  /(longer|larger|greater) than (the )?(model'?s )?(maximum )?(context|model) (length|window)/i,
  // LM Studio: "The number of tokens to keep from the initial prompt is greater than the context length"
  /greater than the context length/i,
  // llama.cpp: "the request exceeds the available context size", type exceed_context_size_error
  /available context size|exceed_context_size/i,
  // Anthropic, Fireworks, GLM 1261, Bedrock
  /prompt (is )?too long|prompt exceeds max(imum)? length|input is too long/i,
  // Ollama: "exceeded max context length by N tokens"; Perplexity: "The total length of all messages is too long."
  /max context length|total length of all messages|too_many_prompt_tokens/i,
  /input length and `?max_tokens`? exceed context/i,
  // Gemini
  /input token count.{0,40}exceeds the maximum/i,
  // Qwen (DashScope): "Range of input length should be [1, 30720]"
  /range of input length should be/i,
  // SGLang: "Input length (N tokens) exceeds the maximum allowed length"; Ollama: "the input length exceeds …"
  /input (token )?length.{0,40}(exceeds|too long)/i,
  // Mistral: "Prompt contains N tokens …, too large for model with M maximum context length"
  /prompt contains \d+ tokens/i,
  // Moonshot: "Your request exceeded model token limit: N"
  /exceeded model token limit/i,
  // Groq: "Please reduce the length of the messages or completion."
  /reduce the length of (the|your) (messages|prompt|input)/i,
  // Copilot: "prompt token count of N exceeds the limit of M"
  /prompt token count of \d+ exceeds/i,
  // Text Generation Inference, Together: "`inputs` tokens + `max_new_tokens` must be <= N"
  /`?inputs`? tokens \+ `?max_new_tokens`? must be/i,
  // Cohere: "too many tokens: total number of tokens in the prompt cannot exceed N"
  /too many tokens|number of tokens in the prompt/i,
  /上下文.{0,10}(超|过长)|(输入|prompt).{0,6}(超长|过长)/i,
];

const QUOTA = [
  /insufficient[ _]?(quota|balance|credit|fund)/i,
  /exceeded (your )?current[ _]quota/i,
  /credit balance|out of credits?|(requires?|need) more credits|no credits|billing (hard )?limit/i,
  /usage_limit_reached|usage_not_included|quota (has been )?(exceeded|exhausted)|arrearage/i,
  /余额不足|欠费/,
];

const OVERLOADED = [
  /overload/i,
  /at (full )?capacity|capacity exceeded|over capacity/i,
  /server (is )?(too )?busy|no (healthy|available) (upstream|server|worker|instance)/i,
  /temporarily unavailable|loading model|insufficient_system_resource/i,
];

const RATE_LIMIT = [/rate[ _-]?limit/i, /too many requests|throttl|tokens per min|requests per min/i];

const MODEL_NOT_FOUND = [
  /model[ _]?not[ _]?(found|exist)/i,
  /\bmodel\b[:=]?\s*["'`]?[^\s"'`]{1,120}["'`]?,?\s+(does not exist|(is |was )?not found|not exist|is (not|no longer) available)/i,
  /(could not|cannot|can't) find (the )?model|not a valid model|(unknown|invalid|no such)[ _]model|no endpoints found/i,
  /模型不存在/,
];

const CONTENT_FILTER = [
  /content[ _-]?(filter|policy|management)|data_inspection_failed|invalid_prompt|responsible ?ai/i,
  /(prompt|input|content).{0,60}\b(was|been|were) (flagged|blocked)|inappropriate content|unsafe content/i,
];

const AUTHENTICATION = [
  /invalid[ _]api[ _]?key|incorrect api key|api key (is )?(invalid|missing|expired|not valid)|no api key/i,
  /authentication|unauthori[sz]ed|permission_denied|invalid (token|credentials)/i,
];

/** Codes that say it outright; GLM numbers its errors (https://docs.z.ai/api-reference/api-code). */
const BY_CODE: ReadonlyMap<string, FailureKind> = new Map(
  Object.entries({
    context_length_exceeded: 'context-length',
    model_max_prompt_tokens_exceeded: 'context-length',
    exceed_context_size_error: 'context-length',
    '1261': 'context-length',
    insufficient_quota: 'quota',
    exceeded_current_quota_error: 'quota',
    '1113': 'quota',
    rate_limit_exceeded: 'rate-limit',
    rate_limit_error: 'rate-limit',
    rate_limit_reached_error: 'rate-limit',
    '1302': 'rate-limit',
    '1303': 'rate-limit',
    overloaded_error: 'overloaded',
    engine_overloaded_error: 'overloaded',
    server_is_overloaded: 'overloaded',
    slow_down: 'overloaded',
    '1305': 'overloaded',
    model_not_found: 'not-found',
    invalid_model: 'not-found',
    '1211': 'not-found',
    content_filter: 'content-filter',
    content_policy_violation: 'content-filter',
    invalid_prompt: 'content-filter',
    '1301': 'content-filter',
    invalid_api_key: 'upstream-authentication',
    authentication_error: 'upstream-authentication',
    permission_denied: 'upstream-authentication',
    invalid_request_error: 'invalid-request',
    server_error: 'upstream',
  } satisfies Record<string, FailureKind>),
);

/** The codes that clients act on, whoever the vendor was. */
const CLIENT_CODE: Partial<Record<FailureKind, string>> = {
  'context-length': 'context_length_exceeded',
  'rate-limit': 'rate_limit_exceeded',
  quota: 'insufficient_quota',
  'upstream-authentication': 'invalid_api_key',
  overloaded: 'overloaded',
};

/** The status to tell a client when the failure came inside a stream, which has none. */
const STATUS: Record<FailureKind, number> = {
  'invalid-request': 400,
  authentication: 401,
  permission: 403,
  'not-found': 404,
  'too-large': 413,
  'rate-limit': 429,
  quota: 429,
  'context-length': 400,
  'content-filter': 400,
  overloaded: 503,
  'upstream-authentication': 401,
  upstream: 502,
  timeout: 504,
  cut: 502,
  internal: 500,
};

/**
 * The one reading of an upstream's error, shared by every codec: vendors word the same fault in their own ways, and
 * clients act on a handful of codes.
 *
 * @param status HTTP status; `undefined` inside a stream, where it is derived (a numeric code stands for one).
 */
export function classifyFailure(status: number | undefined, facts: ErrorFacts): Failure {
  const told = status ?? statusInCode(facts.code);
  const kind = kindOf(told, facts);
  const code = kind === 'not-found' && namesModel(facts) ? 'model_not_found' : CLIENT_CODE[kind];
  const shown = code ?? ownCode(facts);
  const retryAfter = kind === 'rate-limit' || kind === 'overloaded' ? waitIn(facts.message) : undefined;
  return {
    kind,
    status: told !== undefined && told >= 400 ? told : STATUS[kind],
    message: facts.message || 'The upstream reported an error without a message.',
    ...(shown !== undefined && { code: shown }),
    ...(facts.param !== undefined && { param: facts.param }),
    ...(retryAfter !== undefined && { retryAfter }),
  };
}

function kindOf(status: number | undefined, facts: ErrorFacts): FailureKind {
  const byCode =
    (facts.code !== undefined ? BY_CODE.get(facts.code.toLowerCase()) : undefined) ??
    (facts.type !== undefined ? BY_CODE.get(facts.type.toLowerCase()) : undefined);
  // A general word says less than the message or the status does.
  if (byCode !== undefined && byCode !== 'invalid-request' && byCode !== 'upstream') {
    if (byCode === 'rate-limit' && says(QUOTA, facts)) return 'quota';
    return byCode;
  }
  if (status === 401) return 'upstream-authentication';
  if (status === 402) return 'quota';
  if (status === 429) {
    if (says(RATE_LIMIT, facts) && !/exceeded your current quota/i.test(facts.message)) return 'rate-limit';
    if (says(QUOTA, facts)) return 'quota';
    return says(OVERLOADED, facts) ? 'overloaded' : 'rate-limit';
  }
  if (says(CONTEXT_LENGTH, facts)) return 'context-length';
  if (status === 403) return says(CONTENT_FILTER, facts) ? 'content-filter' : denied(facts);
  if (says(QUOTA, facts)) return 'quota';
  if (status === 404) return 'not-found';
  if (status === 408 || status === 504) return 'timeout';
  if (status === 413) return says(RATE_LIMIT, facts) ? 'rate-limit' : 'too-large';
  if (status === 503 || status === 529 || says(OVERLOADED, facts)) return 'overloaded';
  if (status === 400 || status === 422 || status === undefined) {
    if (says(CONTENT_FILTER, facts)) return 'content-filter';
    if (says(MODEL_NOT_FOUND, facts)) return 'not-found';
  }
  if (status === undefined) {
    if (says(RATE_LIMIT, facts)) return 'rate-limit';
    if (says(AUTHENTICATION, facts)) return 'upstream-authentication';
    return byCode ?? 'upstream';
  }
  if (status === 400 && says([/incorrect api key|invalid api key|api key not valid/i], facts))
    return 'upstream-authentication';
  if (status === 409 || status === 425 || status < 400 || status >= 500) return 'upstream';
  return 'invalid-request';
}

function denied(facts: ErrorFacts): FailureKind {
  return says(QUOTA, facts) ? 'quota' : 'upstream-authentication';
}

function says(patterns: readonly RegExp[], { message, code, type }: ErrorFacts): boolean {
  const text = `${message}\n${code ?? ''}\n${type ?? ''}`;
  return patterns.some((pattern) => pattern.test(text));
}

function namesModel(facts: ErrorFacts): boolean {
  return says(MODEL_NOT_FOUND, facts) || BY_CODE.get((facts.code ?? '').toLowerCase()) === 'not-found';
}

/** The provider's own code, when it is a word; numbers mean nothing to a client. */
function ownCode({ code, type }: ErrorFacts): string | undefined {
  if (code !== undefined && !/^\d*$/.test(code)) return code;
  return type !== undefined && !/^(error|invalid_request_error)?$/.test(type) ? type : undefined;
}

/** OpenRouter and vLLM put the HTTP status into `code`. */
function statusInCode(code: string | undefined): number | undefined {
  return code !== undefined && /^[45]\d\d$/.test(code) ? Number(code) : undefined;
}

/** Seconds out of "Please try again in 1m2.5s" (OpenAI, Groq), "retry after 20 seconds", "in 500ms". */
function waitIn(message: string): number | undefined {
  const found =
    /(?:try again|retry)\s+(?:in|after)\s+(?:(\d+)h)?(?:(\d+)m(?!s))?\s*(?:(\d+(?:\.\d+)?)\s*(ms|s\b|sec|seconds?)?)?/i.exec(
      message,
    );
  if (!found) return undefined;
  const [, hours, minutes, amount, unit] = found;
  if (hours === undefined && minutes === undefined && (amount === undefined || unit === undefined))
    return undefined;
  const rest = amount === undefined ? 0 : Number(amount) / (unit === 'ms' ? 1000 : 1);
  return Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + rest;
}
