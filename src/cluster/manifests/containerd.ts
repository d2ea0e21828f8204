import type { Facts } from '../../host/port.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';
import { imageReferences } from './images.ts';
import { cgroupDriver } from './kubelet.ts';
import { CONTAINERD_CONFIG, CONTAINERD_ENDPOINT, type HostFile } from './paths.ts';
import { textTemplate } from './template.ts';

type ContainerdFacts = Pick<Facts, 'cgroupVersion' | 'init' | 'features'>;

/** containerd 2's configuration (version 3); it tells the kubelet its cgroup driver over CRI. */
export function containerdConfig(
  spec: ClusterSpec,
  facts: ContainerdFacts,
  node: Pick<NodeSpec, 'kubelet'> = { kubelet: {} },
): HostFile {
  const content = textTemplate('config/containerd.toml', {
    sandbox: imageReferences(spec).pause,
    restrictOomScoreAdj: String(spec.restrictOomScoreAdj || facts.features.capSysResource === false),
    systemdCgroup: String(cgroupDriver(spec, node, facts) === 'systemd'),
  });
  return { path: CONTAINERD_CONFIG, mode: 0o644, content };
}

/** Its configuration, its unit, and where crictl finds it. */
export function containerdFiles(
  spec: ClusterSpec,
  facts: ContainerdFacts,
  node?: Pick<NodeSpec, 'kubelet'>,
): HostFile[] {
  return [
    containerdConfig(spec, facts, node),
    {
      path: '/etc/crictl.yaml',
      mode: 0o644,
      content: textTemplate('config/crictl.yaml', { endpoint: CONTAINERD_ENDPOINT }),
    },
    {
      path: '/etc/systemd/system/containerd.service',
      mode: 0o644,
      content: textTemplate('host/etc/systemd/system/containerd.service'),
    },
  ];
}
