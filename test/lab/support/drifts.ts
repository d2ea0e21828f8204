import type { Cli } from './cli.ts';

interface Drift {
  host: string;
  /** What the plan has to name for it. */
  target: string;
  /** As root on the host. */
  script?: string;
  api?: (cli: Cli) => Promise<unknown>;
}

const on = (host: string, target: string, script: string): Drift => ({ host, target, script });
const PKI = '/etc/kubernetes/pki';
const IMAGE = 'registry.k8s.io/e2e-test-images/agnhost:2.66.1';

/** Sends a change of one object past the one who declares it. */
const merged = (patch: object, kind: string, name: string, namespace?: string) => async (cli: Cli) => {
  const object = {
    ...patch,
    metadata: { ...(patch as { metadata?: object }).metadata, name, ...(namespace ? { namespace } : {}) },
  };
  await cli.ok(['apply', '-f', '-', '--force-conflicts', '--field-manager', 'another-hand'], {
    stdin: JSON.stringify({ apiVersion: 'v1', kind, ...object }),
  });
};

/** Twenty ways in which hosts and objects of a cluster come to be otherwise than it declares them. */
export const DRIFTS: readonly Drift[] = [
  on('w1', '/var/lib/kubelet/config.yaml', 'echo "# drift" >>/var/lib/kubelet/config.yaml'),
  on('w1', '/etc/containerd/config.toml', 'chmod 0666 /etc/containerd/config.toml'),
  on('w1', '/etc/crictl.yaml', 'chown 1000:1000 /etc/crictl.yaml'),
  on('w1', '/etc/sysctl.d/90-kubewright.conf', 'rm /etc/sysctl.d/90-kubewright.conf'),
  on('w1', '/opt/cni/bin/tuning', 'echo >>/opt/cni/bin/tuning'),
  on('w1', '/opt/cni/bin/sbr', 'rm /opt/cni/bin/sbr'),
  on('w1', 'net.ipv4.ip_forward', 'echo 0 >/proc/sys/net/ipv4/ip_forward'),
  on('w1', IMAGE, `ctr -n k8s.io images rm ${IMAGE}`),
  on('w1', 'kubelet.service', 'systemctl disable kubelet'),
  on('w1', '/etc/hosts', 'sed -i "/kubewright: begin/,/kubewright: end/d" /etc/hosts'),
  on('w1', '/var/lib/kubelet/pki/kubelet.crt', 'echo >/var/lib/kubelet/pki/kubelet.crt'),
  on('cp1', 'kubelet.service', 'systemctl stop kubelet'),
  on(
    'cp1',
    `${PKI}/front-proxy-client.crt`,
    `cp ${PKI}/apiserver-kubelet-client.crt ${PKI}/front-proxy-client.crt`,
  ),
  on('cp1', `${PKI}/apiserver.key`, `chmod 0644 ${PKI}/apiserver.key`),
  on(
    'cp1',
    '/etc/kubernetes/manifests/kube-scheduler.yaml',
    'echo "# drift" >>/etc/kubernetes/manifests/kube-scheduler.yaml',
  ),
  on('cp1', '/etc/kubernetes/scheduler.conf', 'rm /etc/kubernetes/scheduler.conf'),
  on('cp1', '/etc/kubernetes/audit/policy.yaml', 'rm /etc/kubernetes/audit/policy.yaml'),
  {
    host: 'cp1',
    target: 'ClusterRoleBinding kubeadm:get-nodes',
    api: (cli) => cli.ok(['delete', 'clusterrolebinding', 'kubeadm:get-nodes']),
  },
  {
    host: 'cp1',
    target: 'ConfigMap kube-system/coredns',
    api: merged({ data: { Corefile: '.:53 {\n}\n' } }, 'ConfigMap', 'coredns', 'kube-system'),
  },
  {
    host: 'w1',
    target: 'Node w1',
    api: merged({ metadata: { labels: { 'example.com/rack': 'r9' } } }, 'Node', 'w1'),
  },
];

/** What makes the drifts of one host. */
export function scriptOf(host: string): string {
  return DRIFTS.flatMap((drift) => (drift.host === host && drift.script ? [drift.script] : [])).join('\n');
}
