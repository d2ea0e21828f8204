import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConfigFlags, declarationOf, joinTargets } from '../../../src/cli/config.ts';
import { canonicalYaml } from '../../../src/cluster/manifests/yaml.ts';
import { init } from '../../../src/cluster/run-init.ts';
import { toDocument } from '../../../src/cluster/spec/document.ts';
import { resolveSpec } from '../../../src/cluster/spec/resolve.ts';
import { type ClusterSpec, CNI_NAMES, ENCRYPTION_ALGORITHMS } from '../../../src/cluster/spec/types.ts';
import { silent } from '../../../src/output/events.ts';
import { clusterPorts } from '../../fakes/cluster-ports.ts';
import { fakeFacts } from '../../fakes/fake-facts.ts';
import { FakeHost } from '../../fakes/fake-host.ts';

const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$/);
const name = fc.oneof(
  label,
  fc.tuple(label, label).map(([a, b]) => `${a}.${b}.test`),
);
const gate = fc.tuple(fc.stringMatching(/^[A-Z][A-Za-z]{2,12}$/), fc.boolean());

const flagSets: fc.Arbitrary<ConfigFlags> = fc.record(
  {
    'cluster-name': label,
    'kubernetes-version': fc.constantFrom('v1.37.2', '1.37.2', 'v1.36.3'),
    'pod-subnet': fc.constantFrom('10.244.0.0/16', '10.200.0.0/20', '10.244.0.0/16,fd00:10:244::/56'),
    'service-subnet': fc.constantFrom('10.96.0.0/12', '172.30.0.0/16'),
    'service-dns-domain': name,
    cni: fc.constantFrom(...CNI_NAMES),
    'encryption-algorithm': fc.constantFrom(...ENCRYPTION_ALGORITHMS),
    'apiserver-cert-extra-sans': fc
      .array(name, { minLength: 1, maxLength: 3 })
      .map((names) => names.join(',')),
    'control-plane-endpoint': fc.oneof(name, fc.constant('192.0.2.100'), fc.constant('[2001:db8::1]:6443')),
    'apiserver-bind-port': fc.constant(6443),
    'image-repository': name.map((host) => `${host}/k8s`),
    'feature-gates': fc
      .uniqueArray(gate, { minLength: 1, maxLength: 3, selector: ([key]) => key })
      .map((gates) => gates.map(([key, on]) => `${key}=${on}`)),
    patches: fc.constant('patches'),
    name: label,
    'advertise-address': fc.constantFrom('192.0.2.10', '198.51.100.7'),
  },
  { requiredKeys: [] },
);

describe('flags and the file', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kubewright-spellings-'));
    const patch = 'spec: { priority: 3 }\n---\nmetadata: { labels: { a: b } }\n';
    // A folder in kubeadm's way.
    const patches = join(folder, 'patches');
    mkdirSync(patches);
    writeFileSync(join(patches, 'kube-apiserver0+merge.yaml'), patch);
    writeFileSync(join(patches, 'etcd+json.json'), '[{"op":"add","path":"/metadata/labels/x","value":"y"}]');
    writeFileSync(join(patches, 'README.md'), 'left out');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const around = () => ({ cli: { reporter: silent }, runtime: { cwd: folder, stdin: Readable.from([]) } });
  const declare = (flags: ConfigFlags) => declarationOf(around(), 'cp1', flags);
  const fileOf = (spec: ClusterSpec) => {
    const path = join(folder, 'cluster.yaml');
    writeFileSync(path, canonicalYaml(toDocument(spec)));
    return path;
  };
  const specOf = async (flags: ConfigFlags): Promise<ClusterSpec> => {
    const { node, spec, target } = await declare(flags);
    const host = { address: '192.0.2.10', ...node, name: node.name ?? 'fake', role: 'control-plane', target };
    return resolveSpec({ ...spec, hosts: [host as ClusterSpec['hosts'][number]] });
  };

  it('are two spellings of one thing: any flags give the specification of the file that it prints', async () => {
    await fc.assert(
      fc.asyncProperty(flagSets, async (flags) => {
        const spec = await specOf(flags);
        expect(await specOf({ config: fileOf(spec) })).toEqual(spec);
      }),
      { numRuns: 150 },
    );
  });

  it('give the same plan, to the byte of every file that is known', async () => {
    const plan = async (flags: ConfigFlags) => {
      const host = new FakeHost('cp1');
      host.facts = fakeFacts();
      const { target: _, ...declared } = await declare(flags);
      const common = {
        target: 'cp1',
        ignorePreflightErrors: ['all'],
        dryRun: true,
        contents: { keyCommand: ['true'] },
      };
      return init(
        clusterPorts(async () => host),
        { ...declared, ...common },
      );
    };
    await fc.assert(
      fc.asyncProperty(flagSets, async (flags) => {
        const byFlags = await plan(flags);
        const byFile = await plan({ config: fileOf(byFlags.cluster) });
        expect(byFile.plan).toEqual(byFlags.plan);
        expect(byFile.cluster).toEqual(byFlags.cluster);
      }),
      { numRuns: 25 },
    );
  });

  it('may be mixed: what a flag says wins over the file', async () => {
    const path = fileOf(
      await specOf({ 'cluster-name': 'staging', 'pod-subnet': '10.200.0.0/20', cni: 'none' }),
    );
    const spec = await specOf({ config: path, cni: 'bridge', 'service-dns-domain': 'example.test' });
    expect(spec).toMatchObject({ name: 'staging' });
    expect(spec.networking).toMatchObject({
      podSubnet: '10.200.0.0/20',
      cni: 'bridge',
      dnsDomain: 'example.test',
    });
  });

  it('of kubeadm as well: its file is taken where ours is', async () => {
    const path = join(folder, 'kubeadm.yaml');
    writeFileSync(
      path,
      'apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nclusterName: old\nnetworking: { podSubnet: 10.9.0.0/16 }\n',
    );
    const spec = await specOf({ config: path, cni: 'bridge' });
    expect(spec).toMatchObject({ name: 'old', networking: { podSubnet: '10.9.0.0/16', cni: 'bridge' } });
  });

  it('say of which host of the file they speak', async () => {
    const path = join(folder, 'hosts.yaml');
    const hosts = [
      '{ name: cp1, role: control-plane, address: 192.0.2.1, labels: { a: b } }',
      '{ name: cp2, role: control-plane, target: admin@cp2.test }',
      '{ name: w1, labels: { c: d } }',
    ];
    const text = `apiVersion: kubewright.dev/v1alpha1\nkind: Cluster\nmetadata: { name: c }\nspec:\n  hosts:\n${hosts.map((host) => `    - ${host}\n`).join('')}`;
    writeFileSync(path, text);
    const of = (host: string | undefined, more: ConfigFlags = {}) =>
      declarationOf(around(), host, { config: path, ...more });
    expect(await of(undefined)).toMatchObject({
      target: '192.0.2.1',
      node: { name: 'cp1', labels: { a: 'b' } },
    });
    expect((await of('192.0.2.1')).node.name).toBe('cp1');
    expect(await of('admin@cp2.test')).toMatchObject({ target: 'admin@cp2.test', node: { name: 'cp2' } });
    expect(await of('jump', { name: 'cp2' })).toMatchObject({ target: 'jump', node: { name: 'cp2' } });
    await expect(of('cp9')).rejects.toThrow(/has no host cp9/);
    const joining = (...words: string[]) => joinTargets(around(), words, { config: path }, 'worker');
    expect(await joining()).toEqual([{ name: 'w1', target: 'w1', role: 'worker', labels: { c: 'd' } }]);
    expect(await joining('w1', 'w2')).toMatchObject([{ target: 'w1', labels: { c: 'd' } }, { target: 'w2' }]);
  });

  it('a file of kubeadm that does not name its host loses nothing of what it says of it', async () => {
    const path = join(folder, 'kubeadm.yaml');
    const top = 'apiVersion: kubeadm.k8s.io/v1beta4\nkind: ';
    const registration = 'nodeRegistration: {taints: [], kubeletExtraArgs: [{name: v, value: "4"}]}\n';
    writeFileSync(
      path,
      `${top}InitConfiguration\nlocalAPIEndpoint: {advertiseAddress: 192.0.2.1}\n${registration}`,
    );
    expect(await declarationOf(around(), 'root@host', { config: path })).toMatchObject({
      target: 'root@host',
      node: { address: '192.0.2.1', taints: [], kubeletExtraArgs: { v: '4' } },
    });
    writeFileSync(path, `${top}JoinConfiguration\n${registration}`);
    expect(await joinTargets(around(), ['w1'], { config: path }, 'worker')).toEqual([
      { target: 'w1', role: 'worker', taints: [], kubeletExtraArgs: { v: '4' } },
    ]);
  });

  it('what a file says is told with its place, what a flag says without', async () => {
    const path = join(folder, 'overlap.yaml');
    const top = 'apiVersion: kubewright.dev/v1alpha1\nkind: Cluster\nmetadata: { name: c }\n';
    writeFileSync(path, `${top}spec: { networking: { podSubnet: 10.96.0.0/16 } }\n`);
    const host = new FakeHost('cp1');
    host.facts = fakeFacts();
    const run = async (flags: ConfigFlags) =>
      init(
        clusterPorts(async () => host),
        {
          ...(await declare({ config: path, ...flags })),
          ...{ target: 'cp1', ignorePreflightErrors: ['all'], dryRun: true },
        },
      );
    await expect(run({})).rejects.toThrow(`${path}:4:34: spec.networking.podSubnet: 10.96.0.0/16 overlaps`);
    await expect(run({ 'pod-subnet': '10.97.0.0/16' })).rejects.toThrow(/^The cluster cannot be built/);
  });

  it.each([
    [{ 'feature-gates': ['NodeSwap'] }, /GATE=true/],
    [{ 'control-plane-endpoint': 'api.test:6443', 'apiserver-bind-port': 7443 }, /port 6443 .* 7443/],
    [{ patches: 'nowhere' }, /--patches nowhere cannot be read/],
    [{ config: 'nowhere.yaml' }, /nowhere.yaml cannot be read/],
  ] as [ConfigFlags, RegExp][])('refuse %j', async (flags, words) => {
    await expect(declare(flags)).rejects.toThrow(words);
  });
});
