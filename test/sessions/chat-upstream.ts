import { onTestFinished } from 'vitest';
import { type Frame, HANG, type Provider, startProvider } from '../provider/provider.ts';

const chunk = (delta: unknown, finish: string | null = null, usage?: unknown): string =>
  `data: ${JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'model-a',
    choices: usage ? [] : [{ index: 0, delta, finish_reason: finish }],
    ...(usage ? { usage } : {}),
  })}\n\n`;

/** An upstream that says hello to whatever it is asked. */
export async function helloUpstream(): Promise<Provider> {
  return upstream([
    chunk({ role: 'assistant', content: 'Hello ' }),
    chunk({ content: 'there' }),
    chunk({}, 'stop'),
    chunk({}, null, { prompt_tokens: 12, completion_tokens: 2, total_tokens: 14 }),
    'data: [DONE]\n\n',
  ]);
}

/** An upstream that begins to speak and never ends. */
export async function endlessUpstream(): Promise<Provider> {
  return upstream([chunk({ role: 'assistant', content: 'Hel' }), HANG]);
}

async function upstream(frames: readonly Frame[]): Promise<Provider> {
  const provider = await startProvider(() => ({ frames }));
  onTestFinished(() => provider.close());
  return provider;
}
