import { expect, test } from 'vitest';
import ArtifactsList from '../../../../commands/artifacts/list.ts';
import { EXIT } from '../../../../src/base/exit-codes.ts';
import { runCommand } from '../../../fakes/cli.ts';
import { publishImages, publishRelease } from '../../../fakes/mirror/release.ts';
import { world } from './support.ts';

interface Item {
  kind: string;
  address: string;
  mirror: string;
  digest: string;
}

async function list(env: Record<string, string>, ...args: string[]): Promise<Item[]> {
  const { stdout, failure } = await runCommand(ArtifactsList, [...args, '-o', 'json'], { env });
  expect(failure).toBeUndefined();
  return (JSON.parse(stdout) as { items: Item[] }).items;
}

test.each(['amd64', 'arm64'])('what is listed for %s is exactly what a download asks for', async (arch) => {
  const { mirror, store, lock } = await world();
  await publishRelease(mirror, ['amd64', 'arm64']);
  await publishImages(mirror, ['amd64', 'arm64']);
  const env = { KUBEWRIGHT_ARTIFACTS_LOCK: lock };
  const before = await list(env, '--arch', arch, '--artifacts-mirror', mirror.url);
  expect(before.every(({ digest }) => digest === '')).toBe(true);
  await store().hostFiles(arch, 'v1.37.2');
  await store().images(arch, 'v1.37.2');
  const asked = mirror.asked
    .map(({ path }) => path)
    .filter((path) => !/\/(blobs|manifests)\/sha256:/.test(path));
  const paths = before.map(({ mirror: url }) => new URL(url).pathname);
  expect([...new Set(asked)].sort()).toEqual([...paths].sort());
  const after = await list(env, '--arch', arch);
  for (const { kind, address, digest } of after) {
    const wanted = { file: /^[0-9a-f]{64}$/, checksum: /^$/, image: /^sha256:[0-9a-f]{64}$/ }[kind]!;
    expect(digest, address).toMatch(wanted);
  }
});

test('all architectures by default, each address once; images that are not wanted are left out', async () => {
  const { lock } = await world();
  const env = { KUBEWRIGHT_ARTIFACTS_LOCK: lock };
  const all = await list(env);
  const addresses = all.map(({ address }) => address);
  expect(new Set(addresses).size).toBe(addresses.length);
  for (const arch of ['amd64', 'arm64']) expect(addresses.join('\n')).toContain(`/linux/${arch}/kubelet`);
  expect(addresses).toContain('ghcr.io/flannel-io/flannel:v0.26.7');
  expect((await list(env, '--cni', 'bridge')).some(({ address }) => address.includes('flannel-io'))).toBe(
    false,
  );
  const older = await list(env, '--kubernetes-version', 'v1.36.3', '--arch', 'arm64');
  expect(older.map(({ address }) => address)).toContain(
    'https://dl.k8s.io/v1.36.3/bin/linux/arm64/kube-proxy.tar',
  );
});

test('text has a line each; an unknown architecture is told', async () => {
  const { lock } = await world();
  const env = { KUBEWRIGHT_ARTIFACTS_LOCK: lock };
  const { stdout } = await runCommand(ArtifactsList, ['--arch', 'amd64'], { env });
  expect(stdout).toContain('file     https://dl.k8s.io/v1.37.2/bin/linux/amd64/kubelet\n');
  expect(stdout).toContain('checksum https://dl.k8s.io/v1.37.2/bin/linux/amd64/kubelet.sha256\n');
  expect(stdout).toContain('image    registry.k8s.io/pause:3.10.2\n');
  const { exit } = await runCommand(ArtifactsList, ['--arch', 'riscv64'], { env });
  expect(exit).toBe(EXIT.unsupportedHost);
});

test('a source or mirror that the environment names wrongly is told by its name', async () => {
  const wrong = async (env: Record<string, string>) => (await runCommand(ArtifactsList, [], { env })).failure;
  expect(await wrong({ KUBEWRIGHT_ARTIFACTS_SOURCE: 'scp' })).toMatchObject({
    code: 'InvalidOption',
    message: expect.stringContaining('auto, download, build'),
  });
  expect(await wrong({ KUBEWRIGHT_ARTIFACTS_MIRROR: 'mirror' })).toMatchObject({ code: 'InvalidOption' });
});
