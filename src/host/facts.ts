import type { Frame } from './frames.ts';
import { parseListeners, parseProcTcp } from './listeners.ts';
import type { Facts } from './port.ts';
import { parseFirewalls, parseLinks, parseLogins, parseResolvers, parseServices } from './surroundings.ts';

const ARCHITECTURES: Record<string, string> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  amd64: 'amd64',
  arm64: 'arm64',
};
const CAP_SYS_RESOURCE = 24n;

/** Reads the frames of templates/host-agent/facts.sh. What a host did not say is empty, never an error. */
export function parseFacts(frames: readonly Frame[], here: number): Facts {
  const texts = (name: string) =>
    frames
      .filter((frame) => frame.words[0] === 'fact' && frame.words[1] === name)
      .map(({ body }) => body.toString('utf8'));
  const text = (name: string) => texts(name)[0] ?? '';
  const word = (name: string) => frames.find((frame) => frame.words[0] === name)?.words[1] ?? '';
  const [kernel = '', hostname = '', release = '', machine = ''] = text('uname').trim().split(/\s+/);
  const addresses = parseAddresses(text('addresses'));
  return {
    hostname,
    arch: ARCHITECTURES[machine] ?? machine,
    kernel: { name: kernel, release },
    os: parseOs(text('os')),
    cpus: Number.parseInt(text('cpus'), 10) || countProcessors(text('status')),
    memoryBytes: Number(/^MemTotal:\s+(\d+) kB/m.exec(text('memory'))?.[1] ?? 0) * 1024,
    swaps: parseSwaps(text('swaps')),
    cgroupVersion: word('cgroup') === '2' ? 2 : 1,
    init: text('init').trim(),
    uid: Number(word('uid') || -1),
    machineId: text('machine-id').trim(),
    bootId: text('boot-id').trim(),
    uptimeSeconds: Number.parseFloat(text('uptime')) || 0,
    clock: { host: clock(word('clock')), here: Math.round(here) },
    addresses,
    ...defaultRoute(text('routes'), text('routes6'), addresses),
    routes: [...lines(text('routes')), ...lines(text('routes6'))],
    links: parseLinks(text('links')),
    resolvers: { file: parseResolvers(text('resolv')), resolved: parseResolvers(text('resolved')) },
    proxies: { services: parseServices(texts('services')), logins: parseLogins(text('logins')) },
    firewalls: parseFirewalls({ ufw: text('ufw'), chains: text('chains') }),
    listeners: text('listeners')
      ? parseListeners(text('listeners'))
      : [...parseProcTcp(text('tcp')), ...parseProcTcp(text('tcp6'))],
    disks: frames.filter((frame) => frame.words[0] === 'disk').map(parseDisk),
    features: { ...parseFeatures(frames), capSysResource: capable(text('status')) },
    commands: parseCommands(frames),
  };
}

function lines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** `date +%s%N`; a date without nanoseconds leaves the `%N` or nothing: the middle of that second then. */
function clock(stamp: string): number {
  const digits = /^\d+/.exec(stamp)?.[0] ?? '';
  return digits.length > 15 ? Number(BigInt(digits) / 1_000_000n) : Number(digits) * 1000 + 500;
}

function parseOs(text: string): Facts['os'] {
  const value = (name: string) =>
    (new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1] ?? '').trim().replace(/^(["'])(.*)\1$/, '$2');
  return { id: value('ID'), versionId: value('VERSION_ID'), prettyName: value('PRETTY_NAME') };
}

/** Cpus_allowed_list of /proc/self/status, where there is no nproc: `0-3,6`. */
function countProcessors(status: string): number {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1];
  if (!list) return 0;
  return list.split(',').reduce((sum, range) => {
    const [from = 0, to = from] = range.split('-').map(Number);
    return sum + to - from + 1;
  }, 0);
}

function parseSwaps(text: string): string[] {
  return lines(text)
    .slice(1)
    .map((line) => line.split(/\s+/)[0]!);
}

function parseAddresses(text: string): Facts['addresses'] {
  return lines(text).flatMap((line) => {
    const match = /^\d+:\s+(\S+)\s+inet6?\s+([0-9a-f.:]+)(?:\s+peer\s+\S+?)?(?:\/(\d+))?\s.*scope (\S+)/.exec(
      line,
    );
    if (match?.[4] !== 'global') return [];
    const [, name, address, prefix] = match as unknown as [string, string, string, string | undefined];
    const full = address.includes(':') ? 128 : 32;
    return [{ interface: name.replace(/@.*/, ''), address, prefix: Number(prefix ?? full) }];
  });
}

function defaultRoute(four: string, six: string, addresses: Facts['addresses']): Pick<Facts, 'defaultRoute'> {
  const line = [...lines(four), ...lines(six)].find((route) => route.startsWith('default '));
  if (!line) return {};
  const after = (name: string) => new RegExp(`\\s${name}\\s+(\\S+)`).exec(line)?.[1];
  const device = after('dev') ?? '';
  const gateway = after('via');
  const family = gateway?.includes(':') ?? !lines(four).includes(line);
  const fits = (entry: Facts['addresses'][number]) =>
    entry.interface === device && entry.address.includes(':') === family;
  const source = after('src') ?? addresses.find(fits)?.address;
  return {
    defaultRoute: { interface: device, ...(gateway ? { gateway } : {}), ...(source ? { source } : {}) },
  };
}

function parseDisk(frame: Frame): Facts['disks'][number] {
  const [size = 0, total = 0, available = 0, inodes = 0, allInodes = 0] = frame.words.slice(2).map(Number);
  return {
    path: frame.words[1]!,
    availableBytes: size * available,
    totalBytes: size * total,
    availableInodes: inodes,
    totalInodes: allInodes,
  };
}

function parseFeatures(frames: readonly Frame[]): Record<string, boolean> {
  const features = frames.filter((frame) => frame.words[0] === 'feature');
  return Object.fromEntries(features.map(({ words }) => [words[1]!, words[2] === '1']));
}

function capable(status: string): boolean {
  const mask = /^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1];
  return mask !== undefined && ((BigInt(`0x${mask}`) >> CAP_SYS_RESOURCE) & 1n) === 1n;
}

function parseCommands(frames: readonly Frame[]): Record<string, boolean> {
  const found = frames.find((frame) => frame.words[0] === 'commands');
  return Object.fromEntries((found?.words.slice(1) ?? []).filter(Boolean).map((name) => [name, true]));
}
