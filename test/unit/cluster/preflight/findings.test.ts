import { describe, expect, it } from 'vitest';
import { isIgnored, preflightError } from '../../../../src/cluster/preflight/finding.ts';
import { machineFindings } from '../../../../src/cluster/preflight/machine.ts';
import { roomFindings } from '../../../../src/cluster/preflight/room.ts';
import { defaultNode } from '../../../../src/cluster/spec/defaults.ts';
import { resolveSpec } from '../../../../src/cluster/spec/resolve.ts';
import type { Facts } from '../../../../src/host/port.ts';
import { fakeFacts } from '../../../fakes/fake-facts.ts';

const node = defaultNode({ name: 'cp1', role: 'control-plane', address: '192.0.2.10' });
const spec = resolveSpec({ hosts: [node] });
const pending = { images: 500e6, binaries: 200e6 };
const names = (facts: Facts, who = node) =>
  [...machineFindings(facts, who, spec), ...roomFindings(facts, spec, who, pending)].map(({ name }) => name);

describe('preflight', () => {
  it('finds nothing on an ordinary host', () => {
    expect(names(fakeFacts())).toEqual([]);
  });

  it.each<[string, Partial<Facts>]>([
    ['IsPrivilegedUser', { uid: 1000 }],
    ['NumCPU', { cpus: 1 }],
    ['Mem', { memoryBytes: 1024 ** 3 }],
    ['Systemd', { init: 'openrc' }],
    ['MachineID', { machineId: '' }],
    ['SubnetOverlap', { routes: ['10.244.3.0/24 via 192.0.2.1 dev eth0'] }],
    ['SubnetOverlap', { routes: ['10.0.0.0/8 dev eth1'] }],
  ])('finds %s', (name, more) => {
    expect(names(fakeFacts(more))).toContain(name);
  });

  it.each([61, 90, 600, 172_800].flatMap((seconds) => [seconds, -seconds]))(
    'B22: refuses a clock that is off by %i s',
    (seconds) => {
      const here = 1_800_000_000_000;
      const [found, ...more] = machineFindings(
        fakeFacts({ clock: { host: here + seconds * 1000, here } }),
        node,
        spec,
      );
      expect([found, more]).toMatchObject([{ name: 'ClockSkew', level: 'error' }, []]);
      expect(found!.message).toContain(`${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'}`);
    },
  );

  // It was a warning, and the kubelet then ended again and again.
  it('B23: refuses swap, unless the kubelet is told to take it', () => {
    const facts = fakeFacts({ swaps: ['/dev/sda2'] });
    expect(machineFindings(facts, node, spec)).toMatchObject([
      { name: 'Swap', level: 'error', message: expect.stringContaining('/dev/sda2') },
    ]);
    const told = { kubelet: { failSwapOn: false } };
    expect(machineFindings(facts, node, told)).toMatchObject([{ name: 'Swap', level: 'warning' }]);
    expect(machineFindings(facts, { ...node, ...told }, spec)).toMatchObject([{ level: 'warning' }]);
  });

  it('B26: refuses cgroup v1, which the kubelet would, until that is accepted by name', () => {
    const found = machineFindings(fakeFacts({ cgroupVersion: 1 }), node, spec);
    expect(found).toMatchObject([
      { name: 'CgroupV1', level: 'error', message: expect.stringContaining('which the kubelet refuses') },
    ]);
    expect(isIgnored(found[0]!, ['CgroupV1'])).toBe(true);
  });

  it.each([6443, 2379, 2380, 10250, 10257, 10259])('B21: names who holds port %i', (port) => {
    const listeners = [{ address: '0.0.0.0', port, pid: 7, process: 'nginx' }];
    const found = roomFindings(fakeFacts({ listeners }), spec, node, pending);
    expect(found).toMatchObject([
      { name: `Port-${port}`, level: 'error', message: expect.stringContaining('nginx (pid 7) on 0.0.0.0') },
    ]);
  });

  it('B21: looks at the port that the cluster file gives the API server, not at 6443 then', () => {
    const other = resolveSpec({ hosts: [node], endpoint: { port: 8443 } });
    const held = (port: number, process: string) => {
      const listeners = [{ address: '0.0.0.0', port, pid: 7, process }];
      return roomFindings(fakeFacts({ listeners }), other, node, pending).map(({ name }) => name);
    };
    expect(held(8443, 'nginx')).toEqual(['Port-8443']);
    expect(held(8443, 'kube-apiserver')).toEqual([]);
    expect(held(6443, 'haproxy')).toEqual([]);
  });

  it('B21: takes our own component on its own port for what it is, in the 15 characters that the kernel keeps', () => {
    const listeners = [
      { address: '*', port: 6443, pid: 7, process: 'kube-apiserver' },
      { address: '127.0.0.1', port: 10257, pid: 8, process: 'kube-controller' },
    ];
    expect(names(fakeFacts({ listeners }))).toEqual([]);
  });

  it("does not take the cluster's own routes for somebody else's", () => {
    const routes = [
      '10.244.0.0/24 dev cni0',
      '10.244.1.0/24 via 192.0.2.11 dev eth0 proto 157',
      'default via 192.0.2.1',
    ];
    expect(names(fakeFacts({ routes }))).toEqual([]);
  });

  it('asks a worker for less than a control plane', () => {
    const worker = defaultNode({ name: 'w1', address: '192.0.2.11' });
    const listeners = [{ address: '*', port: 6443, pid: 7, process: 'nginx' }];
    expect(names(fakeFacts({ cpus: 1, listeners }), worker)).toEqual([]);
  });

  it('counts only what has still to be stored', () => {
    const disks = [
      {
        path: '/var/lib/containerd',
        availableBytes: 0.9e9,
        totalBytes: 9e9,
        availableInodes: 1e6,
        totalInodes: 1e6,
      },
    ];
    expect(names(fakeFacts({ disks }))).toEqual(['DiskSpace-var-lib-containerd']);
    const nothing = { images: 0, binaries: 0 };
    expect(roomFindings(fakeFacts({ disks }), spec, node, nothing)).toEqual([]);
  });

  it.each([
    ...['Capital', 'under_score', '$(reboot)', '-oProxyCommand=x', 'a\nb', '', 'a..b', 'bücher'],
    ...['a'.repeat(64), `${'a'.repeat(40)}.${'b'.repeat(40)}`],
  ])('B28: refuses the node name %j', (name) => {
    expect(machineFindings(fakeFacts(), { ...node, name }, spec).map((found) => found.name)).toEqual([
      'Hostname',
    ]);
  });

  it('shows all findings with their cures and the flag that accepts them', () => {
    const findings = machineFindings(fakeFacts({ cpus: 1, cgroupVersion: 1 }), node, spec);
    const error = preflightError('cp1', findings);
    expect(error.message).toContain('[NumCPU]');
    expect(error.message).toContain('[CgroupV1]');
    expect(error.hint).toContain('--ignore-preflight-errors NumCPU,CgroupV1');
    expect(error.exit).toBe(11);
    expect(findings.every((found) => isIgnored(found, ['numcpu', 'CgroupV1']))).toBe(true);
    expect(findings.some((found) => isIgnored(found, ['Swap']))).toBe(false);
  });
});
