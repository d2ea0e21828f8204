import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type JoinOutcome, tell } from './spine/spine.ts';
import { expectRefusal, useCli } from './support/cli.ts';
import { foreign } from './support/foreign.ts';
import { difference, type Inventory, inventory } from './support/inventory.ts';
import { eventually, isTrue, list, type Node, readyPods } from './support/kube.ts';
import { describeLab, shell, useLab } from './support/lab.ts';
import { onItself, selfBinds } from './support/self.ts';

const MANIFESTS = join(import.meta.dirname, 'manifests');
const BOOTSTRAP_CONF = '/etc/kubernetes/bootstrap-kubelet.conf';
const noKubeconfig = { env: { KUBECONFIG: '/nonexistent' } };

describeLab('workers that join with nothing but a token', () => {
  const lab = useLab('test-node-join', ['cp1', 'w1', 'w2'], { bindReadOnly: selfBinds });
  const cli = useCli(lab.name);
  const w1 = onItself(lab, 'w1');
  const before = new Map<string, Inventory>();
  const onLab = `--lab ${lab.name}`;
  let line = '';

  it('there is a cluster, and its administrator gives a command line out', async () => {
    await foreign.place(await lab.host('w2'));
    for (const name of ['w1', 'w2']) before.set(name, await inventory(await lab.host(name)));
    await cli.ok(['init', 'cp1']);
    line = (await cli.ok(['token', 'create', '--print-join-command', '--ttl', '1h'])).trim();
    expect(line).toMatch(
      /^kubewright join \d+\.\d+\.\d+\.\d+:6443 --token \S{23} --discovery-token-ca-cert-hash sha256:[0-9a-f]{64}$/,
    );
    const kubeadm = await cli.ok(['token', 'create', '--print-join-command', '--kubeadm', '--via', 'cp1']);
    expect(kubeadm.replace(/--token \S+/, '')).toBe(
      `${line.replace(/--token \S+/, '').replace('wright', 'adm')}\n`,
    );
    await w1.prepare();
  });

  it('images are there before anybody joins', async () => {
    const done = JSON.parse(await w1.ok(`images pull local ${onLab} -o json`)) as {
      hosts: { changed: number; images: string[] }[];
    };
    const { stdout } = await shell(await lab.host('w1'), 'ctr -n k8s.io images ls -q');
    for (const image of done.hosts[0]!.images) expect(stdout.split('\n')).toContain(image);
    expect(JSON.parse(await w1.ok(`images pull local ${onLab} -o json`))).toMatchObject({
      hosts: [{ changed: 0 }],
    });
  });

  it('B35, B36: a wrong token, a wrong CA and a wrong address change nothing on the host', async () => {
    const [id, secret = ''] = tokenOf().split('.');
    const other = (text: string) => `${text.startsWith('0') ? '1' : '0'}${text.slice(1)}`;
    const wrong = [
      [line.replace(`${id}.`, `${other(id!)}.`), 'knows no token with the id'],
      [line.replace(secret, other(secret)), 'not signed with this token'],
      [
        line.replace(/sha256:[0-9a-f]/, (pin) => `sha256:${other(pin.slice(7))}`),
        'not have the CA that was asked for',
      ],
      [line.replace(':6443', ':6444'), 'could not be reached'],
    ] as const;
    for (const [command, words] of wrong) {
      const { exit, stderr } = await w1.run(`${command} ${onLab} --timeout 2`);
      expect(exit, stderr).not.toBe(0);
      expect(stderr).toContain(words);
    }
    expect((await shell(await lab.host('w1'), 'test -e /etc/kubernetes')).exit).not.toBe(0);
  });

  it('a host joins by itself, with the command line as it was given out', async () => {
    const plan = await w1.run(`${line} ${onLab} --dry-run`);
    expect(plan.stdout).toContain(`${BOOTSTRAP_CONF} (0600) with the token that was given`);
    const { exit, stdout, stderr } = await w1.run(`${line} ${onLab} -o json`);
    expect(exit, stderr).toBe(0);
    const done = JSON.parse(stdout) as JoinOutcome;
    expect(done).toMatchObject({ cluster: 'kubernetes', recorded: false, hosts: [{ node: 'w1' }] });
    await ready('w1');
    const { exit: left } = await shell(await lab.host('w1'), `test -e ${BOOTSTRAP_CONF}`);
    expect(left).not.toBe(0);
    expect(await cli.ok(['token', 'list'])).toContain(tokenId());
    const again = await w1.run(`${line} ${onLab} -o json`);
    expect(JSON.parse(again.stdout)).toMatchObject({ hosts: [{ changed: 0 }] });
  });

  it('a host is joined over SSH from a machine without a kubeconfig', async () => {
    const [, server = '', token = '', pin = ''] = /join (\S+) --token (\S+) --\S+ (\S+)$/.exec(line) ?? [];
    const ticket = ['--server', server, '--token', token, '--ca-cert-hash', pin];
    const taken = await cli.run(['join', 'w2', '--name', 'w1', ...ticket], noKubeconfig);
    expectRefusal(taken, 11, 'has a Ready node "w1" already');
    const done = await cli.json<JoinOutcome>(['join', 'w2', ...ticket], noKubeconfig);
    expect(done).toMatchObject({ recorded: false, hosts: [{ host: 'w2' }] });
    await ready('w2');
  });

  it('pods run on both, and reach each other', async () => {
    await cli.ok(['apply', '-f', join(MANIFESTS, 'web.yaml')]);
    const pods = await readyPods(cli, 2, '-l', 'app=net');
    for (const from of pods) {
      for (const to of pods) {
        const address = `${to.status.podIP}:8080`;
        await cli.ok(['exec', from.metadata.name, '--', '/agnhost', 'connect', '--timeout=10s', address]);
      }
    }
    await cli.ok(['delete', '-f', join(MANIFESTS, 'web.yaml')]);
  });

  it('the record learns of them from the next join with administrator’s access, which signs their kubelets’ certificates', async () => {
    const record = () =>
      cli.ok(['get', 'configmap', 'kubewright-cluster', '-n', 'kube-system', '-o', 'yaml']);
    expect(await record()).not.toContain('name: w1');
    const done = await cli.json<JoinOutcome>(['join', 'w1', 'w2']);
    expect(done).toMatchObject({ recorded: true, hosts: [{ changed: 1 }, { changed: 1 }] });
    expect(await record()).toMatch(/name: w1[\s\S]*name: w2/);
  });

  it('nobody joins with a token that was deleted, and both hosts are as they were after reset, with what others have there', async () => {
    await cli.ok(['token', 'delete', tokenId()]);
    await eventually('the signature to go', async () => {
      const ticket = ['--server', serverOf(), '--token', tokenOf(), '--unsafe-skip-ca-verification'];
      expectRefusal(await cli.run(['join', 'w2', ...ticket, '--timeout', '1']), 1, 'knows no token');
      return true;
    });
    const other = await lab.host('w2');
    await foreign.run(other);
    await cli.ok(['reset', 'w2', '--yes']);
    await foreign.expectRunning(other);
    await foreign.end(other);
    await w1.ok('reset local --yes');
    await w1.clean();
    for (const name of ['w1', 'w2']) {
      expect(difference(before.get(name) ?? [], await inventory(await lab.host(name))), name).toEqual([]);
    }
    tell('w1 and w2 joined with a token alone, and are bare again');
  });

  const tokenOf = () => /--token (\S+)/.exec(line)?.[1] ?? '';
  const tokenId = () => tokenOf().slice(0, 6);
  const serverOf = () => /join (\S+)/.exec(line)?.[1] ?? '';
  const ready = (name: string) =>
    eventually(`node ${name} to be Ready`, async () => {
      const nodes = await list<Node>(cli, 'nodes');
      return nodes.some((node) => node.metadata.name === name && isTrue(node, 'Ready'));
    });
});
