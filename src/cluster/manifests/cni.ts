import { parseCidrs } from '../spec/cidr.ts';
import { CNI_CONF_DIR, type HostFile } from './paths.ts';
import { textTemplate, yamlTemplate } from './template.ts';

/** CIS 1.1.9: containerd reads them, which is root. */
const MODE = 0o600;
const FLANNEL = '10-flannel.conflist';
const BRIDGE = '10-kubewright-bridge.conflist';

/** The same on every host: the plugin reads the host's own range from /run/flannel/subnet.env. */
export function flannelCni(): HostFile {
  const path = `${CNI_CONF_DIR}/${FLANNEL}`;
  return { path, mode: MODE, content: textTemplate(`host${path}`) };
}

interface BridgeList {
  plugins: { type: string; ipam?: { ranges: { subnet: string }[][]; routes: { dst: string }[] } }[];
}

/** The bridge plugin over this host's part of the pod range (`10.244.1.0/24`, two with a comma for dual stack). */
export function bridgeCni(podCidr: string): HostFile {
  const cidrs = parseCidrs(podCidr);
  if (!cidrs) throw new TypeError(`not an address range: ${podCidr}`);
  // JSON is YAML.
  const list = yamlTemplate<BridgeList>('config/bridge.conflist');
  const bridge = list.plugins.find(({ type }) => type === 'bridge');
  if (!bridge?.ipam) throw new Error('templates/config/bridge.conflist has no bridge');
  bridge.ipam.ranges = cidrs.map((cidr) => [{ subnet: cidr.text }]);
  bridge.ipam.routes = cidrs.map((cidr) => ({ dst: cidr.family === 4 ? '0.0.0.0/0' : '::/0' }));
  return {
    path: `${CNI_CONF_DIR}/${BRIDGE}`,
    mode: MODE,
    content: `${JSON.stringify(list, undefined, 2)}\n`,
  };
}
