import { expect, it } from 'vitest';
import { foreignPaths, SIGNS, unknownPaths } from '../../../src/cluster/known-paths.ts';
import type { JournalEntry } from '../../../src/host/port.ts';

const entry = (target: string): JournalEntry => {
  return { id: 'host/x/1', kind: 'write', target, before: 'absent', done: true };
};
const whole = SIGNS.map(entry);

it('leaves it to a whole journal', () => {
  expect(unknownPaths(whole, SIGNS)).toEqual([]);
  expect(unknownPaths([entry(SIGNS[1]!)], [SIGNS[1]!])).toEqual([]);
});

it('leaves a host alone that was never ours', () => {
  expect(unknownPaths([], [])).toEqual([]);
});

it('takes what is known where the journal was lost, or begun anew after it was', () => {
  expect(unknownPaths([], SIGNS)).toContain('/usr/local/bin/kubelet');
  const anew = [entry('/usr/local/bin/kubelet')];
  expect(unknownPaths(anew, SIGNS)).toContain('/usr/local/bin/containerd');
  expect(unknownPaths(anew, SIGNS)).not.toContain('/usr/local/bin/kubelet');
});

it('B31: takes what kubeadm would of a cluster that others made, and nothing else of others', () => {
  expect(foreignPaths([], [], true)).toContain('/etc/kubernetes/pki');
  expect(foreignPaths([], [], false)).toEqual([]);
  expect(foreignPaths(whole, [], true)).toEqual([]);
  expect(foreignPaths([], SIGNS, true)).toEqual([]);
});
