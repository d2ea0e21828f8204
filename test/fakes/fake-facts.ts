import type { Facts } from '../../src/host/port.ts';

/** An ordinary host with nothing on it that would be in the way. */
export function fakeFacts(more: Partial<Facts> = {}): Facts {
  const disk = { availableBytes: 50e9, totalBytes: 100e9, availableInodes: 1e6, totalInodes: 2e6 };
  return {
    hostname: 'fake',
    arch: 'amd64',
    kernel: { name: 'Linux', release: '6.1.0' },
    os: { id: 'debian', versionId: '12', prettyName: 'Debian GNU/Linux 12 (bookworm)' },
    cpus: 4,
    memoryBytes: 8 * 1024 ** 3,
    swaps: [],
    cgroupVersion: 2,
    init: 'systemd',
    uid: 0,
    machineId: '0123456789abcdef0123456789abcdef',
    bootId: '01234567-89ab-cdef-0123-456789abcdef',
    uptimeSeconds: 1000,
    clock: { host: 1_800_000_000_000, here: 1_800_000_000_000 },
    addresses: [{ interface: 'eth0', address: '192.0.2.10', prefix: 24 }],
    defaultRoute: { interface: 'eth0', gateway: '192.0.2.1', source: '192.0.2.10' },
    routes: ['default via 192.0.2.1 dev eth0', '192.0.2.0/24 dev eth0'],
    links: [
      { name: 'lo', mtu: 65536 },
      { name: 'eth0', mtu: 1500 },
    ],
    resolvers: { file: ['192.0.2.53'], resolved: [] },
    proxies: { services: {}, logins: {} },
    firewalls: [],
    listeners: [{ address: '0.0.0.0', port: 22, pid: 1, process: 'sshd' }],
    disks: ['/var/lib', '/etc', '/tmp', '/var/lib/etcd', '/var/lib/containerd', '/var/lib/kubelet'].map(
      (path) => ({
        path,
        ...disk,
      }),
    ),
    features: {
      bridgeNetfilter: true,
      overlay: true,
      nftables: true,
      vxlan: true,
      ipForward: false,
      ipv6: true,
      systemd: true,
      systemdResolved: false,
      kmsg: true,
      modules: true,
      rootShared: true,
      selinuxEnforcing: false,
      capSysResource: true,
      conntrackMaxWritable: true,
    },
    commands: Object.fromEntries(
      ['systemctl', 'flock', 'timeout', 'sha256sum', 'mount', 'ip', 'ss', 'nft', 'modprobe', 'sysctl'].map(
        (name) => [name, true],
      ),
    ),
    ...more,
  };
}
