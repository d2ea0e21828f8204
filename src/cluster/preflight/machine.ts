import type { Facts } from '../../host/port.ts';
import { isDnsSubdomain, isLabelValue } from '../spec/names.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';
import type { Finding } from './finding.ts';

const oneMiB = 1024 * 1024;
/** kubeadm's minima: constants.ControlPlaneNumCPU and ControlPlaneMem (MB). */
const minimum = { cpus: 2, memoryMiB: 1700 };
const maximumSkewSeconds = 60;

/** What the machine is: rights, size, kernel, name, clock. */
export function machineFindings(facts: Facts, node: NodeSpec, spec: Pick<ClusterSpec, 'kubelet'>): Finding[] {
  return [
    ...rights(facts),
    ...size(facts, node),
    ...kernel(facts),
    ...swap(facts, node, spec),
    ...identity(facts, node),
    ...clock(facts),
  ];
}

function rights(facts: Facts): Finding[] {
  if (facts.uid === 0) return [];
  return [
    finding(
      'IsPrivilegedUser',
      `commands run as user id ${facts.uid}, not as root`,
      'log in as root or as a user who may use sudo',
    ),
  ];
}

function size(facts: Facts, node: NodeSpec): Finding[] {
  const found: Finding[] = [];
  if (node.role !== 'control-plane') return found;
  if (facts.cpus < minimum.cpus) {
    found.push(
      finding(
        'NumCPU',
        `${facts.cpus} CPU, and a control plane needs ${minimum.cpus}`,
        'give the host another CPU',
      ),
    );
  }
  const memory = Math.floor(facts.memoryBytes / oneMiB);
  if (memory < minimum.memoryMiB) {
    found.push(
      finding(
        'Mem',
        `${memory} MiB of memory, and a control plane needs ${minimum.memoryMiB}`,
        'give the host more memory',
      ),
    );
  }
  return found;
}

function kernel(facts: Facts): Finding[] {
  const found: Finding[] = [];
  if (facts.init !== 'systemd') {
    found.push(
      finding(
        'Systemd',
        `the init system is ${facts.init || 'unknown'}`,
        'use a host that systemd has started',
      ),
    );
  }
  if (facts.cgroupVersion === 1) {
    found.push(
      finding(
        'CgroupV1',
        'the host uses cgroup v1, which the kubelet refuses by default since 1.35',
        'boot with systemd.unified_cgroup_hierarchy=1, or ignore this and set failCgroupV1: false for the kubelet',
      ),
    );
  }
  const needed: [string, string, string][] = [
    ['overlay', 'KernelOverlay', 'the overlay file system'],
    [
      'bridgeNetfilter',
      'KernelBridgeNetfilter',
      '/proc/sys/net/bridge/bridge-nf-call-iptables (br_netfilter)',
    ],
    ['nftables', 'KernelNftables', 'nf_tables, which kube-proxy writes its rules to'],
  ];
  for (const [feature, name, what] of needed) {
    if (facts.features[feature] === false) {
      found.push(finding(name, `the kernel lacks ${what}`, 'load the module, or use a kernel that has it'));
    }
  }
  return found;
}

/** A kubelet that is not told that swap may be on ends at once, again and again. */
function swap({ swaps }: Facts, node: NodeSpec, spec: Pick<ClusterSpec, 'kubelet'>): Finding[] {
  if (swaps.length === 0) return [];
  const meant = (node.kubelet.failSwapOn ?? spec.kubelet.failSwapOn) === false;
  return [
    finding(
      'Swap',
      `swap is on (${swaps.join(', ')})${meant ? ', and the kubelet is told to take it' : ', with which the kubelet does not start'}`,
      'swapoff -a and remove it from /etc/fstab, or kubelet: {failSwapOn: false, memorySwap: {swapBehavior: …}}',
      meant ? 'warning' : 'error',
    ),
  ];
}

function identity(facts: Facts, node: NodeSpec): Finding[] {
  const found: Finding[] = [];
  if (facts.machineId === '') {
    found.push(finding('MachineID', '/etc/machine-id is empty', 'systemd-machine-id-setup', 'warning'));
  }
  // The kubelet makes the name a label of its Node too, and a label's value has 63 characters at most.
  if (!isDnsSubdomain(node.name) || !isLabelValue(node.name)) {
    found.push(
      finding(
        'Hostname',
        `"${node.name}" is not a valid node name (RFC 1123: lower case, digits, - and .; 63 characters at most)`,
        'hostnamectl set-hostname NAME, or --name NAME',
      ),
    );
  }
  return found;
}

function clock(facts: Facts): Finding[] {
  const skew = Math.round((facts.clock.host - facts.clock.here) / 1000);
  if (Math.abs(skew) <= maximumSkewSeconds) return [];
  const direction = skew > 0 ? 'ahead of' : 'behind';
  return [
    finding(
      'ClockSkew',
      `its clock is ${Math.abs(skew)} s ${direction} this machine's; certificates would not be valid there`,
      'set the clock right: timedatectl set-ntp true',
    ),
  ];
}

export function finding(
  name: string,
  message: string,
  fix: string,
  level: Finding['level'] = 'error',
): Finding {
  return { name, level, message, fix };
}
