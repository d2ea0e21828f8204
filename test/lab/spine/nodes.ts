import { readFile, stat } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { eventually, isTrue, list, type Node, type Pod, readyPods } from '../support/kube.ts';
import type { InitOutcome, JoinOutcome, Spine } from './spine.ts';

export function comeUp(spine: Spine): void {
  const { cli } = spine;

  it('init answers with its result as JSON and puts the cluster into the kubeconfig, mode 0600', async () => {
    const done = await cli.json<InitOutcome>(['init', 'cp1']);
    expect(done).toMatchObject({
      cluster: 'kubernetes',
      node: 'cp1',
      context: 'kubernetes-admin@kubernetes',
    });
    expect(done.changed + done.unchanged).toBeGreaterThan(50);
    expect((await stat(cli.kubeconfig())).mode & 0o777).toBe(0o600);
    expect(await readFile(cli.kubeconfig(), 'utf8')).toContain(
      'current-context: kubernetes-admin@kubernetes',
    );
  });

  it('join makes a worker, without a token for anybody to copy', async () => {
    const done = await cli.json<JoinOutcome>(['join', 'w1']);
    expect(done).toMatchObject({ cluster: 'kubernetes', hosts: [{ host: 'w1' }] });
    expect(done.hosts[0]?.changed).toBeGreaterThan(20);
    spine.up = true;
    const secrets = await list<{ type: string }>(cli, 'secrets', '-n', 'kube-system');
    expect(secrets.filter(({ type }) => type === 'bootstrap.kubernetes.io/token')).toEqual([]);
  });

  it('both nodes are Ready, and the control plane is labelled and tainted', async () => {
    expect(spine.up).toBe(true);
    const nodes = await eventually('two Ready nodes', async () => {
      const found = await list<Node>(cli, 'nodes');
      return found.length === 2 && found.every((node) => isTrue(node, 'Ready')) && found;
    });
    const [cp1, w1] = nodes.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    expect(cp1?.metadata.labels).toHaveProperty('node-role.kubernetes.io/control-plane');
    expect(cp1?.spec.taints).toContainEqual(
      expect.objectContaining({ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }),
    );
    expect(w1?.spec.taints ?? []).toEqual([]);
  });

  it('every pod of the system runs', async () => {
    expect(spine.up).toBe(true);
    await readyPods(cli, 2, '-n', 'kube-flannel');
    const system = await readyPods(cli, 8, '-n', 'kube-system');
    const apps = system.map(({ metadata }: Pod) => metadata.name.replace(/-[a-z0-9]{5}$|-cp1$/, ''));
    for (const name of [
      'etcd',
      'kube-apiserver',
      'kube-controller-manager',
      'kube-scheduler',
      'kube-proxy',
    ]) {
      expect(apps).toContain(name);
    }
  });
}
