import { SHARE_PORT } from '../delivery/share.ts';
import type { ClusterSpec, NodeRole } from '../spec/types.ts';
import type { Finding } from './finding.ts';

/** A port of a host that other hosts have to reach. */
export interface Need {
  port: number;
  protocol: 'tcp' | 'udp';
  /** Whose port it is, and by whose process it is held when all is well. */
  owner: string;
  to: NodeRole[];
  from: NodeRole[];
  level: Finding['level'];
  /** What does not work without it. */
  without: string;
}

const CONTROL_PLANE: NodeRole[] = ['control-plane'];
const ALL: NodeRole[] = ['control-plane', 'worker'];
const VXLAN = { port: 8472, owner: 'vxlan', to: ALL, from: ALL };
const SHARE = { port: SHARE_PORT, owner: 'kubewright', to: ALL, from: ALL };

/**
 * Who has to reach what, as https://kubernetes.io/docs/reference/networking/ports-and-protocols has it. `passOn`: hosts
 * give artifacts to each other.
 */
export function needs(spec: ClusterSpec, passOn = spec.artifacts.delivery === 'peer'): Need[] {
  const api = { port: spec.endpoint.port, owner: 'kube-apiserver', to: CONTROL_PLANE, from: ALL };
  const etcd = { owner: 'etcd', to: CONTROL_PLANE, from: CONTROL_PLANE, protocol: 'tcp' } as const;
  const kubelet = { port: 10250, owner: 'kubelet', to: ALL, from: CONTROL_PLANE };
  const all: Need[] = [
    { ...api, protocol: 'tcp', level: 'error', without: 'a node loses the cluster' },
    { ...etcd, port: 2380, level: 'error', without: 'etcd loses its majority' },
    { ...etcd, port: 2379, level: 'warning', without: 'etcd cannot be administered from there' },
    { ...kubelet, protocol: 'tcp', level: 'error', without: 'logs, exec and metrics fail' },
    { ...VXLAN, protocol: 'udp', level: 'error', without: 'pods do not reach pods there' },
    { ...SHARE, protocol: 'tcp', level: 'warning', without: 'artifacts are not passed on that way' },
  ];
  return all.filter(
    ({ owner }) =>
      (owner !== VXLAN.owner || spec.networking.cni === 'flannel') &&
      (owner !== SHARE.owner || passOn) &&
      (owner !== etcd.owner || spec.etcd.external === undefined),
  );
}

/** What a firewall of such a host has to let in: `6443/tcp`. */
export function inwardPorts(spec: ClusterSpec, role: NodeRole): string[] {
  return needs(spec)
    .filter(({ to }) => to.includes(role))
    .map(({ port, protocol }) => `${port}/${protocol}`);
}
