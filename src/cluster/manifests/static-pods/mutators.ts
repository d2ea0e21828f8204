import { containerOf, type Pod } from '../pod-types.ts';

/** Sets or replaces `--name=value` and sorts; the program's name stays in front. */
export function setArguments(pod: Pod, values: Record<string, string>): void {
  const container = containerOf(pod.spec);
  const [program = '', ...fixed] = container.command ?? [];
  const named = new Map(fixed.map((argument) => [flagName(argument), argument]));
  for (const [name, value] of Object.entries(values)) named.set(name, `--${name}=${value}`);
  const sorted = [...named].sort(([a], [b]) => (a < b ? -1 : 1));
  container.command = [program, ...sorted.map(([, argument]) => argument)];
}

export function removeArguments(pod: Pod, names: readonly string[]): void {
  const container = containerOf(pod.spec);
  container.command = container.command?.filter((argument) => !names.includes(flagName(argument)));
}

/** The value of `--name=value`; the last where there are several. */
export function argumentOf(pod: Pod, name: string): string | undefined {
  const found = containerOf(pod.spec).command?.findLast((argument) => argument.startsWith(`--${name}=`));
  return found?.slice(found.indexOf('=') + 1);
}

export function flagName(argument: string): string {
  const end = argument.indexOf('=');
  return argument.slice(2, end < 0 ? undefined : end);
}

export function annotate(pod: Pod, key: string, value: string): void {
  pod.metadata.annotations = { ...pod.metadata.annotations, [`kubeadm.kubernetes.io/${key}`]: value };
}

/** An empty host: none, the kubelet then takes the pod's address. */
export function setProbes(pod: Pod, httpGet: { host?: string; scheme?: string }): void {
  const { livenessProbe, readinessProbe, startupProbe } = containerOf(pod.spec);
  for (const probe of [livenessProbe, readinessProbe, startupProbe]) {
    if (!probe) continue;
    probe.httpGet = { ...probe.httpGet, ...httpGet };
    if (probe.httpGet.host === '') delete probe.httpGet.host;
  }
}

export interface HostPath {
  name: string;
  hostPath: string;
  mountPath: string;
  readOnly: boolean;
  type: string;
}

/** A file or folder of the host in the pod. As in kubeadm, one of the same name replaces it, and names are sorted. */
export function mountHostPath(pod: Pod, { name, hostPath, mountPath, readOnly, type }: HostPath): void {
  const container = containerOf(pod.spec);
  const others = <T extends { name: string }>(list: readonly T[] = []) =>
    list.filter((item) => item.name !== name);
  container.volumeMounts = [
    ...others(container.volumeMounts),
    { mountPath, name, ...(readOnly ? { readOnly } : {}) },
  ].sort(byName);
  pod.spec.volumes = [...others(pod.spec.volumes), { hostPath: { path: hostPath, type }, name }].sort(byName);
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
