import type { z } from 'zod';
import { didYouMean } from '../../../kube/nearest.ts';
import { type Finding, valueAt } from '../findings.ts';
import { clusterConfiguration, initConfiguration, joinConfiguration } from './schema.ts';

const GROUP = 'kubeadm.k8s.io/';
const VERSION = `${GROUP}v1beta4`;

/** The documents that have a place in a specification, in the order in which they are looked at. */
const KINDS: Record<string, { apiVersion: string; schema?: z.ZodType }> = {
  ClusterConfiguration: { apiVersion: VERSION, schema: clusterConfiguration },
  InitConfiguration: { apiVersion: VERSION, schema: initConfiguration },
  JoinConfiguration: { apiVersion: VERSION, schema: joinConfiguration },
  KubeletConfiguration: { apiVersion: 'kubelet.config.k8s.io/v1beta1' },
  KubeProxyConfiguration: { apiVersion: 'kubeproxy.config.k8s.io/v1alpha1' },
  KubeSchedulerConfiguration: { apiVersion: 'kubescheduler.config.k8s.io/v1' },
};
/** Options of one run of a command. */
const RUNS = ['ResetConfiguration', 'UpgradeConfiguration'];

export const KIND_NAMES = Object.keys(KINDS);

export function schemaOf(kind: string): z.ZodType | undefined {
  return KINDS[kind]?.schema;
}

export function isRun(document: unknown): boolean {
  return RUNS.includes(String(valueAt(document, ['kind'])));
}

const GROUPS = Object.values(KINDS).map(({ apiVersion }) => apiVersion.replace(/\/.*/, '/'));

/** Whether a document is one that kubeadm reads, of whatever version. */
export function isOfKubeadm(document: unknown): boolean {
  const apiVersion = valueAt(document, ['apiVersion']);
  return typeof apiVersion === 'string' && GROUPS.some((group) => apiVersion.startsWith(group));
}

/** What is wrong with apiVersion and kind. */
export function kindFindings(document: unknown): Finding[] {
  const [apiVersion, kind] = [valueAt(document, ['apiVersion']), valueAt(document, ['kind'])];
  for (const [field, value] of Object.entries({ apiVersion, kind }))
    if (typeof value !== 'string')
      return [{ path: [field], message: value === undefined ? 'is missing' : 'must be text' }];
  const known = KINDS[String(kind)];
  if (String(apiVersion).startsWith(GROUP) && apiVersion !== VERSION)
    return [wrongVersion(String(apiVersion))];
  if (!known && !isRun(document)) {
    const hint = didYouMean(String(kind), KIND_NAMES) || undefined;
    return [{ path: ['kind'], message: `${kind} is no document of kubeadm`, hint }];
  }
  if (!known || apiVersion === known.apiVersion) return [];
  return [{ path: ['apiVersion'], message: `must be "${known.apiVersion}" for ${kind}` }];
}

function wrongVersion(apiVersion: string): Finding {
  const hint = /v1(alpha|beta)\d$/.test(apiVersion)
    ? '"kubeadm config migrate" of Kubernetes 1.36 or older writes v1beta4'
    : undefined;
  return { path: ['apiVersion'], message: `${VERSION} alone is read, not ${apiVersion}`, hint };
}
