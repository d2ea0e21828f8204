import type { ClusterSpec } from '../../spec/types.ts';
import type { Pod } from '../pod-types.ts';
import { configHash, schedulerConfig } from '../scheduler-config.ts';
import { mountHostPath, removeArguments, setArguments } from './mutators.ts';

/** Flags that the file has fields for go: the one of leader election would win over it. */
export function readSchedulerConfig(pod: Pod, spec: ClusterSpec): void {
  const config = schedulerConfig(spec);
  if (!config) return;
  const { path } = config;
  removeArguments(pod, ['kubeconfig', 'leader-elect']);
  setArguments(pod, { config: path });
  mountHostPath(pod, {
    name: 'config',
    hostPath: path,
    mountPath: path,
    readOnly: true,
    type: 'FileOrCreate',
  });
  const hash = { 'kubewright.dev/scheduler-config': configHash(config) };
  pod.metadata.annotations = { ...pod.metadata.annotations, ...hash };
}
