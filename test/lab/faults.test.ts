import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EXIT } from '../../src/base/exit-codes.ts';
import type { InitOutcome } from './spine/spine.ts';
import { expectRefusal, useCli } from './support/cli.ts';
import { difference, type Inventory, inventory } from './support/inventory.ts';
import { describeLab, shell, useLab } from './support/lab.ts';

const broken = `apiVersion: kubewright.dev/v1alpha1
kind: Cluster
metadata: { name: kubernetes }
spec:
  hosts:
    - { name: f1, target: f1, role: control-plane, kubeletExtraArgs: { no-such-flag: "1" } }
`;

/** Ends what it is told to, whatever holds it: a mount in use, an API server that was killed, daemons that hang. */
const HALF_DEAD = `set -e
mkdir -p /var/lib/kubelet/pods/busy
mount -t tmpfs tmpfs /var/lib/kubelet/pods/busy
systemd-run --quiet --collect --unit=kw-busy --working-directory=/var/lib/kubelet/pods/busy sleep 600
pkill -STOP -x kubelet
pkill -KILL -x kube-apiserver
pkill -STOP -x etcd`;

describeLab('a host whose daemons fail', () => {
  const lab = useLab('test-faults', ['f1']);
  const cli = useCli(lab.name);
  let before: Inventory;
  const on = async (script: string) => {
    const { exit, stdout, stderr } = await shell(await lab.host('f1'), script);
    expect(exit, stderr).toBe(0);
    return stdout;
  };

  it('B53: a kubelet that does not start is told at once, with what it complains of', async () => {
    before = await inventory(await lab.host('f1'));
    const file = join(cli.folder(), 'cluster.yaml');
    await writeFile(file, broken);
    const failed = await cli.run(['apply', '-f', file]);
    expectRefusal(
      failed,
      EXIT.step,
      'The kubelet of f1 ended',
      'unknown flag: --no-such-flag',
      'journalctl -u kubelet',
    );
  });

  it('B53: and once it does, the same host becomes a control plane', async () => {
    const file = join(cli.folder(), 'cluster.yaml');
    await writeFile(file, broken.replace('no-such-flag: "1"', ''));
    await cli.ok(['apply', '-f', file]);
    expect(await cli.ok(['get', 'nodes', '-o', 'name'])).toBe('node/f1\n');
  });

  it('B52: a containerd that hangs is started anew, and the pods of the host go on', async () => {
    const etcd = await on('pgrep -x etcd');
    await on('pkill -STOP -x containerd');
    // All of init would do; images that nobody can list are brought again.
    const mended = await cli.json<InitOutcome>(['phase', 'init', 'runtime', 'f1']);
    expect(mended.changed).toBe(1);
    expect(await on('pgrep -x etcd')).toBe(etcd);
    expect(await cli.json<InitOutcome>(['init', 'f1'])).toMatchObject({ changed: 0 });
  });

  it('B61: reset ends on a host that is half dead, and leaves it as it was', async () => {
    await on(HALF_DEAD);
    await cli.ok(['reset', 'f1']);
    await on('systemctl stop kw-busy; systemctl reset-failed kw-busy 2>/dev/null; true');
    expect(difference(before, await inventory(await lab.host('f1')))).toEqual([]);
  });
});
