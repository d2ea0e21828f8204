import { expect, test } from 'vitest';
import { AGREED, allowlist, COMPARISONS, judge } from '../../golden/allowlist.ts';
import { differences, readFlagsFile } from '../../golden/compare.ts';

const entries = allowlist();

test('there are at most 40 deliberate differences from kubeadm', () => {
  expect(entries.length).toBeGreaterThan(0);
  expect(entries.length).toBeLessThanOrEqual(40);
});

test.each(entries)('$item $path has a reason, a reference and a place where it shows', (entry) => {
  expect(Object.keys(entry).sort()).toEqual(['in', 'item', 'path', 'reason', 'upstream']);
  expect(entry.reason).toMatch(/^[A-Z].{20,}\.$/s);
  expect(entry.upstream).toMatch(/cmd\/|pkg\/|staging\/|KEP-\d+|CIS \d+\.\d+|kubernetes\/\w+#\d+/);
  expect(entry.in.length).toBeGreaterThan(0);
  for (const comparison of entry.in) expect(COMPARISONS).toContain(comparison);
});

test.each(entries)(
  '$item $path is not about certificates or RBAC, and no pattern for everything',
  ({ item, path }) => {
    const forbidden = [
      ...['ca', 'apiserver', 'etcd/server', 'front-proxy-client'].map(
        (name) => `/etc/kubernetes/pki/${name}.crt`,
      ),
      ...['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'].flatMap((kind) => [
        `objects/${kind}/kube-system/kubeadm:any`,
        `objects/${kind}//kubeadm:any`,
      ]),
    ];
    const differ = forbidden.map((each) => ({ item: each, path: path.replaceAll('*', 'x') }));
    const agreed = judge(differ, 'init', (entry) => entry.item === item && entry.path === path);
    expect(agreed.unexplained.length).toBe(differ.length);
    expect(item.replace(/\*.*/, '').length).toBeGreaterThan(4);
  },
);

test.each(COMPARISONS)(
  '%s: no entry explains a difference in the subject or the usages of a certificate',
  (where) => {
    const fields = ['subject', 'names', 'keyUsage', 'extendedKeyUsage', 'ca'];
    const files = ['apiserver.crt', 'etcd/peer.crt', 'ca.crt'].map((name) => `/etc/kubernetes/pki/${name}`);
    const found = fields.flatMap((field) => [
      ...[...files, '/var/lib/kubelet/pki/kubelet-client-TIME.pem'].map((item) => ({ item, path: field })),
      ...['admin', 'super-admin', 'controller-manager', 'scheduler'].map((name) => ({
        item: `/etc/kubernetes/${name}.conf`,
        path: `users.${name}.user.client-certificate-data.${field}`,
      })),
    ]);
    expect(judge(found, where).unexplained).toHaveLength(found.length);
  },
);

test('what nobody allowed is unexplained; what does not differ any more is stale', () => {
  const found = [{ item: '/etc/kubernetes/manifests/etcd.yaml', path: 'spec.containers.etcd.image' }];
  const covers = ({ item }: { item: string }) => item === found[0]?.item;
  const only = ({ item, path }: { item: string; path: string }) =>
    covers({ item }) && path === found[0]?.path;
  expect(judge(found, 'dry-run', only)).toEqual(AGREED);
  expect(judge([], 'dry-run', only).stale).toEqual([`${found[0]?.item} ${found[0]?.path}`]);
  const other = [{ item: found[0]!.item, path: 'spec.containers.etcd.imagePullPolicy', theirs: 'Always' }];
  expect(judge([...found, ...other], 'dry-run', only).unexplained).toEqual([
    '/etc/kubernetes/manifests/etcd.yaml spec.containers.etcd.imagePullPolicy: kubeadm "Always", kubewright nothing',
  ]);
});

test('a path allows what is below it, and nothing that only begins alike', () => {
  const item = '/var/lib/kubelet/kubeadm-flags.env';
  const covers = (entry: { path: string }) => entry.path === '--node-ip';
  const judged = judge(
    [
      { item, path: '--node-ip' },
      { item, path: '--node-ip-family' },
    ],
    'dry-run',
    covers,
  );
  expect(judged.unexplained).toEqual([expect.stringMatching(/ --node-ip-family: /)]);
});

test('flags, named lists and plain lists are compared by what they mean', () => {
  const pod = (command: string[], names: string[]) => ({ command, volumes: names.map((name) => ({ name })) });
  const theirs = pod(['etcd', '--a=1', '--b=2'], ['x']);
  expect(differences('pod', theirs, pod(['etcd', '--a=1', '--b=3', '--c=4'], ['y', 'x']))).toEqual([
    { item: 'pod', path: 'command.--b', theirs: '2', ours: '3' },
    { item: 'pod', path: 'command.--c', theirs: undefined, ours: '4' },
    { item: 'pod', path: 'volumes.y', theirs: undefined, ours: { name: 'y' } },
  ]);
  expect(differences('pod', theirs, structuredClone(theirs))).toEqual([]);
  expect(differences('pod', theirs, undefined)).toMatchObject([{ item: 'pod', path: '' }]);
  expect(differences('role', { verbs: ['get'] }, { verbs: ['get', 'list'] })).toMatchObject([
    { item: 'role', path: 'verbs' },
  ]);
  expect(readFlagsFile('KUBELET_KUBEADM_ARGS="--a=b --c=d=e"\n')).toEqual({ '--a': 'b', '--c': 'd=e' });
});
