/** One thing that has to be there: asked again until it is, then not any more. */
export interface Check {
  name: string;
  url: string;
  /** Whose certificate is shown; both contenders leave it on the disk of the first host. */
  as: 'administrator' | 'etcd';
  /** Posted; absent: it is a GET. */
  body?: string;
  holds(body: string): boolean;
}

interface Node {
  name: string;
  address: string;
}

const SYSTEM = '/api/v1/namespaces/kube-system';
const TAINT = 'node-role.kubernetes.io/control-plane';

/** A control plane that leads, and what kubeadm's init leaves in the cluster. */
export function clusterChecks(node: Node): Check[] {
  const check = (name: string, path: string, holds: Check['holds'] = () => true): Check => ({
    ...{ name, holds },
    url: `https://${node.address}:6443${path}`,
    as: 'administrator',
  });
  const lease = (component: string) =>
    check(
      `lease of ${component}`,
      `/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/${component}`,
      (body) => Boolean(JSON.parse(body).spec?.holderIdentity),
    );
  return [
    check('/readyz', '/readyz'),
    lease('kube-scheduler'),
    lease('kube-controller-manager'),
    check('node registered, labelled, tainted', `/api/v1/nodes/${node.name}`, isControlPlane),
    check('Deployment coredns', '/apis/apps/v1/namespaces/kube-system/deployments/coredns'),
    check('Service kube-dns', `${SYSTEM}/services/kube-dns`),
    check('DaemonSet kube-proxy', '/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy'),
    check('ConfigMap kubeadm-config', `${SYSTEM}/configmaps/kubeadm-config`),
    check('ConfigMap kubelet-config', `${SYSTEM}/configmaps/kubelet-config`),
    check('ConfigMap cluster-info', '/api/v1/namespaces/kube-public/configmaps/cluster-info'),
  ];
}

/** The same of the first, and of each other its own API server, its Node and its voting member of etcd. */
export function controlPlanesChecks(nodes: readonly Node[]): Check[] {
  const [first, ...others] = nodes;
  const common = { as: 'administrator' } as const;
  return [
    ...clusterChecks(first!),
    ...others.flatMap(({ name, address }): Check[] => [
      { ...common, name: `/readyz of ${name}`, url: `https://${address}:6443/readyz`, holds: () => true },
      {
        ...common,
        name: `node ${name} registered, labelled, tainted`,
        url: `https://${first!.address}:6443/api/v1/nodes/${name}`,
        holds: isControlPlane,
      },
    ]),
    {
      name: `${nodes.length} members of etcd vote`,
      url: `https://${first!.address}:2379/v3/cluster/member/list`,
      as: 'etcd',
      // As a majority knows them (etcd's gRPC gateway).
      body: '{"linearizable":true}',
      holds: (body) => votingMembers(body) === nodes.length,
    },
  ];
}

/** A member has a name once it was started. */
export function votingMembers(body: string): number {
  const members: { name?: string; isLearner?: boolean }[] = JSON.parse(body).members ?? [];
  return members.filter(({ name, isLearner }) => name && !isLearner).length;
}

/** kubeletVersion is something that only the kubelet itself reports. */
export function isControlPlane(body: string): boolean {
  const { metadata, spec, status } = JSON.parse(body);
  const tainted = spec?.taints?.some(
    (taint: { key: string; effect: string }) => taint.key === TAINT && taint.effect === 'NoSchedule',
  );
  return Boolean(status?.nodeInfo?.kubeletVersion && tainted && metadata.labels?.[TAINT] !== undefined);
}
