import { mapLimit } from '../../base/concurrency.ts';
import { KubewrightError } from '../../base/errors.ts';
import { EXIT } from '../../base/exit-codes.ts';
import type { ApiClient } from '../../kube/port.ts';
import { goesOn } from '../artifacts.ts';
import { advertiseAddress } from '../node-facts.ts';
import { openNode } from '../open-node.ts';
import type { ClusterPorts } from '../ports.ts';
import type { JoinTarget } from '../run-join.ts';
import { labSettings } from '../settings.ts';
import { defaultNode } from '../spec/defaults.ts';
import type { ClusterSpec } from '../spec/types.ts';
import { amongFindings, type FindingsOf, type KnownNode, merged } from './among.ts';
import { etcdAmong } from './etcd-among.ts';
import { type Finding, isIgnored, preflightError, tell } from './finding.ts';
import { factsWithoutLeftovers } from './leftover.ts';
import { machineFindings } from './machine.ts';
import { matrixFindings } from './matrix.ts';
import type { Member } from './member.ts';
import { needs } from './needs.ts';
import { roomFindings } from './room.ts';
import { isNode, surroundingFindings } from './surroundings.ts';

/** What was found before anything was changed on any host. */
export interface Checked {
  /** By target. */
  refused: ReadonlyMap<string, KubewrightError>;
  /** Findings that were told; each is told once a run. */
  told: Set<string>;
}

interface Request {
  spec: ClusterSpec;
  targets: readonly JoinTarget[];
  /** The cluster that is there; absent where all of it is to be made. */
  recorded?: ClusterSpec | undefined;
  api?: ApiClient | undefined;
  ignorePreflightErrors: readonly string[];
  phases?: readonly string[] | undefined;
  /** They may be nodes now: each leaves the cluster before it comes in. */
  leaving?: boolean;
}

const WIDTH = 30;

/**
 * Looks at all hosts that are to come into a cluster, and at them beside each other and beside the control planes that
 * are there, before anything is changed on any of them. The ports that come back know who is refused. Hosts of the
 * cluster cost nothing; those that cannot be reached are told of by their own part of the run. Where sudo refuses us,
 * that is a finding of the host's.
 */
export async function checkTogether(ports: ClusterPorts, request: Request): Promise<ClusterPorts> {
  if (ports.checked || (request.phases && !request.phases.includes('preflight'))) return ports;
  const checked = { refused: new Map<string, KubewrightError>(), told: new Set<string>() };
  const fresh = await freshMembers(ports, request, checked);
  if (fresh.length === 0) return { ...ports, checked };
  const { targets, found } = await look(ports, request, fresh);
  for (const [target, member] of targets) {
    const { ignorePreflightErrors } = member.node;
    const findings = found.get(member.host.name) ?? [];
    const open = findings.filter((each) => each.level === 'error' && !isIgnored(each, ignorePreflightErrors));
    if (open.length > 0) checked.refused.set(target, preflightError(member.host.name, open));
    tell(
      ports.reporter,
      member.host.name,
      findings.filter((each) => !open.includes(each)),
      checked.told,
    );
  }
  return { ...ports, checked };
}

/** Throws all of it at once: of a cluster that is to be made nothing begins while a host is refused. */
export function requireAll({ checked }: ClusterPorts): void {
  const errors = [...(checked?.refused.values() ?? [])];
  if (errors.length === 0) return;
  if (errors.length === 1) throw errors[0]!;
  const names = errors.map(({ hint }) => /--ignore-preflight-errors (\S+)\.$/.exec(hint ?? '')?.[1] ?? '');
  const all = [...new Set(names.flatMap((each) => each.split(',')))].filter(Boolean).join(',');
  throw new KubewrightError({
    code: 'PreflightFailed',
    message: `${errors.length} hosts are refused; nothing was changed on any of them.`,
    step: 'preflight',
    hint: all
      ? `Mend it, or accept it with --ignore-preflight-errors ${all}.`
      : 'Mend it, then run the same command again.',
    exit: 'preflight',
    cause: new AggregateError(errors),
  });
}

async function look(ports: ClusterPorts, request: Request, fresh: readonly [string, Member][]) {
  const { spec, targets } = request;
  // Who accepts everything need not be asked.
  const asking = fresh.filter(([, { node }]) => !node.ignorePreflightErrors.includes('all'));
  const own: FindingsOf = new Map(fresh.map(([, member]) => [member.host.name, ownFindings(member, spec)]));
  if (asking.length === 0) return { targets: fresh, found: own };
  const [peers, known] = await Promise.all([controlPlanes(ports, request), knownNodes(request)]);
  const members = [...peers, ...asking.map(([, member]) => member)];
  const passOn = goesOn(spec.artifacts.delivery, targets.length);
  const found = merged([
    own,
    amongFindings(members, known),
    members.length > 1 ? await matrixFindings(members, needs(spec, passOn)) : new Map(),
    await etcdAmong(ports, spec, members, request.recorded !== undefined),
  ]);
  for (const [host, findings] of found) found.set(host, eachOnce(findings));
  return { targets: fresh, found };
}

/** As far as it can be told before artifacts are there; the host's own phase tells the rest. */
function ownFindings({ facts, node }: Member, spec: ClusterSpec): Finding[] {
  // What a node has on its disks and ports goes when it leaves.
  if (isNode(facts)) return machineFindings(facts, node, spec);
  const nothing = { images: 0, binaries: 0 };
  return [
    ...machineFindings(facts, node, spec),
    ...roomFindings(facts, spec, node, nothing),
    ...surroundingFindings(facts, spec, node),
  ];
}

/** A clock that is off is off against this machine and against others: once is enough. */
function eachOnce(findings: readonly Finding[]): Finding[] {
  const clocks = findings.filter(({ name }) => name === 'ClockSkew');
  const one = clocks.find(({ level }) => level === 'error') ?? clocks[0];
  return findings.filter((each) => each.name !== 'ClockSkew' || each === one);
}

/** Hosts that the cluster does not know, and on which no kubelet of it runs. */
async function freshMembers(
  ports: ClusterPorts,
  request: Request,
  { refused }: { refused: Map<string, KubewrightError> },
): Promise<[string, Member][]> {
  const known = request.recorded?.hosts ?? [];
  const unknown = request.targets.filter(
    ({ target, name }) =>
      !known.some((node) => node.name === name || (target !== 'local' && node.target === target)),
  );
  const found = await mapLimit(unknown, WIDTH, async (target): Promise<[string, Member][]> => {
    try {
      const member = await memberOf(ports, request, target);
      const name = member.node.name;
      return known.some((node) => node.name === name) || (isNode(member.facts) && !request.leaving)
        ? []
        : [[target.target, member]];
    } catch (error) {
      ports.signal.throwIfAborted();
      if (!(error instanceof KubewrightError)) throw error;
      if (error.exit === EXIT.sudo) refused.set(target.target, error);
      return [];
    }
  });
  return found.flat();
}

async function memberOf(ports: ClusterPorts, request: Request, target: JoinTarget): Promise<Member> {
  const host = await ports.openHost(target.target);
  const facts = await factsWithoutLeftovers(host);
  const lab = labSettings(await ports.labDefaults(target.target));
  const ignored = [
    ...lab.ignorePreflightErrors,
    ...request.ignorePreflightErrors,
    ...(target.ignorePreflightErrors ?? []),
  ];
  const node = defaultNode({
    ...target,
    name: target.name ?? facts.hostname.toLowerCase(),
    address: target.address || advertiseAddress(host, facts),
    ignorePreflightErrors: ignored,
  });
  return { host, node, facts, fresh: true };
}

/** Those that can be reached; the join itself says where none can. */
async function controlPlanes(ports: ClusterPorts, { recorded, targets }: Request): Promise<Member[]> {
  const nodes = (recorded?.hosts ?? []).filter(({ role }) => role === 'control-plane');
  const others = nodes.filter(
    (node) => !targets.some(({ target }) => target === node.target && target !== 'local'),
  );
  const found = await mapLimit(others, WIDTH, async (node): Promise<Member[]> => {
    try {
      const { host, facts } = await openNode(ports, node);
      return [{ host, facts, node, fresh: false }];
    } catch (error) {
      ports.signal.throwIfAborted();
      if (error instanceof KubewrightError) return [];
      throw error;
    }
  });
  return found.flat();
}

interface NodeList {
  items: {
    metadata: { name: string };
    status?: { nodeInfo?: { machineID?: string }; addresses?: { type: string; address: string }[] };
  }[];
}

/** A token alone may not list them; then the hosts of this run are held against each other. */
async function knownNodes({ api }: Request): Promise<KnownNode[]> {
  if (!api) return [];
  try {
    const { body } = await api.request<NodeList>({ path: '/api/v1/nodes' });
    return body.items.map(({ metadata, status }) => ({
      name: metadata.name,
      machineId: status?.nodeInfo?.machineID ?? '',
      address: status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? '',
    }));
  } catch (error) {
    if (error instanceof KubewrightError) return [];
    throw error;
  }
}
