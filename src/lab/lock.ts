import { withLock } from '../artifacts/lock.ts';
import { KubewrightError } from '../base/errors.ts';
import type { Reporter } from '../output/events.ts';

export interface LabLock {
  folder: string;
  /** For whoever waits: "booting the lab default". */
  purpose: string;
  env: Record<string, string | undefined>;
  reporter: Reporter;
}

const PATIENCE_SECONDS = 900;

/** Alone in this folder while `work` runs; waits at most 15 minutes for another run. @throws KubewrightError LabLocked */
export async function alone<T>(lock: LabLock, work: () => Promise<T>): Promise<T> {
  const { folder, purpose, env, reporter } = lock;
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(lockedError(folder)), PATIENCE_SECONDS * 1000);
  const waiting = { type: 'waiting', id: `lock:${folder}`, for: 'another run on the same lab' } as const;
  let waited = false;
  const onWait = (holder: string): void => {
    waited = true;
    reporter.emit({ ...waiting, seen: holder });
  };
  return withLock({ folder, purpose, env, onWait, signal: patience.signal }, () => {
    clearTimeout(timer);
    if (waited) reporter.emit({ ...waiting, finished: true });
    return work();
  }).finally(() => clearTimeout(timer));
}

function lockedError(folder: string): KubewrightError {
  return new KubewrightError({
    code: 'LabLocked',
    message: `Another run works on the same lab and did not end within ${PATIENCE_SECONDS / 60} minutes.`,
    hint: `Wait for it, or see who holds ${folder}/lock with \`fuser\`.`,
    exit: 'locked',
  });
}
