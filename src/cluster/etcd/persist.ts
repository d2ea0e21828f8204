import { KubewrightError } from '../../base/errors.ts';
import { poll } from '../../base/wait.ts';

export interface EtcdWait {
  /** The cluster's etcdAPICall time-out, milliseconds. */
  timeoutMs: number;
  signal: AbortSignal;
  /** Called with what is still in the way. */
  onSeen?(what: string): void;
}

/**
 * Tries every half second, as kubeadm does, until `attempt` gives nothing that is in the way; when time is up, that is
 * thrown. What etcd answers is tried again too: elections and syncing take their time.
 */
export async function persist(
  wait: EtcdWait,
  attempt: () => Promise<KubewrightError | undefined>,
): Promise<void> {
  const { timeoutMs, signal, onSeen } = wait;
  let last: KubewrightError | undefined;
  const done = await poll({ intervalMs: 500, timeoutMs, signal }, async () => {
    last = await attempt().catch(answered);
    if (!last) return true;
    onSeen?.(last.message);
    return undefined;
  });
  if (!done) throw last;
}

function answered(error: unknown): KubewrightError {
  if (error instanceof KubewrightError && /^Etcd(Refused|Unreachable)$/.test(error.code)) return error;
  throw error;
}
