import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { EXIT } from '../../src/base/exit-codes.ts';
import { joinControlPlanePhases } from '../../src/cluster/join-control-plane.ts';
import { expectRefusal, useCli } from './support/cli.ts';
import { difference, type Inventory, inventory } from './support/inventory.ts';
import { eventually, isTrue, list, type Node } from './support/kube.ts';
import { describeLab, shell, useLab } from './support/lab.ts';

const PKI = '/etc/kubernetes/pki';
const HOSTS = ['cp1', 'cp2', 'cp3'];
const join = ['join', 'cp2', 'cp3', '--control-plane'];

interface Kubeconfig {
  clusters: { cluster: { server: string; extensions: { extension: { servers: string[] } }[] } }[];
}

interface Joined {
  hosts: { node: string; role: string; changed: number }[];
}

// One lab for all of it, in the order in which a cluster grows and shrinks.
describeLab('further control planes', () => {
  const lab = useLab('test-planes', HOSTS);
  const cli = useCli(lab.name);
  let before: Inventory;

  const on = async (name: string, script: string): Promise<string> => {
    const { exit, stdout, stderr } = await shell(await lab.host(name), script);
    expect(exit, `on ${name}: ${script}\n${stderr}`).toBe(0);
    return stdout;
  };
  const etcdctl = (...words: string[]) => {
    const client = `${PKI}/etcd/healthcheck-client`;
    const tls = [`--cacert=${PKI}/etcd/ca.crt`, `--cert=${client}.crt`, `--key=${client}.key`];
    const inside = ['exec', '-n', 'kube-system', 'etcd-cp1', '--', 'etcdctl', ...tls, ...words];
    // The kubelet replaces the mirror of a static pod that was there before its node came back.
    return eventually('the pod of etcd to be listed', () => cli.ok(inside));
  };
  /** `cp1 started voter`, sorted; one that was never started has no name. */
  const members = async () => {
    const lines = (await etcdctl('member', 'list')).trim().split('\n');
    const fields = lines.map((line) => line.split(', '));
    return fields
      .map(([, state, name, , , learner]) => `${name} ${state} ${learner === 'true' ? 'learner' : 'voter'}`)
      .sort();
  };
  /** The others elect a new leader where one is lost, and that one sends it all again, as to a new member. */
  const lead = async (name: string) => {
    const { address } = await lab.host(name);
    const lines = (await etcdctl('endpoint', 'status', '--cluster')).trim().split('\n');
    const status = lines.map((line) => line.split(', '));
    const [leader] = status.find(
      (fields) => fields.find((field) => /^(true|false)$/.test(field)) === 'true',
    )!;
    const [, id] = status.find(([endpoint]) => endpoint!.includes(address))!;
    if (!leader!.includes(address)) await etcdctl(`--endpoints=${leader}`, 'move-leader', id!);
  };
  const nodes = async () => (await list<Node>(cli, 'nodes')).map(({ metadata }) => metadata.name).sort();

  it('B33: a run is killed when etcd expects a member that nobody has started', async () => {
    before = await inventory(await lab.host('cp3'));
    await cli.ok(['init', 'cp1']);
    const outcome = await cli.run(join, { env: { KUBEWRIGHT_FAULT: 'etcd-join/manifest/1:before:kill9' } });
    expect(outcome.signal, outcome.stderr + outcome.stdout).toBe('SIGKILL');
    expect(await members()).toEqual([' unstarted learner', 'cp1 started voter']);
  });

  it('B33: the same command finds it again and finishes: three members that vote, three nodes', async () => {
    const { stdout, stderr, exit } = await cli.run([...join, '-o', 'json']);
    expect(exit, stderr).toBe(0);
    expect(stdout + stderr).not.toContain('PRIVATE KEY');
    const { hosts } = JSON.parse(stdout) as Joined;
    expect(hosts.map(({ node, role }) => `${node} ${role}`).sort()).toEqual([
      'cp2 control-plane',
      'cp3 control-plane',
    ]);
    expect(await members()).toEqual(HOSTS.map((name) => `${name} started voter`));
    expect((await etcdctl('endpoint', 'health', '--cluster')).match(/is healthy/g)).toHaveLength(3);
    const found = await list<Node>(cli, 'nodes');
    expect(found.map(({ metadata }) => metadata.name).sort()).toEqual(HOSTS);
    for (const node of found) {
      expect(isTrue(node, 'Ready'), node.metadata.name).toBe(true);
      expect(node.metadata.labels).toHaveProperty('node-role.kubernetes.io/control-plane');
      expect(node.spec.taints).toContainEqual(
        expect.objectContaining({ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }),
      );
    }
  });

  const listed = async () => {
    const file = parse(await readFile(cli.kubeconfig(), 'utf8')) as Kubeconfig;
    const [{ server, extensions }] = file.clusters.map(({ cluster }) => cluster) as [
      Kubeconfig['clusters'][0]['cluster'],
    ];
    return [server, ...extensions[0]!.extension.servers];
  };
  const url = async (name: string) => `https://${(await lab.host(name)).address}:6443`;

  it('the kubeconfig lists all of them; one whose API server is away is told once, and nobody waits for it', async () => {
    const [cp1, cp2, cp3] = await Promise.all(HOSTS.map(url));
    expect(await listed()).toEqual([cp1, cp1, cp2, cp3]);
    const manifest = '/etc/kubernetes/manifests/kube-apiserver.yaml';
    await on(
      'cp1',
      `mv ${manifest} /root/ && while ss -Hltn 'sport = :6443' | grep -q .; do sleep 0.2; done`,
    );
    const first = await cli.run(['get', 'nodes', '-o', 'name']);
    const next = await cli.run(['get', 'nodes', '-o', 'name']);
    await on('cp1', `mv /root/kube-apiserver.yaml ${manifest}`);
    expect(first.stdout.trim().split('\n').sort(), first.stderr).toEqual(HOSTS.map((name) => `node/${name}`));
    expect(first.stderr).toContain(`nothing listens at ${cp1} (connection refused); ${cp2} is used instead`);
    expect(next).toMatchObject({ exit: 0, stdout: first.stdout, stderr: '' });
    await on('cp1', 'until curl -ksf https://127.0.0.1:6443/livez; do sleep 0.5; done');
  });

  it('B38: all have the same authorities and keys, for root alone; no object of the cluster holds them', async () => {
    const shared = ['ca', 'front-proxy-ca', 'etcd/ca'].flatMap((name) => [
      `${PKI}/${name}.crt`,
      `${PKI}/${name}.key`,
    ]);
    const files = [...shared, `${PKI}/sa.key`, `${PKI}/sa.pub`, '/etc/kubernetes/encryption/config.yaml'];
    const sums = await Promise.all(
      HOSTS.map((name) => on(name, `sha256sum ${files.join(' ')}; stat -c '%a %U %n' ${files.join(' ')}`)),
    );
    expect(new Set(sums).size).toBe(1);
    for (const line of sums[0]!.split('\n').filter((each) => each.endsWith('.key'))) {
      if (!/^[0-9a-f]{64} /.test(line)) expect(line).toMatch(/^600 root /);
    }
    expect(await on('cp2', 'ls /etc/kubernetes')).not.toContain('super-admin.conf');
    const secrets = await cli.json<{
      items: { metadata: { name: string }; data?: Record<string, string> }[];
    }>(['get', 'secrets', '-A']);
    const held = secrets.items.flatMap(({ data }) => Object.values(data ?? {}));
    expect(held.filter((value) => Buffer.from(value, 'base64').toString().includes('PRIVATE KEY'))).toEqual(
      [],
    );
  });

  it('a second run changes nothing on any of them, through any of them', async () => {
    const again = await cli.json<Joined>([...join, '--via', 'cp2']);
    expect(again.hosts.map(({ changed }) => changed)).toEqual([0, 0]);
    expect(await cli.json(['init', 'cp1'])).toMatchObject({ changed: 0 });
  });

  it.each(joinControlPlanePhases.map(({ name }) => name))(
    'phase join %s runs alone, and changes nothing',
    async (phase) => {
      const done = await cli.json(['phase', 'join', phase, 'cp2', '--control-plane']);
      expect(done).toMatchObject({ phase, node: 'cp2', changed: 0 });
    },
  );

  it('none of them becomes something else by mistake', async () => {
    expectRefusal(
      await cli.run(['init', 'cp2']),
      EXIT.invalidInput,
      'further control plane',
      'join cp2 --control-plane',
    );
    expectRefusal(await cli.run(['join', 'cp2']), EXIT.invalidInput, 'is a control plane of');
  });

  const emptyEtcd = 'pkill -9 -x etcd; rm -rf /var/lib/etcd/member';

  // etcd began anew there, under the identity that the others know.
  it('init begins no second cluster on the first one, whose data is gone, with its manifest or without', async () => {
    await on('cp1', `systemctl stop kubelet; ${emptyEtcd}`);
    const refuses = async () => {
      for (const more of [[], ['--dry-run']]) {
        const refusal = await cli.run(['init', 'cp1', ...more]);
        expectRefusal(refusal, EXIT.step, 'has lost the data of its etcd', 'kubewright reset cp1');
      }
    };
    await refuses();
    await on('cp1', 'rm /etc/kubernetes/manifests/etcd.yaml');
    await refuses();
    expect(await on('cp1', 'pgrep -x etcd; ls -A /var/lib/etcd /etc/kubernetes/manifests')).not.toMatch(
      /^\d+$|member|etcd\.yaml/m,
    );
  });

  it('which leaves and joins again as it is told to', async () => {
    await cli.ok(['reset', 'cp1', '--yes']);
    await cli.ok(['join', 'cp1', '--control-plane', '--via', 'cp2']);
    expect(await members()).toEqual(HOSTS.map((name) => `${name} started voter`));
    expect(await nodes()).toEqual(HOSTS);
  });

  it('one that lost its data and runs on under its manifest is told so, and how it comes back', async () => {
    await lead('cp1');
    // Which of cp2 and cp3 joined first is chance; that one names too few members to start anew: only cp1, which
    // joined last, names all for sure. A member that cannot start writes no log, and join makes a new one of it.
    const manifest = '/etc/kubernetes/manifests/etcd.yaml';
    const all = (await on('cp1', `grep -o -- '--initial-cluster=.*' ${manifest}`)).trim();
    const named = `sed -i 's#--initial-cluster=.*#${all}#' ${manifest}`;
    await on('cp3', `systemctl stop kubelet; ${emptyEtcd}; ${named}; systemctl start kubelet`);
    await eventually('the kubelet to start it again', () => on('cp3', 'ls /var/lib/etcd/member/wal/*.wal'));
    const refusal = await cli.run(['join', 'cp3', '--control-plane', '--timeout', '25']);
    expectRefusal(refusal, EXIT.step, 'cp3 has lost the data of its etcd', 'kubewright reset cp3');
    expect(await members()).toEqual(HOSTS.map((name) => `${name} started voter`));
  });

  it('reset takes one out of etcd and off the cluster, leaves its host as it was, and the others well', async () => {
    const done = await cli.json<{ contexts: string[] }>(['reset', 'cp3', '--yes']);
    expect(done.contexts).toEqual([]);
    expect(await members()).toEqual(['cp1 started voter', 'cp2 started voter']);
    expect((await etcdctl('endpoint', 'health', '--cluster')).match(/is healthy/g)).toHaveLength(2);
    expect(await nodes()).toEqual(['cp1', 'cp2']);
    // cp1 has left once and come back: since then another is asked first.
    expect(await listed()).toEqual([await url('cp2'), await url('cp2'), await url('cp1')]);
    expect(difference(before, await inventory(await lab.host('cp3')))).toEqual([]);
    const again = await cli.json<Joined>(['join', 'cp2', '--control-plane']);
    expect(again.hosts.map(({ changed }) => changed)).toEqual([0]);
  });
});
