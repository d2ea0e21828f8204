import { KubewrightError } from '../../base/errors.ts';
import type { LockAnswer } from '../../host/port.ts';

export type Held = Extract<LockAnswer, { heldBy: string }>;

/** `Another run works on cp1 for 3 min: ann@laptop: kubewright init (pid 4711 …)` */
export class LockedError extends KubewrightError {
  readonly #where: string;
  readonly #held: Held;

  constructor(host: string, held: Held, whole: boolean) {
    const what = whole ? `this cluster (its lock is on ${host})` : host;
    super({
      code: whole ? 'ClusterLocked' : 'HostLocked',
      message: `Another run has worked on ${what} for ${duration(held.forSeconds)}: ${held.heldBy}.`,
      host,
      hint: `Wait for it: --wait-for-lock 600 does. If it is gone, its lock ends by itself in ${held.expiresInSeconds} s.`,
      exit: 'locked',
    });
    this.#where = host;
    this.#held = held;
  }

  /** The same of a host whose lock is a part of the cluster's. */
  ofCluster(): LockedError {
    return new LockedError(this.#where, this.#held, true);
  }
}

/** `40 s`, `3 min`, `2 h` */
function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

export function leasePassed(cluster: boolean): KubewrightError {
  return new KubewrightError({
    code: 'LockLost',
    message: `this run was not heard of for longer than its lock on ${cluster ? 'the cluster' : 'the host'} lasts, and cannot renew it; nothing more is changed`,
    hint: 'Run the same command again: it resumes.',
    exit: 'locked',
  });
}
