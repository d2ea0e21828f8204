import { KubewrightError } from '../base/errors.ts';
import type { Facts, Host } from '../host/port.ts';
import type { EtcdClient, Member } from './etcd/client.ts';
import type { EtcdCredentials } from './etcd/credentials.ts';
import { etcdThrough, ownEntry } from './etcd/reach.ts';
import { removeMember } from './etcd/remove.ts';
import type { KnownControlPlane } from './other-control-planes.ts';
import type { ClusterPorts } from './ports.ts';
import { defaultNode } from './spec/defaults.ts';
import { bareHost, hostPort } from './spec/node.ts';
import type { ClusterSpec, NodeSpec } from './spec/types.ts';

export interface LeavingHost {
  host: Host;
  facts: Facts;
  /** Of its Node. */
  name: string;
  /** The record that lies on it. */
  recorded: ClusterSpec | undefined;
  /** What it was told of the control planes that came after it. */
  others: readonly KnownControlPlane[];
  /** None on a host that never got as far as having any. */
  credentials: EtcdCredentials | undefined;
}

/** Quorum may be away for the length of an election, no longer. */
const timeoutMs = 30_000;

/** Taken out first, or not reset at all; reset also where that fails; not taken out, for the whole cluster goes. */
export type EtcdLeave = 'leave' | 'try' | 'skip';

/** Says whether other members stay. */
export async function leaveEtcdAsAsked(
  ports: ClusterPorts,
  leaving: LeavingHost,
  how: EtcdLeave,
): Promise<boolean> {
  if (how === 'skip') return false;
  // Of an etcd outside it is no member.
  if (leaving.recorded?.etcd.external) return otherAddresses(leaving).size > 0;
  try {
    return await leaveEtcd(ports, leaving);
  } catch (error) {
    if (how === 'leave' || !(error instanceof KubewrightError)) throw error;
    const text = `${leaving.name} stays in the list of etcd's members: ${error.message}`;
    ports.reporter.emit({ type: 'message', level: 'warning', host: leaving.host.name, text });
    return true;
  }
}

/**
 * Takes the host's member, or what a killed join left of one, out of etcd, through another member and from the host
 * itself: no other host is logged in to. The last member stays: its data goes with the host.
 */
async function leaveEtcd(ports: ClusterPorts, leaving: LeavingHost): Promise<boolean> {
  const etcd = await reachEtcd(ports, leaving);
  if (!etcd) return false;
  const members = await etcd.members();
  const own = members.find((member) => isOwn(member, leaving));
  const others = members.filter((member) => member !== own && !member.learner);
  if (!own || others.length === 0) return others.length > 0;
  const through = await another(etcd, others);
  await removeMember(through, own.id, { timeoutMs, signal: ports.signal });
  return true;
}

/** One that stays, and answers: the own one stops as soon as it is out. */
async function another(etcd: EtcdClient, others: readonly Member[]): Promise<EtcdClient> {
  for (const { clientUrl } of others) {
    const through = clientUrl === undefined ? undefined : etcd.through(clientUrl);
    if (through && (await answers(through)) === true) return through;
  }
  return etcd;
}

async function answers(etcd: EtcdClient): Promise<true | KubewrightError> {
  try {
    await etcd.members();
    return true;
  } catch (error) {
    if (error instanceof KubewrightError) return error;
    throw error;
  }
}

/** Through its own member, else through those of the control planes that it knows. */
async function reachEtcd(ports: ClusterPorts, leaving: LeavingHost): Promise<EtcdClient | undefined> {
  const { host, credentials } = leaving;
  if (!credentials) return undefined;
  const own = ownNode(leaving);
  const others = otherAddresses(leaving);
  const entries = [ownEntry(own), ...[...others].map((address) => `https://${hostPort(address, 2379)}`)];
  const failures: KubewrightError[] = [];
  for (const entry of entries) {
    const etcd = etcdThrough(ports, host, entry, credentials);
    const answer = await answers(etcd);
    if (answer === true) return etcd;
    failures.push(answer);
  }
  // Nobody else is known: this was the only one, or it never came as far as having an etcd.
  if (others.size === 0) return undefined;
  throw new KubewrightError({
    code: 'EtcdMemberStays',
    message: `${host.name} cannot be taken out of etcd: ${failures.map(({ message }) => message).join('; ')}.`,
    host: host.name,
    hint: `Without that the others would count on it for their majority. If they are gone for good: kubewright reset ${host.name} --force.`,
    exit: 'step',
    cause: new AggregateError(failures),
  });
}

/** Of the control planes beside it, as it knows them. */
function otherAddresses({ name, recorded, others }: LeavingHost): Set<string> {
  const known = (recorded?.hosts ?? []).filter((node) => node.role === 'control-plane' && node.name !== name);
  return new Set([...known, ...others].map(({ address }) => address));
}

function ownNode({ facts, name, recorded }: LeavingHost): NodeSpec {
  const known = recorded?.hosts.find((node) => node.name === name);
  return known ?? defaultNode({ name, address: facts.addresses[0]?.address ?? '' });
}

function isOwn(member: Member, { facts, name }: LeavingHost): boolean {
  const address = bareHost(member.peerUrl);
  return member.name === name || facts.addresses.some((own) => own.address === address);
}
