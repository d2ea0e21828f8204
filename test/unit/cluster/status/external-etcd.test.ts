import { expect, it } from 'vitest';
import { statusText } from '../../../../src/cli/status-text.ts';
import { problemsOf } from '../../../../src/cluster/status/problems.ts';
import { type ClusterStatus, STATUS_API_VERSION } from '../../../../src/cluster/status/types.ts';

const member = (name: string, well = true) => ({
  ...{ id: name, name, peerUrl: `https://${name}:2380`, clientUrl: `https://${name}:2379`, learner: false },
  ...(well ? { well, version: '3.6.16', sizeBytes: 20_480 } : { well, reason: 'refused' }),
});

function status(etcd: ClusterStatus['etcd']): ClusterStatus {
  const seen = { hosts: [], etcd, recordFrom: 'api' as const };
  return {
    ...{ apiVersion: STATUS_API_VERSION, kind: 'ClusterStatus', healthy: true, notices: [] },
    ...{ cluster: 'prod', kubernetesVersion: 'v1.37.2', endpoint: 'https://api:6443' },
    ...seen,
    problems: problemsOf(seen),
  };
}

it('members of an etcd outside are of no host in the record, and well all the same', () => {
  const endpoints = [{ url: 'https://etcd1:2379', well: true }];
  const etcd = { external: true as const, endpoints, members: [member('etcd1')], leader: 'etcd1' };
  expect(statusText(status(etcd)).split('\n')).toEqual([
    'prod  v1.37.2  https://api:6443',
    '└─ etcd, outside: 1 member, leader etcd1',
    '   └─ ✓ etcd1  3.6.16, 21 kB',
    'All is well.',
  ]);
});

it('what is not well of an etcd outside is told by member and by endpoint', () => {
  const endpoints = [
    { url: 'https://etcd1:2379', well: true },
    { url: 'https://etcd2:2379', well: false, reason: 'nothing listens' },
  ];
  const members = [member('etcd1'), member('etcd2', false)];
  const { problems } = status({ external: true, endpoints, members });
  expect(problems).toEqual([
    'etcd has no leader',
    'etcd: https://etcd2:2379 is not reached: nothing listens',
    'etcd: etcd2 is not well: refused',
  ]);
  expect(statusText(status({ external: true, endpoints, members }))).toContain(
    '✗ https://etcd2:2379  not reached: nothing listens',
  );
  const { problems: none } = status({ external: true, members: [], reason: 'nothing listens' });
  expect(none).toEqual(['etcd has no list of members: nothing listens']);
});
