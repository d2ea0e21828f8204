import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { poll } from '../../../src/base/wait.ts';
import { openHost } from '../../../src/host/session.ts';
import { createApiClient } from '../../../src/kube/client.ts';
import { startRun } from '../world/run.ts';
import type { Tree } from '../world/tree.ts';
import type { Snapshot, World } from '../world/world.ts';
import type { KillPoint } from './record.ts';

export const WAYS = ['before', 'mid', 'after-unacked'] as const;
export type Way = (typeof WAYS)[number];

/** What the cluster does by itself in between is part of what a run that comes back may find. */
const AFTERMATH_MS = 60;

/** Brings the world to where a run that died at this point, in this way, left it. `random`: 0 to 1, from the seed. */
export async function strike(
  world: World,
  point: KillPoint,
  way: Way,
  random: number,
  spoil?: (world: World) => void,
): Promise<void> {
  await world.restore(abandoned(point.before));
  spoil?.(world);
  if (way !== 'before') {
    if (point.act.kind === 'request') await send(world, point.act);
    else await die(world, point.act, way, random);
    if (way === 'after-unacked') await sleep(AFTERMATH_MS);
  }
  await orphanLocks(world);
}

const WORKSPACE = /^fs\/run\/kubewright\/[^/]+/;

/** An applier that is idle hears that nobody is there any more, and takes its folder away as it leaves. */
function abandoned(snapshot: Snapshot): Snapshot {
  const disks = [...snapshot.disks].map(([name, tree]): [string, Tree] => {
    const entries = [...tree].filter(([path]) => !WORKSPACE.test(path) && path !== 'fs/run/kubewright');
    return [name, new Map(entries)];
  });
  return { ...snapshot, disks: new Map(disks) };
}

type Act<K> = Extract<KillPoint['act'], { kind: K }>;

/** The request arrives and is carried out; nobody hears the answer. */
async function send(world: World, { server, request, tls }: Act<'request'>): Promise<void> {
  const { hostname, port } = new URL(server);
  const candidates = [...world.hosts.values()].filter(
    ({ address }) => hostname === '127.0.0.1' || address === hostname,
  );
  const at = await poll({ intervalMs: 10, timeoutMs: 5000 }, async () =>
    candidates.find((host) => world.side.listens(host, Number(port))),
  );
  if (!at) throw new Error(`nobody listens at ${server}`);
  const client = createApiClient(
    { server, tls, dial: async () => connect(Number(port), at.loopback) },
    { env: {} },
  );
  try {
    await client.request({ ...request, signal: undefined });
  } finally {
    await client.close();
  }
}

/** The operation, from a session that dies in it. What has no content is under way when its whole login is killed. */
async function die(
  world: World,
  { host: name, operation, options }: Act<'operation'>,
  way: Way,
  random: number,
): Promise<void> {
  const host = world.hosts.get(name)!;
  const streamed = ['write', 'upload', 'image'].includes(operation.kind) || 'stdin' in operation;
  const cut = way === 'after-unacked' || streamed;
  const fault = { operation: operation.id, point: way, kind: 'reset' as const };
  await using run = startRun(world);
  const session = await openHost(name, () => run.connect(name), cut ? { fault } : {});
  const work = session.apply([operation], options);
  const outcome = work.then(
    () => 'done',
    () => 'died',
  );
  if (!cut) {
    await Promise.race([outcome, sleep(random * 25)]);
    host.killLogins();
  }
  if (!cut) run.kill();
  await outcome;
  await world.quiet();
}

/** The process that held them is dead; in truth it is this one, which simulates many. */
async function orphanLocks(world: World): Promise<void> {
  const snapshot = await world.snapshot();
  const disks = [...snapshot.disks].map(([name, tree]): [string, Tree] => {
    const path = 'fs/var/lib/kubewright/lock';
    const lock = tree.get(path);
    if (!lock) return [name, tree];
    const content = Buffer.from(gone(lock.content!.toString()));
    return [name, new Map([...tree, [path, { ...lock, content }]])];
  });
  const clusters = [...snapshot.clusters].map(([id, state]): [string, typeof state] => {
    const claims = [...state.claims].map(
      ([key, { owner, lease }]): [string, { owner: string; lease: string }] => {
        const dead = gone(Buffer.from(owner, 'base64').toString());
        return [key, { owner: Buffer.from(dead).toString('base64'), lease }];
      },
    );
    return [id, { ...state, claims: new Map(claims) }];
  });
  await world.restore({ disks: new Map(disks), clusters: new Map(clusters) });
}

function gone(owner: string): string {
  return owner.replace(/pid \d+, started \d+ in/, 'pid 1, started 999999999999 in');
}
