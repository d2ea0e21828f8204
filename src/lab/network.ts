import { readFile, writeFile } from 'node:fs/promises';
import { KubewrightError } from '../base/errors.ts';
import { poll } from '../base/wait.ts';
import { must, run } from './command.ts';
import { type LabRecord, labNames, readRecord } from './record.ts';
import { chooseSubnet, type Network, overlaps, parseNetwork } from './subnet.ts';

export const DEFAULT_RANGE = '10.77.0.0/16';

interface Route {
  dst: string;
  dev?: string;
}

/** Every IPv4 network that this machine has a route or an address in, the default route apart. */
async function usedNetworks(): Promise<{ network: Network; dev: string }[]> {
  const routes: Route[] = JSON.parse(await must(['ip', '-4', '-j', 'route', 'show', 'table', 'all']));
  return routes.flatMap(({ dst, dev }) => {
    const network = dst === 'default' ? undefined : parseNetwork(dst);
    return network && network.prefix > 0 ? [{ network, dev: dev ?? '' }] : [];
  });
}

export interface SubnetRequest {
  env: Record<string, string | undefined>;
  /** Exactly this network. */
  cidr?: string;
  /** The first free /24 of this one. */
  range?: string;
}

/** @throws KubewrightError LabSubnetInvalid, LabSubnetTaken */
export async function claimSubnet(request: SubnetRequest): Promise<Network> {
  const used = (await usedNetworks()).map(({ network }) => network);
  for (const lab of await labNames(request.env)) {
    const network = parseNetwork((await readRecord(request.env, lab))?.cidr ?? '');
    if (network) used.push(network);
  }
  if (request.cidr) {
    const wanted = validNetwork(request.cidr, 16, 29);
    if (used.some((network) => overlaps(network, wanted))) throw subnetTaken(request.cidr);
    return wanted;
  }
  const range = request.range ?? (request.env.KUBEWRIGHT_LAB_RANGE || DEFAULT_RANGE);
  const chosen = chooseSubnet(validNetwork(range, 8, 24), used);
  if (!chosen) throw subnetTaken(range);
  return chosen;
}

function validNetwork(cidr: string, shortest: number, longest: number): Network {
  const network = cidr.includes('/') ? parseNetwork(cidr) : undefined;
  if (network && network.prefix >= shortest && network.prefix <= longest) return network;
  throw new KubewrightError({
    code: 'LabSubnetInvalid',
    message: `"${cidr}" is not an IPv4 network between /${shortest} and /${longest}.`,
    hint: `Write it as ${DEFAULT_RANGE}.`,
    exit: 'invalidInput',
  });
}

function subnetTaken(cidr: string, dev?: string): KubewrightError {
  return new KubewrightError({
    code: 'LabSubnetTaken',
    message: `No free network for a lab in ${cidr}: this machine has other routes there${dev ? ` (${dev})` : ''}.`,
    hint: 'Name another range: `kubewright lab up --range 10.78.0.0/16 …`. `ip route` shows what is taken.',
    exit: 'lab',
  });
}

/** Ours if it carries the lab's mark; a bridge of that name without it is somebody else's. */
function mark(record: LabRecord): string {
  return `kubewright-lab:${record.lab}`;
}

async function bridgeOwner(record: LabRecord): Promise<'absent' | 'ours' | 'foreign'> {
  const alias = await readFile(`/sys/class/net/${record.bridge}/ifalias`, 'utf8').catch(() => undefined);
  if (alias === undefined) return 'absent';
  return alias.trim() === mark(record) ? 'ours' : 'foreign';
}

/**
 * Of its own, by its address: a bridge without one takes the lowest of its hosts' addresses, and when that host is
 * terminated, connections of this machine to all others stall until they have learnt the next one.
 */
function bridgeMac(gateway: string): string {
  const octets = gateway.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0'));
  return ['02', '6b', ...octets].join(':');
}

/** The bridge with the lab's first address. Nothing is forwarded from it, whatever this machine does elsewhere. */
export async function ensureBridge(record: LabRecord): Promise<void> {
  const { bridge } = record;
  const owner = await bridgeOwner(record);
  if (owner === 'foreign') throw subnetTaken(record.cidr, bridge);
  if (owner === 'absent') {
    const network = parseNetwork(record.cidr);
    const other = (await usedNetworks()).find((used) => network && overlaps(used.network, network));
    if (other) throw subnetTaken(record.cidr, other.dev);
    await must(['ip', 'link', 'add', bridge, 'address', bridgeMac(record.gateway), 'type', 'bridge']);
    await must(['ip', 'link', 'set', bridge, 'alias', mark(record)]);
  }
  await writeFile(`/proc/sys/net/ipv4/conf/${bridge}/forwarding`, '0');
  const prefix = record.cidr.split('/')[1];
  await must(['ip', 'address', 'replace', `${record.gateway}/${prefix}`, 'dev', bridge]);
  await must(['ip', 'link', 'set', bridge, 'up']);
}

export async function removeBridge(record: LabRecord): Promise<void> {
  if ((await bridgeOwner(record)) === 'ours') await must(['ip', 'link', 'delete', record.bridge]);
}

/** The host's end of a machine's veth: it goes when the machine's network namespace does, a moment after. */
export async function waitForVethGone(machine: string): Promise<void> {
  const link = `vb-${machine}`;
  const gone = await poll({ intervalMs: 50, timeoutMs: 5000 }, async () =>
    (await run(['ip', 'link', 'show', link])).exit === 0 ? undefined : true,
  );
  if (!gone) await run(['ip', 'link', 'delete', link]);
}
