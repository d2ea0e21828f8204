// What is told of a fault, word by word: test/golden/faults. Faults that only whole hosts can show are held to theirs
// where they are injected (expectErrorLine).
import { expect, it } from 'vitest';
import { interrupted } from '../../../src/cli/read-failure.ts';
import { renderFailure } from '../../../src/cli/render-error.ts';
import { LockedError, leasePassed } from '../../../src/cluster/locking/errors.ts';
import { amongFindings } from '../../../src/cluster/preflight/among.ts';
import type { Finding } from '../../../src/cluster/preflight/finding.ts';
import { preflightError } from '../../../src/cluster/preflight/finding.ts';
import { duplicateNode, refuseForeignCluster } from '../../../src/cluster/preflight/foreign.ts';
import { machineFindings } from '../../../src/cluster/preflight/machine.ts';
import { roomFindings } from '../../../src/cluster/preflight/room.ts';
import { defaultNode } from '../../../src/cluster/spec/defaults.ts';
import { resolveSpec } from '../../../src/cluster/spec/resolve.ts';
import { connectionLost, failure } from '../../../src/host/failure.ts';
import type { Facts, Operation } from '../../../src/host/port.ts';
import { sudoError } from '../../../src/host/sudo.ts';
import { fakeFacts } from '../../fakes/fake-facts.ts';
import { FakeHost } from '../../fakes/fake-host.ts';
import { expectErrorLine, thrownBy } from '../../golden/error-lines.ts';

const node = defaultNode({ name: 'cp1', role: 'control-plane', address: '192.0.2.10' });
const spec = resolveSpec({ hosts: [node] });

const write: Operation = {
  ...{ kind: 'write', id: 'control-plane/kube-apiserver/1', content: '', mode: 0o600 },
  path: '/etc/kubernetes/manifests/kube-apiserver.yaml',
};
const run: Operation = { kind: 'run', id: 'host/modules/1', argv: ['modprobe', 'overlay'] };
const image: Operation = {
  kind: 'image',
  id: 'images/pause/1',
  reference: 'registry.k8s.io/pause:3.10',
  artifact: { sha256: '0'.repeat(64), size: 1, open: () => [] as never },
};
const said = (operation: Operation, words: string, stderr = '', code = 0) =>
  failure('cp1', operation, { words: words === '' ? [] : words.split(' '), code, stderr });

const here = 1_800_000_000_000;
const found = (more: Partial<Facts>, who = node): Finding[] => [
  ...machineFindings(fakeFacts(more), who, spec),
  ...roomFindings(fakeFacts(more), spec, who, { images: 0, binaries: 0 }),
];
const refused = (more: Partial<Facts>, who = node) => preflightError('cp1', found(more, who));
const listeners = [{ address: '0.0.0.0', port: 6443, pid: 7, process: 'nginx' }];
const full = {
  path: '/var/lib/etcd',
  availableBytes: 1e6,
  totalBytes: 1e9,
  availableInodes: 1e6,
  totalInodes: 1e6,
};
const sudo = (why: Parameters<typeof sudoError>[0], stderr: string) =>
  sudoError(why, { user: 'ann', host: 'cp1', stderr });
const held = {
  heldBy: 'ann@laptop: kubewright init (run 5f3a09c1, pid 4711)',
  expiresInSeconds: 90,
  held: 3,
  forSeconds: 200,
};

it.each([
  ['B03', said(run, 'interrupted')],
  ['B05-B06', connectionLost('cp1', { evidence: 'no sign of life for 36 s' })],
  ['B11', new LockedError('cp1', held, true)],
  ['B12', leasePassed(true)],
  ['B12-on-the-host', said(write, 'lost 4')],
  ['B13', said(run, 'busy')],
  ['B15-password', sudo('password', 'sudo: a password is required\n')],
  ['B15-wrong-password', sudo('wrongPassword', 'Sorry, try again.\nsudo: 3 incorrect password attempts\n')],
  ['B15-not-allowed', sudo('notAllowed', 'ann is not in the sudoers file.\n')],
  ['B15-tty', sudo('tty', 'sudo: sorry, you must have a tty to run sudo\n')],
  ['B15-missing', sudo('missing', 'sh: 1: sudo: not found\n')],
  ['B18', said(image, 'full 900000 4096', 'dd: No space left on device\n')],
  ['B18-before', refused({ disks: [full] })],
  [
    'B20',
    said(write, '', 'sh: cannot create /etc/kubernetes/manifests/.kubewright-0: Read-only file system\n'),
  ],
  ['B21', refused({ listeners })],
  ['B22', refused({ clock: { host: here + 172_800_000, here } })],
  ['B23', refused({ swaps: ['/dev/sda2'] })],
  [
    'B25',
    said(
      { kind: 'sysctl', id: 'host/sysctl/1', key: 'net.ipv4.ip_forward', value: '1' },
      '',
      "/proc/sys/net/ipv4/ip_forward is '0' after '1' was written\n",
    ),
  ],
  ['B26', refused({ cgroupVersion: 1 })],
  ['B27-name', duplicateNode(new FakeHost('w2'), 'the cluster has a Ready node "w1" already')],
  ['B28', refused({}, { ...node, name: '$(reboot)' })],
  ['B52', said({ ...image, timeoutSeconds: 300 }, 'timeout')],
  [
    'B53-unit',
    said(
      { kind: 'unit', id: 'kubelet-start/kubelet.service/1', name: 'kubelet.service', action: 'enable' },
      '',
      'kubelet.service is failed (enabled) after systemctl enable\nfailed to load kubelet config file\n',
    ),
  ],
  ['B55', said(write, 'damaged')],
] as const)('%s', async (name, error) => {
  await expectErrorLine(name, error);
});

it('B04', async () => {
  const text = renderFailure(interrupted(['init', 'cp1', '--token=abc']), {
    json: false,
    debug: false,
    colour: false,
  });
  await expect(text).toMatchFileSnapshot('../../golden/faults/B04.txt');
});

it('B27', async () => {
  const member = (name: string) => {
    const facts = fakeFacts({ hostname: name, machineId: '0123456789abcdef' });
    const address = `192.0.2.${name.length + Number(name.at(-1))}`;
    return { host: new FakeHost(name), node: defaultNode({ name, address }), facts, fresh: true };
  };
  const findings = amongFindings([member('w1'), member('w2')], []).get('w2')!;
  await expectErrorLine('B27', preflightError('w2', findings));
});

it('B31', async () => {
  const kubelet = Buffer.from(
    "kind: Config\nclusters: [{name: harbour, cluster: {server: 'https://192.0.2.99:6443'}}]\nusers: [{name: u, user: {token: x}}]\ncontexts: [{name: c, context: {cluster: harbour, user: u}}]\ncurrent-context: c\n",
  );
  const traces = { recorded: undefined, kubelet, spec };
  const error = await thrownBy(() => refuseForeignCluster(new FakeHost('cp1'), traces));
  await expectErrorLine('B31', error);
});
