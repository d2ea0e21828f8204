import type { Phase } from '../../engine/phase.ts';
import type { NodeContext } from '../context.ts';
import { dropInPath, environmentDropIn } from '../manifests/drop-ins.ts';
import { kubeletFiles } from '../manifests/kubelet.ts';
import { nodeEnvironment } from '../manifests/proxy.ts';
import { binaryStep } from '../steps/binary.ts';
import { fileStep, stepName } from '../steps/file.ts';
import { ownFileStep } from '../steps/own-file.ts';
import { unitStep } from '../steps/unit.ts';

const UNIT = 'kubelet.service';

const executables = ({ binaries }: NodeContext) =>
  binaries.filter(
    ({ artifact }) => artifact.component === 'kubelet' || artifact.component.startsWith('cni/'),
  );

/** The executable, its unit and its configuration; nothing is started yet. */
export const kubeletInstall: Phase<NodeContext> = {
  name: 'kubelet-install',
  title: 'Install the kubelet and the CNI plugins',
  after: ['host'],
  steps: (context) => [
    ...executables(context).map(binaryStep),
    ...kubeletFiles(context.spec, context.node, context.facts).map((file) =>
      fileStep(stepName(file.path), file),
    ),
    ownFileStep(
      'environment',
      dropInPath(UNIT),
      environmentDropIn(UNIT, nodeEnvironment(context.spec, context.node, context.facts)),
    ),
  ],
};

/**
 * Started when everything that it reads is in place: a kubelet that starts before the manifests are there may
 * find them only 20 s later (its fileCheckFrequency).
 */
export const kubeletStart: Phase<NodeContext> = {
  name: 'kubelet-start',
  title: 'Start the kubelet',
  after: ['kubelet-install', 'control-plane', 'images-control-plane'],
  steps: (context) => [startStep(context)],
  residue: {
    paths: [
      '/var/lib/kubelet/*',
      '/var/log/pods',
      '/var/log/containers',
      '/run/kubelet',
      // The kubelet writes these itself when it bootstraps.
      '/etc/kubernetes/kubelet.conf',
      '/etc/kubernetes/bootstrap-kubelet.conf',
    ],
    mounts: ['/var/lib/kubelet'],
    cgroups: ['kubepods', 'kubepods.slice', 'system.slice/kubelet.service'],
    nftTables: ['ip kube-proxy', 'ip6 kube-proxy'],
    iptablesChains: ['KUBE-'],
  },
};

export function startStep(context: NodeContext, further: readonly string[] = []) {
  const inputs = [
    ...executables(context).filter(({ artifact }) => artifact.component === 'kubelet'),
    ...kubeletFiles(context.spec, context.node, context.facts),
  ].map(({ path }) => path);
  return unitStep(UNIT, [...inputs, dropInPath(UNIT), ...further], context.facts);
}
