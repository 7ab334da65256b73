import { parentPort } from 'node:worker_threads';
import { startInlineTraffic } from './inline-traffic.ts';
import { Outbox } from './outbox.ts';
import type { TrafficHost, TrafficOptions } from './traffic-host.ts';
import { type FromTraffic, packError, type ToTraffic, type TrafficCall } from './traffic-messages.ts';

// The entry of the thread that runs the proxy while the main one draws; its other end is traffic-thread.ts.

const tell = (message: FromTraffic): void => parentPort?.postMessage(message);
const outbox = new Outbox({ post: (messages) => tell({ type: 'messages', messages }) });
let host: TrafficHost | undefined;
let unfollow: (() => void) | undefined;

parentPort?.on('message', (message: ToTraffic) => {
  switch (message.type) {
    case 'start':
      void start(message.options);
      break;
    case 'follow':
      follow(message.following);
      break;
    case 'load':
      host?.load();
      break;
    case 'taken':
      outbox.taken();
      break;
    case 'call':
      void answer(message.id, message.call);
      break;
  }
});

async function start(options: Omit<TrafficOptions, 'say'>): Promise<void> {
  try {
    host = await startInlineTraffic({ ...options, say: (line) => tell({ type: 'say', line }) });
    const { url, instance, view, socket } = host;
    tell({ type: 'started', url, instance, view, ...(socket !== undefined && { socket }) });
  } catch (error) {
    tell({ type: 'refused', error: packError(error) });
  }
}

function follow(following: boolean): void {
  unfollow?.();
  unfollow = undefined;
  outbox.clear();
  // The other side says hello itself, to each of its listeners.
  if (following) unfollow = host?.subscribe((message) => message.type !== 'hello' && outbox.push(message));
}

async function answer(id: number, call: TrafficCall): Promise<void> {
  try {
    tell({ type: 'answer', id, value: await perform(call) });
  } catch (error) {
    tell({ type: 'answer', id, error: packError(error) });
  }
}

async function perform(call: TrafficCall): Promise<unknown> {
  switch (call.name) {
    case 'bodies':
      return host?.bodies(call.exchangeId);
    case 'close-proxy':
      return host?.closeProxy(call.graceMs);
    case 'finish': {
      const receipt = await host?.finish(call.end);
      outbox.end();
      return receipt;
    }
  }
}
