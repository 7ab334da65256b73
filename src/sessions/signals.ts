/** What the user, the terminal or the system asks of a running llmup. */
export type StopSignal = 'SIGINT' | 'SIGQUIT' | 'SIGTERM' | 'SIGHUP';

const SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP'];

/** Signals caught for as long as a session runs. */
export interface SignalTrap {
  /** The first one received. */
  readonly received: StopSignal | undefined;
  /** Who is told of those to come; one at a time. */
  listen(listener: (signal: StopSignal) => void): void;
  release(): void;
}

/** Keeps signals from ending llmup before it has cleaned up. Ctrl-Z keeps its meaning: all of the job stops. */
export function trapSignals(): SignalTrap {
  let received: StopSignal | undefined;
  let listener: ((signal: StopSignal) => void) | undefined;
  const handlers = SIGNALS.map((signal) => {
    const handler = () => {
      received ??= signal;
      listener?.(signal);
    };
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  return {
    get received() {
      return received;
    },
    listen: (next) => {
      listener = next;
    },
    release: () => {
      for (const off of handlers) off();
    },
  };
}
