import { describe, expect, it } from 'vitest';
import { kubeProxyObjects } from '../../../../src/cluster/manifests/addons.ts';
import { kubeadmConfig } from '../../../../src/cluster/manifests/bootstrap.ts';
import { environmentDropIn } from '../../../../src/cluster/manifests/drop-ins.ts';
import { nodeIp } from '../../../../src/cluster/manifests/node-ip.ts';
import {
  controlPlaneEnvironment,
  localRanges,
  nodeEnvironment,
} from '../../../../src/cluster/manifests/proxy.ts';
import { schedulerConfig } from '../../../../src/cluster/manifests/scheduler-config.ts';
import { staticPod } from '../../../../src/cluster/manifests/static-pods.ts';
import { writtenBy } from '../../../../src/cluster/manifests/written-by.ts';
import type { ClusterSpecInput } from '../../../../src/cluster/spec/types.ts';
import { exampleSpec } from '../example.ts';

const proxy = { http: 'http://proxy:3128', https: 'http://proxy:3129', noProxy: ['.corp.example'] };
const hosts: ClusterSpecInput['hosts'] = [
  { name: 'cp1', role: 'control-plane', address: '192.168.77.11' },
  { name: 'cp2', role: 'control-plane', address: '10.9.0.2' },
  { name: 'w1', address: '192.168.77.20' },
  { name: 'w2', address: '10.8.0.3', nodeAddress: '10.8.0.3,fd00::3' },
];
const { spec, node } = exampleSpec({ proxy, hosts });
const facts = { addresses: [{ interface: 'eth0', address: '192.168.77.11', prefix: 24 }] };

describe('the proxy', () => {
  it('is in both spellings, with what goes past it', () => {
    const environment = controlPlaneEnvironment(spec, localRanges(node, facts));
    expect(Object.keys(environment).sort()).toEqual([
      'HTTPS_PROXY',
      'HTTP_PROXY',
      'NO_PROXY',
      'http_proxy',
      'https_proxy',
      'no_proxy',
    ]);
    expect(environment.HTTPS_PROXY).toBe('http://proxy:3129');
    expect(environment.no_proxy).toBe(environment.NO_PROXY);
    expect(environment.NO_PROXY?.split(',')).toEqual([
      ...['localhost', '127.0.0.0/8', '::1', '10.244.0.0/16', '10.96.0.0/12'],
      ...['.svc', '.cluster.local', 'kubernetes.kubewright.internal'],
      // Its own network, and the hosts that are not in it.
      ...['192.168.77.0/24', '10.8.0.3', '10.9.0.2', 'fd00::3'],
      '.corp.example',
    ]);
  });

  it('of a node does not change when a worker joins', () => {
    const before = nodeEnvironment(exampleSpec({ proxy, hosts: hosts.slice(0, 2) }).spec, node, facts);
    expect(nodeEnvironment(spec, node, facts)).toEqual(before);
    expect(before.NO_PROXY).toContain(',10.9.0.2,');
  });

  it('gives way to the host’s own variables', () => {
    const own = { ...node, environment: { HTTP_PROXY: 'http://other:1', TZ: 'UTC' } };
    expect(nodeEnvironment(spec, own, facts)).toMatchObject({ HTTP_PROXY: 'http://other:1', TZ: 'UTC' });
  });

  it('is none where none is set', () => {
    const plain = exampleSpec({ hosts, proxy: { noProxy: ['x'] } });
    expect(nodeEnvironment(plain.spec, node, facts)).toEqual({});
  });

  it('reaches the components that kubeadm gives it, not etcd', () => {
    const envOf = (name: Parameters<typeof staticPod>[0]) =>
      staticPod(name, spec, node, { caDirectories: [] }).spec.containers[0]?.env?.map((entry) => entry.name);
    expect(envOf('kube-apiserver')).toContain('https_proxy');
    expect(envOf('kube-scheduler')).toContain('NO_PROXY');
    expect(envOf('etcd')).toBeUndefined();
    expect(JSON.stringify(kubeProxyObjects(spec))).toContain('"HTTPS_PROXY"');
    expect(JSON.stringify(kubeadmConfig(spec))).not.toContain('PROXY');
  });
});

describe('a drop-in', () => {
  it('quotes what systemd would read otherwise', () => {
    const file = environmentDropIn('kubelet.service', { B: 'a "b" \\ 50%', A: '$HOME' });
    expect(file?.path).toBe('/etc/systemd/system/kubelet.service.d/20-kubewright-environment.conf');
    expect(file?.content).toBe(
      `${writtenBy()}[Service]\nEnvironment="A=$HOME"\nEnvironment="B=a \\"b\\" \\\\ 50%%"\n`,
    );
  });

  it('is none where there is nothing to set', () => {
    expect(environmentDropIn('kubelet.service', {})).toBeUndefined();
  });
});

describe('--node-ip', () => {
  const dual = exampleSpec({ networking: { podSubnet: '10.244.0.0/16,fd00:10:244::/56' } }).spec;
  const six = { interface: 'eth0', address: 'fd00:1::11', prefix: 64 };
  const elsewhere = { interface: 'eth1', address: 'fd00:2::11', prefix: 64 };

  it('is the advertised address, or what the user says', () => {
    expect(nodeIp(spec, node, facts)).toBe('192.168.77.11');
    expect(nodeIp(spec, { ...node, nodeAddress: '10.0.0.9' }, facts)).toBe('10.0.0.9');
  });

  it('has both families in a cluster of both, where the interface has both', () => {
    const addresses = [elsewhere, ...facts.addresses, six];
    expect(nodeIp(dual, node, { addresses })).toBe('192.168.77.11,fd00:1::11');
    expect(nodeIp(dual, node, { addresses: [elsewhere, ...facts.addresses] })).toBe('192.168.77.11');
    expect(nodeIp(spec, node, { addresses })).toBe('192.168.77.11');
  });
});

describe('the scheduler’s configuration', () => {
  it('is a private file with its access in it, which the flags then leave out', () => {
    const own = exampleSpec({
      scheduler: { config: { parallelism: 4, leaderElection: { leaseDuration: '30s' } } },
    });
    const file = schedulerConfig(own.spec)!;
    expect(file).toMatchObject({ path: '/etc/kubernetes/scheduler-config.yaml', mode: 0o600 });
    expect(file.content).toContain('kubeconfig: /etc/kubernetes/scheduler.conf');
    expect(file.content).toContain('leaderElect: true\n  leaseDuration: 30s');
    expect(file.content).toContain('enableProfiling: false');
    const pod = staticPod('kube-scheduler', own.spec, own.node, { caDirectories: [] });
    const command = pod.spec.containers[0]!.command!;
    expect(command).toContain('--config=/etc/kubernetes/scheduler-config.yaml');
    expect(command.some((argument) => /^--(kubeconfig|leader-elect)=/.test(argument))).toBe(false);
    expect(command).toContain('--authorization-kubeconfig=/etc/kubernetes/scheduler.conf');
    const mounts = pod.spec.containers[0]!.volumeMounts!.map(({ mountPath }) => mountPath);
    expect(mounts).toContain('/etc/kubernetes/scheduler-config.yaml');
  });

  it('changes the pod with every change of the file, or it would not be read', () => {
    const hashOf = (parallelism: number) => {
      const own = exampleSpec({ scheduler: { config: { parallelism } } });
      const pod = staticPod('kube-scheduler', own.spec, own.node, { caDirectories: [] });
      return pod.metadata.annotations?.['kubewright.dev/scheduler-config'];
    };
    expect(hashOf(4)).not.toBe(hashOf(5));
    expect(hashOf(4)).toBe(hashOf(4));
  });

  it('is none where nobody asks for one', () => {
    expect(schedulerConfig(spec)).toBeUndefined();
  });
});
