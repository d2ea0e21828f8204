import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { faultsOf, plantCanaries } from './matrix/check.ts';
import type { Flow } from './matrix/flow.ts';
import { FLOWS, joinOne } from './matrix/flows.ts';
import { describeSim } from './support/tier.ts';
import { startRun } from './world/run.ts';
import { makeWorld, type Snapshot, type World } from './world/world.ts';

const timeout = 240_000;
const CHILD = join(import.meta.dirname, 'matrix/child.ts');
const flow: Flow = {
  ...FLOWS.find(({ name }) => name === 'join-control-plane')!,
  hosts: ['cp1', 'cp2', 'cp3'],
};
const announced = 'api/POST /v3/cluster/member/add:after-unacked';

/** Nothing is serialised here, and the process really dies: what is under way on the host then is under way. */
describeSim('a second control plane whose join is killed with SIGKILL', () => {
  let world: World;
  let fresh: Snapshot;
  let one: Snapshot;
  beforeAll(async () => {
    world = await makeWorld(flow.hosts, process.pid % 250);
    fresh = await world.snapshot();
    await flow.prepare(world);
    plantCanaries(world);
    one = await world.snapshot();
  }, timeout);
  afterAll(() => world?.stop());

  const die = async (fault: string) => {
    await world.restore(one);
    const hosts = [...world.hosts.values()].map(({ name, address, loopback, port }) => ({
      name,
      address,
      loopback,
      port,
    }));
    const child = spawn(process.execPath, [CHILD, flow.name, world.laptop.home, JSON.stringify(hosts)], {
      env: { ...process.env, KUBEWRIGHT_FAULT: `${fault}:kill9` },
      stdio: 'ignore',
    });
    const signal = await new Promise((resolve) => child.once('exit', (_, name) => resolve(name)));
    expect(signal).toBe('SIGKILL');
  };
  const again = async () => {
    await using run = startRun(world);
    return await flow.run(world, run.ports);
  };

  it.each([
    'shared-keys/etc-kubernetes-pki-ca.key/1:mid',
    'runtime/containerd.service/2:after-unacked',
    announced,
  ])(
    'B01, B33: at %s: the same command makes it a member, the next one finds nothing to do',
    async (fault) => {
      await die(fault);
      await world.quiet();
      const struck = await world.snapshot();
      await again();
      expect(await again()).toEqual({ cp2: 0 });
      await world.quiet();
      expect(faultsOf(world, flow, struck, await world.snapshot(), fresh)).toEqual([]);
    },
    timeout,
  );

  it(
    'B33: its host gone for ever between announcement and start: the next control plane takes its place in etcd',
    async () => {
      await die(announced);
      await world.hosts.get('cp2')!.stop();
      const [cluster] = world.side.clusters;
      expect(cluster!.members.map(({ name, isLearner }) => [name, isLearner])).toEqual([
        ['cp1', false],
        ['', true],
      ]);
      const texts: string[] = [];
      const reporter = { emit: (event: object) => void texts.push(JSON.stringify(event)) };
      await using run = startRun(world, { reporter });
      await joinOne(run.ports, 'cp3', 'control-plane');
      expect(cluster!.members.map(({ name, isLearner }) => [name, isLearner])).toEqual([
        ['cp1', false],
        ['cp3', false],
      ]);
      expect(texts.join('\n')).toContain(
        'took the member at https://192.0.2.12:2380 out of etcd: it was never started',
      );
    },
    timeout,
  );
});
