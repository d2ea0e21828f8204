import type { KubeObject } from '../../kube/port.ts';

/** The fields of a Pod that the mutators touch; the rest of the template passes through as it is. */
export interface Pod extends KubeObject {
  spec: PodSpec;
}

export interface PodSpec {
  containers: Container[];
  volumes: Named[];
  [key: string]: unknown;
}

export interface Container {
  image?: string;
  command?: string[];
  args?: string[];
  env?: { name: string; value?: string; valueFrom?: unknown }[];
  ports?: { name: string; containerPort: number }[];
  volumeMounts?: Named[];
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  startupProbe?: Probe;
  [key: string]: unknown;
}

interface Named {
  name: string;
  [key: string]: unknown;
}

interface Probe {
  httpGet: { host?: string; [key: string]: unknown };
  [key: string]: unknown;
}

/** A Deployment or DaemonSet. */
export interface Workload extends KubeObject {
  spec: { template: { spec: PodSpec }; [key: string]: unknown };
}

export function containerOf(spec: PodSpec): Container {
  const [container] = spec.containers;
  if (!container) throw new Error('a pod template without a container');
  return container;
}
