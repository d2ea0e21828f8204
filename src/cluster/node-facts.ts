import { KubewrightError } from '../base/errors.ts';
import type { Facts, Host } from '../host/port.ts';

const architectures = ['amd64', 'arm64'];

/** Refuses, before anything else, what no artifact runs on. */
export function requireSupported(host: Host, facts: Facts): void {
  if (facts.kernel.name !== 'Linux') {
    throw unsupported(host, `runs ${facts.kernel.name || 'an unknown system'}, not Linux`);
  }
  if (!architectures.includes(facts.arch)) {
    throw unsupported(
      host,
      `has the architecture ${facts.arch}, for which there are no artifacts (${architectures.join(', ')})`,
    );
  }
}

function unsupported(host: Host, why: string): KubewrightError {
  return new KubewrightError({
    code: 'UnsupportedHost',
    message: `${host.name} ${why}.`,
    host: host.name,
    hint: 'Choose a Linux host on amd64 or arm64.',
    exit: 'unsupportedHost',
  });
}

/** What the network of pods makes on a node. */
const POD_LINK = /^(cni0|flannel|veth|kube-)/;

/**
 * The address that a node advertises: the one that the connection goes to where the host has it itself (it has
 * not behind NAT), otherwise the default route's source, otherwise its first global address if all are of one interface.
 */
export function advertiseAddress(host: Host, facts: Facts): string {
  const own = facts.addresses.map(({ address }) => address);
  if (own.includes(host.address)) return host.address;
  const outer = facts.addresses.filter((each) => !POD_LINK.test(each.interface));
  const links = new Set(outer.map((each) => each.interface));
  if (!facts.defaultRoute?.source && links.size > 1) throw ambiguous(host, facts);
  const chosen = facts.defaultRoute?.source ?? own[0];
  if (chosen) return chosen;
  throw new KubewrightError({
    code: 'NoAddress',
    message: `${host.name} has no global address that it could advertise.`,
    host: host.name,
    hint: 'Name one of its own with --advertise-address.',
    exit: 'preflight',
  });
}

/** The others would look for it in one network, and it might be in another. */
function ambiguous({ name }: Host, { addresses }: Facts): KubewrightError {
  const all = addresses.map((each) => `${each.address} (${each.interface})`).join(', ');
  return new KubewrightError({
    code: 'AddressAmbiguous',
    message: `${name} has no default route, and several networks from which its address could be: ${all}; nothing was changed.`,
    host: name,
    hint: 'Name the address by which the other hosts reach it: --advertise-address, or hosts[].address in the cluster file.',
    exit: 'preflight',
  });
}
