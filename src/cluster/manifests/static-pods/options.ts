import { durationMs } from '../../spec/duration.ts';
import type { ComponentSpec, ExtraArgs } from '../../spec/sections.ts';
import type { ClusterSpec } from '../../spec/types.ts';
import { containerOf, type Pod } from '../pod-types.ts';
import { controlPlaneEnvironment } from '../proxy.ts';
import { argumentOf, flagName, mountHostPath, setProbes } from './mutators.ts';
import type { StaticPodName, StaticPodOptions } from './types.ts';

const PROBE_PERIOD_SECONDS = 10;

/** What the user set of one component, over everything of ours: kubeadm's extraArgs, extraEnvs and extraVolumes. */
export function applyOptions(
  pod: Pod,
  name: StaticPodName,
  spec: ClusterSpec,
  { ranges = [] }: Pick<StaticPodOptions, 'ranges'>,
): void {
  const component = componentOf(name, spec);
  replaceArguments(pod, { ...featureGates(name, spec), ...component.extraArgs });
  // etcd calls nobody but its peers; kubeadm gives it no proxy either.
  const proxy = name === 'etcd' ? {} : controlPlaneEnvironment(spec, ranges);
  setEnvironment(pod, { ...proxy, ...component.environment });
  for (const { pathType: type, ...volume } of component.volumes) mountHostPath(pod, { ...volume, type });
  followArguments(pod, name, component.extraArgs);
  const patience = durationMs(spec.timeouts.controlPlaneComponentHealthCheck) / 1000;
  const { startupProbe } = containerOf(pod.spec);
  if (startupProbe) startupProbe.failureThreshold = Math.ceil(patience / PROBE_PERIOD_SECONDS);
}

function componentOf(name: StaticPodName, spec: ClusterSpec): ComponentSpec {
  switch (name) {
    case 'etcd':
      return spec.etcd;
    case 'kube-apiserver':
      return spec.apiServer;
    case 'kube-controller-manager':
      return spec.controllerManager;
    case 'kube-scheduler':
      return spec.scheduler;
  }
}

/** `A=true,B=false`. etcd has gates of its own, one of them in its template. */
function featureGates(name: StaticPodName, spec: ClusterSpec): ExtraArgs {
  const own = componentOf(name, spec).featureGates;
  if (name === 'etcd' && Object.keys(own).length === 0) return {};
  const common = name === 'etcd' ? { InitialCorruptCheck: true } : spec.featureGates;
  const gates = Object.entries({ ...common, ...own }).sort(([a], [b]) => (a < b ? -1 : 1));
  if (gates.length === 0) return {};
  return { 'feature-gates': gates.map(([gate, on]) => `${gate}=${on}`).join(',') };
}

/** As ArgumentsToCommand does: ours of the same name go, theirs follow; by name here, as the record keeps no order. */
function replaceArguments(pod: Pod, extra: ExtraArgs): void {
  const container = containerOf(pod.spec);
  const [program = '', ...ours] = container.command ?? [];
  const theirs = Object.entries(extra)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, values]) => [values].flat().map((value) => `--${name}=${value}`));
  container.command = [program, ...ours.filter((argument) => !(flagName(argument) in extra)), ...theirs];
}

/** Sorted by name; none at all rather than an empty list. */
function setEnvironment(pod: Pod, environment: Record<string, string>): void {
  const env = Object.entries(environment)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ name, value }));
  if (env.length > 0) containerOf(pod.spec).env = env;
}

/** Probes go where these arguments let the component listen (staticpod/utils.go). */
function followArguments(pod: Pod, name: StaticPodName, extra: ExtraArgs): void {
  const bind = 'bind-address' in extra ? argumentOf(pod, 'bind-address') : undefined;
  if (bind !== undefined && (name === 'kube-controller-manager' || name === 'kube-scheduler')) {
    // The unspecified address cannot be asked: without a host the kubelet takes the pod's own.
    setProbes(pod, { host: bind === '0.0.0.0' || bind === '::' ? '' : bind });
  }
  if (name === 'etcd' && 'listen-metrics-urls' in extra) followMetrics(pod);
}

function followMetrics(pod: Pod): void {
  const text = argumentOf(pod, 'listen-metrics-urls')?.split(',')[0] ?? '';
  const url = URL.parse(text);
  if (!url) return;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  setProbes(pod, { ...(host ? { host } : {}), scheme: url.protocol === 'https:' ? 'HTTPS' : 'HTTP' });
  // URL drops a scheme's own port.
  const port = url.port || /:(80|443)$/.exec(text)?.[1];
  for (const exposed of containerOf(pod.spec).ports ?? []) if (port) exposed.containerPort = Number(port);
}
