import { afterAll, beforeAll, expect, it } from 'vitest';
import { applyPlan, planAgain } from '../../src/cluster/plan/apply-plan.ts';
import { type PlanDocument, planDocument } from '../../src/cluster/plan/document.ts';
import { planCluster } from '../../src/cluster/plan/plan-cluster.ts';
import { applyCluster, type ClusterRequest } from '../../src/cluster/run-cluster.ts';
import type { ClusterSpecInput, NodeRole } from '../../src/cluster/spec/types.ts';
import { describeSim } from './support/tier.ts';
import { startRun } from './world/run.ts';
import { declared, makeWorld, type World } from './world/world.ts';

const timeout = 240_000;
const two: Record<string, NodeRole> = { cp1: 'control-plane', w1: 'worker' };
const three: Record<string, NodeRole> = { ...two, cp2: 'control-plane' };

describeSim('plans of a cluster that grows and shrinks', () => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(Object.keys(three), process.pid % 250);
  }, timeout);
  afterAll(() => world?.stop());

  const request = (roles: typeof two, more: Partial<ClusterSpecInput> = {}): ClusterRequest => ({
    spec: { ...declared(world, roles), ...more },
    pruneHosts: true,
    waitMs: 20_000,
  });
  const saved = async (of: ClusterRequest): Promise<PlanDocument> => {
    await using run = startRun(world);
    const plan = await planCluster(run.ports, { ...of, contents: true });
    expect(plan.failures).toEqual([]);
    const declaration = { source: 'cluster.yaml', text: '', pruneHosts: true };
    return planDocument(plan, { kubewright: 'this', created: new Date(), declaration });
  };
  const carryOut = async (plan: PlanDocument, of: ClusterRequest) => {
    await using run = startRun(world);
    const { failures, hosts } = await applyPlan(run.ports, plan, 'plan.json', of);
    expect(failures).toEqual([]);
    return hosts.map(({ node, state }) => `${node} ${state}`).sort();
  };
  const members = () => world.side.clusters.map((cluster) => cluster.members.map(({ name }) => name).sort());

  // The workers' balancers were planned by the record as it was, and the run was cut off when the host had joined.
  it(
    'a host that joins together with another change of the file is planned as it is carried out',
    async () => {
      {
        await using run = startRun(world);
        expect((await applyCluster(run.ports, request(two))).failures).toEqual([]);
      }
      const grown = request(three, { components: { haproxy: '2.6.99' } });
      const plan = await saved(grown);
      {
        await using run = startRun(world);
        const left = await planAgain(run.ports, plan, 'plan.json', grown);
        expect(left.hosts.map(({ node }) => node).sort()).toEqual(Object.keys(three).sort());
        expect(members()).toEqual([['cp1']]);
      }
      expect(await carryOut(plan, grown)).toEqual(['cp1 done', 'cp2 done', 'w1 done']);
      expect(members()).toEqual([['cp1', 'cp2']]);
      expect((await saved(grown)).changes).toBe(0);
    },
    timeout,
  );

  // What the hosts that stay are told was not planned: the host was taken out, and then the run refused itself for ever.
  it(
    'a host that leaves is planned with what its leaving does to the others',
    async () => {
      const shrunk = request(two, { components: { haproxy: '2.6.99' } });
      const plan = await saved(shrunk);
      expect(plan.removed).toMatchObject([{ node: 'cp2', phases: expect.any(Array) }]);
      const told = plan.hosts.filter(({ phases }) => phases.length > 0).map(({ node }) => node);
      expect(told.sort()).toEqual(['cp1', 'w1']);
      expect(await carryOut(plan, shrunk)).toEqual(['cp1 done', 'cp2 removed', 'w1 done']);
      expect(members()).toEqual([['cp1']]);
      expect((await saved(shrunk)).changes).toBe(0);
    },
    timeout,
  );
});
