import { expect, test } from 'vitest';
import { controlPlanesChecks, isControlPlane, votingMembers } from '../../bench/checks.ts';

const KEY = 'node-role.kubernetes.io/control-plane';

test('only members that were started and vote count', () => {
  const members = [{ name: 'cp1' }, { name: 'cp2', isLearner: true }, { peerURLs: ['https://x:2380'] }];
  expect(votingMembers(JSON.stringify({ members }))).toBe(1);
  expect(votingMembers('{}')).toBe(0);
});

test('a Node counts once its kubelet reported, with label and taint', () => {
  const node = {
    metadata: { labels: { [KEY]: '' } },
    spec: { taints: [{ key: KEY, effect: 'NoSchedule' }] },
    status: { nodeInfo: { kubeletVersion: 'v1.37.2' } },
  };
  const holds = (changed: object) => isControlPlane(JSON.stringify({ ...node, ...changed }));
  expect(holds({})).toBe(true);
  expect(holds({ metadata: {} })).toBe(false);
  expect(holds({ spec: {} })).toBe(false);
  expect(holds({ status: {} })).toBe(false);
});

test('of three hosts each has its own API server, Node and vote', () => {
  const nodes = [1, 2, 3].map((index) => ({ name: `cp${index}`, address: `192.0.2.${index}` }));
  const checks = controlPlanesChecks(nodes);
  expect(new Set(checks.map(({ name }) => name)).size).toBe(checks.length);
  const urls = checks.map(({ url }) => url);
  for (const { name, address } of nodes) {
    expect(urls).toContain(`https://${address}:6443/readyz`);
    expect(urls).toContain(`https://192.0.2.1:6443/api/v1/nodes/${name}`);
  }
  const etcd = checks.find(({ as }) => as === 'etcd');
  const member = { name: 'any' };
  expect(etcd?.holds(JSON.stringify({ members: [member, member, member] }))).toBe(true);
  expect(etcd?.holds(JSON.stringify({ members: [member, member] }))).toBe(false);
});
