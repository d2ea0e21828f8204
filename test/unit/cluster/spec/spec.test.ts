import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KubewrightError } from '../../../../src/base/errors.ts';
import {
  containsAddress,
  formatAddress,
  overlaps,
  parseAddress,
  parseCidr,
  podCidr,
  serviceIp,
} from '../../../../src/cluster/spec/cidr.ts';
import { fromDocument, toDocument } from '../../../../src/cluster/spec/document.ts';
import { formatDuration, parseDuration } from '../../../../src/cluster/spec/duration.ts';
import { nodeLabels, nodeTaints } from '../../../../src/cluster/spec/node.ts';
import { resolveSpec, validateSpec } from '../../../../src/cluster/spec/resolve.ts';
import type { ClusterSpecInput } from '../../../../src/cluster/spec/types.ts';
import { routeFindings } from '../../../../src/cluster/spec/validate.ts';

const cp1 = { name: 'cp1', role: 'control-plane' as const, address: '192.168.77.11' };

describe('resolveSpec', () => {
  it('fills everything in from nothing', () => {
    const spec = resolveSpec({});
    expect(spec.endpoint).toEqual({ name: 'kubernetes.kubewright.internal', balancer: 'node', port: 6443 });
    expect(spec.networking.cni).toBe('flannel');
    expect(spec.encryptionAlgorithm).toBe('ECDSA-P256');
    expect(validateSpec(spec)).toEqual(spec);
  });

  it('names the endpoint after the cluster', () => {
    expect(resolveSpec({ name: 'prod' }).endpoint.name).toBe('prod.kubewright.internal');
  });

  it('keeps what is recorded where nothing was written, whatever the defaults are by then', () => {
    const recorded = resolveSpec({
      name: 'old',
      hosts: [cp1],
      components: { coredns: 'v1.12.0' },
      networking: { cni: 'bridge', podSubnet: '10.50.0.0/16' },
    });
    expect(resolveSpec({}, recorded)).toEqual(recorded);
    const next = resolveSpec(
      { hosts: [{ name: 'w1', address: '192.168.77.12' }], networking: { cni: undefined } },
      recorded,
    );
    expect(next.networking).toEqual(recorded.networking);
    expect(next.components.coredns).toBe('v1.12.0');
    expect(next.hosts.map(({ name, role }) => [name, role])).toEqual([
      ['cp1', 'control-plane'],
      ['w1', 'worker'],
    ]);
  });

  it('changes only the written fields of a recorded host', () => {
    const recorded = resolveSpec({ hosts: [{ ...cp1, labels: { rack: 'a' } }] });
    const next = resolveSpec({ hosts: [{ name: 'cp1', ignorePreflightErrors: ['NumCPU'] }] }, recorded);
    expect(next.hosts[0]).toMatchObject({ ...cp1, labels: { rack: 'a' }, ignorePreflightErrors: ['NumCPU'] });
  });

  it('survives a round through its document', () => {
    const spec = resolveSpec({ name: 'prod', hosts: [cp1] });
    expect(resolveSpec(fromDocument(JSON.parse(JSON.stringify(toDocument(spec)))))).toEqual(spec);
    expect(() => fromDocument({ apiVersion: 'v1', kind: 'Pod' })).toThrow('Not a cluster file: v1 Pod.');
  });

  it.each<[string, ClusterSpecInput, string]>([
    [
      'overlapping ranges',
      { networking: { podSubnet: '10.96.0.0/16' } },
      'networking.podSubnet: 10.96.0.0/16 overlaps networking.serviceSubnet 10.96.0.0/12',
    ],
    [
      'a host inside the services',
      { hosts: [{ name: 'a', address: '10.99.0.1' }] },
      'contains the address of host a, 10.99.0.1',
    ],
    ['a small pod range', { networking: { podSubnet: '10.1.0.0/25' } }, 'too small: each node gets a /24'],
    [
      'a huge service range',
      { networking: { serviceSubnet: '10.0.0.0/8', podSubnet: '192.168.0.0/16' } },
      'too large: at most 2^20',
    ],
    ['a tiny service range', { networking: { serviceSubnet: '10.96.0.0/29' } }, 'too small'],
    [
      'two ranges of one family',
      { networking: { podSubnet: '10.1.0.0/16,10.2.0.0/16' } },
      'one of IPv4 and one of IPv6',
    ],
    ['no range', { networking: { podSubnet: 'banana' } }, 'networking.podSubnet: must be an address range'],
    ['an upper-case name', { name: 'Prod' }, 'name: must be a DNS label'],
    ['a node name', { hosts: [{ name: 'node_1' }] }, 'hosts[0].name: must be a DNS name'],
    ['a port', { endpoint: { port: 70000 } }, 'endpoint.port: must be a port from 1 to 65535'],
    [
      'an old version',
      { kubernetesVersion: 'v1.30.1' },
      'minor version that this kubewright knows: 1.36, 1.37',
    ],
    ['no version', { kubernetesVersion: 'latest' }, 'must be a version such as v1.37.2'],
    ['a duration', { certificateValidity: '1 year' }, 'must be a duration'],
    ['a leaf above its CA', { certificateValidity: '900000h' }, 'cannot outlive its CA'],
    ['a name twice', { hosts: [cp1, { ...cp1, address: '192.168.77.9' }] }, 'cp1 is given to two hosts'],
    ['an address twice', { hosts: [cp1, { name: 'w1', address: cp1.address }] }, 'have the same address'],
    ['an unknown field', { netwroking: {} } as ClusterSpecInput, 'netwroking'],
    [
      'an audit policy of another kind',
      { security: { audit: { policy: { apiVersion: 'v1', kind: 'Pod', rules: [] } } } },
      'security.audit.policy.kind: must be Policy',
    ],
    [
      'an audit policy without levels',
      {
        security: {
          audit: { policy: { apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules: [{ verbs: [] }] } },
        },
      },
      'each with a level: None, Metadata, Request, RequestResponse',
    ],
    ['a SAN', { certSANs: ['not a name'] }, 'certSANs[0]: must be a DNS name or an IP address'],
  ])('refuses %s', (_, input, words) => {
    const refusal = catchError(() => resolveSpec(input));
    expect(refusal.message).toContain(words);
    expect([refusal.code, refusal.exit]).toEqual(['InvalidClusterSpec', 23]);
  });

  it('tells all findings at once', () => {
    const { message } = catchError(() =>
      resolveSpec({ name: 'A', endpoint: { port: 0 }, imageRepository: '?' }),
    );
    expect(message).toContain('for 3 reasons');
  });

  it('refuses to rename a recorded cluster', () => {
    expect(catchError(() => resolveSpec({ name: 'b' }, resolveSpec({ name: 'a' }))).message).toContain(
      'cannot be renamed',
    );
  });

  it('refuses to change what a running cluster is built on, all of it at once, and takes the same values again', () => {
    const recorded = resolveSpec({ hosts: [cp1] });
    const error = catchError(() =>
      resolveSpec(
        { networking: { podSubnet: '10.9.0.0/16', cni: 'bridge' }, endpoint: { name: 'x.y' } },
        recorded,
      ),
    );
    expect(error.message).toContain('networking.podSubnet: the cluster is recorded with 10.244.0.0/16');
    expect(error.message).toContain('networking.cni');
    expect(error.message).toContain('endpoint.name');
    expect(resolveSpec({ networking: { podSubnet: '10.244.0.0/16' } }, recorded)).toEqual(recorded);
    expect(resolveSpec({ certSANs: ['api.example.com'] }, recorded).certSANs).toEqual(['api.example.com']);
  });

  it('takes a version without its v', () => {
    const spec = resolveSpec({ kubernetesVersion: '1.37.2' });
    expect(spec.kubernetesVersion).toBe('v1.37.2');
    expect(resolveSpec({ kubernetesVersion: '1.37.2' }, spec)).toEqual(spec);
  });

  it.each([
    ['1.36.3', { etcd: '3.6.16-0', coredns: 'v1.14.2', pause: '3.10.2' }],
    ['v1.37.2', { etcd: '3.7.3-0', coredns: 'v1.14.6', pause: '3.10.2' }],
  ])('%s brings the components that belong to it, which a recorded cluster keeps', (version, components) => {
    const spec = resolveSpec({ kubernetesVersion: version });
    expect(spec.components).toMatchObject(components);
    expect(resolveSpec({ certSANs: ['a.example.com'] }, spec).components).toEqual(spec.components);
    const own = resolveSpec({ kubernetesVersion: version, components: { etcd: '3.6.8-0' } });
    expect(own.components).toEqual({ ...spec.components, etcd: '3.6.8-0' });
  });
});

describe('routes of a host', () => {
  const spec = resolveSpec({ hosts: [cp1, { name: 'w1', address: '192.168.77.12' }] });
  it.each([
    ['10.244.7.0/24 dev docker0 proto kernel scope link src 10.244.7.1', 1],
    ['10.96.0.1 via 192.168.77.1 dev eth0', 1],
    ['10.0.0.0/8 via 192.168.77.1 dev eth0', 2],
    ['default via 192.168.77.1 dev eth0', 0],
    ['192.168.77.0/24 dev eth0 proto kernel scope link src 192.168.77.11', 0],
    ['10.244.0.0/24 dev cni0 proto kernel scope link src 10.244.0.1', 0],
    ['10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink', 0],
    ['10.244.1.0/24 via 192.168.77.12 dev eth0', 0],
  ])('%s', (route, count) => {
    expect(routeFindings(spec, { routes: [route] })).toHaveLength(count);
  });
});

describe('address arithmetic', () => {
  it('counts as kubeadm and kube-controller-manager do', () => {
    expect(serviceIp('10.96.0.0/12', 1)).toBe('10.96.0.1');
    expect(serviceIp('10.96.0.0/12', 10)).toBe('10.96.0.10');
    expect(serviceIp('fd00:10:96::/112', 10)).toBe('fd00:10:96::a');
    expect(podCidr('10.244.0.0/16', 3)).toBe('10.244.3.0/24');
    expect(podCidr('fd00:10:244::/56', 1)).toBe('fd00:10:244:1::/64');
    expect(() => podCidr('10.244.0.0/23', 2)).toThrow('no room');
  });

  it.each(['010.0.0.1', '10.0.1', '0x7f000001', '1.2.3.4.5', 'fe80::1%eth0', ''])(
    'does not take %j for an address',
    (text) => {
      expect(parseAddress(text)).toBeUndefined();
    },
  );

  it('writes every address so that it reads back the same', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const parsed = parseAddress(text)!;
        expect(parseAddress(formatAddress(parsed.value, parsed.family))).toEqual(parsed);
      }),
    );
  });

  it('overlap is symmetric, and what one range contains of the other shows it', () => {
    const range = fc
      .tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }))
      .map(([ip, prefix]) => parseCidr(`${ip}/${prefix}`)!);
    fc.assert(
      fc.property(range, range, (a, b) => {
        expect(overlaps(a, b)).toBe(overlaps(b, a));
        const first = formatAddress(b.first, b.family);
        if (containsAddress(a, first)) expect(overlaps(a, b)).toBe(true);
        expect(overlaps(a, a)).toBe(true);
      }),
    );
  });

  it('reads durations as Go does', () => {
    expect(parseDuration('1h30m')).toBe(5_400_000);
    expect(formatDuration(parseDuration('8760h')!)).toBe('8760h0m0s');
    for (const text of ['', '0h', '5', 'h', '-1h', '1d']) expect(parseDuration(text)).toBeUndefined();
  });
});

describe('what a Node carries', () => {
  it('by its role, and by what was asked for', () => {
    const [control, worker] = resolveSpec({ hosts: [cp1, { name: 'w1', labels: { rack: 'b' } }] }).hosts;
    expect(nodeTaints(control!)).toEqual([
      { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' },
    ]);
    expect(nodeTaints({ ...control!, taints: [] })).toEqual([]);
    expect(nodeTaints(worker!)).toEqual([]);
    expect(nodeLabels(worker!)).toEqual({ rack: 'b' });
    expect(Object.keys(nodeLabels(control!))).toContain(
      'node.kubernetes.io/exclude-from-external-load-balancers',
    );
  });
});

function catchError(work: () => unknown): KubewrightError {
  try {
    work();
  } catch (error) {
    if (error instanceof KubewrightError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
