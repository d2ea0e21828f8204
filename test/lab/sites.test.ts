import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { openStore } from '../../src/artifacts/store.ts';
import { silent } from '../../src/output/events.ts';
import { pushImage, tarOf } from '../fakes/mirror/contents.ts';
import { siteFile } from './sites/file.ts';
import { useCli } from './support/cli.ts';
import { difference, inventory } from './support/inventory.ts';
import { eventually, isTrue, list, type Node, type Pod, readyPods } from './support/kube.ts';
import { describeLab, shell, useLab } from './support/lab.ts';
import { startRegistry, type TestRegistry } from './support/registry.ts';

const PASSWORD = 'ganz-geheim "1"';
const IMAGE = 'registry.sites.test/team/app:v1';
const env = { SITE_PASSWORD: PASSWORD };

interface Applied {
  hosts: { node: string; state: string; changed: number }[];
}

// One host for all of it, in the order in which such a cluster lives.
describeLab('a cluster with what sites need', () => {
  const lab = useLab('test-sites', ['cp1']);
  const cli = useCli(lab.name);
  let registry: TestRegistry;
  let gateway = '';
  let before: string[] = [];

  const on = async (script: string) => (await shell(await lab.host('cp1'), script)).stdout;
  const apply = async (plain: boolean, password: Record<string, string> = env) => {
    const path = join(cli.folder(), 'cluster.yaml');
    await writeFile(path, siteFile({ gateway, registry, plain }));
    return cli.json<Applied>(['apply', '-f', path], { env: password });
  };
  const changes = ({ hosts }: Applied) => hosts.map(({ changed }) => changed);

  beforeAll(async () => {
    gateway = (await lab.host('cp1')).address.replace(/\.\d+$/, '.1');
    registry = await startRegistry(gateway, `robot:${PASSWORD}`);
    const pause = await openStore({ env: process.env, reporter: silent }).binary('pause');
    const layer = await tarOf({ pause: await readFile(pause.path) }, { gzip: false });
    pushImage(registry, '/v2/team/app', 'v1', { amd64: [layer] });
    before = await inventory(await lab.host('cp1'));
  });
  afterAll(() => registry?.close());

  describe('that comes up', () => {
    it('is refused without the password, before anything is changed', async () => {
      const path = join(cli.folder(), 'cluster.yaml');
      await writeFile(path, siteFile({ gateway, registry, plain: false }));
      const refused = await cli.run(['apply', '-f', path]);
      expect(refused.stderr).toContain('SITE_PASSWORD');
      expect(refused.exit).toBe(23);
      expect(await on('ls /etc/kubernetes 2>&1; cat /run/hooks 2>&1')).toMatch(/No such[\s\S]*No such/);
    });

    it('runs the hooks around the join, once', async () => {
      await apply(false);
      expect(await on('cat /run/hooks')).toBe('before cp1\nbefore two\nafter sites\n');
    });

    it('has nothing to change then, with and without the password at hand', async () => {
      expect(changes(await apply(false))).toEqual([0]);
      expect(changes(await apply(false, {}))).toEqual([0]);
      expect(await on('wc -l </run/hooks')).toBe('3\n');
    });
  });

  describe('that is up', () => {
    it('runs its components as it says, and etcd where it says', async () => {
      const pods = await list<Pod & { spec: { containers: { command: string[]; env?: object[] }[] } }>(
        cli,
        'pods',
        '-n',
        'kube-system',
        '-l',
        'tier',
      );
      const of = (name: string) => pods.find(({ metadata }) => metadata.name === `${name}-cp1`)!;
      const api = of('kube-apiserver').spec.containers[0]!;
      expect(api.command).toContain('--event-ttl=2h');
      expect(api.command).toContain('--feature-gates=AllAlpha=false');
      expect(api.env).toContainEqual({ name: 'TZ', value: 'UTC' });
      expect(api.env).toContainEqual({ name: 'HTTPS_PROXY', value: `http://${gateway}:3128` });
      await readyPods(cli, 4, '-n', 'kube-system', '-l', 'tier');
      expect(of('kube-controller-manager').metadata.labels).toMatchObject({ 'example.com/site': 'one' });
      expect(await on('ls /data/etcd; ls /var/lib/etcd 2>/dev/null')).toBe('member\n');
      const dns = await list<Pod>(cli, 'pods', '-n', 'kube-system', '-l', 'k8s-app=kube-dns');
      expect(dns).toHaveLength(1);
    });

    it('has a scheduler that reads its file', async () => {
      const config = await on(
        'stat -c %a /etc/kubernetes/scheduler-config.yaml; cat /etc/kubernetes/scheduler-config.yaml',
      );
      expect(config).toMatch(/^600\n/);
      expect(parse(config.slice(4))).toMatchObject({ parallelism: 4, leaderElection: { leaderElect: true } });
      const lines = await on("for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline; echo; done 2>/dev/null");
      expect(lines).toMatch(/^kube-scheduler .*--config=\/etc\/kubernetes\/scheduler-config\.yaml/m);
    });

    it('gives containerd and the kubelet the environment of the host, the proxy included', async () => {
      for (const unit of ['containerd', 'kubelet']) {
        const environment = await on(
          `tr '\\0' '\\n' </proc/$(systemctl show -p MainPID --value ${unit})/environ`,
        );
        expect(environment).toContain(`HTTPS_PROXY=http://${gateway}:3128\n`);
        expect(environment).toContain(`no_proxy=localhost,`);
        expect(environment).toContain('SITE=one "two" 50% \\n\n');
      }
    });

    it('has the labels and taints of the file, and a patched kubelet', async () => {
      const [node] = await list<Node & { status: { capacity: { pods: string } } }>(cli, 'nodes');
      expect(node?.metadata.labels).toMatchObject({ 'example.com/rack': 'a' });
      expect(node?.spec.taints ?? []).toEqual([]);
      expect(node?.status.capacity.pods).toBe('42');
    });

    it('pulls from the mirror of a registry that does not exist, over its TLS and with its password', async () => {
      const manifest = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'app', namespace: 'default' },
        spec: { containers: [{ name: 'app', image: IMAGE, imagePullPolicy: 'Always', command: ['/pause'] }] },
      };
      await cli.ok(['apply', '-f', '-'], { stdin: JSON.stringify(manifest) });
      await eventually('the pod to be ready', async () => {
        const [pod] = await list<Pod>(cli, 'pods', '-n', 'default');
        if (pod && isTrue(pod, 'Ready')) return true;
        throw new Error(JSON.stringify([pod?.status, registry.asked]));
      });
      expect(registry.asked).toContain('200 HEAD /v2/team/app/manifests/v1');
      expect(registry.asked.filter((line) => line.startsWith('401'))).toEqual([]);
    });

    it('keeps the password in a file of root’s alone', async () => {
      const token = Buffer.from(`robot:${PASSWORD}`).toString('base64');
      const found = await on(
        `grep -rlF '${token}' /etc /var/lib/kubewright /run/kubewright 2>/dev/null | xargs stat -c '%a %n'`,
      );
      expect(
        found
          .trim()
          .split('\n')
          .every((line) => /^600 \/etc\/containerd\/certs\.d\//.test(line)),
      ).toBe(true);
      expect(found).toContain('hosts.toml');
      const record = await cli.ok([
        'get',
        'configmap',
        '-n',
        'kube-system',
        'kubewright-cluster',
        '-o',
        'yaml',
      ]);
      expect(record).toContain('SITE_PASSWORD');
      expect(record).not.toMatch(/ganz-geheim/);
    });
  });

  describe('that wants less', () => {
    it('loses what is gone from the file, and what reads it starts anew', async () => {
      await apply(true);
      expect(await on('ls /etc/containerd/certs.d /etc/systemd/system/*.d')).not.toMatch(
        /sites|20-kubewright/,
      );
      const environment = await on(
        "tr '\\0' '\\n' </proc/$(systemctl show -p MainPID --value kubelet)/environ",
      );
      expect(environment).not.toContain('PROXY');
      const [node] = await list<Node>(cli, 'nodes');
      expect(node?.metadata.labels).not.toHaveProperty('example.com/rack');
      expect(changes(await apply(true))).toEqual([0]);
    });

    it('is taken back, hooks and the folder of etcd included', async () => {
      await cli.ok(['reset', 'cp1']);
      expect(await on('cat /run/hooks')).toMatch(/leaving\ngone\n$/);
      await on('rm /run/hooks');
      expect(difference(before, await inventory(await lab.host('cp1')))).toEqual([]);
    });
  });
});
