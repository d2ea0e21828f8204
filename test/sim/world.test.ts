import { existsSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openHost } from '../../src/host/session.ts';
import { plantCanaries } from './matrix/check.ts';
import { FLOWS } from './matrix/flows.ts';
import { describeSim } from './support/tier.ts';
import { startRun } from './world/run.ts';
import { makeWorld, type Snapshot, type World } from './world/world.ts';

const init = FLOWS.find(({ name }) => name === 'init')!;
const timeout = 240_000;

describeSim('a simulated cluster of three control planes', () => {
  let world: World;
  let before: Snapshot;
  beforeAll(async () => {
    world = await makeWorld(init.hosts, process.pid % 250);
    before = await world.snapshot();
  }, timeout);
  afterAll(() => world?.stop());

  const again = async () => {
    await using run = startRun(world);
    return await init.run(world, run.ports);
  };
  const members = () => world.side.clusters.map((cluster) => cluster.members.map(({ name }) => name).sort());

  it(
    'comes up from bare hosts, and a second run changes nothing',
    async () => {
      const made = await again();
      expect(Object.values(made).every((changed) => changed > 0)).toBe(true);
      expect(members()).toEqual([['cp1', 'cp2', 'cp3']]);
      expect(world.side.accidents).toEqual([]);
      expect(await again()).toEqual({ cp1: 0, cp2: 0, cp3: 0 });
    },
    timeout,
  );

  it('goes back to what it was, and forward again', async () => {
    plantCanaries(world);
    const after = await world.snapshot();
    await world.restore(before);
    expect(members()).toEqual([]);
    expect(existsSync(world.hosts.get('cp1')!.at('/etc/kubernetes'))).toBe(false);
    await world.restore(after);
    expect(members()).toEqual([['cp1', 'cp2', 'cp3']]);
  });

  it(
    'B04: Ctrl-C lets go of the hosts, and the same command takes up where it stopped',
    async () => {
      await world.restore(before);
      let operations = 0;
      {
        await using run = startRun(world, {
          host: (host) => ({
            ...host,
            name: host.name,
            address: host.address,
            roundTrips: 0,
            inspect: (queries) => host.inspect(queries),
            lock: (request) => host.lock(request),
            unlock: (epoch, options) => host.unlock(epoch, options),
            tunnel: (to, port) => host.tunnel(to, port),
            close: () => host.close(),
            apply: (batch, options) => {
              operations += batch.length;
              if (operations > 30) run.interrupt();
              return host.apply(batch, options);
            },
          }),
        });
        await expect(init.run(world, run.ports)).rejects.toMatchObject({ code: 'Interrupted' });
      }
      // The identity of both runs is this process: a lock that stayed would keep the second one out.
      await again();
      expect(await again()).toEqual({ cp1: 0, cp2: 0, cp3: 0 });
    },
    timeout,
  );

  // It stayed in /run until another run had an operation for the host.
  it(
    'B03: the workspace of a login that was killed goes with the next run, which changes nothing',
    async () => {
      const host = world.hosts.get('cp1')!;
      {
        await using run = startRun(world);
        const session = await openHost('cp1', () => run.connect('cp1'));
        const work = session
          .apply([{ kind: 'run', id: 'a/b/1', argv: ['sleep', '60'] }])
          .catch(() => undefined);
        await expect.poll(() => readdirSync(host.at('/run/kubewright'))).toHaveLength(1);
        host.killLogins();
        run.kill();
        await work;
      }
      await world.quiet();
      expect(readdirSync(host.at('/run/kubewright'))).toHaveLength(1);
      expect(await again()).toEqual({ cp1: 0, cp2: 0, cp3: 0 });
      await world.quiet();
      expect(existsSync(host.at('/run/kubewright'))).toBe(false);
    },
    timeout,
  );
});
