/**
 * Edge (signals). What operators and supervisors tell a daemon by signals. What is done about them is
 * the caller's business.
 */

/** What is done about each signal. */
export interface SignalHandlers {
  /** SIGTERM or SIGINT, the first time: end in order. */
  drain(signal: string): void;
  /** SIGTERM or SIGINT once more: end now. */
  exit(signal: string): void;
  /** SIGHUP: read the configuration again. */
  reload(): void;
  /** SIGUSR1 or SIGUSR2: write a state report to the log. */
  report(): void;
}

/** The signals while they are listened to. */
export interface Signals {
  /** Gives the signals back to the system. */
  stop(): void;
}

/** From now on the process does not end by these signals; the handlers are called instead. */
export function listenForSignals(handlers: SignalHandlers): Signals {
  let draining = false;
  const end = (signal: NodeJS.Signals): void => {
    if (draining) return handlers.exit(signal);
    draining = true;
    handlers.drain(signal);
  };
  const listeners: readonly (readonly [NodeJS.Signals, (signal: NodeJS.Signals) => void])[] = [
    ["SIGTERM", end],
    ["SIGINT", end],
    ["SIGHUP", () => handlers.reload()],
    ["SIGUSR1", () => handlers.report()],
    ["SIGUSR2", () => handlers.report()],
  ];
  for (const [signal, listener] of listeners) process.on(signal, listener);
  return {
    stop(): void {
      for (const [signal, listener] of listeners) process.off(signal, listener);
    },
  };
}
