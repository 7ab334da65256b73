import { shippedPreset } from '../config/presets.ts';
import { startDemoUpstream } from '../demo/server.ts';
import { EXIT, UserError } from '../user-error.ts';
import { runSessionCommand } from './session.ts';
import type { SessionOptions } from './session-options.ts';

const CLIENTS = ['codex', 'claude', 'gemini'] as const;

/**
 * Runs an ordinary session on the upstream that is built in: no key, no network, nothing to set up.
 *
 * @returns the process's exit code.
 * @throws {UserError} when there is no such client.
 */
export async function runDemoCommand(
  client: string | undefined,
  options: SessionOptions,
  clientArgs: readonly string[],
): Promise<number> {
  const known = CLIENTS.find((name) => name === (client ?? 'codex'));
  if (!known)
    throw new UserError(`there is no client "${client}"`, EXIT.usage, [
      'there is: llmup demo codex; what is meant for the client itself stands after --',
    ]);
  const ofItsOwn = (['config', 'preset', 'proxyBase'] as const).find((name) => options[name] !== undefined);
  if (ofItsOwn)
    throw new UserError(`the demo has a preset and a proxy of its own`, EXIT.usage, [
      `leave --${ofItsOwn === 'proxyBase' ? 'proxy-base' : ofItsOwn} out, or start the client itself: llmup ${known}`,
    ]);
  const upstream = await startDemoUpstream();
  try {
    const variables = { PRESET_DEMO_ENDPOINT_BASE_URL: `${upstream.url}/v1` };
    const config = shippedPreset('demo');
    return await runSessionCommand(known, { ...options, config }, clientArgs, { variables });
  } finally {
    await upstream.close();
  }
}
