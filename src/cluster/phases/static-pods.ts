import type { Phase } from '../../engine/phase.ts';
import type { Step } from '../../engine/step.ts';
import type { Query } from '../../host/port.ts';
import type { NodeContext } from '../context.ts';
import { encryptionLook, readsConfig } from '../encryption/state.ts';
import { localRanges } from '../manifests/proxy.ts';
import { SCHEDULER_CONFIG, schedulerConfig } from '../manifests/scheduler-config.ts';
import {
  CA_DIRECTORIES,
  type StaticPodName,
  staticPodFile,
  staticPodPath,
} from '../manifests/static-pods.ts';
import { etcdClientSteps } from '../steps/etcd-client.ts';
import { fileStep } from '../steps/file.ts';
import { ownFileStep } from '../steps/own-file.ts';

/**
 * Its manifest; the kubelet starts it. The image has to be there first, or the kubelet would try to pull it. For an etcd
 * outside, what the API server speaks to it with.
 */
export const etcd: Phase<NodeContext> = {
  name: 'etcd',
  title: 'Write the manifest of etcd',
  after: ['certs', 'images-control-plane'],
  steps: (context) =>
    context.spec.etcd.external ? etcdClientSteps(context) : [manifestStep(context, 'etcd')],
  residue: { paths: ['/var/lib/etcd/*'] },
};

export const controlPlane: Phase<NodeContext> = {
  name: 'control-plane',
  title: 'Write the manifest of the API server',
  after: ['kubeconfig', 'etcd', 'security'],
  steps: (context) => [manifestStep(context, 'kube-apiserver')],
};

/**
 * Not before the API server is ready: without its roles these two are refused, and then wait for seconds before they
 * ask again; meanwhile they would take processor time from its start. docs/bench.md has the figures.
 */
export const controllers: Phase<NodeContext> = {
  name: 'controllers',
  title: 'Write the manifests of controller manager and scheduler',
  after: ['wait-control-plane'],
  steps: (context) => [
    manifestStep(context, 'kube-controller-manager'),
    ownFileStep('scheduler-config', SCHEDULER_CONFIG, schedulerConfig(context.spec)),
    manifestStep(context, 'kube-scheduler'),
  ],
};

function manifestStep(context: NodeContext, name: StaticPodName): Step {
  const { spec, node, facts } = context;
  const path = staticPodPath(name);
  // A patch that cannot be applied is told before anything is changed.
  staticPodFile(name, spec, node, { caDirectories: [] });
  const ranges = localRanges(node, facts);
  const directories = CA_DIRECTORIES.map((path): Query => ({ kind: 'file', path }));
  return {
    name,
    look: [...directories, ...encryptionLook(context.spec), { kind: 'file', path, hash: true }],
    check: (seen) => {
      const caDirectories = CA_DIRECTORIES.filter((path) => seen.file(path).type === 'directory');
      const encryption = readsConfig(context, seen);
      const options = { caDirectories, ranges, encryption };
      return fileStep(name, staticPodFile(name, spec, node, options)).check(seen);
    },
  };
}
