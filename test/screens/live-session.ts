import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { llmupPaths } from '../../src/config/paths.ts';
import { registerSession } from '../../src/sessions/registry.ts';
import type { SessionView, WatchMessage } from '../../src/sessions/view.ts';
import { openWatchSocket } from '../../src/sessions/watch-socket.ts';
import { TrafficBus } from '../../src/traffic/bus.ts';
import type { ExchangeBodies } from '../../src/traffic/exchange.ts';
import type { Receipt } from '../../src/traffic/receipt.ts';
import { SESSION } from '../display/traffic.ts';

/** A session with a registry entry and a socket like any other, whose traffic the test makes up. */
export interface LiveSession {
  /** For the viewer. */
  readonly env: Readonly<Record<string, string>>;
  readonly view: SessionView;
  say(...messages: readonly WatchMessage[]): void;
  /** Ends it, with its receipt as a session does, or without one as a killed session does. */
  end(receipt?: Receipt): Promise<void>;
}

export async function openLiveSession(
  change: Partial<SessionView> = {},
  bodies: readonly ExchangeBodies[] = [],
  home?: Awaited<ReturnType<typeof emptyHome>>,
): Promise<LiveSession> {
  const env = home ?? (await emptyHome());
  const paths = llmupPaths(env);
  const view = { ...SESSION, startedAt: Date.now() - 3_725_000, pid: process.pid, ...change };
  const registration = await registerSession(paths, view);
  const bus = new TrafficBus();
  const socket = await openWatchSocket({
    view,
    bus,
    paths,
    bodies: (id) => bodies.find(({ exchangeId }) => exchangeId === id),
  });
  await registration.update({ socket: socket.path });
  onTestFinished(() => socket.finish());
  return {
    env,
    view,
    say: (...messages) => {
      for (const message of messages) {
        if (message.type === 'exchange' || message.type === 'delta') bus.onEvent(message);
      }
    },
    end: async (receipt) => {
      await socket.finish(receipt);
      await registration.end(0);
    },
  };
}

/** An environment in which llmup finds nothing of this machine's user. */
export async function emptyHome(): Promise<{ HOME: string; LLMUP_HOME: string; TZ: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'llmup-screen-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
  return { HOME: directory, LLMUP_HOME: join(directory, 'llmup'), TZ: 'UTC' };
}
