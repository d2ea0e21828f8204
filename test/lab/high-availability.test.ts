import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EXIT } from '../../src/base/exit-codes.ts';
import { power } from '../../src/lab/power.ts';
import { labUp } from '../../src/lab/up.ts';
import { silent } from '../../src/output/events.ts';
import { expectRefusal, useCli } from './support/cli.ts';
import { eventually, isTrue, list, type Node } from './support/kube.ts';
import { describeLab, shell, useLab } from './support/lab.ts';

const WRITER = readFileSync(join(import.meta.dirname, 'manifests/writer.sh'), 'utf8');
const URL = 'https://kubernetes.kubewright.internal:6443';
/** How long the client writes; the host is terminated after a fifth of it. */
const SECONDS = 50;
const PKI = '/etc/kubernetes/pki';

interface Applied {
  hosts: { node: string; changed: number; state: string }[];
}

describeLab('three control planes and two workers', () => {
  const lab = useLab('test-ha', ['cp1', 'cp2', 'cp3', 'w1', 'w2']);
  const cli = useCli(lab.name);

  const on = async (name: string, script: string, timeoutSeconds = 120): Promise<string> => {
    const { exit, stdout, stderr } = await shell(await lab.host(name), script, timeoutSeconds);
    expect(exit, `on ${name}: ${script.slice(0, 200)}\n${stderr}`).toBe(0);
    return stdout;
  };
  const answer = (path: string) =>
    on(
      'w1',
      `curl -s -m 20 --cacert /root/ca.crt --cert /root/admin.crt --key /root/admin.key '${URL}${path}'`,
    );

  it('B63: a pair of hosts between which port 2380 is blocked is named, and nothing is begun on any of them', async () => {
    const { address } = await lab.host('cp3');
    const chain = '{ type filter hook input priority 0; policy accept; }';
    await on(
      'cp1',
      `nft add table inet wall; nft 'add chain inet wall in ${chain}'; nft add rule inet wall in ip saddr ${address} tcp dport 2380 drop`,
    );
    const outcome = await cli.run(['init', 'cp1', 'cp2', 'cp3']);
    await on('cp1', 'nft delete table inet wall');
    expectRefusal(outcome, EXIT.preflight, '[Reachable-2380]', 'cp3 → cp1:2380 (no answer within 3 s)');
    for (const name of ['cp1', 'cp2', 'cp3'])
      expect(
        await on(
          name,
          'ls -d /etc/kubernetes /var/lib/etcd/member 2>/dev/null; ss -Hlntu | grep -v ":22 " || :',
        ),
      ).toBe('');
  });

  it('init of three hosts and join of two make them', async () => {
    const { hosts } = await cli.json<Applied>(['init', 'cp1', 'cp2', 'cp3']);
    expect(hosts.map(({ node, state }) => `${node} ${state}`).sort()).toEqual([
      'cp1 done',
      'cp2 done',
      'cp3 done',
    ]);
    await cli.ok(['join', 'w1', 'w2']);
    const nodes = await list<Node>(cli, 'nodes');
    expect(nodes.filter((node) => isTrue(node, 'Ready'))).toHaveLength(5);
  });

  it('the same commands again change nothing', async () => {
    const { hosts } = await cli.json<Applied>(['init', 'cp1', 'cp2', 'cp3']);
    expect(hosts.map(({ node, changed }) => [node, changed]).sort()).toEqual([
      ['cp1', 0],
      ['cp2', 0],
      ['cp3', 0],
    ]);
    const joined = await cli.json<{ hosts: { changed: number }[] }>(['join', 'w1', 'w2']);
    expect(joined.hosts.map(({ changed }) => changed)).toEqual([0, 0]);
  });

  it('a worker’s balancer knows all three, and finds them ready', async () => {
    const backends = await on('w1', 'grep "^  server" /etc/kubernetes/kubewright/haproxy.cfg');
    expect(backends.match(/cp[123]/g)).toEqual(['cp1', 'cp2', 'cp3']);
    const log = await eventually('the balancer to run', () =>
      on('w2', 'ss -Hltn "sport = :6443" && curl -sk -m 5 https://127.0.0.1:6443/readyz'),
    );
    expect(log).toContain('127.0.0.1:6443');
    expect(log).toMatch(/ok$/);
  });

  it('B08: one of them is terminated while a client writes: nothing that was acknowledged is lost', async () => {
    for (const [field, file] of [
      ['client-certificate-data', 'admin.crt'],
      ['client-key-data', 'admin.key'],
    ]) {
      const value = await on('cp2', `sed -n 's/^ *${field}: //p' /etc/kubernetes/admin.conf`);
      await on('w1', `umask 077; echo '${value.trim()}' | base64 -d > /root/${file}`);
    }
    await on('w1', `cp ${PKI}/ca.crt /root/ca.crt`);
    const writing = shell(await lab.host('w1'), `set -- ${URL} ${SECONDS}\n${WRITER}`, SECONDS + 60);
    await new Promise((resolve) => setTimeout(resolve, (SECONDS * 1000) / 5));
    await power(lab.name, 'cp1', 'cut', lab.env);
    const { exit, stdout, stderr } = await writing;
    expect(exit, `${stderr.slice(-1500)}\n${stdout.slice(-500)}`).toBe(0);

    const writes = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ').map(Number) as [number, number]);
    const pauses = writes.slice(1).map(([, at], index) => at - writes[index]![1]);
    const longest = Math.max(...pauses);
    process.stderr.write(
      `\nacknowledged writes: ${writes.length}, refused: ${stderr.match(/refused/g)?.length ?? 0}, longest pause: ${longest} ms\n`,
    );
    const { items } = JSON.parse(await answer('/api/v1/namespaces/default/configmaps?limit=100000')) as {
      items: { metadata: { name: string } }[];
    };
    const there = new Set(items.map(({ metadata }) => metadata.name));
    expect(writes.map(([number]) => `write-${number}`).filter((name) => !there.has(name))).toEqual([]);
    // It went on after the host was gone.
    expect(writes.at(-1)![1] - writes[0]![1]).toBeGreaterThan(SECONDS * 600);
  });

  it('the workers stay Ready, the host that is gone does not', async () => {
    const ready = await eventually('cp1 to be found missing', async () => {
      const { items } = JSON.parse(await answer('/api/v1/nodes')) as { items: Node[] };
      const names = items.filter((node) => isTrue(node, 'Ready')).map(({ metadata }) => metadata.name);
      return !names.includes('cp1') && names;
    });
    expect(ready.sort()).toEqual(['cp2', 'cp3', 'w1', 'w2']);
  });

  it('B08: booted again it is one of them again', async () => {
    await power(lab.name, 'cp1', 'boot', lab.env);
    await eventually('five nodes to be Ready', async () => {
      const { items } = JSON.parse(await answer('/api/v1/nodes')) as { items: Node[] };
      return items.filter((node) => isTrue(node, 'Ready')).length === 5;
    });
    const { hosts } = await cli.json<Applied>(['init', 'cp1', 'cp2', 'cp3']);
    expect(hosts.every(({ changed }) => changed === 0)).toBe(true);
  });

  /** `cp1 started voter`, sorted. */
  const members = async () => {
    const client = `${PKI}/etcd/healthcheck-client`;
    const tls = [`--cacert=${PKI}/etcd/ca.crt`, `--cert=${client}.crt`, `--key=${client}.key`];
    const inside = ['exec', '-n', 'kube-system', 'etcd-cp2', '--', 'etcdctl', ...tls, 'member', 'list'];
    const listed = await cli.ok(inside);
    const fields = listed
      .trim()
      .split('\n')
      .map((line) => line.split(', '));
    return fields
      .map(([, state, name, , , learner]) => `${name} ${state} ${learner === 'true' ? 'learner' : 'voter'}`)
      .sort();
  };
  const voters = (...names: string[]) => names.map((name) => `${name} started voter`);
  const machineId = async (name: string) => (await on(name, 'cat /etc/machine-id')).trim();

  it('B43: a host that is lost is replaced by a new one under its name, and members are hosts', async () => {
    const before = await machineId('cp1');
    await power(lab.name, 'cp1', 'wipe', lab.env);
    const dead = await cli.run(['node', 'replace', 'cp1', '--via', 'cp2']);
    expect(dead.exit, dead.stderr).not.toBe(0);
    expect(await members()).toEqual(voters('cp1', 'cp2', 'cp3'));
    await labUp({ lab: lab.name, names: [], env: lab.env, reporter: silent });
    await cli.json(['node', 'replace', 'cp1', '--via', 'cp2']);
    expect(await machineId('cp1')).not.toBe(before);
    expect(await members()).toEqual(voters('cp1', 'cp2', 'cp3'));
    const nodes = await list<Node>(cli, 'nodes');
    expect(nodes.filter((node) => isTrue(node, 'Ready'))).toHaveLength(5);
    const again = await cli.json<{ changed: number }>(['node', 'replace', 'cp1', '--via', 'cp2']);
    expect(again.changed).toBe(0);
  });

  it('a worker becomes a control plane, though the first run is killed, and a worker again, with the labels and taints of its own', async () => {
    const url = `${URL}/api/v1/nodes/w2`;
    const patch = `{"metadata":{"labels":{"rack":"a"}},"spec":{"taints":[{"key":"dedicated","value":"db","effect":"NoSchedule"}]}}`;
    const tls = '--cacert /root/ca.crt --cert /root/admin.crt --key /root/admin.key';
    await on(
      'w1',
      `curl -sf ${tls} -X PATCH -H 'Content-Type: application/merge-patch+json' -d '${patch}' '${url}'`,
    );
    const marks = async () => {
      const node = (await list<Node & { spec: { taints?: { key: string }[] } }>(cli, 'nodes')).find(
        ({ metadata }) => metadata.name === 'w2',
      )!;
      const labels = node.metadata.labels as Record<string, string>;
      return [labels.rack, ...(node.spec.taints ?? []).map(({ key }) => key).sort()];
    };
    const env = { KUBEWRIGHT_FAULT: 'etcd-join/manifest/1:before:kill9' };
    const killed = await cli.run(['node', 'promote', 'w2'], { env });
    expect(killed.signal, killed.stderr).toBe('SIGKILL');
    await cli.json(['node', 'promote', 'w2']);
    expect(await members()).toEqual(voters('cp1', 'cp2', 'cp3', 'w2'));
    expect(await marks()).toEqual(['a', 'dedicated', 'node-role.kubernetes.io/control-plane']);
    await cli.json(['node', 'demote', 'w2']);
    expect(await members()).toEqual(voters('cp1', 'cp2', 'cp3'));
    // The cluster takes not-ready off a Node that is new, when it has seen that it is Ready.
    const settled = await eventually('the new Node to settle', async () => {
      const found = await marks();
      return !found.includes('node.kubernetes.io/not-ready') && found;
    });
    expect(settled).toEqual(['a', 'dedicated']);
    expect(await on('w2', 'ls /var/lib/etcd 2>/dev/null; ls /etc/kubernetes/manifests')).not.toContain(
      'etcd',
    );
  });

  it('a control plane is removed: two members, and the workers’ balancers know it', async () => {
    await cli.json(['node', 'remove', 'cp3']);
    expect(await members()).toEqual(voters('cp1', 'cp2'));
    const backends = await on('w1', 'grep "^  server" /etc/kubernetes/kubewright/haproxy.cfg');
    expect(backends.match(/cp[123]/g)).toEqual(['cp1', 'cp2']);
  });
});
