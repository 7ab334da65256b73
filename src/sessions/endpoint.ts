import { EXIT, UserError } from '../user-error.ts';

/** Milliseconds a proxy has to answer a question about itself. */
const PATIENCE = 10_000;

/**
 * Proves that the listener at `url` is the proxy of this process, before any client trusts it: another program may
 * have taken the port.
 * @throws {UserError} exit 5
 */
export async function proveOurs(url: string, instance: string): Promise<void> {
  const answer = await get(`${url}/health`).catch((error: Error) => error);
  const proven = !(answer instanceof Error) && answer.headers['x-llmup-instance'] === instance;
  if (proven) return;
  const what = answer instanceof Error ? answer.message : `status ${answer.status} of something else`;
  throw new UserError(`the proxy at ${url} did not answer for itself: ${what}`, EXIT.proxy);
}

/**
 * Asks a proxy that was started elsewhere whether it is well.
 * @throws {UserError} exit 5
 */
export async function checkHealth(base: string, cancel?: AbortSignal): Promise<void> {
  const answer = await get(`${base}/health`, { cancel }).catch((error: Error) => unreachable(base, error));
  if (answer.status === 200) return;
  throw new UserError(`--proxy-base ${base}: /health answers ${answer.status}`, EXIT.proxy, [BASE_HINT]);
}

const BASE_HINT = 'give the base URL of a running `llmup serve`, such as http://127.0.0.1:8080';

/**
 * What a proxy says of one model, the `llmup` object of its model list.
 * @throws {UserError} exit 5 when it cannot be asked, exit 3 when it does not know the model.
 */
export async function describeModel(
  base: string,
  model: string,
  key: string,
  cancel?: AbortSignal,
): Promise<unknown> {
  const url = `${base}/openai/v1/models/${encodeURIComponent(model)}`;
  const answer = await get(url, { key, cancel }).catch((error: Error) => unreachable(base, error));
  if (answer.status === 401 || answer.status === 403)
    throw new UserError(`--proxy-base ${base}: it refuses the key (${answer.status})`, EXIT.proxy, [
      'set LLM_UNIVERSAL_PROXY_KEY to the key that proxy expects',
    ]);
  if (answer.status !== 200)
    throw new UserError(`--proxy-base ${base}: it has no model ${model} (${answer.status})`, EXIT.config, [
      'choose one of its aliases with --model; `llmup models` lists those of a preset',
    ]);
  const described = parse(answer.body);
  if (described === undefined)
    throw new UserError(`--proxy-base ${base}: what answers there is no llmup proxy`, EXIT.proxy, [
      BASE_HINT,
    ]);
  return described.llmup;
}

/** A model as a model list has it; undefined for anything else. */
function parse(body: string): { readonly llmup?: unknown } | undefined {
  try {
    const model: unknown = JSON.parse(body);
    return typeof model === 'object' && model !== null && 'id' in model
      ? { llmup: undefined, ...model }
      : undefined;
  } catch {
    return undefined;
  }
}

interface Question {
  readonly key?: string;
  /** Gives up; its reason is the cause of the error. */
  readonly cancel?: AbortSignal | undefined;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A small GET on Node's own client: undici would be loaded for it before the client has started. */
async function get(url: string, { key, cancel }: Question = {}): Promise<Answer> {
  // A proxy elsewhere is rare, and TLS takes a while to load.
  const { request } = url.startsWith('https:') ? await import('node:https') : await import('node:http');
  return new Promise((resolve, reject) => {
    const timeout = AbortSignal.timeout(PATIENCE);
    const signal = cancel ? AbortSignal.any([timeout, cancel]) : timeout;
    const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
    const asked = request(url, { headers, agent: false, signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    asked.on('error', reject);
    asked.end();
  });
}

function unreachable(base: string, error: Error): never {
  if (error.cause instanceof UserError) throw error.cause;
  const reason = error.name === 'AbortError' ? `no answer within ${PATIENCE / 1000} seconds` : error.message;
  throw new UserError(`--proxy-base ${base} cannot be reached: ${reason}`, EXIT.proxy, [
    'start it with `llmup serve`, or leave --proxy-base out: a session then has a proxy of its own',
  ]);
}
