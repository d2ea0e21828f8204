import type { Facts } from '../../host/port.ts';
import { parseCidrs } from '../spec/cidr.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';
import { flannelCni } from './cni.ts';
import type { HostFile } from './paths.ts';
import { textTemplate } from './template.ts';

/** Units, kernel settings and (with Flannel) the CNI configuration: templates/host, at their target paths. */
export function hostFiles(spec: ClusterSpec, _node: NodeSpec, facts: Pick<Facts, 'features'>): HostFile[] {
  const file = (path: string, mode: number): HostFile => {
    return { path: `/${path}`, mode, content: textTemplate(`host/${path}`) };
  };
  const settings = sysctls(spec, facts)
    .map(([key, value]) => `${key} = ${value}\n`)
    .join('');
  return [
    file('etc/modules-load.d/kubewright.conf', 0o644),
    // CIS 4.1.1; systemd tells everybody what is in them all the same.
    file('etc/systemd/system/kubelet.service', 0o600),
    file('etc/systemd/system/kubelet.service.d/10-kubeadm.conf', 0o600),
    {
      path: '/etc/sysctl.d/90-kubewright.conf',
      mode: 0o644,
      content: textTemplate('host/etc/sysctl.d/90-kubewright.conf', { settings }),
    },
    ...(spec.networking.cni === 'flannel' ? [flannelCni()] : []),
  ];
}

/** Kernel parameters that must be in force now; bridge-nf-call-* only where the kernel has them. */
export function sysctls(spec: ClusterSpec, facts?: Pick<Facts, 'features'>): [key: string, value: string][] {
  const { podSubnet, serviceSubnet } = spec.networking;
  const six = [podSubnet, serviceSubnet].some((range) =>
    parseCidrs(range)?.some((cidr) => cidr.family === 6),
  );
  return [
    ['net.ipv4.ip_forward', '1'],
    ...(six ? ([['net.ipv6.conf.all.forwarding', '1']] as [string, string][]) : []),
    ...(facts?.features.bridgeNetfilter === false
      ? []
      : ([
          ['net.bridge.bridge-nf-call-iptables', '1'],
          ...(six ? ([['net.bridge.bridge-nf-call-ip6tables', '1']] as [string, string][]) : []),
        ] as [string, string][])),
  ];
}
