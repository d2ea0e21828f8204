import type { Writable } from 'node:stream';
import { EXIT } from '../base/exit-codes.ts';

export interface Interrupts {
  /** Reading it makes the first Ctrl-C a request; until then it ends the process. */
  signal(): AbortSignal;
  /** Whether a request to stop has come. */
  readonly asked: boolean;
}

export interface InterruptOptions {
  on(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP', listener: () => void): unknown;
  stderr: Writable;
  exit(code: number): void;
}

/** The first Ctrl-C, SIGTERM or SIGHUP asks what listens to stop, the second ends the process where it stands. */
export function watchInterrupts({ on, stderr, exit }: InterruptOptions): Interrupts {
  const controller = new AbortController();
  let promised = false;
  const stop = () => {
    if (!promised || controller.signal.aborted) return exit(EXIT.interrupted);
    stderr.write('\nEnding the current step; once more to stop at once.\n');
    controller.abort();
  };
  on('SIGINT', stop);
  on('SIGTERM', stop);
  // The terminal was closed, or its connection lost: the locks are given back all the same.
  on('SIGHUP', stop);
  return {
    signal: () => {
      promised = true;
      return controller.signal;
    },
    get asked() {
      return controller.signal.aborted;
    },
  };
}
