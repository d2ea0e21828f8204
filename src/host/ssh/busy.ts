import { sleep } from '../../base/wait.ts';

/** A login that may be tried again after a moment: the server has too many under way (MaxStartups). */
export class ServerBusy extends Error {}

const DELAYS_MS = [250, 1000, 3000];

/** Tries again while the server is busy; then throws what the last refusal was caused by. */
export async function whileBusy<T>(signal: AbortSignal | undefined, attempt: () => Promise<T>): Promise<T> {
  for (const delay of [...DELAYS_MS, undefined]) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ServerBusy)) throw error;
      if (delay === undefined) throw error.cause;
      await sleep(delay * (0.5 + Math.random()), signal);
    }
  }
  throw new Error('unreachable');
}
