import { KubewrightError } from '../../base/errors.ts';
import { mapHosts } from '../map-hosts.ts';
import { isSameCa } from '../pki/hash.ts';
import type { ClusterPorts } from '../ports.ts';
import { type ClusterAccess, fetchRecord } from '../record.ts';
import type { Written } from '../spec/findings.ts';
import { resolveSpec } from '../spec/resolve.ts';
import type { ClusterSpec, ClusterSpecInput } from '../spec/types.ts';
import { isUnreachable } from '../steps/objects.ts';
import { type ControlPlaneTraces, inspectControlPlane } from '../via.ts';
import { type DeclaredHost, type DeclaredHosts, declaredHosts, refuseOtherRoles } from './hosts.ts';

/** What is there of a declared cluster before anything is done. */
export interface Survey extends DeclaredHosts {
  /** The control plane that the run starts from: one that has the cluster already, otherwise the first. */
  seed: DeclaredHost;
  /** The seed itself came by join: the one that init made is gone, or does not answer. */
  seedJoined: boolean;
  /** As the cluster itself records it, or where it does not answer, as the seed does. */
  recorded?: ClusterSpec;
  /** The same, where it is the cluster itself that told it. */
  live?: ClusterSpec;
  access?: ClusterAccess;
  /** PEM, from the seed. */
  ca?: string;
}

type Found = ControlPlaneTraces & { host: DeclaredHost; error?: unknown };

/**
 * Looks at every declared control plane, so that a lost or empty first one never starts a second cluster of the same
 * name. Throws for a file that cannot be applied to what is there; hosts are not changed.
 */
export async function surveyCluster(
  ports: ClusterPorts,
  spec: ClusterSpecInput,
  written?: Written,
): Promise<Survey> {
  const hosts = declaredHosts(spec);
  const found = await mapHosts(hosts.controlPlanes, async (host): Promise<Found> => {
    try {
      return { host, ...(await inspectControlPlane(ports, host.target)) };
    } catch (error) {
      ports.signal.throwIfAborted();
      return { host, error };
    }
  });
  const members = found.filter(({ recorded }) => recorded !== undefined);
  // Only the control plane that init made can be gone through all of its phases.
  const seed = members.find(({ joined }) => !joined) ?? members[0] ?? newSeed(found);
  for (const other of members) if (!isSameCluster(seed, other)) throw twoClusters(seed, other);
  const live = await liveRecord(seed);
  const recorded = live ?? seed.recorded;
  resolveSpec(spec, recorded, written);
  if (recorded) refuseOtherRoles(hosts, recorded);
  const { access, ca } = seed;
  return {
    ...hosts,
    seed: seed.host,
    seedJoined: seed.joined ?? false,
    ...(recorded ? { recorded } : {}),
    ...(live ? { live } : {}),
    ...(access ? { access } : {}),
    ...(ca === undefined ? {} : { ca }),
  };
}

/** No control plane tells of a cluster: each has to be heard, for the silent one may be the one that has it. */
function newSeed(found: readonly Found[]): Found {
  const silent = found.find(({ error }) => error !== undefined);
  if (silent) throw silent.error;
  return found[0]!;
}

function isSameCluster(one: Found, other: Found): boolean {
  return one.recorded!.name === other.recorded!.name && (!one.ca || !other.ca || isSameCa(one.ca, other.ca));
}

async function liveRecord({ access }: Found): Promise<ClusterSpec | undefined> {
  try {
    return access && (await fetchRecord(access.api));
  } catch (error) {
    if (isUnreachable(error)) return undefined;
    throw error;
  }
}

function twoClusters(one: Found, other: Found): KubewrightError {
  return new KubewrightError({
    code: 'ForeignCluster',
    message: `${one.host.name} and ${other.host.name} are control planes of different clusters; nothing was changed.`,
    host: other.host.target,
    hint: `Take the host that does not belong to it out of the file, or reset it: kubewright reset ${other.host.target}.`,
    exit: 'foreignCluster',
  });
}
