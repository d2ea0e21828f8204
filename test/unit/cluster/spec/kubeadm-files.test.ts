// What becomes of each file of test/golden/kubeadm-files is in its .txt: the cluster file and the warnings, or what is
// wrong. After a change: `npx vitest run --project unit test/unit/cluster/spec/kubeadm-files.test.ts -u`, read the diff.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KubewrightError } from '../../../../src/base/errors.ts';
import { kubeadmHost, kubeadmText } from '../../../../src/cluster/manifests/kubeadm-files.ts';
import { convertKubeadm } from '../../../../src/cluster/spec/kubeadm/convert.ts';
import { clusterText } from '../../../../src/cluster/spec/print.ts';
import { readConfig } from '../../../../src/cluster/spec/read.ts';
import { resolveSpec } from '../../../../src/cluster/spec/resolve.ts';

const FOLDER = join(import.meta.dirname, '../../../golden/kubeadm-files');
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));
const textOf = (name: string) => readFileSync(join(FOLDER, name), 'utf8');

describe('a file of kubeadm', () => {
  it.each(files)('%s', async (name) => {
    const outcome = outcomeOf(textOf(name), name);
    expect(outcome.includes('0123456789abcdef')).toBe(false);
    expect(outcome.startsWith('apiVersion')).toBe(!name.startsWith('bad-'));
    await expect(outcome).toMatchFileSnapshot(join(FOLDER, name.replace('.yaml', '.txt')));
  });

  it('knows where each field of the specification comes from', () => {
    const file = convertKubeadm(textOf('everything.yaml'), 'k.yaml');
    expect(file.position(['etcd', 'dataDir'])).toEqual({ line: 62, column: 14 });
    expect(file.position(['hosts', 1, 'address'])).toEqual({ line: 119, column: 23 });
    expect(file.position(['kubelet', 'maxPods'])).toEqual({ line: 127, column: 10 });
    expect(file.position(['artifacts'])).toBeUndefined();
    expect(() => resolveSpec(file.input, resolveSpec({ name: 'prod' }), file)).toThrow(
      /^k\.yaml:48:23: spec\.endpoint\.name: the cluster is recorded with prod\./m,
    );
  });

  it('names its host by what the caller knows, or gives it without a name', () => {
    const text = textOf('init-alone.yaml').replace('  name: cp1', '  ignorePreflightErrors: [NumCPU]');
    const { input, unnamed } = convertKubeadm(text, 'k.yaml');
    const host = { role: 'control-plane', address: '192.168.77.11', ignorePreflightErrors: ['NumCPU'] };
    expect([input.hosts, unnamed]).toEqual([undefined, host]);
    const named = convertKubeadm(text, 'k.yaml', { nodeName: 'cp9' });
    expect([named.input.hosts, named.unnamed]).toEqual([[{ name: 'cp9', ...host }], undefined]);
  });

  it('brings its patches along, in the order of their names and by the types in them', () => {
    const text = textOf('bad-patches.yaml');
    const readFolder = (path: string) =>
      path === '/nowhere/patches'
        ? [
            { name: 'kube-apiserver1+json.json', text: '[{"op": "remove", "path": "/spec/volumes"}]' },
            { name: 'etcd+merge.yaml', text: 'spec: {a: 1}\n---\nspec: {b: 2}\n' },
            { name: 'kube-apiserver0.yaml', text: 'metadata: {labels: {a: b}}' },
            { name: 'README.md', text: 'a: b' },
          ]
        : undefined;
    expect(convertKubeadm(text, 'k.yaml', { readFolder }).input.patches).toEqual([
      { target: 'etcd', type: 'merge', patch: { spec: { a: 1 } } },
      { target: 'etcd', type: 'merge', patch: { spec: { b: 2 } } },
      { target: 'kube-apiserver', type: 'strategic', patch: { metadata: { labels: { a: 'b' } } } },
      { target: 'kube-apiserver', type: 'json', patch: [{ op: 'remove', path: '/spec/volumes' }] },
    ]);
    const broken = () => [{ name: 'etcd.yaml', text: 'a: [' }];
    expect(() => convertKubeadm(text, 'k.yaml', { readFolder: broken })).toThrow(
      /k\.yaml:5:14: .*etcd\.yaml:1:/,
    );
  });

  it('is what the specification made of it is printed as for kubeadm', () => {
    const input = {
      name: 'prod',
      certSANs: ['a.example.com'],
      endpoint: { name: 'api.example.com', port: 7443 },
    };
    const hosts = [
      { name: 'cp1', role: 'control-plane' as const, address: '192.168.77.11', labels: { rack: 'a' } },
    ];
    const spec = resolveSpec({
      ...input,
      hosts,
      timeouts: { discovery: '9m0s' },
      networking: { cni: 'none' },
    });
    const again = readConfig(kubeadmText(spec, kubeadmHost(spec, undefined)), 'printed.yaml').input;
    expect(again).toMatchObject({ ...input, hosts, networking: spec.networking, timeouts: spec.timeouts });
  });
});

function outcomeOf(text: string, name: string): string {
  try {
    const file = readConfig(text, name);
    const lines = file.warnings.map((warning) => `# ${warning}\n`);
    return `${clusterText(file.input)}${lines.join('')}`;
  } catch (error) {
    if (error instanceof KubewrightError) return `${error.message}\n`;
    throw error;
  }
}
