import type { KubeObject } from '../../kube/port.ts';
import { DNS_SERVICE_INDEX, parseCidrs, serviceIp } from '../spec/cidr.ts';
import { endpointUrl } from '../spec/node.ts';
import type { PatchTarget } from '../spec/sections.ts';
import type { ClusterSpec, ConfigOverrides } from '../spec/types.ts';
import { imageReferences } from './images.ts';
import { gates } from './kubelet.ts';
import { mergeConfig } from './merge.ts';
import { applyPatches } from './patches/apply.ts';
import { containerOf, type Workload } from './pod-types.ts';
import { proxyEnvironment } from './proxy.ts';
import { objectOf, objectTemplates, textTemplate, yamlTemplate } from './template.ts';
import { canonicalYaml } from './yaml.ts';

/** CoreDNS, kube-proxy and the pod network, whole, in an order in which they can be created. */
export function addonObjects(spec: ClusterSpec): KubeObject[] {
  const { coredns, kubeProxy } = spec.addons;
  return [
    ...flannelObjects(spec),
    ...(kubeProxy.enabled ? kubeProxyObjects(spec) : []),
    ...(coredns.enabled ? coreDnsObjects(spec) : []),
  ];
}

export function coreDnsObjects(spec: ClusterSpec): KubeObject[] {
  const objects = objectTemplates('addons/coredns.yaml');
  const corefile = textTemplate('config/Corefile', { dnsDomain: spec.networking.dnsDomain });
  objectOf(objects, 'ConfigMap').data = { Corefile: corefile };
  setImage(objectOf(objects, 'Deployment'), imageReferences(spec).coredns);
  const service = objectOf(objects, 'Service') as KubeObject & { spec: Record<string, unknown> };
  service.spec.clusterIP = serviceIp(spec.networking.serviceSubnet, DNS_SERVICE_INDEX);
  return patched(objects, 'Deployment', 'corednsdeployment', spec);
}

/** KubeProxyConfiguration: nftables mode, the user's fields over ours. Both families: the API server's goes first. */
export function kubeProxyConfig(spec: ClusterSpec): ConfigOverrides {
  const advertised = spec.hosts.find(({ role }) => role === 'control-plane')?.address ?? '';
  const ours = {
    ...yamlTemplate<ConfigOverrides>('config/kube-proxy.yaml'),
    bindAddress: advertised.includes(':') ? '::' : '0.0.0.0',
    clusterCIDR: spec.networking.podSubnet,
    ...gates(spec),
  };
  return mergeConfig(ours, spec.kubeProxy);
}

export function kubeProxyObjects(spec: ClusterSpec): KubeObject[] {
  const objects = objectTemplates('addons/kube-proxy.yaml');
  const kubeconfig = textTemplate('config/kube-proxy-kubeconfig.yaml', { server: endpointUrl(spec) });
  objectOf(objects, 'ConfigMap').data = {
    'config.conf': canonicalYaml(kubeProxyConfig(spec)).trimEnd(),
    'kubeconfig.conf': kubeconfig.trimEnd(),
  };
  const daemon = objectOf(objects, 'DaemonSet') as Workload;
  setImage(daemon, imageReferences(spec)['kube-proxy']);
  const environment = Object.entries(proxyEnvironment(spec, [])).sort(([a], [b]) => (a < b ? -1 : 1));
  const { env } = containerOf(daemon.spec.template.spec);
  env?.push(...environment.map(([name, value]) => ({ name, value })));
  return patched(objects, 'DaemonSet', 'kubeproxydaemonset', spec);
}

function patched(
  objects: readonly KubeObject[],
  kind: string,
  target: PatchTarget,
  spec: ClusterSpec,
): KubeObject[] {
  return objects.map((object) => (object.kind === kind ? applyPatches(target, object, spec) : object));
}

/** None unless the pod network is Flannel's (vxlan, nftables). Hosts have its CNI configuration already. */
export function flannelObjects(spec: ClusterSpec): KubeObject[] {
  if (spec.networking.cni !== 'flannel') return [];
  const objects = objectTemplates('addons/flannel.yaml');
  objectOf(objects, 'ConfigMap').data = { 'net-conf.json': flannelNetConf(spec) };
  const daemon = objectOf(objects, 'DaemonSet') as Workload;
  setImage(daemon, imageReferences(spec).flannel);
  // Straight to the API server: the Service's address works only once kube-proxy does.
  containerOf(daemon.spec.template.spec).env?.push(
    { name: 'KUBERNETES_SERVICE_HOST', value: spec.endpoint.name },
    { name: 'KUBERNETES_SERVICE_PORT', value: String(spec.endpoint.port) },
  );
  return objects;
}

function flannelNetConf(spec: ClusterSpec): string {
  const ranges = parseCidrs(spec.networking.podSubnet) ?? [];
  const four = ranges.find(({ family }) => family === 4);
  const six = ranges.find(({ family }) => family === 6);
  const config = {
    ...(four ? { Network: four.text } : { EnableIPv4: false }),
    ...(six ? { EnableIPv6: true, IPv6Network: six.text } : {}),
    EnableNFTables: true,
    Backend: { Type: 'vxlan' },
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

function setImage(object: KubeObject, image: string): void {
  containerOf((object as Workload).spec.template.spec).image = image;
}
