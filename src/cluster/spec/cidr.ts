import ipaddr from 'ipaddr.js';

export type Family = 4 | 6;

/** An address range as numbers, so that ranges of any size compare exactly. */
export interface Cidr {
  text: string;
  family: Family;
  prefix: number;
  first: bigint;
  last: bigint;
}

const BITS = { 4: 32, 6: 128 } as const;

/** undefined for anything but ADDRESS/PREFIX; bits below the prefix are cut off. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', length = '', ...rest] = text.trim().split('/');
  if (rest.length > 0 || !/^\d{1,3}$/.test(length)) return undefined;
  const parsed = parseAddress(address);
  const prefix = Number(length);
  if (!parsed || prefix > BITS[parsed.family]) return undefined;
  const size = 1n << BigInt(BITS[parsed.family] - prefix);
  const first = (parsed.value / size) * size;
  return {
    text: `${formatAddress(first, parsed.family)}/${prefix}`,
    family: parsed.family,
    prefix,
    first,
    last: first + size - 1n,
  };
}

/** The ranges of `10.244.0.0/16,fd00::/48`; undefined where one cannot be read. */
export function parseCidrs(text: string): Cidr[] | undefined {
  const cidrs = text.split(',').map(parseCidr);
  return cidrs.every((cidr) => cidr !== undefined) ? cidrs : undefined;
}

/** Only the forms that everybody reads alike: four decimal parts without leading zeros, or IPv6 without a zone. */
export function parseAddress(text: string): { family: Family; value: bigint } | undefined {
  const four = ipaddr.IPv4.isValidFourPartDecimal(text) && !/(^|\.)0\d/.test(text);
  if (!four && (!ipaddr.IPv6.isValid(text) || text.includes('%'))) return undefined;
  const parsed = four ? ipaddr.IPv4.parse(text) : ipaddr.IPv6.parse(text);
  const value = parsed.toByteArray().reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return { family: four ? 4 : 6, value };
}

export function isAddress(text: string): boolean {
  return parseAddress(text) !== undefined;
}

export function formatAddress(value: bigint, family: Family): string {
  const bytes = Array.from({ length: BITS[family] / 8 }, (_, index) =>
    Number((value >> BigInt(BITS[family] - 8 * (index + 1))) & 255n),
  );
  return family === 4 ? bytes.join('.') : new ipaddr.IPv6(bytes).toRFC5952String();
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}

export function containsAddress(cidr: Cidr, address: string): boolean {
  const parsed = parseAddress(address);
  return parsed?.family === cidr.family && parsed.value >= cidr.first && parsed.value <= cidr.last;
}

/** The n-th address of the first service range: 1 is the API server's, 10 the cluster DNS (as in kubeadm). */
export function serviceIp(subnet: string, n: number): string {
  const cidr = parseCidrs(subnet)?.[0];
  if (!cidr) throw new TypeError(`not an address range: ${subnet}`);
  const value = cidr.first + BigInt(n);
  if (value > cidr.last) throw new RangeError(`${subnet} has no address number ${n}`);
  return formatAddress(value, cidr.family);
}

export const DNS_SERVICE_INDEX = 10;

/** kube-controller-manager's defaults: what it gives a node out of the pod range. */
export const NODE_PREFIX = { 4: 24, 6: 64 } as const;

/** The n-th node's part of a pod range, in the order in which kube-controller-manager hands them out. */
export function podCidr(subnet: string, index: number): string {
  const cidr = parseCidrs(subnet)?.[0];
  if (!cidr) throw new TypeError(`not an address range: ${subnet}`);
  const prefix = NODE_PREFIX[cidr.family];
  const first = cidr.first + BigInt(index) * (1n << BigInt(BITS[cidr.family] - prefix));
  if (first > cidr.last) throw new RangeError(`${subnet} has no room for node number ${index}`);
  return `${formatAddress(first, cidr.family)}/${prefix}`;
}

/** Addresses beyond the range's own prefix, as a power of two. */
export function hostBits(cidr: Cidr): number {
  return BITS[cidr.family] - cidr.prefix;
}
