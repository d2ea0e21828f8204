import { changeRole } from '../../../src/cluster/nodes/change-role.ts';
import { replaceNode } from '../../../src/cluster/nodes/replace.ts';
import type { ClusterPorts } from '../../../src/cluster/ports.ts';
import { applyCluster } from '../../../src/cluster/run-cluster.ts';
import { joinHosts } from '../../../src/cluster/run-join.ts';
import { reset } from '../../../src/cluster/run-reset.ts';
import type { NodeRole } from '../../../src/cluster/spec/types.ts';
import { controlPlaneAccess } from '../../../src/cluster/via.ts';
import { type Reachable, startRun } from '../world/run.ts';
import { declared, type World } from '../world/world.ts';
import type { Changes, Flow } from './flow.ts';

const waitMs = 20_000;
type Roles = Record<string, NodeRole>;

const three: Roles = { cp1: 'control-plane', cp2: 'control-plane', cp3: 'control-plane' };
const one: Roles = { cp1: 'control-plane' };
const small: Roles = { ...one, w1: 'worker' };

export const FLOWS: readonly Flow[] = [
  {
    name: 'init',
    hosts: Object.keys(three),
    prepare: async () => undefined,
    run: (world, ports) => apply(world, ports, three),
    after: { controlPlanes: Object.keys(three), workers: [] },
  },
  {
    name: 'init-one',
    hosts: ['cp1'],
    prepare: async () => undefined,
    run: (world, ports) => apply(world, ports, one),
    after: { controlPlanes: ['cp1'], workers: [] },
    part: true,
  },
  {
    name: 'join-worker',
    hosts: ['cp1', 'w1'],
    prepare: (world) => made(world, one),
    run: (_, ports) => joinOne(ports, 'w1', 'worker'),
    after: { controlPlanes: ['cp1'], workers: ['w1'] },
  },
  {
    name: 'join-control-plane',
    hosts: ['cp1', 'cp2'],
    prepare: (world) => made(world, one),
    run: (_, ports) => joinOne(ports, 'cp2', 'control-plane'),
    after: { controlPlanes: ['cp1', 'cp2'], workers: [] },
  },
  {
    name: 'reset-worker',
    hosts: ['cp1', 'w1'],
    prepare: (world) => made(world, small),
    run: (_, ports) => resetHost(ports, 'w1'),
    after: { controlPlanes: ['cp1'], workers: [] },
    bare: ['w1'],
    acts: true,
  },
  {
    name: 'reset-control-plane',
    hosts: Object.keys(three),
    prepare: (world) => made(world, three),
    run: (_, ports) => resetHost(ports, 'cp3'),
    after: { controlPlanes: ['cp1', 'cp2'], workers: [] },
    bare: ['cp3'],
    acts: true,
  },
  {
    name: 'remove-worker',
    hosts: ['cp1', 'w1'],
    prepare: (world) => made(world, small),
    run: (world, ports) => apply(world, ports, one, true),
    after: { controlPlanes: ['cp1'], workers: [] },
    bare: ['w1'],
  },
  {
    name: 'remove-control-plane',
    hosts: Object.keys(three),
    prepare: (world) => made(world, three),
    run: (world, ports) => apply(world, ports, { cp1: 'control-plane', cp2: 'control-plane' }, true),
    after: { controlPlanes: ['cp1', 'cp2'], workers: [] },
    bare: ['cp3'],
  },
  // A host leaves and joins: all but what holds both together is in the flows above, so they are tried when asked for.
  {
    name: 'promote',
    hosts: ['cp1', 'w1'],
    prepare: (world) => made(world, small),
    run: (_, ports) => roleOf(ports, 'w1', 'control-plane'),
    after: { controlPlanes: ['cp1', 'w1'], workers: [] },
    part: true,
  },
  {
    name: 'demote',
    hosts: ['cp1', 'cp2'],
    prepare: (world) => made(world, { ...one, cp2: 'control-plane' }),
    run: (_, ports) => roleOf(ports, 'cp2', 'worker'),
    after: { controlPlanes: ['cp1'], workers: ['cp2'] },
    part: true,
  },
  {
    name: 'replace',
    hosts: Object.keys(three),
    prepare: (world) => madeAnew(world, three, 'cp3'),
    run: (_, ports) => replaced(ports, 'cp3'),
    after: { controlPlanes: Object.keys(three), workers: [] },
    part: true,
  },
];

async function made(world: World, roles: Roles): Promise<void> {
  await using run = startRun(world);
  await apply(world, run.ports, roles);
}

/** One of its hosts lost its disk, and has another one. */
async function madeAnew(world: World, roles: Roles, name: string): Promise<void> {
  const { disks } = await world.snapshot();
  await made(world, roles);
  const now = await world.snapshot();
  await world.restore({ ...now, disks: new Map([...now.disks, [name, disks.get(name)!]]) });
}

async function apply(
  world: Reachable,
  ports: ClusterPorts,
  roles: Roles,
  pruneHosts = false,
): Promise<Changes> {
  const spec = declared(world, roles);
  const { failures, hosts } = await applyCluster(ports, { spec, pruneHosts, waitMs });
  if (failures[0]) throw failures[0].error;
  return Object.fromEntries(hosts.map(({ node, changed }) => [node, changed]));
}

export async function joinOne(
  ports: ClusterPorts,
  target: string,
  role: NodeRole,
  { via = 'cp1' }: { via?: string } = {},
): Promise<Changes> {
  const access = await controlPlaneAccess(ports, via);
  const targets = [{ target, role, name: target }];
  const { failures, hosts } = await joinHosts(ports, {
    targets,
    access,
    ignorePreflightErrors: ['all'],
    dryRun: false,
    waitMs,
  });
  if (failures[0]) throw failures[0].error;
  return Object.fromEntries(hosts.map(({ node, changed }) => [node, changed]));
}

async function resetHost(ports: ClusterPorts, target: string): Promise<Changes> {
  const api = async () => (await controlPlaneAccess(ports, 'cp1')).api;
  const { result, controlPlane, clusterStays } = await reset(ports, { target, api, dryRun: false });
  // Whoever believes that takes the cluster out of the user's kubeconfig.
  if (controlPlane && !clusterStays) throw new Error(`the cluster was taken for gone with ${target}`);
  return { [target]: result?.changed ?? 0 };
}

async function roleOf(ports: ClusterPorts, name: string, role: NodeRole): Promise<Changes> {
  const access = await controlPlaneAccess(ports, 'cp1');
  const asked = { name, role, access, ignorePreflightErrors: ['all'], waitMs };
  const { node, changed } = await changeRole(ports, asked);
  return { [node]: changed };
}

async function replaced(ports: ClusterPorts, name: string): Promise<Changes> {
  const access = await controlPlaneAccess(ports, 'cp1');
  const { node, changed } = await replaceNode(ports, {
    name,
    access,
    ignorePreflightErrors: ['all'],
    waitMs,
  });
  return { [node]: changed };
}
