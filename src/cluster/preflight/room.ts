import type { Facts } from '../../host/port.ts';
import { ROUTE_PROTOCOL } from '../manifests/routes.ts';
import { overlaps, parseCidr } from '../spec/cidr.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';
import type { Finding } from './finding.ts';
import { finding } from './machine.ts';

const oneGiB = 1024 ** 3;
const neededInodes = 20_000;

/** What has to be stored on the host still, in bytes. */
export interface Pending {
  images: number;
  binaries: number;
  /** Of both what stays for other hosts until the run ends. */
  kept?: number;
}

/** An image lies in containerd's content store and unpacked in a snapshot; a node writes logs and volumes besides. */
function neededBytes({ images, kept = 0 }: Pending): Record<string, number> {
  return {
    ...(kept > 0 ? { '/var/lib': kept } : {}),
    '/var/lib/containerd': 2 * images + oneGiB / 4,
    '/var/lib/kubelet': oneGiB / 8,
    '/var/lib/etcd': oneGiB / 8,
  };
}

const ports = {
  'control-plane': {
    6443: 'kube-apiserver',
    2379: 'etcd',
    2380: 'etcd',
    10250: 'kubelet',
    10257: 'kube-controller-manager',
    10259: 'kube-scheduler',
  },
  worker: { 10250: 'kubelet' },
};

/** What the host has room for: disks, ports, subnets. Our own components on their ports are what should be there. */
export function roomFindings(facts: Facts, spec: ClusterSpec, node: NodeSpec, pending: Pending): Finding[] {
  return [...disks(facts, pending), ...listeners(facts, node), ...routes(facts, spec)];
}

function disks(facts: Facts, pending: Pending): Finding[] {
  const found: Finding[] = [];
  const all = neededBytes(pending);
  for (const disk of facts.disks) {
    const needed = all[disk.path];
    if (needed !== undefined && disk.availableBytes < needed) {
      found.push(
        finding(
          `DiskSpace-${disk.path.slice(1).replaceAll('/', '-')}`,
          `${gib(disk.availableBytes)} free at ${disk.path}, ${gib(needed)} needed`,
          'make room there, or mount a larger disk',
        ),
      );
    }
    if (needed !== undefined && disk.availableInodes > 0 && disk.availableInodes < neededInodes) {
      found.push(
        finding('Inodes', `${disk.availableInodes} inodes free at ${disk.path}`, 'remove small files there'),
      );
    }
  }
  return found;
}

function listeners(facts: Facts, node: NodeSpec): Finding[] {
  const found = new Map<number, Finding>();
  for (const [port, owner] of Object.entries(ports[node.role])) {
    const holder = facts.listeners.find((listener) => listener.port === Number(port));
    // The kernel cuts process names after 15 characters.
    if (!holder || holder.process === owner.slice(0, 15)) continue;
    const who = holder.process
      ? `${holder.process}${holder.pid ? ` (pid ${holder.pid})` : ''}`
      : 'another process';
    found.set(
      holder.port,
      finding(
        `Port-${port}`,
        `port ${port}, which ${owner} needs, is held by ${who} on ${holder.address}`,
        `stop it: ss -ltnp 'sport = :${port}' shows it`,
      ),
    );
  }
  return [...found.values()];
}

function routes(facts: Facts, spec: ClusterSpec): Finding[] {
  const own = ['cni0', 'flannel.1'];
  const subnets = { podSubnet: spec.networking.podSubnet, serviceSubnet: spec.networking.serviceSubnet };
  const found: Finding[] = [];
  for (const [field, list] of Object.entries(subnets)) {
    for (const subnet of list.split(',')) {
      for (const route of facts.routes) {
        const [destination] = route.split(/\s+/);
        const ours =
          own.some((link) => route.includes(`dev ${link}`)) || route.includes(`proto ${ROUTE_PROTOCOL}`);
        if (ours || !destination?.includes('/') || !overlap(subnet, destination)) continue;
        found.push(
          finding(
            'SubnetOverlap',
            `networking.${field} ${subnet} overlaps the host's route ${route.trim()}`,
            `choose another with --${field === 'podSubnet' ? 'pod' : 'service'}-subnet`,
          ),
        );
      }
    }
  }
  return found;
}

function gib(bytes: number): string {
  return `${(bytes / oneGiB).toFixed(1)} GiB`;
}

function overlap(a: string, b: string): boolean {
  const [first, second] = [parseCidr(a), parseCidr(b)];
  return (
    first !== undefined && second !== undefined && first.family === second.family && overlaps(first, second)
  );
}
