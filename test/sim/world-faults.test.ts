import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EXIT } from '../../src/base/exit-codes.ts';
import type { ClusterPorts } from '../../src/cluster/ports.ts';
import { reset } from '../../src/cluster/run-reset.ts';
import type { Host } from '../../src/host/port.ts';
import { changedAgain, faultsOf, plantCanaries, tornFiles } from './matrix/check.ts';
import type { Changes, Flow } from './matrix/flow.ts';
import { FLOWS, joinOne } from './matrix/flows.ts';
import { leaks } from './matrix/secrets.ts';
import { describeSim } from './support/tier.ts';
import { startRun } from './world/run.ts';
import { typeOf } from './world/store.ts';
import { makeWorld, type Snapshot, type World } from './world/world.ts';

const timeout = 240_000;
const flowOf = (name: string): Flow => FLOWS.find((flow) => flow.name === name)!;
const init = flowOf('init');
const NOTHING = { cp1: 0, cp2: 0, cp3: 0 };

/** Accidents that take more than an operation: whole hosts, what lay there before, what somebody did by hand. */
describeSim('three control planes and a worker to be', () => {
  let world: World;
  let fresh: Snapshot;
  let made: Snapshot;
  /** By all runs so far. */
  const said: string[] = [];
  beforeAll(async () => {
    world = await makeWorld([...init.hosts, 'w1'], (process.pid + 60) % 250);
    fresh = await world.snapshot();
  }, timeout);
  afterAll(() => world?.stop());

  type Work = (ports: ClusterPorts) => Promise<Changes>;
  const run = async (work: Work, host?: (host: Host) => Host) => {
    const reporter = { emit: (event: object) => void said.push(JSON.stringify(event)) };
    await using started = startRun(world, { reporter, ...(host ? { host } : {}) });
    return await work(started.ports);
  };
  const again = () => run((ports) => init.run(world, ports));
  const file = (host: string, path: string) => world.hosts.get(host)!.at(path);
  const put = async (host: string, path: string, text: string) => {
    await mkdir(dirname(file(host, path)), { recursive: true });
    await writeFile(file(host, path), text);
  };

  it(
    'B31: what is left of another cluster is refused and stays as it is; after reset the host is a control plane of ours',
    async () => {
      const conf = `kind: Config\nclusters: [{name: harbour, cluster: {server: 'https://192.0.2.99:6443'}}]\nusers: [{name: u, user: {token: x}}]\ncontexts: [{name: c, context: {cluster: harbour, user: u}}]\ncurrent-context: c\n`;
      await put('cp1', '/etc/kubernetes/kubelet.conf', conf);
      await put('cp1', '/etc/kubernetes/pki/ca.crt', 'the CA of another cluster\n');
      await put('cp1', '/etc/kubernetes/pki/ca.key', 'its key\n');
      await put('cp1', '/etc/kubernetes/manifests/etcd.yaml', 'kind: Pod\n');
      await put('cp1', '/var/lib/etcd/member/wal/0.wal', '{}');
      const one = () => run((ports) => flowOf('init-one').run(world, ports));
      await expect(one()).rejects.toMatchObject({
        code: 'ForeignCluster',
        exit: EXIT.foreignCluster,
        message: expect.stringContaining('harbour'),
        hint: expect.stringContaining('kubewright reset cp1'),
      });
      expect(readFileSync(file('cp1', '/etc/kubernetes/kubelet.conf'), 'utf8')).toBe(conf);
      await run(async (ports) => {
        await reset(ports, { target: 'cp1', api: async () => undefined, dryRun: false });
        return {};
      });
      expect((await one()).cp1).toBeGreaterThan(0);
      expect(readFileSync(file('cp1', '/etc/kubernetes/pki/ca.crt'), 'utf8')).toContain('BEGIN CERTIFICATE');
      expect(await one()).toEqual({ cp1: 0 });
    },
    timeout,
  );

  it(
    'B07, B08: a host whose power goes in the middle of a run: the run goes on when it is back, or the same command does',
    async () => {
      await world.restore(fresh);
      const cp2 = world.hosts.get('cp2')!;
      let operations = 0;
      let booted: Promise<void> | undefined;
      const cut = (host: Host) =>
        before(host, 'cp2', (batch) => {
          operations += batch;
          if (operations > 25) booted ??= cp2.powerOff().then(() => cp2.powerOn());
        });
      await run((ports) => init.run(world, ports), cut).catch((error) =>
        expect([EXIT.connectionLost, EXIT.hostUnreachable]).toContain(error.exit),
      );
      expect(booted).toBeDefined();
      await booted;
      await again();
      plantCanaries(world);
      expect(await again()).toEqual(NOTHING);
      await world.quiet();
      made = await world.snapshot();
      expect(faultsOf(world, init, fresh, made, fresh)).toEqual([]);
      // And all of it by itself, once more.
      for (const host of world.hosts.values()) await host.powerOff();
      for (const host of world.hosts.values()) await host.powerOn();
      await world.side.catchUp();
      expect(await again()).toEqual(NOTHING);
    },
    timeout,
  );

  it(
    'B25, B54: a kernel parameter that a boot undid and a manifest that was torn by hand are mended, and nothing else is touched',
    async () => {
      await world.restore(made);
      const manifest = file('cp2', '/etc/kubernetes/manifests/kube-scheduler.yaml');
      const whole = readFileSync(manifest, 'utf8');
      writeFileSync(manifest, whole.slice(0, whole.length / 2));
      writeFileSync(file('cp1', '/proc/sys/net/ipv4/ip_forward'), '0\n');
      expect(await again()).toEqual({ cp1: 1, cp2: 1, cp3: 0 });
      expect(readFileSync(manifest, 'utf8')).toBe(whole);
      expect(readFileSync(file('cp1', '/proc/sys/net/ipv4/ip_forward'), 'utf8')).toBe('1\n');
      expect(await again()).toEqual(NOTHING);
    },
    timeout,
  );

  it(
    'B34: a control plane dies while a worker joins: through another one it does; the dead one is named where it is asked for',
    async () => {
      await world.restore(made);
      const cp1 = world.hosts.get('cp1')!;
      let gone: Promise<void> | undefined;
      let operations = 0;
      const dies = (host: Host) =>
        before(host, 'w1', (batch) => {
          operations += batch;
          if (operations > 30) gone ??= cp1.powerOff();
        });
      const joined = await run((ports) => joinOne(ports, 'w1', 'worker', { via: 'cp2' }), dies);
      expect(joined.w1).toBeGreaterThan(0);
      expect(gone).toBeDefined();
      await gone;
      const nodes = world.side.clusters[0]!.store.list({ type: typeOf('Node') });
      expect(nodes.map(({ metadata }) => metadata.name).sort()).toEqual(['cp1', 'cp2', 'cp3', 'w1']);
      await expect(run((ports) => joinOne(ports, 'w1', 'worker'))).rejects.toMatchObject({
        code: 'HostUnreachable',
        exit: EXIT.hostUnreachable,
      });
      await cp1.powerOn();
      expect(await run((ports) => joinOne(ports, 'w1', 'worker'))).toEqual({ w1: 0 });
      await world.quiet();
      // Keys and tokens stay where they belong, also when runs are cut.
      expect(leaks(said, await world.snapshot())).toEqual([]);
    },
    timeout,
  );

  it('what is checked of a world after each of these can fail (seeded defects)', () => {
    const disks = (host: string, path: string, content: string | Buffer, mode = 0o600): Snapshot => {
      const tree = new Map(made.disks.get(host)!);
      tree.set(path, { type: 'file', mode, modified: 0, content: Buffer.from(content as string) });
      return { ...made, disks: new Map([...made.disks, [host, tree]]) };
    };
    const faults = (now: Snapshot, flow = init) => faultsOf(world, flow, made, now, fresh).join('\n');
    const pki = 'fs/etc/kubernetes/pki';
    const other = made.disks.get('cp2')!.get(`${pki}/front-proxy-ca.crt`)!.content!;
    expect(faults(disks('cp2', `${pki}/ca.crt`, other))).toContain('2 certificate authorities');
    expect(faults(disks('cp2', `${pki}/ca.key`, 'another'))).toContain('/ca.key was generated again');
    expect(faults(disks('cp1', 'fs/etc/.kubewright-0', ''))).toContain('cp1:/etc/.kubewright-0 is left over');
    expect(faults(disks('cp3', 'fs/etc/left', ''), flowOf('reset-control-plane'))).toContain(
      'cp3:fs/etc/left stayed',
    );
    const half = made.disks.get('cp1')!.get(`${pki}/ca.crt`)!.content!.subarray(0, 100);
    expect(tornFiles(disks('cp1', `${pki}/ca.crt`, half), made, made)).toEqual([`cp1:${pki}/ca.crt is torn`]);
    expect(tornFiles(made, fresh, made)).toEqual([]);
    expect(changedAgain({ cp1: 0, cp2: 1 })).toEqual(['the third run changed 1 on cp2']);
    const key = readFileSync(file('cp1', '/etc/kubernetes/pki/ca.key'), 'utf8');
    expect(leaks([], made)).toEqual([]);
    expect(leaks([JSON.stringify({ text: key })], made)).toEqual(['a key in what the run said']);
    expect(leaks(['abcdef.0123456789abcdef'], made)).toEqual(['a token in what the run said']);
    expect(leaks([], disks('cp1', 'fs/var/lib/kubewright/journal', key))).toHaveLength(1);
    expect(leaks([], disks('cp1', `${pki}/ca.key`, key, 0o644))).toEqual([
      'a key in cp1:/etc/kubernetes/pki/ca.key',
    ]);
    const { store } = world.side.clusters[0]!;
    store.delete({ type: typeOf('ConfigMap'), namespace: 'default', name: 'canary-1' });
    expect(faults(made)).toContain('canary-1 is lost');
  });

  it(
    'B61: reset of a control plane whose own etcd and API server are gone: a peer takes its member out, and nothing stays',
    async () => {
      await world.restore(made);
      for (const name of ['etcd', 'kube-apiserver'])
        await put('cp3', `/etc/kubernetes/manifests/${name}.yaml`, 'kind: Pod\n');
      await world.side.catchUp();
      const flow = flowOf('reset-control-plane');
      await run((ports) => flow.run(world, ports));
      await world.quiet();
      const now = await world.snapshot();
      expect(faultsOf(world, flow, made, now, fresh)).toEqual([]);
    },
    timeout,
  );

  it('B38: no Secret holds keys of the cluster: they travel over SSH', () => {
    const { store } = world.side.clusters[0]!;
    const secrets = store.list({ type: typeOf('Secret') }).map(({ metadata }) => metadata.name);
    expect(secrets).not.toContain('kubeadm-certs');
    const key = readFileSync(file('cp1', '/etc/kubernetes/pki/ca.key'), 'utf8');
    const kept = JSON.stringify([
      ...store.list({ type: typeOf('Secret') }),
      ...store.list({ type: typeOf('ConfigMap') }),
    ]);
    expect(kept).not.toContain(Buffer.from(key).toString('base64'));
    expect(kept).not.toContain('PRIVATE KEY');
  });
});

/** Told how many operations are about to go to the host of that name. */
function before(host: Host, name: string, told: (operations: number) => void): Host {
  if (host.name !== name) return host;
  return new Proxy(host, {
    get: (target, property) => {
      const value = Reflect.get(target, property) as unknown;
      if (property === 'apply')
        return (batch: readonly unknown[], options: object) => {
          told(batch.length);
          return target.apply(batch as never, options);
        };
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
