import type { Reporter } from '../../output/events.ts';

/** etcd needs a majority: an even number of members survives no more failures than one member less. */
export function warnEven(reporter: Reporter, controlPlanes: number, externalEtcd: boolean): void {
  if (controlPlanes % 2 === 1 || controlPlanes === 0 || externalEtcd) return;
  const survives = Math.ceil(controlPlanes / 2) - 1;
  const text = `${controlPlanes} control planes survive the loss of ${survives}, no more than ${controlPlanes - 1} do: etcd needs a majority of its members. Better: ${controlPlanes + 1}.`;
  reporter.emit({ type: 'message', level: 'warning', text });
}
