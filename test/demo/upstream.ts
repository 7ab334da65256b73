import OpenAI from 'openai';
import { afterEach } from 'vitest';
import { type DemoUpstream, type DemoUpstreamOptions, startDemoUpstream } from '../../src/demo/server.ts';

const running: DemoUpstream[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((upstream) => upstream.close()));
});

/** A demo upstream that ends with the test, and the official SDK pointed at it. */
export async function demo(
  options: DemoUpstreamOptions = { pace: 0 },
): Promise<{ url: string; client: OpenAI }> {
  const upstream = await startDemoUpstream(options);
  running.push(upstream);
  const client = new OpenAI({ baseURL: `${upstream.url}/v1`, apiKey: 'none needed', maxRetries: 0 });
  return { url: upstream.url, client };
}
