import { describe, expect, it } from 'vitest';
import { staticPod } from '../../../../src/cluster/manifests/static-pods.ts';
import { securityOff } from '../../../../src/cluster/spec/default-sections.ts';
import type { ClusterSpecInput } from '../../../../src/cluster/spec/types.ts';
import { exampleSpec } from '../example.ts';

function podOf(name: Parameters<typeof staticPod>[0], input: ClusterSpecInput) {
  // What is of the user, and nothing of ours beside it.
  const { spec, node } = exampleSpec({ security: securityOff(), ...input });
  const pod = staticPod(name, spec, node, { caDirectories: [] });
  return { pod, container: pod.spec.containers[0]! };
}

describe('what the user sets of a static pod', () => {
  it('replaces arguments of the same name and follows ours, a list as the flag repeated', () => {
    const extraArgs = { v: '4', 'service-account-issuer': ['https://b', 'https://a'], 'event-ttl': '' };
    const { container } = podOf('kube-apiserver', { apiServer: { extraArgs } });
    const issuers = container.command!.filter((argument) => argument.includes('service-account-issuer'));
    expect(issuers).toEqual(['--service-account-issuer=https://b', '--service-account-issuer=https://a']);
    expect(container.command!.slice(-4)).toEqual(['--event-ttl=', ...issuers, '--v=4']);
    expect(container.command![0]).toBe('kube-apiserver');
  });

  it('keeps an argument whose name is only the beginning of another', () => {
    const { container } = podOf('kube-apiserver', { apiServer: { extraArgs: { 'tls-cert': 'x' } } });
    expect(container.command!.some((argument) => argument.startsWith('--tls-cert-file='))).toBe(true);
  });

  it('sorts feature gates, a component’s own over the cluster’s', () => {
    const input: ClusterSpecInput = {
      featureGates: { NodeSwap: true, InPlacePodVerticalScaling: false },
      scheduler: { featureGates: { NodeSwap: false } },
    };
    expect(podOf('kube-scheduler', input).container.command).toContain(
      '--feature-gates=InPlacePodVerticalScaling=false,NodeSwap=false',
    );
    expect(podOf('kube-controller-manager', input).container.command).toContain(
      '--feature-gates=InPlacePodVerticalScaling=false,NodeSwap=true',
    );
  });

  it('keeps etcd’s own gate, and the cluster’s away from it', () => {
    const input: ClusterSpecInput = {
      featureGates: { NodeSwap: true },
      etcd: { featureGates: { CompactHashCheck: true } },
    };
    expect(podOf('etcd', input).container.command).toContain(
      '--feature-gates=CompactHashCheck=true,InitialCorruptCheck=true',
    );
  });

  it('adds environment and volumes sorted, and a volume of our name replaces ours', () => {
    const { pod, container } = podOf('kube-controller-manager', {
      controllerManager: {
        environment: { TZ: 'UTC', GODEBUG: 'x=1' },
        volumes: [
          {
            name: 'zone',
            hostPath: '/usr/share/zoneinfo',
            mountPath: '/zone',
            readOnly: false,
            pathType: '',
          },
          {
            name: 'ca-certs',
            hostPath: '/opt/ca',
            mountPath: '/etc/ssl/certs',
            readOnly: true,
            pathType: 'Directory',
          },
        ],
      },
    });
    expect(container.env).toEqual([
      { name: 'GODEBUG', value: 'x=1' },
      { name: 'TZ', value: 'UTC' },
    ]);
    expect(pod.spec.volumes.map(({ name }) => name)).toEqual(['ca-certs', 'k8s-certs', 'kubeconfig', 'zone']);
    expect(pod.spec.volumes[0]).toEqual({
      hostPath: { path: '/opt/ca', type: 'Directory' },
      name: 'ca-certs',
    });
    expect(container.volumeMounts?.at(-1)).toEqual({ mountPath: '/zone', name: 'zone' });
  });

  it('has probes go where the arguments let it listen', () => {
    const bound = (address: string) =>
      podOf('kube-scheduler', { scheduler: { extraArgs: { 'bind-address': address } } }).container
        .livenessProbe?.httpGet;
    expect(bound('10.0.0.1')?.host).toBe('10.0.0.1');
    expect(bound('0.0.0.0')).not.toHaveProperty('host');
    const { container } = podOf('etcd', {
      etcd: { extraArgs: { 'listen-metrics-urls': 'https://[::1]:443,http://10.0.0.1:2381' } },
    });
    expect(container.livenessProbe?.httpGet).toMatchObject({ host: '::1', scheme: 'HTTPS' });
    expect(container.ports?.[0]?.containerPort).toBe(443);
  });

  it('moves the data of etcd, on the host as in the pod', () => {
    const { pod, container } = podOf('etcd', { etcd: { dataDir: '/data/etcd' } });
    expect(container.command).toContain('--data-dir=/data/etcd');
    expect(container.volumeMounts?.[0]).toEqual({ mountPath: '/data/etcd', name: 'etcd-data' });
    expect(pod.spec.volumes[1]?.hostPath).toEqual({ path: '/data/etcd', type: 'DirectoryOrCreate' });
  });

  it('gives a component as long to start as is waited for it', () => {
    const { container } = podOf('kube-apiserver', {
      timeouts: { controlPlaneComponentHealthCheck: '6m5s' },
    });
    expect(container.startupProbe?.failureThreshold).toBe(37);
  });
});
