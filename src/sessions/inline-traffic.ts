import { join } from 'node:path';
import type { ProxyHandle } from '../proxy/handle.ts';
import { startProxy } from '../proxy/server.ts';
import { TrafficBus } from '../traffic/bus.ts';
import { openJournal } from '../traffic/journal.ts';
import { type Receipt, ReceiptTally } from '../traffic/receipt.ts';
import { RecentBodies } from '../traffic/recent-bodies.ts';
import { EXIT, UserError } from '../user-error.ts';
import { writePrivateFile } from './private-files.ts';
import type { TrafficEnd, TrafficHost, TrafficOptions } from './traffic-host.ts';
import type { SessionView, WatchMessage } from './view.ts';
import { openWatchSocket, type WatchSocket } from './watch-socket.ts';

/**
 * Starts the proxy and what looks on, on the thread that calls.
 * @throws {UserError} exit 5 when the proxy cannot start.
 */
export async function startInlineTraffic(options: TrafficOptions): Promise<TrafficHost> {
  const { directory, say } = options;
  const bus = new TrafficBus();
  const proxy = await listen(options, bus);
  const view: SessionView = { ...options.view, proxyUrl: proxy.url };
  const record = directory === undefined ? 'off' : options.record;
  const journalFile = join(directory ?? '', 'journal.jsonl');
  const journal = openJournal({ file: journalFile, record, onProblem: say });
  const tally = new ReceiptTally();
  const recent = new RecentBodies();
  for (const sink of [journal, tally, recent]) bus.subscribe(sink);
  const socket = directory === undefined ? undefined : await openSocket(options, view, bus, recent);
  const listeners = new Set<(message: WatchMessage) => void>();

  const end = async (how: TrafficEnd | undefined): Promise<Receipt | undefined> => {
    // Requests that were left behind end now, so that the receipt has them.
    await proxy.close(0);
    await journal.close();
    const receipt =
      how &&
      tally.receipt({
        sessionId: view.id,
        durationMs: Date.now() - view.startedAt,
        ...how,
        ...(record !== 'off' && { journal: journalFile }),
      });
    if (receipt && directory !== undefined && record !== 'off') await keep(receipt, directory, say);
    await socket?.finish(receipt);
    if (receipt) for (const listener of [...listeners]) listener({ type: 'receipt', receipt });
    return receipt;
  };
  let finished: Promise<Receipt | undefined> | undefined;
  return {
    url: proxy.url,
    instance: proxy.instance,
    view,
    ...(socket && { socket: socket.path }),
    subscribe: (listener) => {
      listener({ type: 'hello', version: 1, session: view });
      listeners.add(listener);
      const leave = bus.subscribe({ onEvent: listener });
      return () => {
        leave();
        listeners.delete(listener);
      };
    },
    bodies: async (exchangeId) => recent.get(exchangeId),
    load: () => void proxy.load(),
    closeProxy: (graceMs) => proxy.close(graceMs),
    finish: (how) => {
      finished ??= end(how);
      return finished;
    },
    failed: new Promise(() => {}),
  };
}

/** Starts the proxy. It hands out bodies where the journal or a viewer may want them. */
async function listen({ proxy, record, keepBodies }: TrafficOptions, bus: TrafficBus): Promise<ProxyHandle> {
  try {
    return await startProxy({ ...proxy, bus, recordBodies: keepBodies || record === 'full' });
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`the proxy could not start: ${(error as Error).message}`, EXIT.proxy);
  }
}

/** Lets viewers in. Where no place for a socket is found, the session goes on without. */
async function openSocket(
  { paths, say }: TrafficOptions,
  view: SessionView,
  bus: TrafficBus,
  recent: RecentBodies,
): Promise<WatchSocket | undefined> {
  try {
    return await openWatchSocket({ view, bus, paths, bodies: (exchangeId) => recent.get(exchangeId) });
  } catch (error) {
    const what = view.kind === 'serve' ? 'proxy' : 'session';
    say(`this ${what} cannot be watched: ${(error as Error).message}`);
    return undefined;
  }
}

async function keep(receipt: Receipt, directory: string, say: (line: string) => void): Promise<void> {
  const text = `${JSON.stringify(receipt, null, 2)}\n`;
  await writePrivateFile(join(directory, 'receipt.json'), text).catch((error: Error) =>
    say(`the receipt could not be kept: ${error.message}`),
  );
}
