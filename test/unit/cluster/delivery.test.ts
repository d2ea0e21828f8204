import { expect, test } from 'vitest';
import type { Store } from '../../../src/artifacts/store.ts';
import { clusterArtifacts } from '../../../src/cluster/artifacts.ts';
import type { ClusterPorts } from '../../../src/cluster/ports.ts';
import { fetcherFindings } from '../../../src/cluster/preflight/fetcher.ts';
import { init } from '../../../src/cluster/run-init.ts';
import { pullImages } from '../../../src/cluster/run-pull.ts';
import { resolveSpec } from '../../../src/cluster/spec/resolve.ts';
import type { ArtifactsSpec } from '../../../src/cluster/spec/sections.ts';
import { binaryStep, type HostBinary } from '../../../src/cluster/steps/binary.ts';
import type { Event } from '../../../src/output/events.ts';
import { fakeFacts } from '../../fakes/fake-facts.ts';
import { FakeHost } from '../../fakes/fake-host.ts';
import { program, publishImages, publishRelease } from '../../fakes/mirror/release.ts';
import { world } from '../artifacts/download/support.ts';

function ports(store: Store, hosts: FakeHost[], events: Event[] = []): ClusterPorts {
  return {
    openHost: async (target) => hosts.find(({ name }) => name === target)!,
    labDefaults: async () => undefined,
    secret: async () => undefined,
    localFile: async () => undefined,
    apiClient: () => expect.fail('no cluster is asked'),
    artifacts: async (choice) => ({ choice, store }),
    reporter: { emit: (event) => events.push(event) },
    signal: new AbortController().signal,
    now: () => new Date(),
  };
}

function host(name: string, arch: string): FakeHost {
  const made = new FakeHost(name);
  made.facts = fakeFacts({ arch, hostname: name });
  made.units.set('containerd.service', { active: 'inactive', enabled: 'disabled' });
  return made;
}

test('in a mixed cluster every host gets what is made for it', async () => {
  const { mirror, store } = await world();
  await publishRelease(mirror, ['amd64', 'arm64']);
  await publishImages(mirror, ['amd64', 'arm64']);
  const hosts = [host('x1', 'amd64'), host('a1', 'arm64')];
  const request = { spec: {}, ignorePreflightErrors: ['all'], dryRun: false };
  await pullImages(ports(store(), hosts), { ...request, targets: ['x1', 'a1'] });
  for (const { nodes, facts } of hosts) {
    for (const name of ['containerd', 'ctr', 'runc']) {
      const path = name === 'runc' ? '/usr/local/sbin/runc' : `/usr/local/bin/${name}`;
      expect(nodes.get(path)?.content, `${name} for ${facts.arch}`).toEqual(program(name, facts.arch));
    }
  }
  const digests = hosts.map(({ operations }) =>
    operations.flatMap((operation) => (operation.kind === 'image' ? [operation.artifact.sha256] : [])),
  );
  expect(digests[0]).toHaveLength(9);
  expect(digests[0]?.filter((digest) => digests[1]?.includes(digest))).toEqual([]);
});

test('the plan of init for an arm64 host names what it gets, and asks upstream for arm64 alone', async () => {
  const { mirror, store } = await world();
  await publishRelease(mirror, ['arm64']);
  await publishImages(mirror, ['arm64']);
  const request = { target: 'a1', node: {}, spec: {}, ignorePreflightErrors: ['all'], dryRun: true };
  const { plan } = await init(ports(store(), [host('a1', 'arm64')]), request);
  const summaries = plan?.phases.flatMap(({ steps }) => steps.flatMap(({ summary }) => summary)) ?? [];
  expect(summaries).toContainEqual(expect.stringMatching(/\/usr\/local\/bin\/kubelet .*kubelet v1\.37\.2/));
  expect(summaries).toContainEqual(expect.stringContaining('registry.k8s.io/kube-apiserver:v1.37.2'));
  expect(mirror.asked.filter(({ path }) => path.includes('amd64'))).toEqual([]);
});

const environment = { HTTPS_PROXY: 'http://proxy.test:3128' };

const MIRROR = 'https://mirror.test/kubewright';
const downloaded = (name: string, url: string, member?: string): HostBinary => ({
  path: `/usr/local/bin/${name}`,
  mode: 0o755,
  artifact: {
    ...{ component: name, version: 'v1', arch: 'amd64', sha256: 'ab'.repeat(32), size: 7, path: '' },
    open: () => expect.fail('nothing is read'),
    origin: { url, sha256: 'cd'.repeat(32), ...(member ? { member } : {}) },
  },
});
const files = [
  downloaded('kubelet', 'https://dl.k8s.io/v1.37.2/bin/linux/amd64/kubelet'),
  downloaded('ctr', 'https://github.com/containerd/containerd.tar.gz', 'bin/ctr'),
];

async function delivered(artifacts: Partial<ArtifactsSpec>, hostFiles = files) {
  const events: Event[] = [];
  const spec = resolveSpec({ artifacts: { mirror: MIRROR, ...artifacts } });
  const store = { hostFiles: async () => hostFiles, images: async () => [] } as unknown as Store;
  return { events, ...(await clusterArtifacts(ports(store, [], events), 'amd64', spec, environment)) };
}

const operationOf = async (binary: HostBinary) => {
  const checked = await binaryStep(binary).check({ file: () => ({ type: 'absent' }) } as never);
  return checked.status === 'change' ? checked.known?.[0] : undefined;
};

test('delivery download: the host fetches from the mirror what is pinned, with its own proxies', async () => {
  const { binaries } = await delivered({ delivery: 'download' });
  const env = environment;
  const sha256 = 'cd'.repeat(32);
  expect(binaries.map(({ from }) => from)).toEqual([
    { url: `${MIRROR}/dl.k8s.io/v1.37.2/bin/linux/amd64/kubelet`, sha256, env },
    { url: `${MIRROR}/github.com/containerd/containerd.tar.gz`, sha256, env, member: 'bin/ctr' },
  ]);
  expect(await operationOf(binaries[0]!)).toMatchObject({ kind: 'fetch', sha256: 'ab'.repeat(32), size: 7 });
});

test('delivery upload: everything is sent', async () => {
  const { binaries } = await delivered({});
  expect(binaries.some(({ from }) => from)).toBe(false);
  expect(await operationOf(binaries[0]!)).toMatchObject({ kind: 'upload' });
});

test('what was built here is uploaded, and said to be', async () => {
  const built = files.map(({ artifact: { origin: _, ...artifact }, ...file }) => ({ ...file, artifact }));
  const { binaries, events } = await delivered({ delivery: 'download' }, built);
  expect(binaries.some(({ from }) => from)).toBe(false);
  expect(events).toEqual([
    expect.objectContaining({ type: 'message', text: expect.stringMatching(/^2 of 2 .* uploaded\.$/) }),
  ]);
});

test('preflight: a host that downloads by itself has curl or wget', async () => {
  const { binaries } = await delivered({ delivery: 'download' });
  const names = (commands: Record<string, boolean>, some = binaries) =>
    fetcherFindings(fakeFacts({ commands }), some).map(({ name }) => name);
  expect(names({})).toEqual(['Downloader']);
  expect(names({ curl: true })).toEqual([]);
  expect(names({ wget: true })).toEqual([]);
  expect(names({}, [])).toEqual([]);
});
