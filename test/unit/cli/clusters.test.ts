import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import Apply from '../../../commands/apply.ts';
import Delete from '../../../commands/delete.ts';
import Diff from '../../../commands/diff.ts';
import Get from '../../../commands/get.ts';
import Plan from '../../../commands/plan.ts';
import Wait from '../../../commands/wait.ts';
import { clustersNamed } from '../../../src/cli/clusters/get.ts';
import { runCommand } from '../../fakes/cli.ts';

const CLUSTER = `apiVersion: kubewright.dev/v1alpha1
kind: Cluster
metadata: { name: staging }
spec:
  hosts:
    - { name: cp1, role: control-plane, target: 127.0.0.1:1 }
`;
const POD = 'apiVersion: v1\nkind: Pod\nmetadata: { name: web }\n';
/** What the cluster's own ConfigMap looks like: a declaration inside an object. */
const RECORD = `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: record }\ndata:\n  cluster.yaml: |\n    ${CLUSTER.replaceAll('\n', '\n    ')}\n`;

describe('a cluster among what verbs are given', () => {
  let folder: string;
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kubewright-clusters-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const env = () => ({ HOME: folder, KUBECONFIG: join(folder, 'kubeconfig') });
  const run = async (command: Parameters<typeof runCommand>[0], ...argv: string[]) =>
    runCommand(command, argv, { env: env() });

  it('is worked by itself, not beside objects or another cluster', async () => {
    const [cluster, pod] = [file('cluster.yaml', CLUSTER), file('pod.yaml', POD)];
    const other = file('other.yaml', CLUSTER.replace('staging', 'other'));
    for (const command of [Apply, Delete, Diff]) {
      const beside = await run(command, '-f', cluster, '-f', pod);
      expect(beside.failure).toMatchObject({ code: 'MixedInput', exit: 23 });
      expect(beside.failure?.message).toContain('pod.yaml:1: Pod web stands beside a cluster');
      expect((await run(command, '-f', cluster, '-f', other)).failure).toMatchObject({ code: 'MixedInput' });
      const both = file('both.yaml', `${CLUSTER}---\n${POD}`);
      expect((await run(command, '-f', both)).failure).toMatchObject({ code: 'MixedInput' });
    }
  });

  it('is not taken for one where an object only has a declaration inside', async () => {
    const { failure } = await run(Apply, '-f', file('record.yaml', RECORD));
    // It went for an API server, of which there is none.
    expect(failure).not.toMatchObject({ code: 'MixedInput' });
    expect([24, 25]).toContain(failure?.exit);
  });

  it('has its mistakes told by its own reader, all at once, even where it is no object', async () => {
    const broken = `${CLUSTER}  podSubnett: x\n  kubernetesVersion: nine\n`;
    const { failure } = await run(Diff, '-f', file('cluster.yaml', broken));
    expect(failure).toMatchObject({ code: 'InvalidClusterFile', exit: 23 });
    expect(failure?.message).toMatch(/podSubnett[\s\S]*kubernetesVersion/);
    const kindless = await run(Diff, '-f', file('kindless.yaml', CLUSTER.replace('kind: Cluster\n', '')));
    expect(kindless.failure).toMatchObject({ code: 'InvalidClusterFile' });
  });

  it('is deleted only by a file that is named, and by its name', async () => {
    const cluster = file('cluster.yaml', CLUSTER);
    mkdirSync(join(folder, 'in'));
    writeFileSync(join(folder, 'in', 'cluster.yaml'), CLUSTER);
    const byFolder = await run(Delete, '-f', join(folder, 'in'), '--confirm', 'staging');
    expect(byFolder.failure).toMatchObject({ code: 'ClusterInFolder', exit: 23 });
    const byPattern = await run(Delete, '-f', join(folder, 'clus*.yaml'), '--confirm', 'staging');
    expect(byPattern.failure).toMatchObject({ code: 'ClusterInFolder' });
    const recursive = await run(Delete, '-f', cluster, '-R', '--confirm', 'staging');
    expect(recursive.failure).toMatchObject({ code: 'ClusterInFolder' });
    const wrong = await run(Delete, '-f', cluster, '--confirm', 'production');
    expect(wrong.failure).toMatchObject({ code: 'NotConfirmed', exit: 2 });
    expect(wrong.failure?.message).toContain('name is staging, not production');
    const unasked = await run(Delete, '-f', cluster);
    expect(unasked.failure).toMatchObject({ code: 'NotConfirmed', exit: 2 });
  });

  // A plan that failed for a host ended with the command that deletes the cluster as "the same again".
  it('does not advise the deletion where its rehearsal fails', async () => {
    const cluster = file('cluster.yaml', CLUSTER);
    const { failure } = await run(Delete, '-f', cluster, '--dry-run=server');
    expect(failure?.code).toBe('HostUnreachable');
    const one = `${failure?.hint} ${failure?.message}`;
    expect(one).not.toContain('--confirm');
    const workers = [2, 3].map((n) => `    - { name: w${n}, target: 127.0.0.1:${n} }\n`).join('');
    const several = await run(Delete, '-f', file('more.yaml', CLUSTER + workers), '--dry-run=server');
    expect(several.failure?.hint).toContain('--dry-run=server');
    expect(several.failure?.hint).not.toContain('--confirm');
    const real = await run(Delete, '-f', file('more.yaml', CLUSTER + workers), '--confirm', 'staging');
    expect(real.failure?.hint).toContain('--confirm staging');
  });

  it('makes diff say by exit codes above 1 that it failed', async () => {
    expect((await run(Diff)).exit).toBeGreaterThan(1);
    expect((await run(Diff, '-f', file('pod.yaml', POD))).failure).toMatchObject({ exit: 23 });
    const odd = await run(Diff, '-f', file('cluster.yaml', CLUSTER), '-o', 'wide');
    expect(odd.failure).toMatchObject({ code: 'ArgumentInvalid', exit: 2 });
    const silent = await run(Diff, '-f', file('cluster.yaml', CLUSTER));
    expect(silent.failure).toMatchObject({ exit: 12 });
  });

  // The help said that nobody is asked, and hosts were dialled.
  it('is read and checked by --dry-run=client, and no host is asked', async () => {
    const cluster = file('cluster.yaml', CLUSTER);
    for (const command of [Apply, Delete]) {
      const { stdout, exit } = await run(command, '-f', cluster, '--dry-run=client');
      expect(exit).toBe(0);
      expect(stdout).toContain('cp1 (control-plane): 127.0.0.1:1\nCluster staging: its file is valid');
      const headless = file('headless.yaml', CLUSTER.replace('control-plane', 'worker'));
      expect((await run(command, '-f', headless, '--dry-run=client')).failure).toMatchObject({ exit: 23 });
    }
    const dialled = await run(Apply, '-f', cluster, '--dry-run=server');
    expect(dialled.failure).toMatchObject({ code: 'HostUnreachable' });
  });

  // apply and delete ended with 1 where diff ended with 2.
  it('is told of in YAML too; in formats that only objects have it is refused by all verbs alike', async () => {
    const cluster = file('cluster.yaml', CLUSTER);
    const { stdout } = await run(Apply, '-f', cluster, '--dry-run=client', '-o', 'yaml');
    expect(stdout).toBe(
      'cluster: staging\nhosts:\n- node: cp1\n  role: control-plane\n  target: 127.0.0.1:1\n',
    );
    for (const command of [Apply, Delete, Diff]) {
      const { failure } = await run(command, '-f', cluster, '-o', 'name');
      expect(failure).toMatchObject({ code: 'ArgumentInvalid', exit: 2, hint: '-o text|json|ndjson|yaml' });
    }
  });

  // The kubeconfig that there is not was what they spoke of.
  it('or an object has to be named, before a kubeconfig is read', async () => {
    const nothing = await run(Delete);
    expect(nothing.failure?.message).toContain(
      'You must provide one or more resources by argument or filename',
    );
    expect(nothing.exit).toBe(1);
    const empty = await run(Apply, '-f', file('empty.yaml', '# nothing\n'));
    expect(empty.failure).toMatchObject({ exit: 23, message: 'no objects passed to apply' });
  });

  it('is planned from its file alone, and saved where nothing is yet', async () => {
    expect((await run(Plan)).failure).toMatchObject({ code: 'ClusterMissing', exit: 23 });
    expect((await run(Plan, '-f', file('pod.yaml', POD))).failure).toMatchObject({ code: 'ClusterMissing' });
    const silent = await run(Plan, '-f', file('cluster.yaml', CLUSTER), '--out', join(folder, 'plan.json'));
    expect(silent.failure).toMatchObject({ exit: 12 });
    expect(existsSync(join(folder, 'plan.json'))).toBe(false);
  });

  it('is applied by a plan only where that is one, and without a file beside it', async () => {
    const cluster = file('cluster.yaml', CLUSTER);
    expect((await run(Apply, '--plan', cluster)).failure).toMatchObject({ code: 'PlanUnreadable', exit: 23 });
    const missing = await run(Apply, '--plan', join(folder, 'none.json'));
    expect(missing.failure).toMatchObject({ code: 'PlanUnreadable', exit: 23 });
    expect((await run(Apply, '--plan', cluster, '-f', cluster)).exit).toBe(2);
    // It carried the plan out.
    const dry = await run(Apply, '--plan', cluster, '--dry-run=client');
    expect(dry.failure).toMatchObject({ code: 'Usage', exit: 2, hint: expect.stringContaining('=server') });
  });

  it('is planned with an exit code that no wrong word of the command line has', async () => {
    const cluster = file('cluster.yaml', CLUSTER);
    const wrong = ['-f', cluster, '-o', 'name'];
    expect((await run(Plan, ...wrong)).failure).toMatchObject({ code: 'Usage', exit: 2 });
    expect((await run(Plan, ...wrong, '--exit-code')).failure).toMatchObject({ code: 'Usage', exit: 23 });
  });

  it('is no object for the other verbs', async () => {
    const cluster = file('cluster.yaml', CLUSTER);
    for (const [command, ...rest] of [[Get], [Wait, '--for=delete']] as const) {
      const { failure } = await run(command, '-f', cluster, '-s', 'http://127.0.0.1:1', ...rest);
      expect(failure).toMatchObject({ code: 'ManifestUnreadable', exit: 23 });
    }
  });
});

describe('the words after get', () => {
  it.each([
    [['clusters'], []],
    [['cluster', 'staging'], ['staging']],
    [['cluster/staging'], ['staging']],
    [
      ['Clusters.kubewright.dev', 'a', 'b'],
      ['a', 'b'],
    ],
  ])('%j are clusters of ours', (words, names) => {
    expect(clustersNamed(words)).toEqual({ names });
  });

  it.each([[['pods']], [['clusters.cluster.x-k8s.io']], [['pod/cluster']], [[]]])('%j are not', (words) => {
    expect(clustersNamed(words)).toBeUndefined();
  });

  it.each([[['pods,clusters']], [['pod/web', 'cluster/x']]])('%j are not for one request', (words) => {
    expect(() => clustersNamed(words)).toThrow(/by themselves/);
  });
});
