import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ImageArtifact } from '../../src/artifacts/port.ts';
import { canonicalYaml } from '../../src/cluster/manifests/yaml.ts';
import { applyPlan } from '../../src/cluster/plan/apply-plan.ts';
import { planDocument } from '../../src/cluster/plan/document.ts';
import { planCluster } from '../../src/cluster/plan/plan-cluster.ts';
import type { ClusterPorts } from '../../src/cluster/ports.ts';
import { CLUSTER_API_VERSION, CLUSTER_KIND } from '../../src/cluster/spec/document.ts';
import { readClusterFile } from '../../src/cluster/spec/file.ts';
import type { HostBinary } from '../../src/cluster/steps/binary.ts';
import { pendingSteps } from '../../src/engine/plan.ts';
import type { Host } from '../../src/host/port.ts';
import { openHost } from '../../src/host/session.ts';
import { connectSsh } from '../../src/host/ssh/connect.ts';
import { clusterPorts } from '../fakes/cluster-ports.ts';
import { hostFiles, image, nobody, startHost } from './support/cluster-hosts.ts';
import { type Laptop, makeLaptop } from './support/laptop.ts';
import type { Sshd } from './support/sshd.ts';
import { describeSim } from './support/tier.ts';

/** What needs neither an API server nor the kernel of this machine. */
const PHASES = {
  init: [
    ...['record', 'security', 'certs', 'kubeconfig', 'runtime', 'kubelet-install', 'images-control-plane'],
    ...['etcd', 'control-plane', 'kubelet-start', 'images', 'controllers'],
  ],
  join: ['runtime', 'kubelet-install', 'images'],
};

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,7}$/);
const gates = fc.dictionary(fc.stringMatching(/^[A-Z][A-Za-z]{3,9}$/), fc.boolean(), { maxKeys: 2 });
const environment = fc.dictionary(fc.stringMatching(/^[A-Z_]{2,8}$/), word, { maxKeys: 2 });
const component = fc.record(
  {
    extraArgs: fc.record({ v: fc.constantFrom('1', '4') }),
    environment,
    featureGates: gates,
    volumes: fc.constant([{ name: 'extra', hostPath: '/srv/extra', mountPath: '/extra' }]),
  },
  { requiredKeys: [] },
);
const host = fc.record(
  {
    labels: fc.dictionary(word, word, { maxKeys: 2 }),
    taints: fc.constant([{ key: 'dedicated', value: 'batch', effect: 'NoSchedule' }]),
    kubelet: fc.record({ maxPods: fc.integer({ min: 10, max: 250 }) }),
    environment,
  },
  { requiredKeys: [] },
);
const specs = fc.record(
  {
    networking: fc.record(
      {
        podSubnet: fc.constantFrom('10.200.0.0/16', '10.244.0.0/16,fd00:10:244::/56'),
        cni: fc.constantFrom('flannel', 'bridge', 'none'),
        dnsDomain: word.map((name) => `${name}.test`),
      },
      { requiredKeys: [] },
    ),
    encryptionAlgorithm: fc.constantFrom('ECDSA-P256', 'ECDSA-P384', 'RSA-2048'),
    certificateValidity: fc.constantFrom('720h', '8760h'),
    certSANs: fc.uniqueArray(word, { maxLength: 2 }),
    kubelet: fc.record({ podPidsLimit: fc.integer({ min: 100, max: 9999 }) }),
    apiServer: component,
    controllerManager: component,
    scheduler: fc.record({ config: fc.constant({ parallelism: 8 }) }, { requiredKeys: [] }),
    featureGates: gates,
    patches: fc.constant([
      { target: 'etcd', patch: { metadata: { annotations: { 'example.com/a': 'b' } } } },
      { target: 'kubeletconfiguration', type: 'merge', patch: { maxPods: 77 } },
    ]),
    proxy: fc.constant({ http: 'http://proxy.test:3128', noProxy: ['intern.test'] }),
    registries: fc.constant([{ host: 'docker.io', mirrors: [{ url: 'https://mirror.test' }] }]),
    security: fc.record(
      {
        profiling: fc.boolean(),
        encryptSecrets: fc.constantFrom('secretbox', 'aesgcm', 'none'),
        anonymousAccess: fc.constantFrom('discovery', 'all', 'none'),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);
const clusters = fc.tuple(word, specs, host, host);

describeSim('a declared cluster on hosts without an API server', () => {
  let laptop: Laptop;
  let folder: string;
  let binaries: HostBinary[];
  let images: ImageArtifact[];
  beforeAll(async () => {
    laptop = makeLaptop();
    folder = mkdtempSync(join(tmpdir(), 'kubewright-declared-'));
    binaries = hostFiles();
    images = [await image(folder, 'pause'), await image(folder, 'etcd')];
  });
  afterAll(async () => {
    await laptop.clean();
    rmSync(folder, { recursive: true });
  });

  it('any valid file → plan → just that plan is carried out → diff is empty', async () => {
    const key = laptop.key();
    await fc.assert(
      fc.asyncProperty(clusters, async ([name, spec, ...own]) => {
        const sshds: Sshd[] = [];
        const opened: Host[] = [];
        try {
          for (const address of ['127.0.0.21', '127.0.0.22']) sshds.push(await startHost(address, key));
          const ports = portsOf(laptop, sshds, opened, { binaries, images });
          const { input } = readClusterFile(fileOf(name, spec, own), 'cluster.yaml');
          const request = { spec: input, pruneHosts: false, contents: true, phases: PHASES };
          const before = await planCluster(ports, request);
          expect(before.hosts.map((host) => pendingSteps(host) > 0)).toEqual([true, true]);
          const saved = planDocument(before, {
            kubewright: 'this',
            created: new Date(),
            declaration: { source: 'cluster.yaml', text: '', pruneHosts: false },
          });
          // Just that plan: whatever a step did beside what it announces would end it here.
          const { failures, hosts } = await applyPlan(ports, saved, 'plan.json', request);
          expect(failures).toEqual([]);
          expect(hosts.map(({ node, state }) => [node, state])).toEqual([
            ['cp1', 'done'],
            ['w1', 'done'],
          ]);
          const after = await planCluster(ports, request);
          const open = after.hosts.flatMap(({ phases }) =>
            phases.flatMap(({ steps }) => steps.filter(({ status }) => status !== 'done')),
          );
          expect(open).toEqual([]);
        } finally {
          for (const host of opened) await host.close();
          for (const sshd of sshds) await sshd.stop();
        }
      }),
      { numRuns: 4, endOnFailure: true },
    );
  });
});

function fileOf(name: string, spec: object, own: object[]): string {
  const hosts = own.map((more, index) => ({
    ...more,
    name: index === 0 ? 'cp1' : 'w1',
    role: index === 0 ? 'control-plane' : 'worker',
    address: `192.0.2.${11 + index}`,
    target: index === 0 ? 'cp1' : 'w1',
  }));
  const document = { apiVersion: CLUSTER_API_VERSION, kind: CLUSTER_KIND, metadata: { name } };
  return canonicalYaml({ ...document, spec: { ...spec, hosts } });
}

function portsOf(
  laptop: Laptop,
  sshds: readonly Sshd[],
  opened: Host[],
  { binaries, images }: { binaries: HostBinary[]; images: ImageArtifact[] },
): ClusterPorts {
  laptop.write('.ssh/known_hosts', `${sshds.map((sshd) => sshd.knownHost()).join('\n')}\n`);
  const connect = async (target: string) => {
    const { address, port } = sshds[target === 'cp1' ? 0 : 1]!;
    const host = await openHost(target, () => connectSsh(`root@${address}:${port}`, laptop.options()));
    opened.push(host);
    return host;
  };
  return clusterPorts(connect, {
    apiClient: () => nobody,
    artifacts: async (choice) => ({
      choice,
      store: {
        hostFiles: async () => binaries,
        images: async (_arch, _version, names) => (names ? [] : images),
      },
    }),
  });
}
