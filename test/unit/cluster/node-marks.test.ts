import { describe, expect, it } from 'vitest';
import { markChanges, marked } from '../../../src/cluster/node-marks.ts';
import type { NodeObject } from '../../../src/cluster/phases/node-object.ts';
import { defaultNode } from '../../../src/cluster/spec/defaults.ts';
import type { NodeSpecInput, Taint } from '../../../src/cluster/spec/types.ts';

const role = 'node-role.kubernetes.io/control-plane';
const noSchedule: Taint = { key: role, effect: 'NoSchedule' };
const foreign: Taint = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' };

function live(labels: Record<string, string> = {}, taints?: Taint[]): NodeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n', labels: { 'kubernetes.io/os': 'linux', ...labels } },
    spec: { podCIDR: '10.0.0.0/24', ...(taints ? { taints } : {}) },
  };
}
const node = (input: Partial<NodeSpecInput> = {}) => defaultNode({ name: 'n', ...input });

describe('the marks of a node', () => {
  it('of a worker without any are none, and nothing is noted', () => {
    expect(marked(live(), node())).toEqual({ ...live(), metadata: { ...live().metadata, annotations: {} } });
    expect(markChanges(live(), node())).toEqual([]);
  });

  it('of a control plane are kubeadm’s, without a note', () => {
    const after = marked(live(), node({ role: 'control-plane' }));
    expect(after.metadata.labels).toMatchObject({ [role]: '' });
    expect(after.spec?.taints).toEqual([noSchedule]);
    expect(after.metadata.annotations).toEqual({});
    expect(markChanges(after, node({ role: 'control-plane' }))).toEqual([]);
  });

  it('go when they are gone from the file; others’ stay', () => {
    const first = node({
      labels: { rack: 'a', zone: 'x' },
      taints: [{ key: 'gpu', value: '1', effect: 'NoSchedule' }],
    });
    const after = marked(live({ team: 'theirs' }, [foreign]), first);
    expect(after.spec?.taints).toEqual([foreign, { key: 'gpu', value: '1', effect: 'NoSchedule' }]);
    const second = node({ labels: { rack: 'b' }, taints: [] });
    expect(markChanges(after, second)).toEqual([
      'label rack=b',
      'remove label zone',
      'remove taint gpu:NoSchedule',
      'note the labels and taints that are ours',
    ]);
    const last = marked(after, second);
    expect(last.metadata.labels).toEqual({ 'kubernetes.io/os': 'linux', team: 'theirs', rack: 'b' });
    expect(last.spec?.taints).toEqual([foreign]);
    const none = marked(last, node());
    expect(none.metadata.annotations).toEqual({});
    expect(markChanges(none, node())).toEqual([]);
  });

  it('take the role’s taint from a control plane whose file has none', () => {
    const open = node({ role: 'control-plane', taints: [] });
    const after = marked(live({}, [noSchedule]), open);
    expect(after.spec?.taints).toEqual([]);
    expect(markChanges(after, open)).toEqual([]);
    const back = marked(after, node({ role: 'control-plane' }));
    expect(back.spec?.taints).toEqual([noSchedule]);
  });

  it('replace a taint of another value in its place', () => {
    const before = live({}, [{ key: 'gpu', value: '1', effect: 'NoSchedule' }, foreign]);
    const taints: Taint[] = [{ key: 'gpu', value: '2', effect: 'NoSchedule' }];
    expect(marked(before, node({ taints })).spec?.taints).toEqual([taints[0], foreign]);
  });

  it('survive a note that somebody has damaged', () => {
    const before = live();
    before.metadata.annotations = { 'kubewright.dev/marks': '{"labels": 1' };
    expect(marked(before, node({ labels: { a: 'b' } })).metadata.labels).toMatchObject({ a: 'b' });
    before.metadata.annotations = { 'kubewright.dev/marks': '{"labels": [1, "kubernetes.io/os"]}' };
    expect(marked(before, node()).metadata.labels).toEqual({});
  });
});
