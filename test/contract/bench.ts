import { createOpenAI } from '@ai-sdk/openai';
import OpenAI from 'openai';
import { chatJson, chatStream } from '../provider/chat-answers.ts';
import { refuseChat } from '../provider/chat-rules.ts';
import { isRecord, type Json } from '../provider/json-checks.ts';
import { type Answer, type Provider, type ReceivedRequest, startProvider } from '../provider/provider.ts';
import type { ReplyPlan } from '../provider/reply-plan.ts';
import { responsesJson, responsesStream } from '../provider/responses-answers.ts';
import { refuseResponses } from '../provider/responses-rules.ts';
import { type Serve, startServe } from './serve.ts';

/**
 * `stranger`: a compatible server that takes the plain Chat form only. `openai`: OpenAI's Chat Completions.
 * `responses`: OpenAI's Responses. Each is an alias of the proxy and a path of the scripted provider.
 */
export type Upstream = 'stranger' | 'openai' | 'responses';

export type Scripted = ReplyPlan | Answer | ((request: ReceivedRequest) => ReplyPlan | Answer);

/** A proxy process between the official SDKs and a scripted provider that refuses what a real one would. */
export interface Bench {
  readonly url: string;
  readonly provider: Provider;
  readonly openai: OpenAI;
  readonly vercel: ReturnType<typeof createOpenAI>;
  /** Answers of the next requests, in order; forgets the requests seen before. */
  script(...answers: readonly Scripted[]): void;
  /** Bodies that the provider got since {@link script}. */
  bodies(): readonly Json[];
  requests(): readonly ReceivedRequest[];
  /** What the provider refused since {@link script}. */
  refusals(): readonly string[];
  /** A raw request, with the client's key. */
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
  log(): string;
  close(): Promise<void>;
}

export const CLIENT_KEY = 'client-key-4711-abcdef';
const PROVIDER_KEY = 'provider-key-0815-uvwxyz';

/** Every timer in milliseconds, so that tests are fast. */
export const FAST = {
  connect_timeout_secs: 2,
  unary_timeout_secs: 5,
  heartbeat_after_secs: 0.15,
  retries: 1,
  retry_base_secs: 0.005,
  retry_max_secs: 0.05,
  grace_secs: 0.5,
};

export async function startBench(extra: object = {}): Promise<Bench> {
  let answers: readonly Scripted[] = [];
  let from = 0;
  let refusals: string[] = [];
  const provider = await startProvider((request) => {
    if (request.headers.authorization !== `Bearer ${PROVIDER_KEY}`)
      return { status: 401, json: { error: { message: `bad key ${request.headers.authorization}` } } };
    const upstream = upstreamOf(request.path);
    const scripted = answers[provider.requests.indexOf(request) - from];
    if (!upstream || !scripted) return refused(`no answer is scripted for ${request.path}`);
    // A whole answer is scripted where the refusal itself is the subject; a plan is served to a sound request only.
    const given = typeof scripted === 'function' ? scripted(request) : scripted;
    if (!('say' in given)) return given;
    const why = upstream === 'responses' ? refuseResponses(request.body) : refuseChat(request.body, upstream);
    return why === undefined ? answerPlan(upstream, request.body, given) : refused(why);
  });
  const refused = (message: string): Answer => {
    refusals.push(message);
    return {
      status: 400,
      json: { error: { message, type: 'invalid_request_error', param: null, code: null } },
    };
  };
  const serve: Serve = await startServe(benchConfig(provider.url, extra), {
    TEST_PROVIDER_KEY: PROVIDER_KEY,
  });
  const baseURL = `${serve.url}/openai/v1`;
  return {
    url: serve.url,
    provider,
    openai: new OpenAI({ baseURL, apiKey: CLIENT_KEY, maxRetries: 0 }),
    vercel: createOpenAI({ baseURL, apiKey: CLIENT_KEY }),
    script: (...next) => {
      answers = next;
      from = provider.requests.length;
      refusals = [];
    },
    requests: () => provider.requests.slice(from),
    bodies: () =>
      provider.requests.slice(from).map((request) => (isRecord(request.body) ? request.body : {})),
    refusals: () => refusals,
    post: (path, body, headers = {}) =>
      fetch(`${serve.url}${path}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${CLIENT_KEY}`,
          'content-type': 'application/json',
          ...headers,
        },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    log: serve.log,
    close: async () => {
      await serve.close();
      await provider.close();
    },
  };
}

/** The provider's answer to a plan, as a stream where one was asked for. */
function answerPlan(upstream: Upstream, body: unknown, plan: ReplyPlan): Answer {
  const request = isRecord(body) ? body : {};
  if (upstream === 'responses') return request.stream === true ? responsesStream(plan) : responsesJson(plan);
  const form = {
    customCalls: upstream === 'openai',
    includeUsage: isRecord(request.stream_options) && request.stream_options.include_usage === true,
  };
  return request.stream === true ? chatStream(plan, form) : chatJson(plan, form);
}

function upstreamOf(path: string): Upstream | undefined {
  const found = /^\/(stranger|openai)\/v1\/chat\/completions$|^\/(responses)\/v1\/responses$/.exec(path);
  return (found?.[1] ?? found?.[2]) as Upstream | undefined;
}

function benchConfig(url: string, extra: object): object {
  const upstream = (name: string, format: string, more: object = {}): object => ({
    api_root: `${url}/${name}/v1`,
    format,
    provider_key_env: 'TEST_PROVIDER_KEY',
    ...more,
  });
  return {
    data_auth: { mode: 'proxy_key', proxy_key: { inline: CLIENT_KEY } },
    upstreams: {
      STRANGER: upstream('stranger', 'openai-completion'),
      OPENAI: upstream('openai', 'openai-completion', { quirks: 'openai' }),
      RESPONSES: upstream('responses', 'openai-responses'),
    },
    model_aliases: {
      stranger: 'STRANGER:upstream-model',
      openai: 'OPENAI:upstream-model',
      responses: 'RESPONSES:upstream-model',
      blind: { target: 'STRANGER:upstream-model', surface: { modalities: { input: ['text'] } } },
    },
    timers: FAST,
    ...extra,
  };
}
