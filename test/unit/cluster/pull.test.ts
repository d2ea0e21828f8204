import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import type { ImageArtifact } from '../../../src/artifacts/port.ts';
import type { ClusterPorts } from '../../../src/cluster/ports.ts';
import { pullImages } from '../../../src/cluster/run-pull.ts';
import type { HostBinary } from '../../../src/cluster/steps/binary.ts';
import { silent } from '../../../src/output/events.ts';
import { FakeHost } from '../../fakes/fake-host.ts';

function image(component: string): ImageArtifact {
  const sha256 = createHash('sha256').update(component).digest('hex');
  const reference = `registry.k8s.io/${component}:1`;
  const about = { component, version: '1', arch: 'amd64', sha256, size: component.length, path: '' };
  return { ...about, reference, digest: `sha256:${sha256}`, open: () => Readable.from([component]) };
}

const binaries: HostBinary[] = ['containerd', 'containerd-shim-runc-v2', 'ctr', 'runc', 'kubelet'].map(
  (name) => ({
    path: `/usr/local/bin/${name}`,
    mode: 0o755,
    artifact: image(name),
  }),
);

function ports(host: FakeHost): ClusterPorts {
  const known = ['pause', 'etcd', 'kube-apiserver', 'kube-proxy', 'flannel', 'agnhost'].map(image);
  return {
    openHost: async () => host,
    labDefaults: async () => undefined,
    secret: async () => undefined,
    localFile: async () => undefined,
    apiClient: () => expect.fail('no cluster is asked'),
    artifacts: async (choice) => ({
      choice,
      store: {
        hostFiles: async () => binaries,
        images: async (_arch, _version, names) =>
          known.filter(({ component }) => names?.includes(component) ?? component !== 'agnhost'),
      },
    }),
    reporter: silent,
    signal: new AbortController().signal,
    now: () => new Date(),
  };
}

/** What `ctr images ls` would say of it. */
function listing(host: FakeHost): FakeHost {
  host.onRun = (argv) => {
    if (!argv.includes('images')) return {};
    const rows = [...host.images].map((reference) => {
      const { digest } = image(reference.replace(/^.*\/|:.*$/g, ''));
      return `${reference} type ${digest} 1 B linux/amd64 -`;
    });
    return { stdout: ['REF TYPE DIGEST SIZE PLATFORMS LABELS', ...rows].join('\n') };
  };
  return host;
}

const request = {
  targets: ['w1'],
  spec: { extraImages: ['agnhost'] },
  ignorePreflightErrors: ['all'],
  dryRun: false,
};

it('a bare host gets containerd and every image, and the second time nothing', async () => {
  const host = listing(new FakeHost('w1'));
  // The fake knows no unit by its file.
  host.units.set('containerd.service', { active: 'inactive', enabled: 'disabled' });
  const { hosts } = await pullImages(ports(host), request);
  expect(hosts[0]?.images).toEqual([...host.images]);
  expect(host.images.size).toBe(6);
  expect(host.text('/etc/systemd/system/containerd.service')).toContain('[Service]');
  expect(host.nodes.has('/usr/local/bin/kubelet')).toBe(false);
  expect(host.nodes.has('/etc/kubernetes')).toBe(false);
  expect((await pullImages(ports(host), request)).hosts[0]).toMatchObject({ changed: 0 });
});

it('a containerd that runs is left as it is', async () => {
  const host = listing(new FakeHost('w1'));
  host.units.set('containerd.service', { active: 'active', enabled: 'enabled' });
  host.put('/etc/containerd/config.toml', '# by hand');
  await pullImages(ports(host), request);
  expect(host.text('/etc/containerd/config.toml')).toBe('# by hand');
  expect(host.operations.every(({ kind }) => kind === 'image')).toBe(true);
});

it('a dry run says what would be imported, and imports nothing', async () => {
  const host = listing(new FakeHost('w1'));
  const { plans } = await pullImages(ports(host), { ...request, dryRun: true });
  expect(JSON.stringify(plans)).toContain('import image registry.k8s.io/etcd:1');
  expect(host.operations).toEqual([]);
});
