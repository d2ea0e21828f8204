import { describe, expect, it } from 'vitest';
import type { KubewrightError } from '../../../../../src/base/errors.ts';
import { applyPatches } from '../../../../../src/cluster/manifests/patches/apply.ts';
import type { PatchSpec } from '../../../../../src/cluster/spec/sections.ts';

const pod = () => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'etcd', namespace: 'kube-system', finalizers: ['a', 'b'], labels: { tier: 'x' } },
  spec: {
    containers: [
      {
        name: 'etcd',
        command: ['etcd', '--a'],
        env: [
          { name: 'A', value: '1' },
          { name: 'B', value: '2' },
        ],
      },
      { name: 'other', image: 'i' },
    ],
    securityContext: { seccompProfile: { type: 'RuntimeDefault' }, runAsUser: 0 },
  },
});

function patch(type: PatchSpec['type'], body: unknown, target: PatchSpec['target'] = 'etcd') {
  return { target, type, patch: body } as PatchSpec;
}
const apply = (...patches: PatchSpec[]) => applyPatches('etcd', pod(), { patches });
const strategic = (body: unknown) => apply(patch('strategic', body));

describe('patches', () => {
  it('touch their own target only, in their order', () => {
    const patched = apply(
      patch('merge', { metadata: { labels: { tier: 'no' } } }, 'kube-scheduler'),
      patch('merge', { metadata: { labels: { tier: 'y' } } }),
      patch('json', [{ op: 'test', path: '/metadata/labels/tier', value: 'y' }]),
    );
    expect(patched.metadata.labels).toEqual({ tier: 'y' });
  });

  it('change nothing of what they are applied to', () => {
    const original = pod();
    applyPatches('etcd', original, {
      patches: [
        patch('json', [{ op: 'remove', path: '/spec/containers/0/env' }]),
        patch('strategic', { spec: { containers: [{ name: 'other', image: 'j' }] } }),
      ],
    });
    expect(original).toEqual(pod());
  });

  it('merge: lists are replaced, null takes away, a map is made where there was none', () => {
    const patched = apply(
      patch('merge', { spec: { containers: [], securityContext: null, new: { deep: { a: 1, b: null } } } }),
    );
    expect(patched.spec).toEqual({ containers: [], new: { deep: { a: 1 } } });
  });
});

describe('a strategic patch', () => {
  it('puts a new item before what it is not ordered against, as Kubernetes does', () => {
    const env = [{ name: 'C', value: '3' }];
    const patched = strategic({ spec: { containers: [{ name: 'etcd', env }] } });
    expect(patched.spec.containers[0]!.env!.map(({ name }) => name)).toEqual(['C', 'A', 'B']);
  });

  it('keeps the place of an item that it changes', () => {
    const patched = strategic({ spec: { containers: [{ name: 'other', image: 'j' }] } });
    expect(patched.spec.containers).toEqual([pod().spec.containers[0], { name: 'other', image: 'j' }]);
  });

  it('replaces lists without a merge key', () => {
    const patched = strategic({ spec: { containers: [{ name: 'etcd', command: ['x'] }] } });
    expect(patched.spec.containers[0]!.command).toEqual(['x']);
  });

  it('deletes items, fields, and words of a plain list', () => {
    const patched = strategic({
      metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] },
      spec: {
        containers: [{ name: 'other', $patch: 'delete' }],
        securityContext: { runAsUser: null },
      },
    });
    expect(patched.metadata.finalizers).toEqual(['b']);
    expect(patched.spec.containers).toHaveLength(1);
    expect(patched.spec.securityContext).toEqual({ seccompProfile: { type: 'RuntimeDefault' } });
  });

  it('replaces a map or a list where it says so', () => {
    const patched = strategic({
      spec: {
        containers: [{ $patch: 'replace' }, { name: 'only' }],
        securityContext: { $patch: 'replace', runAsUser: 1 },
      },
    });
    expect(patched.spec).toEqual({ containers: [{ name: 'only' }], securityContext: { runAsUser: 1 } });
  });

  it('retains keys', () => {
    const patched = strategic({
      spec: { securityContext: { $retainKeys: ['runAsUser', 'fsGroup'], fsGroup: 2 } },
    });
    expect(patched.spec.securityContext).toEqual({ runAsUser: 0, fsGroup: 2 });
  });

  it('has no merge keys for the kubelet: every list is replaced', () => {
    const config = { kind: 'KubeletConfiguration', volumes: [{ name: 'a', x: 1 }] };
    const patches = [patch('strategic', { volumes: [{ name: 'a', y: 1 }] }, 'kubeletconfiguration')];
    expect(applyPatches('kubeletconfiguration', config, { patches }).volumes).toEqual([{ name: 'a', y: 1 }]);
  });
});

describe('a patch that cannot be applied names itself and the place', () => {
  it.each([
    [
      'json',
      [{ op: 'replace', path: '/spec/nothing', value: 1 }],
      '[0] replace /spec/nothing: there is nothing at this path',
    ],
    ['json', [{ op: 'test', path: '/kind', value: 'Job' }], '[0] test /kind: Test failed: Pod != Job'],
    ['json', [{ op: 'add', path: 'kind', value: 'Job' }], '[0] add kind'],
    ['json', [{ op: 'jump', path: '/kind' }], '[0] jump /kind'],
    ['json', { spec: {} }, 'a json patch is a list of operations'],
    ['merge', [{ op: 'add' }], 'a merge patch is a map'],
    ['strategic', { spec: { containers: [{ image: 'x' }] } }, 'spec.containers[0]: has no name'],
    ['strategic', { spec: { containers: ['x'] } }, 'spec.containers[0]: is not a map'],
    [
      'strategic',
      { spec: { containers: [{ name: 'x', $patch: 'merge' }] } },
      'spec.containers: $patch may not be "merge" in a list',
    ],
    ['strategic', { spec: { $patch: 'drop' } }, 'spec: $patch may not be "drop"'],
    ['strategic', { '$setElementOrder/x': [] }, '$setElementOrder/x: this directive is not known'],
    ['merge', { metadata: { name: 'b' } }, 'metadata.name: may not be changed'],
    ['json', [{ op: 'replace', path: '', value: {} }], '[0] replace : there is nothing at this path'],
  ] as const)('%s %j', (type, body, words) => {
    const patches = [patch('merge', {}, 'kube-scheduler'), patch(type, body)];
    const failing = () => applyPatches('etcd', pod(), { patches });
    expect(failing).toThrow(words);
    expect(failing).toThrow(`patches[1] (${type}, etcd) cannot be applied: `);
    try {
      failing();
    } catch (error) {
      expect((error as KubewrightError).code).toBe('InvalidPatch');
    }
  });
});
