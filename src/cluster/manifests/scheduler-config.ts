import { createHash } from 'node:crypto';
import { KUBERNETES_DIR } from '../pki/table.ts';
import type { ClusterSpec } from '../spec/types.ts';
import { mergeConfig } from './merge.ts';
import type { HostFile } from './paths.ts';
import { yamlTemplate } from './template.ts';
import { writtenBy } from './written-by.ts';
import { canonicalYaml } from './yaml.ts';

export const SCHEDULER_CONFIG = `${KUBERNETES_DIR}/scheduler-config.yaml`;

/**
 * KubeSchedulerConfiguration, the user's fields over ours; undefined where the scheduler runs by its flags. With a
 * file it reads no flag that has a field there: kubeconfig, leader election and profiling stand in it.
 */
export function schedulerConfig(spec: ClusterSpec): HostFile | undefined {
  if (Object.keys(spec.scheduler.config).length === 0) return undefined;
  const ours = yamlTemplate<Record<string, unknown>>('config/scheduler.yaml');
  const fields = mergeConfig({ ...ours, enableProfiling: spec.security.profiling }, spec.scheduler.config);
  const content = `${writtenBy()}${canonicalYaml(fields)}`;
  return { path: SCHEDULER_CONFIG, mode: 0o600, content };
}

/** For an annotation of the pod: the kubelet starts it anew only when its manifest changes. */
export function configHash(file: HostFile): string {
  return createHash('sha256').update(file.content).digest('hex');
}
