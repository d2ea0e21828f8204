import type { Pod } from './pod.ts';

/** Of several pods the one to look into first: assigned, running, ready, ready for longest, then the oldest. */
export function bestFirst(pods: readonly Pod[], restarts: 'many' | 'few'): Pod[] {
  const sign = restarts === 'many' ? -1 : 1;
  return pods.toSorted(
    (a, b) =>
      Number(!a.spec.nodeName) - Number(!b.spec.nodeName) ||
      phase(a) - phase(b) ||
      Number(!readySince(a)) - Number(!readySince(b)) ||
      time(readySince(a)) - time(readySince(b)) ||
      sign * (restartsOf(a) - restartsOf(b)) ||
      time(a.metadata.creationTimestamp as string) - time(b.metadata.creationTimestamp as string),
  );
}

const phase = (pod: Pod): number => ({ Running: 0, Unknown: 1, Pending: 2 })[pod.status?.phase ?? ''] ?? 0;
const time = (text: string | undefined): number => (text ? Date.parse(text) : 0);

function readySince({ status }: Pod): string | undefined {
  const ready = status?.conditions?.find(({ type, status: is }) => type === 'Ready' && is === 'True');
  return ready ? (ready.lastTransitionTime ?? '1970-01-01T00:00:00Z') : undefined;
}

const restartsOf = ({ status }: Pod): number =>
  Math.max(0, ...(status?.containerStatuses ?? []).map(({ restartCount = 0 }) => restartCount));
