import { type Answer, CUT, HANG } from './provider.ts';
import { type CallSaid, type ReplyPlan, rechunk, type Said, slices, USAGE } from './reply-plan.ts';

const HEAD = { id: 'chatcmpl-upstream-1', created: 1_750_000_000, model: 'upstream-model-0613' };

/** What a request makes of the answer: usage only when asked for, freeform calls as such only by OpenAI's own. */
export interface ChatForm {
  readonly includeUsage?: boolean;
  readonly customCalls?: boolean;
}

/** A Chat Completions stream of the plan. */
export function chatStream(
  plan: ReplyPlan,
  { includeUsage = true, customCalls = false }: ChatForm = {},
): Answer {
  const chunk = (choice: unknown, extra: Record<string, unknown> = {}): string =>
    `data: ${JSON.stringify({
      ...HEAD,
      object: 'chat.completion.chunk',
      choices: choice === undefined ? [] : [choice],
      ...extra,
    })}\n\n`;
  const delta = (value: unknown, finish: string | null = null): string =>
    chunk({ index: 0, delta: value, logprobs: null, finish_reason: finish });

  const frames: (string | number)[] = [delta({ role: 'assistant', content: '' })];
  let callIndex = 0;
  for (const said of plan.say) {
    switch (said.type) {
      case 'wait':
        frames.push(said.ms);
        break;
      case 'text':
        frames.push(...said.pieces.map((content) => delta({ content })));
        break;
      case 'refusal':
        frames.push(...said.pieces.map((refusal) => delta({ refusal })));
        break;
      case 'reasoning':
        frames.push(...said.pieces.map((reasoning_content) => delta({ reasoning_content })));
        break;
      case 'call': {
        const index = callIndex++;
        const custom = customCalls && said.freeform;
        frames.push(delta({ tool_calls: [{ index, ...wireCall(said, '', custom) }] }));
        for (const piece of slices(wireArguments(said, custom), said.deltaLength)) {
          const part = custom ? { custom: { input: piece } } : { function: { arguments: piece } };
          frames.push(delta({ tool_calls: [{ index, ...part }] }));
        }
        break;
      }
    }
  }
  if (plan.end !== undefined) {
    return { frames: [...rechunk(frames, plan.chunkBytes), plan.end === 'cut' ? CUT : HANG] };
  }
  frames.push(delta({}, finishReason(plan)));
  const usage = includeUsage ? wireUsage(plan) : undefined;
  if (usage) frames.push(chunk(undefined, { usage }));
  frames.push('data: [DONE]\n\n');
  return { frames: rechunk(frames, plan.chunkBytes) };
}

/** The same as one JSON answer. */
export function chatJson(plan: ReplyPlan, { customCalls = false }: ChatForm = {}): Answer {
  const all = (type: 'text' | 'refusal' | 'reasoning'): string | null => {
    const found = plan.say.filter((said) => said.type === type);
    return found.length === 0 ? null : found.flatMap(piecesOf).join('');
  };
  const calls = plan.say
    .filter((said) => said.type === 'call')
    .map((said) => {
      const custom = customCalls && said.freeform;
      return wireCall(said, wireArguments(said, custom), custom);
    });
  const reasoning = all('reasoning');
  const usage = wireUsage(plan);
  return {
    json: {
      ...HEAD,
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: all('text'),
            refusal: all('refusal'),
            ...(reasoning !== null && { reasoning_content: reasoning }),
            ...(calls.length > 0 && { tool_calls: calls }),
          },
          logprobs: null,
          finish_reason: finishReason(plan),
        },
      ],
      ...(usage && { usage }),
    },
  };
}

function piecesOf(said: Said): readonly string[] {
  return said.type === 'text' || said.type === 'refusal' || said.type === 'reasoning' ? said.pieces : [];
}

function wireCall(said: CallSaid, text: string, custom: boolean): Record<string, unknown> {
  if (custom) return { id: said.id, type: 'custom', custom: { name: said.name, input: text } };
  const name = said.namespace === undefined ? said.name : `${said.namespace}__${said.name}`;
  return { id: said.id, type: 'function', function: { name, arguments: text } };
}

function wireArguments(said: CallSaid, custom: boolean): string {
  return said.freeform && !custom ? JSON.stringify({ input: said.arguments }) : said.arguments;
}

function finishReason(plan: ReplyPlan): string {
  return plan.finish ?? (plan.say.some((said) => said.type === 'call') ? 'tool_calls' : 'stop');
}

function wireUsage(plan: ReplyPlan): Record<string, unknown> | undefined {
  if (plan.usage === null) return undefined;
  const usage = plan.usage ?? USAGE;
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cached },
    completion_tokens_details: { reasoning_tokens: usage.reasoning },
  };
}
