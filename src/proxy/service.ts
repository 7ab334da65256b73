import path from 'node:path';
import { createRedactor } from '../traffic/redact.ts';
import type { ProxyContext } from './context.ts';
import type { ProxyOptions } from './handle.ts';
import { ItemStore } from './item-store.ts';
import { LearnedHealings } from './learned-healings.ts';
import { UpstreamPools } from './pools.ts';
import { ReasoningStore } from './reasoning-store.ts';
import { RequestHandler } from './request-handler.ts';
import { ResponseIds } from './response-ids.ts';
import { SealOrigins } from './seal-origins.ts';

/** All that serves requests, behind the listener. */
export interface Service {
  readonly handler: RequestHandler;
  /** Releases what it holds, once nothing runs any more. */
  close(): Promise<void>;
}

/** Opens what all requests of one proxy share. */
export function openService(options: ProxyOptions, instance: string): Service {
  const { config, credentials, auth, stateDirectory } = options;
  const secrets = [
    ...credentials.upstreams.values(),
    ...(credentials.proxyKey === undefined ? [] : [credentials.proxyKey]),
    ...(auth.mode === 'proxy_key' ? [auth.key] : []),
  ];
  const context: ProxyContext = {
    options,
    config,
    mode: options.strict ? 'strict' : config.compatibilityMode,
    pools: new UpstreamPools(config, options.env),
    redact: createRedactor(secrets),
    reasoning: new ReasoningStore(
      stateDirectory === undefined ? undefined : path.join(stateDirectory, 'reasoning.jsonl'),
    ),
    items: new ItemStore(),
    responseIds: new ResponseIds(),
    sealOrigins: new SealOrigins(),
    healings: new LearnedHealings(),
  };
  return {
    handler: new RequestHandler(context, instance),
    close: async () => {
      await context.pools.destroy();
      await context.reasoning.close();
    },
  };
}
