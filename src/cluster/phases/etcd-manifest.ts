import { parse } from 'yaml';
import type { PlannedChange } from '../../engine/changes.ts';
import type { Seen } from '../../engine/seen.ts';
import type { Step, Verdict } from '../../engine/step.ts';
import type { Query } from '../../host/port.ts';
import type { JoinControlPlaneContext } from '../context.ts';
import type { Member } from '../etcd/client.ts';
import { peerUrlOf } from '../etcd/members.ts';
import type { Pod } from '../manifests/pod-types.ts';
import { localRanges } from '../manifests/proxy.ts';
import { argumentOf } from '../manifests/static-pods/mutators.ts';
import { type StaticPodOptions, staticPodFile, staticPodPath } from '../manifests/static-pods.ts';
import type { NodeSpec } from '../spec/types.ts';
import { fileStep } from '../steps/file.ts';

const MANIFEST = staticPodPath('etcd');

/** The first thing that etcd keeps: with it, it knows who it is and needs no manifest's list any more. */
export function walQuery({ spec }: JoinControlPlaneContext) {
  return { kind: 'list' as const, path: `${spec.etcd.dataDir}/member/wal` };
}

/**
 * Whether etcd was ever started here. Where there was nothing when the run began it is looked again: what a killed run
 * left may have been started meanwhile. To be asked after etcd's members were, for the data comes before the name.
 */
export async function hasData(context: JoinControlPlaneContext, seen: Seen): Promise<boolean> {
  const query = walQuery(context);
  const isThere = (names: readonly string[]) => names.some((name) => name.endsWith('.wal'));
  if (isThere(seen.list(query.path))) return true;
  const [names] = await context.host.inspect([query]);
  return isThere(names);
}

/**
 * The manifest of a member that joins others: with the members as they are when it starts. etcd reads the list only
 * once; afterwards it stays as it was written, so that those who join later restart nobody.
 */
export function etcdManifestStep(context: JoinControlPlaneContext): Step {
  const { spec, node, facts, etcd } = context;
  const ranges = localRanges(node, facts);
  const look: Query[] = [
    walQuery(context),
    { kind: 'file', path: MANIFEST, content: true },
    { kind: 'file', path: MANIFEST, hash: true },
  ];
  return {
    name: 'manifest',
    look,
    check: async (seen) => {
      if (!etcd)
        return {
          status: 'deferred',
          on: 'the first control plane',
          why: 'there is no etcd yet',
          targets: [MANIFEST],
        };
      const written = seen.file(MANIFEST, { content: true }).content?.toString();
      const members = await etcd.members();
      const kept = written && (await hasData(context, seen)) ? membersIn(written) : undefined;
      const options = kept ?? { initialCluster: initialCluster(members, node) };
      const file = staticPodFile('etcd', spec, node, { caDirectories: [], ranges, ...options });
      const verdict = fileStep('etcd', file).check(seen) as Verdict;
      return kept || verdict.status !== 'change' ? verdict : { ...verdict, announce: [joining] };
    },
  };
}

const joining: PlannedChange = {
  kind: 'file',
  action: 'write',
  target: MANIFEST,
  mode: { after: '0600' },
  generated: { what: 'with the members that etcd has when this one starts' },
};

/** A member that has not been started has no name yet: its id stands for it, as in kubeadm. */
export function initialCluster(
  members: readonly Member[],
  node: NodeSpec,
): { name: string; peerUrl: string }[] {
  const own = { name: node.name, peerUrl: peerUrlOf(node) };
  const others = members.filter(({ peerUrl }) => peerUrl !== own.peerUrl);
  return [
    ...others.map(({ id, name, peerUrl }) => ({ name: name || BigInt(id).toString(16), peerUrl })),
    own,
  ];
}

/** What a manifest of ours or kubeadm's says of the cluster that its member was started in. */
function membersIn(manifest: string): Partial<StaticPodOptions> | undefined {
  try {
    const pod = parse(manifest) as Pod;
    if (argumentOf(pod, 'initial-cluster-state') !== 'existing') return {};
    const list = argumentOf(pod, 'initial-cluster')?.split(',') ?? [];
    const members = list.map((entry) => entry.split('=')).filter(([, peerUrl]) => peerUrl !== undefined);
    if (members.length === 0) return undefined;
    return { initialCluster: members.map(([name, peerUrl]) => ({ name: name!, peerUrl: peerUrl! })) };
  } catch {
    // Not a manifest: it is written anew.
    return undefined;
  }
}
