import type { Phase } from '../../engine/phase.ts';
import type { NodeContext } from '../context.ts';
import { SHARE_FOLDER } from '../delivery/share.ts';
import { containerdFiles } from '../manifests/containerd.ts';
import { dropInPath, environmentDropIn } from '../manifests/drop-ins.ts';
import { nodeEnvironment } from '../manifests/proxy.ts';
import { textTemplate } from '../manifests/template.ts';
import { binaryStep } from '../steps/binary.ts';
import { fileStep, stepName } from '../steps/file.ts';
import { leftShareStep } from '../steps/left-share.ts';
import { ownFileStep } from '../steps/own-file.ts';
import { registrySteps } from '../steps/registries.ts';
import { unitStep } from '../steps/unit.ts';

const UNIT = 'containerd.service';
const parts = ['containerd', 'containerd-shim-runc-v2', 'ctr', 'runc'];

/** containerd with runc, and the CNI plugins that it calls. */
export const runtime: Phase<NodeContext> = {
  name: 'runtime',
  title: 'Install containerd and runc',
  after: ['host'],
  steps: (context) => {
    const { spec, node, facts, binaries, shares } = context;
    const files = containerdFiles(spec, facts, node);
    const environment = nodeEnvironment(spec, node, facts);
    const executables = binaries.filter(({ artifact }) => parts.includes(artifact.component));
    return [
      leftShareStep(shares),
      ...executables.map(binaryStep),
      ...files.map((file) => fileStep(stepName(file.path), file)),
      ...registrySteps(context),
      ownFileStep('environment', dropInPath(UNIT), environmentDropIn(UNIT, environment)),
      unitStep(UNIT, [...[...executables, ...files].map(({ path }) => path), dropInPath(UNIT)], facts, {
        look: criReady(0),
        verify: criReady(15),
      }),
    ];
  },
  residue: {
    paths: ['/run/nri/*', SHARE_FOLDER],
    containerdNamespaces: ['k8s.io'],
  },
};

function criReady(seconds: number): string[] {
  return ['sh', '-c', textTemplate('runtime/cri-ready.sh'), 'cri-ready.sh', String(seconds)];
}
