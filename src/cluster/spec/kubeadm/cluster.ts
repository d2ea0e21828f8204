import { defaultSpec } from '../defaults.ts';
import { type Path, valueAt } from '../findings.ts';
import { convertComponent } from './components.ts';
import type { Conversion, Source } from './conversion.ts';

/** Fields that are the same under another name. */
const SAME: readonly (readonly [from: Path, to: Path])[] = [
  [['clusterName'], ['name']],
  [['kubernetesVersion'], ['kubernetesVersion']],
  [
    ['networking', 'podSubnet'],
    ['networking', 'podSubnet'],
  ],
  [
    ['networking', 'serviceSubnet'],
    ['networking', 'serviceSubnet'],
  ],
  [
    ['networking', 'dnsDomain'],
    ['networking', 'dnsDomain'],
  ],
  [['encryptionAlgorithm'], ['encryptionAlgorithm']],
  [['certificateValidityPeriod'], ['certificateValidity']],
  [['caCertificateValidityPeriod'], ['caCertificateValidity']],
  [['imageRepository'], ['imageRepository']],
  [['apiServer', 'certSANs'], ['certSANs']],
  [
    ['etcd', 'local', 'dataDir'],
    ['etcd', 'dataDir'],
  ],
  [
    ['etcd', 'local', 'serverCertSANs'],
    ['etcd', 'serverCertSANs'],
  ],
  [
    ['etcd', 'local', 'peerCertSANs'],
    ['etcd', 'peerCertSANs'],
  ],
  [
    ['etcd', 'local', 'imageTag'],
    ['components', 'etcd'],
  ],
  [
    ['dns', 'imageTag'],
    ['components', 'coredns'],
  ],
];

export function convertCluster(conversion: Conversion, source: Source): void {
  for (const [from, to] of SAME) conversion.take(source, from, to);
  convertEndpoint(conversion, source);
  for (const name of ['apiServer', 'controllerManager', 'scheduler'])
    convertComponent(conversion, source, [name], name);
  convertComponent(conversion, source, ['etcd', 'local'], 'etcd');
  convertExternalEtcd(conversion, source);
  convertAddon(conversion, source, ['dns', 'disabled'], 'coredns');
  convertAddon(conversion, source, ['proxy', 'disabled'], 'kubeProxy');
  refuseOthers(conversion, source);
  convertGates(conversion, source);
}

/** `HOST`, `HOST:PORT`, `[IPv6]:PORT`. */
function convertEndpoint(conversion: Conversion, source: Source): void {
  const from = ['controlPlaneEndpoint'];
  const endpoint = valueAt(source.value, from) as string | undefined;
  if (!endpoint) return;
  const [, name = endpoint, port] = /^([^:]+|\[.+\]):(\d+)$/.exec(endpoint) ?? [];
  conversion.set(['endpoint', 'name'], name.replace(/^\[(.*)\]$/, '$1'), source, from);
  if (port) conversion.set(['endpoint', 'port'], Number(port), source, from);
}

const CLIENT_FILES = ['caFile', 'certFile', 'keyFile'];

/** Its files are on the control planes, where kubeadm looks for them. */
function convertExternalEtcd(conversion: Conversion, source: Source): void {
  const from = ['etcd', 'external'];
  const external = valueAt(source.value, from) as Record<string, unknown> | undefined;
  if (external === undefined) return;
  const missing = CLIENT_FILES.filter((field) => external[field] === undefined);
  if (missing.length > 0)
    conversion.refuse(source, from, `needs ${missing.join(', ')}`, 'anybody could write to an etcd without');
  const nowhere = Object.fromEntries(missing.map((field) => [field, '/']));
  conversion.set(from, { ...nowhere, ...external, filesOn: 'hosts' }, source, from);
  conversion.refuse(source, ['etcd', 'local'], 'cannot be set beside etcd.external');
}

function convertAddon(conversion: Conversion, source: Source, from: Path, addon: string): void {
  const disabled = valueAt(source.value, from);
  if (disabled !== undefined) conversion.set(['addons', addon, 'enabled'], !disabled, source, from);
}

const PKI = '/etc/kubernetes/pki';

function refuseOthers(conversion: Conversion, source: Source): void {
  const at = (path: Path) => valueAt(source.value, path);
  const repository = at(['imageRepository']) ?? defaultSpec().imageRepository;
  const etcd = ['etcd', 'local', 'imageRepository'];
  if (at(etcd) !== repository)
    conversion.refuse(source, etcd, `etcd comes from ${repository}, as the others`);
  const dns = ['dns', 'imageRepository'];
  if (at(dns) !== repository && at(dns) !== `${repository}/coredns`)
    conversion.refuse(source, dns, `CoreDNS comes from ${repository}, as the others`);
  if (at(['certificatesDir']) !== PKI)
    conversion.refuse(source, ['certificatesDir'], `certificates are in ${PKI}`);
  if (!at(['networking', 'podSubnet']))
    conversion.warnings.push({
      path: [source.kind, 'networking', 'podSubnet'],
      message: `kubeadm would give nodes no ranges for pods, here they come from ${defaultSpec().networking.podSubnet}`,
      at: source.document.find(['networking'])?.value ?? source.document.start,
    });
}

/** Gates of kubeadm itself; what those that are gone stood for is so without them. */
function convertGates(conversion: Conversion, source: Source): void {
  const gates = (valueAt(source.value, ['featureGates']) ?? {}) as Record<string, boolean>;
  for (const [gate, on] of Object.entries(gates)) {
    const from = ['featureGates', gate];
    const always = ['ControlPlaneKubeletLocalMode', 'EtcdLearnerMode', 'WaitForAllControlPlaneComponents'];
    if (gate === 'PublicKeysECDSA' && on) conversion.set(['encryptionAlgorithm'], 'ECDSA-P256', source, from);
    else if (always.includes(gate) && on) conversion.ignore(source, from, 'has no effect: it is always so');
    else if (on) conversion.refuse(source, from, 'is a gate of kubeadm that means nothing here', GATES_HINT);
    else conversion.ignore(source, from, 'has no effect');
  }
}

const GATES_HINT = 'gates of Kubernetes itself go into spec.featureGates';
