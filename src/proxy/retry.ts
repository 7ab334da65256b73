import type { Timers } from '../config/config.ts';
import type { Cancellation } from './cancellation.ts';
import type { FailedTry } from './upstream-failure.ts';

/** Timers may fire a little early; a provider's `retry-after` is a lower bound. */
const TIMER_SLACK_MS = 5;

/**
 * Milliseconds to wait before the next try; undefined when there is none: the failure lasts, the tries are used
 * up, or the provider wants a longer pause than the client should sit through.
 *
 * @param tries how often the request was sent again already
 * @param random uniform in [0, 1), so that clients that failed together do not come back together
 */
export function pauseBeforeRetry(
  failed: FailedTry,
  tries: number,
  timers: Timers,
  random: number,
): number | undefined {
  if (!failed.retriable || tries >= timers.retries) return undefined;
  const { retryAfter } = failed.failure;
  if (retryAfter !== undefined) {
    const asked = Math.ceil(retryAfter * 1000) + TIMER_SLACK_MS;
    return asked <= timers.retryMax + TIMER_SLACK_MS ? asked : undefined;
  }
  const exponential = Math.min(timers.retryMax, timers.retryBase * 2 ** tries);
  return exponential * (0.5 + random / 2);
}

/** Waits, unless the request is cancelled first: then it rejects with the reason. */
export function pause(milliseconds: number, cancellation: Cancellation): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      cancellation.forget(cancelled);
      resolve();
    }, milliseconds);
    const cancelled = (reason: Error) => {
      clearTimeout(timer);
      reject(reason);
    };
    if (cancellation.reason) cancelled(cancellation.reason);
    else cancellation.listen(cancelled);
  });
}
