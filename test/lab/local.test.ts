import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type InitOutcome, tell } from './spine/spine.ts';
import { useCli } from './support/cli.ts';
import { difference, type Inventory, inventory } from './support/inventory.ts';
import { type Pod, readyPods } from './support/kube.ts';
import { describeLab, shell, useLab } from './support/lab.ts';
import { onItself, selfBinds } from './support/self.ts';

const MANIFESTS = join(import.meta.dirname, 'manifests');

describeLab('a host that makes itself a control plane', () => {
  const lab = useLab('test-local', ['solo', 'mate'], { bindReadOnly: selfBinds });
  const cli = useCli(lab.name);
  const solo = onItself(lab, 'solo');
  const before = new Map<string, Inventory>();
  const flags = '--cni bridge --lab test-local';

  it('is bare before', async () => {
    for (const name of ['solo', 'mate']) before.set(name, await inventory(await lab.host(name)));
  });

  it('runs `init local`, with the bridge plugin as its network', async () => {
    await solo.prepare();
    const plan = await solo.ok(`init local ${flags} --dry-run`);
    expect(plan).toContain('/etc/kubernetes/manifests/kube-apiserver.yaml');
    const done = JSON.parse(await solo.ok(`init local ${flags} -o json`)) as InitOutcome;
    expect(done).toMatchObject({ node: 'solo', cluster: 'kubernetes' });
    expect(JSON.parse(await solo.ok(`init local ${flags} -o json`))).toMatchObject({ changed: 0 });
    expect(await solo.ok('get nodes -o name')).toBe('node/solo\n');
  });

  it('is joined by a worker from another machine, and pods reach each other over routes between the hosts', async () => {
    await cli.ok(['join', 'mate', '--via', 'solo']);
    const config = await shell(await lab.host('solo'), 'cat /run/kw/config');
    await writeFile(cli.kubeconfig(), config.stdout, { mode: 0o600 });
    await readyPods(cli, 2, '-n', 'kube-system', '-l', 'k8s-app=kube-proxy');
    await cli.ok(['apply', '-f', join(MANIFESTS, 'web.yaml')]);
    const pods = await readyPods(cli, 2, '-l', 'app=net');
    expect(pods.map(({ spec }) => spec.nodeName).sort()).toEqual(['mate', 'solo']);
    const [far] = (await readyPods(cli, 1, '-l', 'app=far')) as [Pod];
    for (const from of pods) {
      for (const to of [...pods.map(({ status }) => `${status.podIP}:8080`), 'far.default:80']) {
        const connect = ['exec', from.metadata.name, '--', '/agnhost', 'connect', '--timeout=10s', to];
        await cli.ok(connect);
      }
      tell(
        `pod on ${from.spec.nodeName} → pods on both nodes, and Service far on ${far.spec.nodeName}: answered`,
      );
    }
    expect(await cli.json(['join', 'mate'])).toMatchObject({ hosts: [{ host: 'mate', changed: 0 }] });
    await cli.ok(['delete', '-f', join(MANIFESTS, 'web.yaml')]);
  });

  it('is as it was after `reset local`, and so is the worker', async () => {
    await cli.ok(['reset', 'mate']);
    await solo.ok('reset local --yes');
    await solo.clean();
    for (const name of ['mate', 'solo']) {
      expect(difference(before.get(name) ?? [], await inventory(await lab.host(name))), name).toEqual([]);
    }
  });
});
