import { describe, expect, it } from 'vitest';
import { bootstrapObjects, kubeadmConfig } from '../../../../src/cluster/manifests/bootstrap.ts';
import { kubeletConfig } from '../../../../src/cluster/manifests/kubelet.ts';
import { securityFiles } from '../../../../src/cluster/manifests/security-files.ts';
import { type StaticPodName, staticPod } from '../../../../src/cluster/manifests/static-pods.ts';
import type { ClusterSpecInput } from '../../../../src/cluster/spec/types.ts';
import { exampleSpec, facts } from '../example.ts';

const SUITES = /^(TLS_ECDHE_(ECDSA|RSA)_WITH_(AES_(128|256)_GCM|CHACHA20_POLY1305)_SHA(256|384),?){6}$/;

function podOf(name: StaticPodName, input: ClusterSpecInput = {}, encryption?: boolean) {
  const { spec, node } = exampleSpec(input);
  const options = { caDirectories: [], ...(encryption === undefined ? {} : { encryption }) };
  const pod = staticPod(name, spec, node, options);
  const { command = [], volumeMounts = [] } = pod.spec.containers[0]!;
  const pairs = command.slice(1).map((argument) => /^--([^=]+)=(.*)$/s.exec(argument)!.slice(1));
  return { pod, flags: Object.fromEntries(pairs) as Record<string, string>, volumeMounts };
}

describe('a new cluster', () => {
  it.each(['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const)(
    '%s has no profiling, TLS 1.2 and modern ciphers',
    (name) => {
      const { flags } = podOf(name);
      expect(flags).toMatchObject({ profiling: 'false', 'tls-min-version': 'VersionTLS12' });
      expect(flags['tls-cipher-suites']).toMatch(SUITES);
    },
  );

  it('etcd has them under its own names', () => {
    const { flags } = podOf('etcd');
    expect(flags['tls-min-version']).toBe('TLS1.2');
    expect(flags['cipher-suites']).toMatch(SUITES);
    expect(flags).not.toHaveProperty('profiling');
  });

  it('the API server audits with rotation, knows strangers by a file, and encrypts', () => {
    const { flags, pod, volumeMounts } = podOf('kube-apiserver');
    expect(flags).toMatchObject({
      'audit-policy-file': '/etc/kubernetes/audit/policy.yaml',
      'audit-log-path': '/var/log/kubernetes/audit/audit.log',
      'audit-log-maxage': '30',
      'audit-log-maxbackup': '10',
      'audit-log-maxsize': '100',
      'authentication-config': '/etc/kubernetes/authentication-config.yaml',
      'encryption-provider-config': '/etc/kubernetes/encryption/config.yaml',
      'encryption-provider-config-automatic-reload': 'true',
    });
    expect(flags).not.toHaveProperty('anonymous-auth');
    const writable = volumeMounts.filter(({ readOnly }) => !readOnly).map(({ mountPath }) => mountPath);
    expect(writable).toEqual(['/var/log/kubernetes/audit']);
    for (const { name, mountPath } of volumeMounts) {
      const volume = pod.spec.volumes.find((found) => found.name === name);
      expect(volume).toMatchObject({ hostPath: { path: mountPath } });
    }
  });

  it('the kubelet serves no profiles and the same TLS, and what the user sets of it wins', () => {
    const { spec, node } = exampleSpec({ kubelet: { tlsMinVersion: 'VersionTLS13' } });
    const { content, mode } = kubeletConfig(spec, node, facts);
    expect(mode).toBe(0o600);
    expect(content).toMatch(/^enableDebugFlagsHandler: false$/m);
    expect(content).toMatch(/^enableProfilingHandler: false$/m);
    expect(content).toMatch(/^tlsCipherSuites:\n- TLS_ECDHE_/m);
    expect(content).toMatch(/^tlsMinVersion: VersionTLS13$/m);
  });
});

describe('what a site sets instead', () => {
  it('TLS 1.3 has no list of ciphers anywhere', () => {
    const input = { security: { tlsMinVersion: 'VersionTLS13' as const } };
    for (const name of ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const) {
      const { flags } = podOf(name, input);
      expect(flags['tls-min-version']).toBe(name === 'etcd' ? 'TLS1.3' : 'VersionTLS13');
      expect(Object.keys(flags).filter((flag) => flag.endsWith('cipher-suites'))).toEqual([]);
    }
  });

  it('an argument of the same name wins', () => {
    const { flags } = podOf('kube-apiserver', { apiServer: { extraArgs: { profiling: 'true' } } });
    expect(flags.profiling).toBe('true');
  });

  it('a policy takes the place of ours, and the API server is started anew for it', () => {
    const policy = { apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules: [{ level: 'Metadata' }] };
    const input = { security: { audit: { policy } } };
    const files = securityFiles(exampleSpec(input).spec);
    expect(files[0]?.content).toBe('apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n');
    const annotation = (given?: ClusterSpecInput) =>
      podOf('kube-apiserver', given).pod.metadata.annotations?.['kubewright.dev/policies'];
    expect(annotation(input)).toMatch(/^[0-9a-f]{64}$/);
    expect(annotation(input)).not.toBe(annotation());
  });

  it('keeps on reading the keys where nothing is to be encrypted any more', () => {
    const input = { security: { encryptSecrets: 'none' as const } };
    expect(podOf('kube-apiserver', input, true).flags).toHaveProperty('encryption-provider-config');
    expect(podOf('kube-apiserver', input, false).flags).not.toHaveProperty('encryption-provider-config');
  });

  it.each([
    ['all', []],
    ['none', ['/healthz', '/livez', '/readyz']],
    [
      'discovery',
      ['/healthz', '/livez', '/readyz', '/api/v1/namespaces/kube-public/configmaps/cluster-info'],
    ],
  ] as const)('strangers may %s: %j', (anonymousAccess, paths) => {
    const { spec } = exampleSpec({ security: { anonymousAccess, audit: { enabled: false } } });
    const files = securityFiles(spec);
    expect(files.map(({ mode }) => mode)).toEqual(paths.length > 0 ? [0o600] : []);
    const found = [...(files[0]?.content ?? '').matchAll(/path: (.*)/g)].map(([, path]) => path);
    expect(found).toEqual(paths);
  });
});

it('what kubeadm is told of a kubelet with fields of ours does not let it replace them', () => {
  const hashOf = (input: ClusterSpecInput) => {
    const objects = bootstrapObjects(exampleSpec(input).spec, { ca: 'CA', server: 'https://x:6443' });
    const map = objects.find(
      ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'kubelet-config',
    );
    return map?.metadata.annotations?.['kubeadm.kubernetes.io/component-config.hash'];
  };
  expect(hashOf({})).toBeUndefined();
  expect(hashOf({ security: { profiling: true, tlsCipherSuites: [] } })).toMatch(/^sha256:/);
});

it('kubeadm is told the same arguments and volumes, so that it writes them too', () => {
  const { spec } = exampleSpec();
  const config = kubeadmConfig(spec) as Record<string, { extraArgs?: { name: string; value: string }[] }>;
  for (const [name, component] of [
    ['kube-apiserver', config.apiServer],
    ['kube-controller-manager', config.controllerManager],
    ['kube-scheduler', config.scheduler],
  ] as const) {
    const { flags } = podOf(name);
    expect(component?.extraArgs?.length).toBeGreaterThan(2);
    for (const { name: flag, value } of component?.extraArgs ?? []) expect(flags[flag]).toBe(value);
    expect(component?.extraArgs).toContainEqual({ name: 'profiling', value: 'false' });
  }
  const off = exampleSpec({ security: { encryptSecrets: 'none' } }).spec;
  expect(JSON.stringify(kubeadmConfig(off))).not.toContain('encryption-provider-config');
  expect(JSON.stringify(kubeadmConfig(off, { encryption: true }))).toContain('encryption-provider-config');
});
