import { expect, it } from 'vitest';
import { expectRefusal } from '../support/cli.ts';
import { difference, inventory } from '../support/inventory.ts';
import { list, type Node } from '../support/kube.ts';
import { initAgain, on, type Spine } from './spine.ts';

const HOSTS = ['cp1', 'w1'];

export function remembersTheHosts({ lab, before }: Spine): void {
  it('are written down before anything is done', async () => {
    for (const name of HOSTS) {
      const seen = await inventory(await lab.host(name));
      before.set(name, seen);
      for (const kind of ['file', 'content', 'mount', 'interface', 'cgroup']) {
        expect(seen.some((line) => line.startsWith(`${kind} `))).toBe(true);
      }
    }
  });
}

/** Fails with everything that is not as it was. */
export async function expectAsBefore({ lab, before }: Spine, name: string): Promise<void> {
  expect(difference(before.get(name) ?? [], await inventory(await lab.host(name)))).toEqual([]);
}

export function takesAllBack(spine: Spine): void {
  const { cli } = spine;

  it('reset of a worker takes its Node out of the cluster and its traces off the host', async () => {
    await cli.ok(['reset', 'w1']);
    expect((await list<Node>(cli, 'nodes')).map(({ metadata }) => metadata.name)).toEqual(['cp1']);
    await expectAsBefore(spine, 'w1');
    expect(await initAgain(spine)).toMatchObject({ changed: 0 });
  });

  it('the worker joins again', async () => {
    await cli.ok(['join', 'w1']);
    expect((await list<Node>(cli, 'nodes')).map(({ metadata }) => metadata.name).sort()).toEqual(HOSTS);
  });

  it('reset of the control plane leaves the host as it was, and takes the context out of the kubeconfig', async () => {
    const done = await cli.json<{ contexts: string[] }>(['reset', 'cp1']);
    expect(done.contexts).toEqual(['kubernetes-admin@kubernetes']);
    await expectAsBefore(spine, 'cp1');
  });

  it('B61: reset of the worker works when the API server is gone', async () => {
    expectRefusal(await cli.run(['get', 'nodes', '--request-timeout', '5s']), 25);
    await cli.ok(['reset', 'w1']);
    await expectAsBefore(spine, 'w1');
  });

  it('reset again finds nothing to do and leaves nothing', async () => {
    for (const name of HOSTS) {
      await cli.ok(['reset', name]);
      await expectAsBefore(spine, name);
      expect(await on(spine, name, 'ls /var/lib/kubewright /run/kubewright 2>&1 || true')).toMatch(/No such/);
    }
  });
}
