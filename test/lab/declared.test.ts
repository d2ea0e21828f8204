import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PlanDocument } from '../../src/cluster/plan/document.ts';
import { useCli } from './support/cli.ts';
import { DRIFTS, scriptOf } from './support/drifts.ts';
import { type Inventory, inventory } from './support/inventory.ts';
import { isTrue, list, type Node } from './support/kube.ts';
import { describeLab, shell, type TestLab, useLab } from './support/lab.ts';
import { compareWithPlan } from './support/plan-inventory.ts';

/** Written by a step that does not say so: what a test of plans against hosts has to find. */
const UNANNOUNCED = '/etc/seeded-defect';

const worker = `
    - name: w1
      labels: { example.com/rack: r1 }
      taints:
        - { key: example.com/dedicated, value: batch, effect: PreferNoSchedule }
      kubelet: { maxPods: 42 }
      hooks: { beforeJoin: ['touch ${UNANNOUNCED}'] }`;

const file = ({ worker: withWorker = worker, logLevel = 2 } = {}) => `apiVersion: kubewright.dev/v1alpha1
kind: Cluster
metadata:
  name: declared
spec:
  artifacts: { delivery: peer }
  kubelet: { podPidsLimit: 2048 }
  scheduler:
    extraArgs: { v: "${logLevel}" }
  hosts:
    - name: cp1
      role: control-plane${withWorker}
`;

const HOSTS = ['cp1', 'w1'];

interface Applied {
  cluster: string;
  hosts: { node: string; state: string; changed: number }[];
  kept: string[];
}

// One lab for all of it, in the order in which a declared cluster lives.
describeLab('a declared cluster', () => {
  const lab = useLab('test-declared', ['cp1', 'w1']);
  const cli = useCli(lab.name);
  const declare = async (text: string) => {
    const path = join(cli.folder(), 'cluster.yaml');
    await writeFile(path, text);
    return path;
  };
  const states = ({ hosts }: Applied) => hosts.map(({ node, state }) => `${node} ${state}`);

  it('is planned before anything is there, and nothing is changed by it', async () => {
    const path = await declare(file());
    const plan = await cli.run(['diff', '-f', path]);
    expect(plan.exit, plan.stderr).toBe(1);
    expect(plan.stdout).toContain('+++ cp1:/etc/kubernetes/manifests/etcd.yaml');
    expect(plan.stdout).toMatch(
      /# cp1, certs: issue \/etc\/kubernetes\/pki\/apiserver\.crt .*CN=kube-apiserver/,
    );
    expect(plan.stdout).toMatch(/^\+maxPods: 42$/m);
    expect(plan.stdout).not.toContain('PRIVATE KEY');
    const found = await shell(await lab.host('cp1'), 'ls /etc/kubernetes /var/lib/kubewright 2>&1');
    expect(found.stdout + found.stderr).not.toContain('pki');
  });

  it('comes up by its saved plan, which is what became of every host, and no more', async () => {
    const path = await declare(file());
    const saved = join(cli.folder(), 'plan.json');
    const before = await inventories(lab);
    const planned = await cli.run(['plan', '-f', path, '--out', saved, '--exit-code', '-o', 'json']);
    expect(planned.exit, planned.stderr).toBe(2);
    expect((await stat(saved)).mode & 0o777).toBe(0o600);
    const plan = JSON.parse(planned.stdout) as PlanDocument;
    expect(JSON.parse(await readFile(saved, 'utf8'))).toEqual(plan);
    expect(planned.stdout).not.toMatch(/PRIVATE KEY|[a-z0-9]{6}\.[a-z0-9]{16}/);
    const applied = await cli.json<Applied>(['apply', '--plan', saved]);
    const after = await inventories(lab);
    const found = await Promise.all(
      plan.hosts.map((host) => compareWithPlan(before.get(host.node)!, after.get(host.node)!, host)),
    );
    expect(found[0]).toEqual({ unplanned: [], undone: [] });
    // The seeded defect, and nothing else.
    expect(found[1]).toEqual({ unplanned: [UNANNOUNCED], undone: [] });
    expect(applied.cluster).toBe('declared');
    expect(states(applied)).toEqual(['cp1 done', 'w1 done']);
    const nodes = await list<Node>(cli, 'nodes');
    expect(nodes.map((node) => [node.metadata.name, isTrue(node, 'Ready')])).toEqual([
      ['cp1', true],
      ['w1', true],
    ]);
    const w1 = nodes[1]!;
    expect(w1.metadata.labels).toMatchObject({ 'example.com/rack': 'r1' });
    expect(w1.spec.taints).toContainEqual(
      expect.objectContaining({ key: 'example.com/dedicated', effect: 'PreferNoSchedule' }),
    );
    const config = await shell(await lab.host('w1'), 'cat /var/lib/kubelet/config.yaml');
    expect(config.stdout).toMatch(/maxPods: 42\n[\s\S]*podPidsLimit: 2048/);
  });

  // Both are prepared at the same time: whichever has an artifact first gives it to the other.
  it('has each artifact sent once, passed on from host to host, and nothing that serves is left on either', async () => {
    const counts = { upload: 0, fetch: 0, image: 0, served: 0 };
    for (const name of ['cp1', 'w1']) {
      const host = await lab.host(name);
      const journal = await shell(host, "grep '^begin' /var/lib/kubewright/journal | cut -f 4");
      for (const kind of journal.stdout.split('\n')) {
        if (kind === 'upload' || kind === 'fetch' || kind === 'image') counts[kind]++;
      }
      const left = await shell(
        host,
        `ls -d /var/lib/kubewright-share /run/kubewright-share /run/systemd/system/kubewright-share* 2>/dev/null
        systemctl list-units --all --no-legend 'kubewright-share*'
        ss -Hltn 'sport = :10299'`,
      );
      expect(left.stdout, name).toBe('');
      // Images too: a connection each. Of what was given, systemd's journal tells.
      const served = await shell(
        host,
        "journalctl --no-pager -o cat -u 'kubewright-share@*' | grep -c '^Started'",
      );
      counts.served += Number(served.stdout);
    }
    // Two hosts, the same executables: half of them came from here.
    expect(counts.upload).toBe(counts.fetch);
    expect(counts.upload).toBeGreaterThan(0);
    // What the control plane alone has, and what the worker alone has, nobody fetches.
    expect(counts.served).toBeGreaterThan(counts.fetch);
    expect(counts.served).toBeLessThanOrEqual(counts.fetch + counts.image / 2);
  });

  it('has no difference then, and applying it again changes nothing', async () => {
    const path = await declare(file());
    const plan = await cli.run(['plan', '-f', path, '--exit-code']);
    expect({ stdout: plan.stdout, exit: plan.exit }, plan.stderr).toEqual({
      stdout: 'cp1: no change\nw1: no change\ndeclared is as its file says.\n',
      exit: 0,
    });
    const diff = await cli.run(['diff', '-f', path]);
    expect({ stdout: diff.stdout, exit: diff.exit }, diff.stderr).toEqual({ stdout: '', exit: 0 });
    const applied = await cli.json<Applied>(['apply', '-f', path]);
    expect(applied.hosts.map(({ changed }) => changed)).toEqual([0, 0]);
  });

  it('finds 20 drifts of 20, refuses a plan when one of them moved, and mends them by it', async () => {
    const path = await declare(file());
    for (const host of HOSTS) await shell(await lab.host(host), scriptOf(host));
    for (const { api } of DRIFTS) if (api) await api(cli);
    const saved = join(cli.folder(), 'drifts.json');
    const plan = await cli.json<PlanDocument>(['plan', '-f', path, '--out', saved]);
    const told = plan.hosts.flatMap(({ node, phases }) =>
      phases.flatMap(({ steps }) =>
        steps.flatMap(({ changes = [] }) => changes.map(({ target }) => `${node} ${target}`)),
      ),
    );
    expect(DRIFTS.length).toBe(20);
    expect(told).toEqual(expect.arrayContaining(DRIFTS.map(({ host, target }) => `${host} ${target}`)));
    await shell(await lab.host('w1'), 'echo "# another hand" >>/etc/crictl.yaml');
    const moved = await cli.run(['apply', '--plan', saved]);
    expect(moved.exit, moved.stderr).toBe(27);
    expect(moved.stderr).toMatch(/- w1: \/etc\/crictl\.yaml: expected sha256:\w{12}…, found sha256:\w{12}…/);
    await shell(await lab.host('w1'), "sed -i '/another hand/d' /etc/crictl.yaml");
    await cli.ok(['apply', '--plan', saved]);
    const again = await cli.json<Applied>(['apply', '-f', path]);
    expect(again.hosts.map(({ changed }) => changed)).toEqual([0, 0]);
    const after = await cli.run(['plan', '-f', path, '--exit-code']);
    expect(after.exit, after.stdout).toBe(0);
  });

  it('shows a changed field as a patch, and applies it', async () => {
    const path = await declare(file({ logLevel: 3 }));
    const diff = await cli.run(['diff', '-f', path]);
    expect(diff.exit, diff.stderr).toBe(1);
    expect(diff.stdout).toMatch(/--- cp1:\/etc\/kubernetes\/manifests\/kube-scheduler\.yaml\n/);
    expect(diff.stdout).toMatch(/^- {4}- --v=2\n\+ {4}- --v=3$/m);
    expect(diff.stdout).toContain('# cp1, upload-config: apply ConfigMap kube-system/kubewright-cluster');
    expect(diff.stdout).not.toContain('w1:');
    await cli.ok(['apply', '-f', path]);
    expect((await cli.run(['diff', '-f', path])).exit).toBe(0);
  });

  it('is what get shows, and its own output is a file that changes nothing', async () => {
    const table = await cli.ok(['get', 'clusters']);
    expect(table).toMatch(
      /^NAME +VERSION +HOSTS +CONTROL-PLANES +ENDPOINT\ndeclared +v1\.37\.2 +2 +1 +https/,
    );
    expect(await cli.ok(['get', 'cluster', 'declared', '-o', 'name', '--via', 'cp1'])).toBe(
      'cluster.kubewright.dev/declared\n',
    );
    const missing = await cli.run(['get', 'cluster', 'other']);
    expect(missing.exit).toBe(1);
    const path = await declare(await cli.ok(['get', 'cluster/declared', '-o', 'yaml']));
    const diff = await cli.run(['diff', '-f', path]);
    expect({ stdout: diff.stdout, exit: diff.exit }, diff.stderr).toEqual({ stdout: '', exit: 0 });
  });

  describe('with a host that is gone from its file', () => {
    const withoutWorker = file({ worker: '', logLevel: 3 });

    it('leaves it alone, and says so', async () => {
      const path = await declare(withoutWorker);
      const applied = await cli.run(['apply', '-f', path, '-o', 'json']);
      expect(applied.exit, applied.stderr).toBe(0);
      expect((JSON.parse(applied.stdout) as Applied).kept).toEqual(['w1']);
      expect((await list<Node>(cli, 'nodes')).length).toBe(2);
    });

    it('removes it with --prune-hosts, which diff shows before', async () => {
      const path = await declare(withoutWorker);
      const diff = await cli.run(['diff', '-f', path, '--prune-hosts']);
      expect(diff.exit, diff.stderr).toBe(1);
      expect(diff.stdout).toContain('# w1, removed: cordon node w1');
      const applied = await cli.json<Applied>(['apply', '-f', path, '--prune-hosts']);
      expect(states(applied)).toEqual(['cp1 done', 'w1 removed']);
      expect((await list<Node>(cli, 'nodes')).map(({ metadata }) => metadata.name)).toEqual(['cp1']);
      const left = await shell(await lab.host('w1'), 'ls /etc/kubernetes /usr/local/bin/kubelet 2>/dev/null');
      expect(left.stdout).toBe('');
      expect((await cli.run(['diff', '-f', path, '--prune-hosts'])).exit).toBe(0);
    });
  });

  it('is deleted by its name, with the context', async () => {
    const path = await declare(file());
    const unnamed = await cli.run(['delete', '-f', path]);
    expect(unnamed.exit, unnamed.stderr).toBe(2);
    const deleted = await cli.json<Applied & { contexts: string[] }>([
      ...['delete', '-f', path, '--confirm', 'declared'],
    ]);
    // w1 had left before: there was nothing to take back on it.
    expect(states(deleted)).toEqual(['w1 removed', 'cp1 removed']);
    expect(deleted.contexts).toEqual(['kubernetes-admin@declared']);
    const left = await shell(await lab.host('cp1'), 'ls /etc/kubernetes; ls -A /var/lib/etcd 2>/dev/null');
    expect(left.stdout).toBe('');
  });
});

async function inventories(lab: TestLab): Promise<Map<string, Inventory>> {
  const found = HOSTS.map(async (name) => [name, await inventory(await lab.host(name))] as const);
  return new Map(await Promise.all(found));
}
