import { UserError } from '../user-error.ts';
import type { TrafficEnd, TrafficOptions } from './traffic-host.ts';
import type { SessionView, WatchMessage } from './view.ts';

/** What the thread that draws tells the one that runs the proxy. `start` is first, and has the keys. */
export type ToTraffic =
  | { readonly type: 'start'; readonly options: Omit<TrafficOptions, 'say'> }
  /** See `TrafficHost`. */
  | { readonly type: 'load' }
  /** Whether anybody here wants to be told what happens. */
  | { readonly type: 'follow'; readonly following: boolean }
  /** One more batch of messages has been handled. */
  | { readonly type: 'taken' }
  | { readonly type: 'call'; readonly id: number; readonly call: TrafficCall };

/** What is asked of a host and answered. */
export type TrafficCall =
  | { readonly name: 'bodies'; readonly exchangeId: string }
  | { readonly name: 'close-proxy'; readonly graceMs: number }
  | { readonly name: 'finish'; readonly end?: TrafficEnd };

/** What the thread that runs the proxy tells. `started` or `refused` is first but for notes. */
export type FromTraffic =
  | {
      readonly type: 'started';
      readonly url: string;
      readonly instance: string;
      readonly view: SessionView;
      readonly socket?: string;
    }
  | { readonly type: 'refused'; readonly error: PackedError }
  | { readonly type: 'say'; readonly line: string }
  | { readonly type: 'messages'; readonly messages: readonly WatchMessage[] }
  | { readonly type: 'answer'; readonly id: number; readonly value?: unknown; readonly error?: PackedError };

/** An error as plain data: a clone of one forgets its class and its exit code. */
export interface PackedError {
  readonly message: string;
  readonly stack?: string;
  /** Of a {@link UserError}. */
  readonly user?: { readonly exitCode: number; readonly hints: readonly string[] };
}

export function packError(error: unknown): PackedError {
  if (!(error instanceof Error)) return { message: String(error) };
  const { message, stack } = error;
  return {
    message,
    ...(stack !== undefined && { stack }),
    ...(error instanceof UserError && { user: { exitCode: error.exitCode, hints: error.hints } }),
  };
}

export function unpackError({ message, stack, user }: PackedError): Error {
  const error = user ? new UserError(message, user.exitCode, user.hints) : new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
