import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { catalogs } from '../../../../src/artifacts/catalog.ts';
import { addonObjects } from '../../../../src/cluster/manifests/addons.ts';
import { bootstrapObjects } from '../../../../src/cluster/manifests/bootstrap.ts';
import { bootstrapTokenSecret } from '../../../../src/cluster/manifests/bootstrap-token.ts';
import { kubeletFiles } from '../../../../src/cluster/manifests/kubelet.ts';
import { staticPods } from '../../../../src/cluster/manifests/static-pods.ts';
import { securityOff } from '../../../../src/cluster/spec/default-sections.ts';
import type { ClusterSpecInput } from '../../../../src/cluster/spec/types.ts';
import type { KubeObject } from '../../../../src/kube/port.ts';
import { AGREED, about, judge } from '../../../golden/allowlist.ts';
import { differences, golden, readFile } from '../../../golden/compare.ts';
import { comparableObject } from '../../../golden/objects.ts';
import { facts as exampleFacts, exampleSpec } from '../example.ts';

describe.each(catalogs)('what kubeadm $kubernetes would write', ({ kubernetes }) => {
  const host = JSON.parse(golden(kubernetes, 'host.json')) as { hostname: string; caDirectories: string[] };
  // The golden files were made on a machine without systemd-resolved.
  const features = { ...exampleFacts.features, systemdResolved: false };
  const facts = { ...exampleFacts, hostname: host.hostname, features };

  function files(input: ClusterSpecInput = {}) {
    const { spec, node } = exampleSpec({ kubernetesVersion: kubernetes, ...input });
    const all = [...staticPods(spec, node, host), ...kubeletFiles(spec, node, facts)];
    return all.map(({ path, content }) => ({
      path,
      ours: content,
      theirs: golden(kubernetes, `files/${path.split('/').pop()}`),
    }));
  }

  it('static pods and kubelet files differ only where the allowlist says so', () => {
    const all = files();
    const found = all.flatMap(({ path, ours, theirs }) =>
      differences(path, readFile(path, theirs), readFile(path, ours)),
    );
    expect(judge(found, 'dry-run', about(all.map(({ path }) => path)))).toEqual(AGREED);
  });

  it('is the same text, byte for byte, with security as kubeadm has it and once etcd has the same image', () => {
    for (const { path, ours, theirs } of files({ security: securityOff() })) {
      if (path.endsWith('.env')) continue;
      expect(ours.replace(/etcd:\S+/, ''), path).toBe(theirs.replace(/etcd:\S+/, ''));
    }
  });

  it('objects differ only where the allowlist says so', () => {
    // kubeadm brings no pod network.
    const { spec } = exampleSpec({ kubernetesVersion: kubernetes, networking: { cni: 'none' } });
    const options = { ca: 'CA', server: 'https://192.168.77.11:6443' };
    const token = bootstrapTokenSecret('abcdef.0123456789abcdef', { expires: new Date() });
    const ours = objectsByItem([
      ...bootstrapObjects(spec, options),
      ...addonObjects(spec),
      { ...token, data: { ...(token.data as object), expiration: 'TEFURVI=' } },
    ]);
    const theirs = objectsByItem(
      parseAllDocuments(golden(kubernetes, 'objects.yaml')).map((document) => document.toJS()),
    );
    // kubeadm makes it on its first use of the API, which a dry run does not show: the lab compares it.
    ours.delete('objects/ClusterRoleBinding//kubeadm:cluster-admins');
    const found = [...new Set([...theirs.keys(), ...ours.keys()])].flatMap((item) =>
      differences(item, theirs.get(item), ours.get(item)),
    );
    expect(judge(found, 'dry-run', ({ item }) => item.startsWith('objects/'))).toEqual(AGREED);
  });
});

function objectsByItem(objects: readonly KubeObject[]): Map<string, unknown> {
  return new Map(objects.map(comparableObject));
}
