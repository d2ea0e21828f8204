import { KubewrightError } from '../../base/errors.ts';
import type { Member } from '../etcd/client.ts';
import { labelOf } from '../etcd/members.ts';
import { advertiseAddress } from '../node-facts.ts';
import { type NodeObject, nodeNamed } from '../phases/node-object.ts';
import type { ClusterPorts } from '../ports.ts';
import type { ClusterAccess } from '../record.ts';
import { isAddress } from '../spec/cidr.ts';
import { defaultNode } from '../spec/defaults.ts';
import { bareHost, CONTROL_PLANE_LABEL } from '../spec/node.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';
import { otherPeer } from './majority.ts';
import { isMemberOf } from './member-of.ts';
import { reachable } from './take-out.ts';

/**
 * The hosts that are meant: as the record has them, by name, target or address; else by their Node, which one that joined
 * with a token has; else by a member of etcd that neither knows of, as a host leaves it that was lost while it joined. Last, a host that
 * answers to the name: it may be out already.
 */
export async function findNodes(
  ports: ClusterPorts,
  spec: ClusterSpec,
  names: readonly string[],
  access: ClusterAccess,
): Promise<NodeSpec[]> {
  const found: NodeSpec[] = [];
  for (const name of new Set(names)) {
    const node = recordedAs(spec, name) ?? (await unrecorded(ports, spec, name, access));
    if (!found.some((other) => other.name === node.name)) found.push(node);
  }
  return found;
}

/** The one recorded host that is meant: what is done with it needs to know its role and its settings. */
export function recordedNode(spec: ClusterSpec, name: string): NodeSpec {
  const node = recordedAs(spec, name);
  if (node) return node;
  throw new KubewrightError({
    code: 'UnknownNode',
    message: `${spec.name} has no recorded host ${name}; nothing was changed.`,
    hint: `Its hosts are: ${spec.hosts.map((host) => host.name).join(', ')}. kubewright join HOST adds one that joined with a token to the record.`,
    exit: 'invalidInput',
  });
}

function recordedAs(spec: ClusterSpec, name: string): NodeSpec | undefined {
  return spec.hosts.find((host) => [host.name, host.target, host.address].includes(name));
}

async function unrecorded(
  ports: ClusterPorts,
  spec: ClusterSpec,
  name: string,
  access: ClusterAccess,
): Promise<NodeSpec> {
  const live = await nodeNamed(access.api, name);
  const node = live
    ? nodeOf(live)
    : defaultNode({ name, target: name, address: isAddress(name) ? name : await addressOf(ports, name) });
  const members = spec.etcd.external
    ? []
    : await (await otherPeer(ports, spec, [node], access)).etcd.members();
  const member = members.find(isMemberOf(node));
  if (member) return { ...node, role: 'control-plane' };
  if (live || (await isLeftBehind(ports, node, spec.name))) return node;
  throw unknownNode(spec, name, strangers(spec, members));
}

function nodeOf({ metadata, status }: NodeObject): NodeSpec {
  const address = status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? '';
  const role = metadata.labels?.[CONTROL_PLANE_LABEL] === undefined ? 'worker' : 'control-plane';
  const name = metadata.name!;
  return defaultNode({ name, role, target: address || name, address });
}

/**
 * The cluster knows nothing of it any more, but the host is there: a run that was killed may have come as far as the last
 * list that it was in, and what that one left undone is done on the host, or nothing is.
 */
async function isLeftBehind(ports: ClusterPorts, node: NodeSpec, cluster: string): Promise<boolean> {
  if (!(await reachable(ports, node))) return false;
  const text = `${node.name} is in no list of ${cluster}: only what may be left on the host is taken back`;
  ports.reporter.emit({ type: 'message', level: 'info', host: node.name, text });
  return true;
}

/** As a member of its etcd has it, of a host that may answer to this name; empty where none does. */
async function addressOf(ports: ClusterPorts, target: string): Promise<string> {
  try {
    const host = await ports.openHost(target);
    const [facts] = await host.inspect([{ kind: 'facts' }]);
    return advertiseAddress(host, facts);
  } catch (error) {
    ports.signal.throwIfAborted();
    if (error instanceof KubewrightError) return '';
    throw error;
  }
}

/** Members of etcd that are no recorded host's. */
function strangers({ hosts }: ClusterSpec, members: readonly Member[]): Member[] {
  return members.filter((member) => !hosts.some((host) => isMemberOf(host)(member)));
}

function unknownNode(spec: ClusterSpec, name: string, left: readonly Member[]): KubewrightError {
  const known = spec.hosts.map((host) => host.name).join(', ');
  const [first] = left;
  const by = first && (first.name || bareHost(first.peerUrl));
  return new KubewrightError({
    code: 'UnknownNode',
    message: `${spec.name} has no node ${name}: it is not recorded, there is no Node of that name, and no member of etcd is its.`,
    hint: `Its hosts are: ${known}.${by ? ` Its etcd has a member that is none of theirs, ${left.map(labelOf).join(', ')}: kubewright node remove ${by}` : ''}`,
    exit: 'invalidInput',
  });
}
