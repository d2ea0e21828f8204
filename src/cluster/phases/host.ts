import type { Phase } from '../../engine/phase.ts';
import type { Step } from '../../engine/step.ts';
import type { NodeContext } from '../context.ts';
import { hostFiles, sysctls } from '../manifests/host-files.ts';
import { hostsBlock } from '../manifests/hosts-file.ts';
import { RESET_NOTES, resetNotes } from '../reset-notes.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';
import { blockStep } from '../steps/block.ts';
import { fileStep, stepName } from '../steps/file.ts';
import { ownFileStep } from '../steps/own-file.ts';
import { sysctlStep } from '../steps/sysctl.ts';
import { type Trace, tracesStep } from '../steps/traces.ts';

/** Kernel parameters, units and names that everything else stands on. */
export const prepareHost: Phase<NodeContext> = {
  name: 'host',
  title: 'Prepare the host',
  after: ['before-join'],
  steps: ({ spec, node, facts }) => [
    ...hostFiles(spec, node, facts).map((file) => fileStep(stepName(file.path), file)),
    ...sysctls(spec, facts).map(([key, value]) => sysctlStep(key, value)),
    blockStep('hosts', '/etc/hosts', hostsBlock(spec, node)),
    ownFileStep('reset-notes', RESET_NOTES, resetNotes(spec, node)),
    hostTraces(spec, node),
    ...(node.role === 'control-plane' ? [manifestsFolder] : []),
  ],
};

/** Before containerd and the kubelet run for the first time. */
export function hostTraces(spec: ClusterSpec, node: NodeSpec): Step {
  return tracesStep('traces', node.role === 'control-plane' ? [...traces, ...etcdData(spec)] : traces);
}

const folder = (path: string, mode: number): Trace => ({ kind: 'folder', path, mode });

/** Made by containerd, by the kubelet, and by it for kube-proxy and Flannel, without a word to any journal. */
const traces: readonly Trace[] = [
  { ...folder('/var/lib/containerd', 0o700), enforced: true },
  folder('/opt/containerd', 0o711),
  folder('/opt/containerd/bin', 0o711),
  folder('/opt/containerd/lib', 0o711),
  folder('/etc/cni', 0o755),
  folder('/etc/cni/net.d', 0o755),
  folder('/run/nri', 0o700),
  folder('/run/netns', 0o755),
  folder('/usr/libexec/kubernetes', 0o755),
  folder('/usr/libexec/kubernetes/kubelet-plugins', 0o755),
  folder('/usr/libexec/kubernetes/kubelet-plugins/volume', 0o755),
  folder('/usr/libexec/kubernetes/kubelet-plugins/volume/exec', 0o755),
  folder('/lib/modules', 0o755),
  { kind: 'file', path: '/run/xtables.lock', mode: 0o644 },
];

/** With the folders above it that are missing, so that they go again too. */
function etcdData({ etcd: { dataDir, external } }: ClusterSpec): Trace[] {
  if (external) return [];
  const above = [...dataDir.matchAll(/(?<=.)\//g)].map(({ index }) => dataDir.slice(0, index));
  return [...above.map((path) => folder(path, 0o755)), { ...folder(dataDir, 0o700), enforced: true }];
}

/** As kubeadm makes it on a control plane (app/util/staticpod/utils.go); elsewhere the kubelet does, 0755. */
const manifestsFolder = tracesStep('manifests', [
  folder('/etc/kubernetes', 0o755),
  { ...folder('/etc/kubernetes/manifests', 0o700), enforced: true },
]);
