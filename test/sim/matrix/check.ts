import { X509Certificate } from 'node:crypto';
import type { KubeObject } from '../../../src/kube/port.ts';
import { typeOf } from '../world/store.ts';
import { sha256, type Tree } from '../world/tree.ts';
import type { Snapshot, World } from '../world/world.ts';
import type { Changes, Flow } from './flow.ts';

/** Kept by tools and daemons for themselves: what is in them need not be one of two texts. */
const OWN_STATE =
  /^fs\/(run|stub-state|var\/lib\/(kubewright\/(journal|hashes|lock|kept|incoming)|etcd|kubelet\/pki)|var\/log)(\/|$|\.)/;
const TEMPORARY = /(^|\/)(\.kubewright-[^/]*|incomplete-[^/]*|lock\.new|hashes\.new\.\d+)$/;
const WORKSPACE = /^fs\/(run\/kubewright|var\/lib\/kubewright\/incoming)\/./;
const KEYS = ['ca.key', 'front-proxy-ca.key', 'etcd/ca.key', 'sa.key'].map(
  (name) => `fs/etc/kubernetes/pki/${name}`,
);
const CANARIES = 20;

/** Objects of users, which nothing that is done to a cluster may take away; one of five a Secret. */
export function plantCanaries(world: World): void {
  for (const { store } of world.side.clusters) {
    for (let index = 0; index < CANARIES; index++) {
      const type = typeOf(index % 5 === 0 ? 'Secret' : 'ConfigMap');
      const place = { type, namespace: 'default', name: `canary-${index}` };
      if (!store.find(place)) store.create(place, canary(type.kind, index));
    }
  }
}

function canary(kind: string, index: number): KubeObject {
  const data = { value: Buffer.from(`canary ${index}`).toString('base64') };
  return { apiVersion: 'v1', kind, metadata: { name: `canary-${index}`, uid: `canary-${index}` }, data };
}

/** Every file as it was before the operation or as it is after it; what is neither is named. */
export function tornFiles(struck: Snapshot, before: Snapshot, after: Snapshot): string[] {
  return [...struck.disks].flatMap(([host, tree]) =>
    [...tree].flatMap(([path, { content }]) => {
      if (!content || OWN_STATE.test(path) || TEMPORARY.test(path)) return [];
      const known = [before, after].map(({ disks }) => disks.get(host)!.get(path)?.content);
      return known.some((other) => other?.equals(content)) ? [] : [`${host}:${path} is torn`];
    }),
  );
}

/** What is wrong with the world after the command was run again: one line each. */
export function faultsOf(
  world: World,
  flow: Flow,
  struck: Snapshot,
  now: Snapshot,
  fresh: Snapshot,
): string[] {
  return [
    ...world.side.accidents,
    ...authorities(struck, now),
    ...strays(now),
    ...membership(world, flow),
    ...lostObjects(world),
    ...(flow.bare ?? []).flatMap((host) => leftOver(host, now.disks.get(host)!, fresh.disks.get(host)!)),
  ];
}

export function changedAgain(changes: Changes): string[] {
  return Object.entries(changes).flatMap(([host, count]) =>
    count === 0 ? [] : [`the third run changed ${count} on ${host}`],
  );
}

/** One CA on all hosts; a key that was there stays. */
function authorities(struck: Snapshot, now: Snapshot): string[] {
  const certificates = [...now.disks.values()].flatMap(
    (tree) => tree.get('fs/etc/kubernetes/pki/ca.crt')?.content ?? [],
  );
  const identities = new Set(certificates.map((pem) => spki(pem)));
  const several = identities.size > 1 ? [`${identities.size} certificate authorities`] : [];
  const lost = KEYS.flatMap((path) => {
    const had = contents(struck, path);
    const has = contents(now, path);
    const fresh = [...has].some((hash) => had.size > 0 && !had.has(hash));
    return fresh
      ? [`${path.slice(2)} was generated again`]
      : has.size > 1
        ? [`several ${path.slice(2)}`]
        : [];
  });
  return [...several, ...lost];
}

function contents({ disks }: Snapshot, path: string): Set<string> {
  return new Set([...disks.values()].flatMap((tree) => tree.get(path)?.content ?? []).map(sha256));
}

function spki(pem: Buffer): string {
  return sha256(new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' }));
}

function strays(now: Snapshot): string[] {
  return [...now.disks].flatMap(([host, tree]) =>
    [...tree.keys()]
      .filter((path) => TEMPORARY.test(path) || WORKSPACE.test(path))
      .map((path) => `${host}:${path.slice(2)} is left over`),
  );
}

/** Members of etcd = control planes, all of them voters that were started; Nodes = hosts. */
function membership({ side }: World, { after }: Flow): string[] {
  const { clusters } = side;
  if (clusters.length !== 1) return [`${clusters.length} clusters of etcd were founded`];
  const [{ members, store }] = clusters as [(typeof clusters)[0]];
  const names = members.map(({ name, isLearner }) => (isLearner ? `${name} (learner)` : name));
  const nodes = store.list({ type: typeOf('Node') }).map(({ metadata }) => metadata.name ?? '');
  return [
    ...unlike('members of etcd', names, after.controlPlanes),
    ...unlike('nodes', nodes, [...after.controlPlanes, ...after.workers]),
  ];
}

function unlike(what: string, found: readonly string[], wanted: readonly string[]): string[] {
  const [is, should] = [found, wanted].map((names) => names.toSorted().join(', '));
  return is === should ? [] : [`${what}: ${is || 'none'}, not ${should}`];
}

function lostObjects({ side }: World): string[] {
  const [cluster] = side.clusters;
  const lost = Array.from({ length: CANARIES }, (_, index) => index).filter((index) => {
    const type = typeOf(index % 5 === 0 ? 'Secret' : 'ConfigMap');
    const found = cluster?.store.find({ type, namespace: 'default', name: `canary-${index}` });
    return found?.metadata.uid !== `canary-${index}`;
  });
  return lost.map((index) => `canary-${index} is lost`);
}

/** What a host has that it had not before, or has no more. */
function leftOver(host: string, now: Tree, fresh: Tree): string[] {
  const ours = (path: string) => !/^fs\/(run|stub-state)(\/|$)/.test(path);
  const more = [...now.keys()].filter((path) => ours(path) && !fresh.has(path));
  const less = [...fresh.keys()].filter((path) => ours(path) && !now.has(path));
  const other = [...now].filter(([path, { content }]) => {
    const before = fresh.get(path);
    return ours(path) && content && before?.content && !before.content.equals(content);
  });
  return [
    ...more.map((path) => `${host}:${path} stayed`),
    ...less.map((path) => `${host}:${path} went`),
    ...other.map(([path]) => `${host}:${path} is not as it was`),
  ];
}
