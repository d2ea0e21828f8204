import { parse } from 'yaml';
import { KubewrightError } from '../base/errors.ts';
import type { Host } from '../host/port.ts';
import { isNotFound } from '../kube/errors.ts';
import { updateObject } from '../kube/objects.ts';
import type { ApiClient, KubeObject } from '../kube/port.ts';
import { findType } from '../kube/types.ts';
import { canonicalYaml } from './manifests/yaml.ts';
import { fromDocument, toDocument } from './spec/document.ts';
import { resolveRecord } from './spec/resolve.ts';
import type { ClusterSpec, NodeSpec } from './spec/types.ts';

const NAMESPACE = 'kube-system';
const NAME = 'kubewright-cluster';
export const RECORD_API_PATH = `/api/v1/namespaces/${NAMESPACE}/configmaps/${NAME}`;
/** Under which it stands in the ConfigMap. */
export const RECORD_DATA = 'cluster.yaml';
/** Where API servers keep it (k8s.io/apiserver, the default --etcd-prefix). */
export const RECORD_ETCD_KEY = `/registry/configmaps/${NAMESPACE}/${NAME}`;
/** Written first on each control plane, so that a host always says which cluster it was meant for. */
export const RECORD_PATH = '/etc/kubernetes/kubewright/cluster.yaml';

/** The desired state as it stands in the cluster: from it, any laptop with a kubeconfig finds the same plan. */
export function recordObject(spec: ClusterSpec): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: NAME, namespace: NAMESPACE },
    data: { [RECORD_DATA]: recordText(spec) },
  };
}

export function recordText(spec: ClusterSpec): string {
  return canonicalYaml(toDocument(spec));
}

/** Throws InvalidClusterSpec where someone has damaged it. */
export function readRecord(text: string): ClusterSpec {
  return resolveRecord(fromDocument(parse(text)));
}

/** The record that a host has on its disk; undefined where it has none, or a damaged one. */
export function recordIn(content: Buffer | undefined): ClusterSpec | undefined {
  try {
    return content && readRecord(content.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** undefined for a cluster that kubewright did not make. */
export async function fetchRecord(api: ApiClient): Promise<ClusterSpec | undefined> {
  try {
    const { body } = await api.request<KubeObject & { data?: Record<string, string> }>({
      path: RECORD_API_PATH,
    });
    const text = body.data?.[RECORD_DATA];
    return text === undefined ? undefined : readRecord(text);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** An API server with administrator's rights, and the PEM of the CA that it is trusted by. */
export interface ClusterAccess {
  api: ApiClient;
  ca: string;
  /** The control plane that it goes through, where it does not come from a kubeconfig. */
  through?: { host: Host; node: NodeSpec };
}

export async function requireRecord(api: ApiClient): Promise<ClusterSpec> {
  const spec = await fetchRecord(api);
  if (spec) return spec;
  throw new KubewrightError({
    code: 'NoClusterRecord',
    message: `The cluster at ${api.server} has no record of kubewright's (ConfigMap ${NAMESPACE}/${NAME}).`,
    hint: 'Choose the right cluster with --context or --via HOST; kubewright init HOST makes one.',
    exit: 'invalidInput',
  });
}

/** Adds or renews hosts, keeping what others recorded meanwhile. */
export async function recordHosts(api: ApiClient, hosts: readonly NodeSpec[]): Promise<ClusterSpec> {
  return editRecord(api, (spec) => withHosts(spec, hosts));
}

export function withHosts(spec: ClusterSpec, hosts: readonly NodeSpec[]): ClusterSpec {
  const others = spec.hosts.filter((known) => !hosts.some(({ name }) => name === known.name));
  return sorted({ ...spec, hosts: [...others, ...hosts] });
}

export function withoutHosts(spec: ClusterSpec, hosts: readonly Pick<NodeSpec, 'name'>[]): ClusterSpec {
  return { ...spec, hosts: spec.hosts.filter((known) => !hosts.some(({ name }) => name === known.name)) };
}

export async function forgetHost(api: ApiClient, name: string): Promise<void> {
  await editRecord(api, (spec) => withoutHosts(spec, [{ name }]));
}

async function editRecord(api: ApiClient, edit: (spec: ClusterSpec) => ClusterSpec): Promise<ClusterSpec> {
  const type = findType(await api.discovery(), { apiVersion: 'v1', kind: 'ConfigMap' });
  const after = await updateObject(api, type, { name: NAME, namespace: NAMESPACE }, (object) => {
    const { data } = object as KubeObject & { data: Record<string, string> };
    const spec = sorted(edit(readRecord(data[RECORD_DATA]!)));
    return { ...object, data: { ...data, [RECORD_DATA]: recordText(spec) } };
  });
  return readRecord((after.data as Record<string, string>)[RECORD_DATA]!);
}

/** Control planes first, then by name, so that the same hosts always give the same text. */
function sorted(spec: ClusterSpec): ClusterSpec {
  const key = ({ role, name }: NodeSpec) => `${role === 'control-plane' ? 0 : 1} ${name}`;
  return { ...spec, hosts: spec.hosts.toSorted((a, b) => (key(a) < key(b) ? -1 : 1)) };
}

/** What this run wants, with the hosts that others recorded meanwhile. */
export async function mergedRecord(api: ApiClient, spec: ClusterSpec): Promise<KubeObject> {
  return recordObject(withHostsOf(spec, await fetchRecord(api)));
}

export function withHostsOf(spec: ClusterSpec, live: ClusterSpec | undefined): ClusterSpec {
  const others = live?.hosts.filter((host) => !spec.hosts.some(({ name }) => name === host.name)) ?? [];
  return sorted({ ...spec, hosts: [...spec.hosts, ...others] });
}
