import { describe, expect, it } from 'vitest';
import { KubewrightError } from '../../../../src/base/errors.ts';
import { readClusterFile } from '../../../../src/cluster/spec/file.ts';
import { resolveSpec } from '../../../../src/cluster/spec/resolve.ts';

const TOP = 'apiVersion: kubewright.dev/v1alpha1\nkind: Cluster\nmetadata: {name: prod}\nspec:\n';
const read = (spec: string, line?: number) => readClusterFile(TOP + spec, 'c.yaml', { line });

describe('a cluster file', () => {
  it('says only what is written in it, as Kubernetes reads YAML', () => {
    const { input, warnings } = read(
      '  kubernetesVersion: 1.37.2\n  networking:\n  security: {profiling: on}\n  endpoint: {port: 07777}\n',
    );
    expect(input).toEqual({
      name: 'prod',
      kubernetesVersion: 'v1.37.2',
      security: { profiling: true },
      endpoint: { port: 0o7777 },
    });
    expect(warnings).toEqual([]);
  });

  it('knows where each field stands, through anchors and merges too', () => {
    const file = read(
      '  networking: &n\n    podSubnet: 10.50.0.0/16\n  etcd:\n    environment: &e {A: b}\n  apiServer:\n    environment: *e\n    <<: {volumes: []}\n',
    );
    expect(file.position(['name'])).toEqual({ line: 3, column: 18 });
    expect(file.position(['networking', 'podSubnet'])).toEqual({ line: 6, column: 16 });
    expect(file.position(['networking'])).toEqual({ line: 5, column: 3 });
    expect(file.position(['apiServer', 'environment', 'A'])).toEqual({ line: 8, column: 25 });
    expect(file.position(['apiServer', 'volumes'])?.line).toBe(11);
    expect(file.position(['networking', 'cni'])).toBeUndefined();
  });

  it('counts lines from where it begins in its file', () => {
    expect(message(() => read('  hosts: 1\n', 11))).toContain('c.yaml:15:10: spec.hosts: must be a list');
  });

  it('gives its places to what only shows against defaults or the record', () => {
    const file = read('  networking:\n    podSubnet: 10.96.0.0/16\n');
    expect(message(() => resolveSpec(file.input, undefined, file))).toMatch(
      /^c\.yaml:6:16: spec\.networking\.podSubnet: 10\.96\.0\.0\/16 overlaps/,
    );
    const recorded = resolveSpec(
      { name: 'prod', hosts: [{ name: 'cp1', address: '10.244.0.9' }] },
      {
        ...resolveSpec({ name: 'prod', networking: { podSubnet: '10.50.0.0/16' } }),
      },
    );
    const other = read('  hosts:\n  - {name: w1, address: 10.50.0.3}\n');
    expect(message(() => resolveSpec(other.input, recorded))).toContain('cannot be built as described');
    expect(message(() => resolveSpec(other.input, recorded, other))).toBe(
      'c.yaml:6:25: spec.hosts[0].address: networking.podSubnet 10.50.0.0/16 contains the address of host w1, 10.50.0.3',
    );
    const changed = read('  imageRepository: example.com\n');
    expect(message(() => resolveSpec(changed.input, recorded, changed))).toBe(
      'c.yaml:5:20: spec.imageRepository: the cluster is recorded with registry.k8s.io and cannot be changed to example.com',
    );
  });
});

// Host names given twice, and ranges in one another, were told only when no field was wrong by itself any more.
it('what is wrong between fields is told beside what is wrong in one of them', () => {
  const told = message(() =>
    read(
      [
        '  networking: {podSubnet: 10.96.0.0/16, serviceSubnet: 10.96.0.0/12, cni: calico}',
        '  etcd: {dataDir: /etc, extraArgs: {name: x, Bad_Flag: y}}',
        '  hosts:',
        '  - {name: w1, address: 10.96.0.5, labels: {a: "b c"}}',
        '  - {name: w1, rolle: worker}',
        '  - {address: 10.96.0.5}',
        '',
      ].join('\n'),
    ),
  );
  for (const words of [
    'spec.networking.cni: must be one of',
    'spec.networking.podSubnet: 10.96.0.0/16 overlaps',
    'spec.networking.podSubnet: 10.96.0.0/16 contains the address of host w1',
    'spec.etcd.dataDir: /etc is not',
    'spec.etcd.extraArgs.name: cannot be set here',
    'spec.etcd.extraArgs.Bad_Flag: must be',
    'spec.hosts[0].labels.a: must be',
    'spec.hosts[1].name: the name w1 is given to two hosts',
    'spec.hosts[1].rolle: there is no such field',
    'spec.hosts[2].name: is missing',
    'spec.hosts[2].address: this one and w1 have the same address',
  ])
    expect(told).toContain(words);
});

function message(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof KubewrightError) return error.message;
    throw error;
  }
  throw new Error('it was taken');
}
