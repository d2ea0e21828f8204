import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { ImageArtifact } from '../../../src/artifacts/port.ts';
import { clusterArtifacts } from '../../../src/cluster/artifacts.ts';
import { imageReferences } from '../../../src/cluster/manifests/images.ts';
import type { ClusterPorts } from '../../../src/cluster/ports.ts';
import type { ClusterSpecInput } from '../../../src/cluster/spec/types.ts';
import { imageStep } from '../../../src/cluster/steps/images.ts';
import { planPhases } from '../../../src/engine/planner.ts';
import { runPhases } from '../../../src/engine/runner.ts';
import { Timeline } from '../../../src/engine/timeline.ts';
import { FakeHost } from '../../fakes/fake-host.ts';
import { exampleSpec } from './example.ts';

const upstream = imageReferences(exampleSpec().spec);

/** What the store makes: under upstream's references, whatever the cluster calls them. */
const store = Object.entries(upstream).map(([component, reference]): ImageArtifact => {
  const content = Buffer.from(component);
  return {
    component,
    version: '',
    arch: 'amd64',
    sha256: '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae',
    size: content.length,
    path: '',
    reference,
    digest: `sha256:${component}`,
    open: () => Readable.from([content]),
  };
});

async function imagesOf(input: ClusterSpecInput) {
  const built = { hostFiles: async () => [], images: async () => store };
  const ports = {
    artifacts: async (choice: object) => ({ choice, store: built }),
  } as unknown as ClusterPorts;
  return (await clusterArtifacts(ports, 'amd64', exampleSpec(input).spec, {})).images;
}

const mirrored: ClusterSpecInput = { imageRepository: 'mirror.example.com/k8s' };

async function planned(table: string) {
  const host = new FakeHost();
  host.onRun = () => ({ stdout: table });
  const images = (await imagesOf(mirrored)).filter(({ component }) => component === 'coredns');
  const phase = { name: 'images', title: '', after: [], steps: () => images.map(imageStep) };
  const common = { host, phases: [phase], context: undefined, timeline: new Timeline() };
  return { common, host, plan: await planPhases(common) };
}

describe('images of a cluster with a repository of its own', () => {
  it('get the names that its manifests use', async () => {
    const aliases = (await imagesOf(mirrored)).map(({ component, alias }) => [component, alias]);
    const wanted = imageReferences(exampleSpec(mirrored).spec);
    expect(Object.fromEntries(aliases)).toEqual(wanted);
  });

  it('get none of another version’s name', async () => {
    const images = await imagesOf({ ...mirrored, components: { etcd: '3.9.0-0' } });
    expect(images.find(({ component }) => component === 'etcd')?.alias).toBeUndefined();
  });

  it('have no other name in the default repository', async () => {
    expect((await imagesOf({})).some(({ alias }) => alias !== undefined)).toBe(false);
  });

  it('are only named where they are there already, and left alone where they have the name', async () => {
    const header = 'REF TYPE DIGEST\n';
    const row = (reference: string) => `${reference} t sha256:coredns\n`;
    const alias = 'mirror.example.com/k8s/coredns:v1.14.6';
    const summary = async (table: string) => (await planned(table)).plan.phases[0]!.steps[0]!.summary;
    expect(await summary(header)).toEqual([`import image ${alias}, 0 MB`]);
    expect(await summary(header + row(upstream.coredns))).toEqual([`name image ${alias}`]);
    expect(await summary(header + row(alias))).toEqual([]);
  });

  it('are imported, then named', async () => {
    const { common, host } = await planned(
      'REF TYPE DIGEST\nregistry.k8s.io/coredns/coredns:v1.14.6 t sha256:coredns\n',
    );
    await runPhases({ ...common, reporter: { emit: () => undefined }, signal: new AbortController().signal });
    expect(host.operations.map((operation) => 'argv' in operation && operation.argv.slice(3))).toEqual([
      ['images', 'tag', '--force', upstream.coredns, 'mirror.example.com/k8s/coredns:v1.14.6'],
    ]);
  });
});

describe('images of add-ons that are not wanted', () => {
  it('are not brought to hosts', async () => {
    const addons = { coredns: { enabled: false }, kubeProxy: { enabled: false } };
    const components = (await imagesOf({ addons })).map(({ component }) => component);
    expect(components).not.toContain('coredns');
    expect(components).not.toContain('kube-proxy');
    expect(components).toContain('pause');
  });
});
