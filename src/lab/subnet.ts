import ipaddr from 'ipaddr.js';

/** Pure IPv4 arithmetic for labs. Addresses are dotted, networks `a.b.c.d/n`. */
export interface Network {
  base: number;
  prefix: number;
}

export function parseNetwork(cidr: string): Network | undefined {
  const text = cidr.includes('/') ? cidr : `${cidr}/32`;
  if (!ipaddr.IPv4.isValidCIDRFourPartDecimal(text)) return undefined;
  const [address, prefix] = ipaddr.IPv4.parseCIDR(text);
  return { base: mask(toNumber(address.toString()), prefix), prefix };
}

export function formatNetwork(network: Network): string {
  return `${toAddress(network.base)}/${network.prefix}`;
}

export function overlaps(a: Network, b: Network): boolean {
  const prefix = Math.min(a.prefix, b.prefix);
  return mask(a.base, prefix) === mask(b.base, prefix);
}

/** The first network of `prefix` bits in `range` that overlaps nothing in `taken`. */
export function chooseSubnet(range: Network, taken: readonly Network[], prefix = 24): Network | undefined {
  const size = 2 ** (32 - prefix);
  const end = range.base + 2 ** (32 - range.prefix);
  for (let base = range.base; base + size <= end; base += size) {
    const candidate = { base, prefix };
    if (!taken.some((network) => overlaps(network, candidate))) return candidate;
  }
  return undefined;
}

/** This machine's end of the bridge: the first address. */
export function gatewayAddress(network: Network): string {
  return toAddress(network.base + 1);
}

/** The first free address for a host: from .11 on where there is room, else from .2 on. */
export function chooseAddress(network: Network, taken: readonly string[]): string | undefined {
  const last = network.base + 2 ** (32 - network.prefix) - 2;
  const used = new Set(taken);
  const first = network.base + (network.prefix <= 26 ? 11 : 2);
  for (let number = first; number <= last; number++) {
    const address = toAddress(number);
    if (!used.has(address)) return address;
  }
  return undefined;
}

/** Eight hexadecimal digits: short enough for the name of an interface, and as unique as the address. */
export function hexAddress(address: string): string {
  return toNumber(address).toString(16).padStart(8, '0');
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function toAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}

function mask(number: number, prefix: number): number {
  const size = 2 ** (32 - prefix);
  return number - (number % size);
}
