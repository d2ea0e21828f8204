import { shownUrl } from '../../base/shown-url.ts';
import type { Facts } from '../../host/port.ts';
import { nodeEnvironment } from '../manifests/proxy.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';
import type { Finding } from './finding.ts';
import { finding } from './machine.ts';
import { inwardPorts } from './needs.ts';

/** What vxlan puts around a packet, over IPv4 and IPv6. */
const VXLAN = { 4: 50, 6: 70 };
/** The least that IPv6 asks of a link (RFC 8200). */
const LEAST_MTU = 1280;

/** A kubelet serves already: what would keep a host out of the cluster does not matter any more. */
export function isNode({ listeners }: Facts): boolean {
  return listeners.some(({ port, process }) => port === 10250 && process === 'kubelet');
}

/** What the host's network and its settings are to the cluster. All are warnings: each may be meant so. */
export function surroundingFindings(facts: Facts, spec: ClusterSpec, node: NodeSpec): Finding[] {
  if (isNode(facts)) return [];
  return [
    ...resolvers(facts, spec),
    ...proxies(facts, spec, node),
    ...firewall(facts, spec, node),
    ...mtu(facts, spec, node),
  ];
}

const isLoopback = (address: string) => /^127\.|^::1$/.test(address);

/** Pods get the kubelet's resolv.conf: CoreDNS in one that names loopback asks itself, without end. */
function resolvers({ resolvers: { file, resolved }, features }: Facts, { kubelet }: ClusterSpec): Finding[] {
  if (typeof kubelet.resolvConf === 'string') return [];
  // As kubeadm does: with systemd-resolved the kubelet is told of the file with what that one asks.
  const [path, servers] = features.systemdResolved
    ? ['/run/systemd/resolve/resolv.conf', resolved]
    : ['/etc/resolv.conf', file];
  const loop = servers.filter(isLoopback);
  if (loop.length === 0) return [];
  return [
    finding(
      'ResolvConfLoop',
      `${path} names ${loop.join(', ')} as name server, which is another one in every pod: CoreDNS would ask itself`,
      'write the real name servers into a file, and name it: kubelet: {resolvConf: /etc/kubernetes/resolv.conf}',
      'warning',
    ),
  ];
}

function proxies(
  { proxies: { services, logins }, addresses }: Facts,
  spec: ClusterSpec,
  node: NodeSpec,
): Finding[] {
  // What the cluster itself says of proxies comes over what the host has.
  if (spec.proxy.http || spec.proxy.https) return [];
  const places: [string, Record<string, string>, (line: string) => string][] = [
    [
      'its services (DefaultEnvironment of systemd)',
      services,
      (line) => `DefaultEnvironment="${line}" in /etc/systemd/system.conf`,
    ],
    ['its logins (/etc/environment)', logins, (line) => `${line} in /etc/environment`],
  ];
  return places.flatMap(([who, variables, place]) => {
    const value = (name: string) => variables[name.toUpperCase()] ?? variables[name];
    const proxy = value('https_proxy') ?? value('http_proxy') ?? value('all_proxy');
    const except = (value('no_proxy') ?? '').split(',').map((entry) => entry.trim());
    if (!proxy || except.includes('*')) return [];
    const wanted = (
      nodeEnvironment(
        { ...spec, proxy: { ...spec.proxy, https: proxy } },
        { ...node, environment: {} },
        { addresses },
      ).NO_PROXY ?? ''
    ).split(',');
    const missing = wanted.filter((entry) => !except.includes(entry));
    if (missing.length === 0) return [];
    const line = `NO_PROXY=${[...new Set([...except, ...wanted])].filter(Boolean).join(',')}`;
    return [
      finding(
        'ProxyExceptions',
        `${who} use the proxy ${shownUrl(proxy)}, for the cluster too: no exception for ${missing.join(', ')}`,
        `${place(line)}; or name the proxy in the cluster file (proxy), which writes it for the cluster's services`,
        'warning',
      ),
    ];
  });
}

function firewall({ firewalls }: Facts, spec: ClusterSpec, node: NodeSpec): Finding[] {
  if (firewalls.length === 0) return [];
  const ports = inwardPorts(spec, node.role);
  const fixes: Record<string, string> = {
    firewalld: `firewall-cmd --permanent ${ports.map((port) => `--add-port=${port}`).join(' ')} && firewall-cmd --reload`,
    ufw: ports.map((port) => `ufw allow ${port}`).join(' && '),
  };
  return [
    finding(
      'FirewallActive',
      `a firewall is on: ${firewalls.join(', ')}; a ${node.role === 'worker' ? 'worker' : 'control plane'} has to be reached at ${ports.join(' ')}`,
      firewalls.map((one) => fixes[one] ?? `accept these ports in ${one}`).join('; '),
      'warning',
    ),
  ];
}

function mtu(facts: Facts, spec: ClusterSpec, node: NodeSpec): Finding[] {
  const link = linkOf(facts, node.address);
  if (!link || spec.networking.cni !== 'flannel') return [];
  const left = link.mtu - VXLAN[node.address.includes(':') ? 6 : 4];
  if (left >= LEAST_MTU) return [];
  return [
    finding(
      'MTU',
      `${link.name} has an MTU of ${link.mtu}: vxlan leaves pods ${left}, and IPv6 needs ${LEAST_MTU}`,
      `raise it: ip link set ${link.name} mtu 1500, if the network carries that; or use --cni bridge`,
      'warning',
    ),
  ];
}

/** The link that an address is on. */
export function linkOf({ addresses, links }: Facts, address: string): Facts['links'][number] | undefined {
  const own = addresses.find((each) => each.address === address);
  return links.find(({ name }) => name === own?.interface);
}
