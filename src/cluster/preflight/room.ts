import type { Facts } from '../../host/port.ts';
import { ROUTE_PROTOCOL } from '../manifests/routes.ts';
import { isAddress, overlaps, parseCidr } from '../spec/cidr.ts';
import { runsEtcd } from '../spec/node.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';
import type { Finding } from './finding.ts';
import { finding } from './machine.ts';

const oneGiB = 1024 ** 3;
/** An image has thousands of files, everything else a few. */
const neededInodes: Record<string, number> = { '/var/lib/containerd': 20_000 };
const fewInodes = 500;

/** What has to be stored on the host still, in bytes. */
export interface Pending {
  images: number;
  binaries: number;
  /** Of both what stays for other hosts until the run ends. */
  kept?: number;
}

/** An image lies in containerd's content store and unpacked in a snapshot; a node writes logs and volumes besides. */
function neededBytes(
  { images, kept = 0 }: Pending,
  spec: ClusterSpec,
  node: NodeSpec,
): Record<string, number> {
  return {
    ...(kept > 0 ? { '/var/lib': kept } : {}),
    '/etc': oneGiB / 128,
    '/var/lib/containerd': 2 * images + oneGiB / 4,
    '/var/lib/kubelet': oneGiB / 8,
    ...(runsEtcd(spec, node) ? { '/var/lib/etcd': oneGiB / 8 } : {}),
  };
}

/** Whose ports these are. */
function portsOf({ endpoint }: ClusterSpec, { role }: NodeSpec): Record<number, string> {
  if (role === 'worker') return { 10250: 'kubelet' };
  return {
    [endpoint.port]: 'kube-apiserver',
    2379: 'etcd',
    2380: 'etcd',
    10250: 'kubelet',
    10257: 'kube-controller-manager',
    10259: 'kube-scheduler',
  };
}

/** What the host has room for: disks, ports, subnets. Our own components on their ports are what should be there. */
export function roomFindings(facts: Facts, spec: ClusterSpec, node: NodeSpec, pending: Pending): Finding[] {
  return [...disks(facts, spec, node, pending), ...listeners(facts, spec, node), ...routes(facts, spec)];
}

function disks(facts: Facts, spec: ClusterSpec, node: NodeSpec, pending: Pending): Finding[] {
  const found: Finding[] = [];
  const all = neededBytes(pending, spec, node);
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
    const inodes = neededInodes[disk.path] ?? fewInodes;
    // Some file systems (btrfs) count none, and say 0 of 0.
    if (needed !== undefined && disk.totalInodes > 0 && disk.availableInodes < inodes) {
      found.push(
        finding(
          'Inodes',
          `${disk.availableInodes} inodes free at ${disk.path}, ${inodes} needed`,
          'remove small files there, or mount a file system with more of them',
        ),
      );
    }
  }
  return found;
}

function listeners(facts: Facts, spec: ClusterSpec, node: NodeSpec): Finding[] {
  const found = new Map<number, Finding>();
  for (const [port, owner] of Object.entries(portsOf(spec, node))) {
    if (owner === 'etcd' && !runsEtcd(spec, node)) continue;
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

/** The cluster's own links, and those of its pods. */
const OWN_LINK = /^(cni0|flannel[.\d]*|flannel-v6\.\d+|kube-|veth)/;

function routes(facts: Facts, spec: ClusterSpec): Finding[] {
  const { podSubnet, serviceSubnet } = spec.networking;
  const taken = takenRanges(facts);
  const found: Finding[] = [];
  for (const [field, list] of Object.entries({ podSubnet, serviceSubnet })) {
    for (const subnet of list.split(',')) {
      for (const { range, what } of taken) {
        if (!overlap(subnet, range)) continue;
        found.push(
          finding(
            'SubnetOverlap',
            `networking.${field} ${subnet} overlaps the host's ${what}`,
            `choose another with --${field === 'podSubnet' ? 'pod' : 'service'}-subnet`,
          ),
        );
      }
    }
  }
  return found;
}

/** Where the host sends packets already, and what it is itself; without what a cluster of ours made. */
function takenRanges({ routes, addresses }: Facts): { range: string; what: string }[] {
  const routed = routes.flatMap((route) => {
    const [destination = '', ...words] = route.split(/\s+/);
    const device = words[words.indexOf('dev') + 1] ?? '';
    const ours = OWN_LINK.test(device) || route.includes(`proto ${ROUTE_PROTOCOL}`);
    const range = destination.includes('/') ? destination : whole(destination);
    return ours || !range ? [] : [{ range, what: `route ${route.trim()}` }];
  });
  const own = addresses.flatMap(({ address, interface: link, prefix }) => {
    const range = whole(address);
    const told = routed.some((route) => range && overlap(route.range, range));
    return OWN_LINK.test(link) || told || !range
      ? []
      : [{ range, what: `address ${address}/${prefix} of ${link}` }];
  });
  return [...routed, ...own];
}

function whole(address: string): string | undefined {
  return isAddress(address) ? `${address}/${address.includes(':') ? 128 : 32}` : undefined;
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
