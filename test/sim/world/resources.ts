/** A type that the simulated API server knows. */
export interface Resource {
  group: string;
  version: string;
  resource: string;
  kind: string;
  namespaced: boolean;
}

const types: [groupVersion: string, namespaced: string, cluster: string][] = [
  [
    'v1',
    'configmaps=ConfigMap secrets=Secret serviceaccounts=ServiceAccount services=Service pods=Pod events=Event endpoints=Endpoints',
    'namespaces=Namespace nodes=Node',
  ],
  [
    'apps/v1',
    'daemonsets=DaemonSet deployments=Deployment statefulsets=StatefulSet replicasets=ReplicaSet',
    '',
  ],
  ['coordination.k8s.io/v1', 'leases=Lease', ''],
  ['policy/v1', 'poddisruptionbudgets=PodDisruptionBudget', ''],
  ['certificates.k8s.io/v1', '', 'certificatesigningrequests=CertificateSigningRequest'],
  [
    'rbac.authorization.k8s.io/v1',
    'roles=Role rolebindings=RoleBinding',
    'clusterroles=ClusterRole clusterrolebindings=ClusterRoleBinding',
  ],
];

export const RESOURCES: readonly Resource[] = types.flatMap(([groupVersion, namespaced, cluster]) => {
  const [group, version] = groupVersion.includes('/') ? groupVersion.split('/') : ['', groupVersion];
  const read = (list: string, own: boolean): Resource[] =>
    list
      .split(' ')
      .filter(Boolean)
      .map((pair) => pair.split('='))
      .map(([resource, kind]) => ({
        group: group!,
        version: version!,
        resource: resource!,
        kind: kind!,
        namespaced: own,
      }));
  return [...read(namespaced, true), ...read(cluster, false)];
});

/** apidiscovery.k8s.io/v2, for `/api` (the group without a name) and `/apis`. */
export function discovery(core: boolean): object {
  const groups = Map.groupBy(
    RESOURCES.filter(({ group }) => (group === '') === core),
    ({ group }) => group,
  );
  const items = [...groups].map(([name, own]) => ({
    metadata: { name },
    versions: [
      {
        version: own[0]!.version,
        freshness: 'Current',
        resources: own.map(({ resource, kind, group, version, namespaced }) => ({
          resource,
          responseKind: { group, version, kind },
          scope: namespaced ? 'Namespaced' : 'Cluster',
          singularResource: kind.toLowerCase(),
          verbs: ['create', 'delete', 'get', 'list', 'patch', 'update'],
        })),
      },
    ],
  }));
  return { apiVersion: 'apidiscovery.k8s.io/v2', kind: 'APIGroupDiscoveryList', metadata: {}, items };
}
