import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { addonObjects } from '../../../../src/cluster/manifests/addons.ts';
import { bootstrapObjects } from '../../../../src/cluster/manifests/bootstrap.ts';
import { kubeletFiles } from '../../../../src/cluster/manifests/kubelet.ts';
import { staticPods } from '../../../../src/cluster/manifests/static-pods.ts';
import type { KubeObject } from '../../../../src/kube/port.ts';
import { allowlist, differences, golden } from '../../../golden/compare.ts';
import { exampleSpec, facts } from '../example.ts';

const { spec, node } = exampleSpec();
const host = JSON.parse(golden('host.json')) as { caDirectories: string[] };

describe('what kubeadm 1.37.2 would write', () => {
  const files = [...staticPods(spec, node, host), ...kubeletFiles(spec, node, facts)].map(
    ({ path, content }) => [`files/${path.split('/').pop()}`, content] as const,
  );

  it('static pods and kubelet files differ only where the allowlist says so', () => {
    const found = files.flatMap(([item, content]) =>
      item.endsWith('.env')
        ? differences(item, golden(item), content)
        : differences(item, parse(golden(item)), parse(content)),
    );
    expect(found).toEqual(allowlist('files/').map(({ item, path }) => ({ item, path })));
  });

  it('is the same text, byte for byte, once the allowed lines are alike', () => {
    for (const [item, content] of files) {
      if (item.endsWith('.env')) continue;
      const alike = content.replace('etcd:3.7.3-0', 'etcd:3.7.0-0').replace(/resolvConf: .*\n/, '');
      expect(alike, item).toBe(golden(item));
    }
  });

  it('objects differ only where the allowlist says so', () => {
    const theirs = new Map(
      parseAllDocuments(golden('objects.yaml')).map((document) => keyed(document.toJS())),
    );
    const options = { ca: 'CA', server: 'https://192.168.77.11:6443' };
    const ours = new Map([...bootstrapObjects(spec, options), ...addonObjects(spec)].map(keyed));
    const found = [...new Set([...theirs.keys(), ...ours.keys()])].flatMap((item) =>
      differences(item, theirs.get(item), ours.get(item)),
    );
    const order = (a: object, b: object) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
    expect(found.sort(order)).toEqual(
      allowlist('objects/')
        .map(({ item, path }) => ({ item, path }))
        .sort(order),
    );
  });
});

/** Under kind and name; without what only the server sets, and with YAML inside ConfigMaps read. */
function keyed(object: KubeObject): [string, KubeObject] {
  const { status: _, ...rest } = structuredClone(object);
  delete rest.metadata.resourceVersion;
  const { namespace = '', name } = rest.metadata;
  if (rest.kind === 'ConfigMap') rest.data = readTexts(rest.data as Record<string, string>);
  return [`objects/${rest.kind}/${namespace}/${name}`, withoutEmptyMaps(rest) as KubeObject];
}

function readTexts(data: Record<string, string>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data).map(([key, text]) => {
      const value = key === 'Corefile' ? text : (parse(text) as unknown);
      return [key, value];
    }),
  );
}

/** `resources: {}` is what Go prints for nothing. */
function withoutEmptyMaps(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmptyMaps);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, field]) => key !== 'resources' || JSON.stringify(field) !== '{}')
      .map(([key, field]) => [key, withoutEmptyMaps(field)]),
  );
}
