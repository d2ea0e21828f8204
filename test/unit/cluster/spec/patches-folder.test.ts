import { describe, expect, it } from 'vitest';
import { readPatches } from '../../../../src/cluster/spec/patches-folder.ts';

const file = (name: string, text: string) => ({ name, text });

describe("a folder of patches in kubeadm's way", () => {
  it('is read in the order of the names, several patches in a file one after the other', () => {
    const { patches, ignored } = readPatches([
      file('kube-apiserver1+json.json', '[{"op": "remove", "path": "/a"}]'),
      file('kube-apiserver0.yaml', 'a: 1\n---\nb: 2\n'),
      file('etcd-extra+merge.yaml', 'c: null\n'),
      file('kubeletconfiguration+strategic.yaml', 'maxPods: 5\n'),
    ]);
    expect(patches).toEqual([
      { target: 'etcd', type: 'merge', patch: { c: null } },
      { target: 'kube-apiserver', type: 'strategic', patch: { a: 1 } },
      { target: 'kube-apiserver', type: 'strategic', patch: { b: 2 } },
      { target: 'kube-apiserver', type: 'json', patch: [{ op: 'remove', path: '/a' }] },
      { target: 'kubeletconfiguration', type: 'strategic', patch: { maxPods: 5 } },
    ]);
    expect(ignored).toEqual([]);
  });

  it('leaves out what is no patch, and says why', () => {
    const { patches, ignored } = readPatches([
      file('README.md', 'x'),
      file('other.yaml', 'a: 1'),
      file('etcd.yaml', ' \n'),
    ]);
    expect(patches).toEqual([]);
    expect(ignored).toEqual([
      expect.stringContaining('README.md: it ends neither'),
      expect.stringContaining('etcd.yaml: it is empty'),
      expect.stringContaining('other.yaml: it begins with no target'),
    ]);
  });

  it.each([
    ['etcd+jsonn.yaml', 'a: 1', /"jsonn" is no kind of patch/],
    ['etcd+.yaml', 'a: 1', /"" is no kind of patch/],
    ['etcd+json.yaml', 'a: 1', /a list of operations/],
    ['etcd.yaml', '- a', /a map is expected/],
    ['kubeproxydaemonset.yaml', 'a: 1', /kube-proxy takes no patches/],
    ['etcd.yaml', 'a: [', /etcd.yaml/],
  ])('refuses %s', (name, text, words) => {
    expect(() => readPatches([file(name, text)])).toThrow(words);
  });
});
