import { KubewrightError } from '../../base/errors.ts';
import type { Host } from '../../host/port.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';

/** Whether a control plane came by join: its etcd then joined one that was there. */
export function isJoined({ recorded, node, etcd, superAdmin }: Traces): boolean {
  const others = recorded?.hosts.some(({ role, name }) => role === 'control-plane' && name !== node.name);
  return etcd ? etcd.includes('--initial-cluster-state=existing') : Boolean(others && !superAdmin);
}

interface Traces {
  recorded: ClusterSpec | undefined;
  node: Pick<NodeSpec, 'name'>;
  /** etcd's manifest as it was found. */
  etcd: Buffer | undefined;
  /** Only the host of init has super-admin.conf. */
  superAdmin: boolean;
}

/** init would start an etcd of its own: on a control plane that joined others that is a second cluster. */
export function refuseJoined(host: Host, traces: Traces): void {
  const { recorded } = traces;
  if (!isJoined(traces)) return;
  throw new KubewrightError({
    code: 'JoinedControlPlane',
    message: `${host.name} joined the cluster ${recorded?.name ?? ''} as a further control plane; nothing was changed.`,
    host: host.name,
    hint: `kubewright join ${host.name} --control-plane brings it up to date.`,
    exit: 'invalidInput',
  });
}
