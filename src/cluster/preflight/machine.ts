import type { Facts } from '../../host/port.ts';
import type { NodeSpec } from '../spec/types.ts';
import type { Finding } from './finding.ts';

const oneMiB = 1024 * 1024;
/** kubeadm's minima: constants.ControlPlaneNumCPU and ControlPlaneMem (MB). */
const minimum = { cpus: 2, memoryMiB: 1700 };
const maximumSkewSeconds = 60;

/** What the machine is: rights, size, kernel, name, clock. */
export function machineFindings(facts: Facts, node: NodeSpec): Finding[] {
  return [
    ...rights(facts),
    ...size(facts, node),
    ...kernel(facts),
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
  if (facts.swaps.length > 0) {
    found.push(
      finding(
        'Swap',
        `swap is on (${facts.swaps.join(', ')})`,
        'swapoff -a and remove it from /etc/fstab',
        'warning',
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

function identity(facts: Facts, node: NodeSpec): Finding[] {
  const found: Finding[] = [];
  if (facts.machineId === '') {
    found.push(finding('MachineID', '/etc/machine-id is empty', 'systemd-machine-id-setup', 'warning'));
  }
  if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(node.name) || node.name.length > 253) {
    found.push(
      finding(
        'Hostname',
        `"${node.name}" is not a valid node name (RFC 1123: lower case, digits, - and .)`,
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
