import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { kubeProxyConfig, kubeProxyObjects } from '../../../../src/cluster/manifests/addons.ts';
import { kubeadmConfig } from '../../../../src/cluster/manifests/bootstrap.ts';
import { kubeletFiles } from '../../../../src/cluster/manifests/kubelet.ts';
import { staticPods } from '../../../../src/cluster/manifests/static-pods.ts';
import { canonicalYaml } from '../../../../src/cluster/manifests/yaml.ts';
import { pkiContext } from '../../../../src/cluster/pki/context.ts';
import { planPki } from '../../../../src/cluster/pki/plan.ts';
import { securityOff } from '../../../../src/cluster/spec/default-sections.ts';
import type { PatchSpec } from '../../../../src/cluster/spec/sections.ts';
import { describeCertificate } from '../../../golden/describe.ts';
import { exampleSpec, facts } from '../example.ts';

const folder = join(import.meta.dirname, '../../../golden/kubeadm-1.37.2-rich');
const golden = (name: string) => readFileSync(join(folder, name), 'utf8');
const host = JSON.parse(golden('host.json')) as { caDirectories: string[] };

/** The cluster of config.yaml there, in our words. */
const { spec, node } = exampleSpec({
  certSANs: [],
  security: securityOff(),
  components: { etcd: '3.7.0-0' },
  networking: {
    podSubnet: '10.244.0.0/16,fd00:10:244::/56',
    serviceSubnet: '10.96.0.0/16,fd00:10:96::/112',
  },
  featureGates: { NodeSwap: true },
  apiServer: {
    extraArgs: {
      'service-account-issuer': ['https://new.example.com', 'https://kubernetes.default.svc.cluster.local'],
      'event-ttl': '2h',
    },
    environment: { TZ: 'UTC', GODEBUG: 'netdns=go' },
    volumes: [
      {
        name: 'zone',
        hostPath: '/usr/share/zoneinfo',
        mountPath: '/usr/share/zoneinfo',
        readOnly: true,
        pathType: '',
      },
      {
        name: 'ca-certs',
        hostPath: '/opt/certs',
        mountPath: '/etc/ssl/certs',
        readOnly: true,
        pathType: 'Directory',
      },
    ],
  },
  controllerManager: { extraArgs: { 'node-cidr-mask-size-ipv4': '25', 'bind-address': '0.0.0.0' } },
  scheduler: {
    extraArgs: { 'bind-address': '10.0.0.1' },
    environment: { NO_PROXY: 'example.com' },
    featureGates: { NodeSwap: false },
  },
  etcd: {
    dataDir: '/data/etcd',
    extraArgs: { 'listen-metrics-urls': 'http://0.0.0.0:2382' },
    environment: { ETCD_LOG_LEVEL: 'warn' },
    featureGates: { CompactHashCheck: true },
    serverCertSANs: ['etcd.example.com', '192.0.2.21'],
    peerCertSANs: ['peer.example.com'],
  },
  addons: { coredns: { enabled: false } },
  timeouts: { controlPlaneComponentHealthCheck: '6m5s' },
  patches: patchFiles(),
});

describe('what kubeadm 1.37.2 would write for a cluster that asks for more', () => {
  it('static pods, byte for byte', () => {
    for (const { path, content } of staticPods(spec, node, host)) {
      const name = path.split('/').pop()!;
      expect(content, name).toBe(golden(`files/${name}`).replaceAll(/ *resources: \{\}\n/g, ''));
    }
  });

  it('the kubelet’s configuration, byte for byte', () => {
    const plain = { ...facts, features: { ...facts.features, systemdResolved: false } };
    const files = kubeletFiles(spec, node, plain);
    const config = files.find(({ path }) => path.endsWith('/config.yaml'));
    expect(config?.content).toBe(golden('files/config.yaml'));
  });

  it('ClusterConfiguration, so that kubeadm keeps all of it', () => {
    const theirs = parse(dataOf('kubeadm-config').ClusterConfiguration!);
    // Recorded, so that kubeadm keeps the etcd image that is there.
    theirs.etcd.local.imageTag = '3.7.0-0';
    expect(kubeadmConfig(spec)).toEqual(theirs);
  });

  it('kube-proxy', () => {
    expect(canonicalYaml(kubeProxyConfig(spec)).trimEnd()).toBe(dataOf('kube-proxy')['config.conf']);
    const ours = kubeProxyObjects(spec).find(({ kind }) => kind === 'DaemonSet');
    const theirs = objects().find(({ kind }) => kind === 'DaemonSet');
    expect(ours?.spec).toEqual(theirs?.spec);
  });

  it('certificates with the further names of etcd', async () => {
    const { write } = await planPki(pkiContext(spec, node, { now: new Date(), superAdmin: true }), new Map());
    const wanted = JSON.parse(golden('certificates.json')) as Record<string, unknown>;
    for (const [name, theirs] of Object.entries(wanted)) {
      const text = write.find(({ path }) => path === `/etc/kubernetes/pki/${name}.crt`)?.content ?? '';
      expect(JSON.parse(JSON.stringify(describeCertificate(text))), name).toEqual(theirs);
    }
  });
});

/** kubeadm names target and type in the file's name. */
function patchFiles(): PatchSpec[] {
  return readdirSync(join(folder, 'patches')).map((name) => {
    const [, target, type = 'strategic'] = /^([a-z-]+)\d\+?(\w+)?\.yaml$/.exec(name)!;
    return { target, type, patch: parse(golden(`patches/${name}`)) } as PatchSpec;
  });
}

interface Shown {
  kind: string;
  metadata: { name: string };
  data?: Record<string, string>;
  spec?: unknown;
}

function objects(): Shown[] {
  return parseAllDocuments(golden('objects.yaml')).map((document) => document.toJS() as Shown);
}

function dataOf(name: string): Record<string, string> {
  const found = objects().find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name);
  return found?.data ?? {};
}
