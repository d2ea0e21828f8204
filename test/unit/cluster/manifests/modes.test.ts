import { expect, it } from 'vitest';
import { bridgeCni, flannelCni } from '../../../../src/cluster/manifests/cni.ts';
import { hostFiles } from '../../../../src/cluster/manifests/host-files.ts';
import { kubeletFiles } from '../../../../src/cluster/manifests/kubelet.ts';
import { securityFiles } from '../../../../src/cluster/manifests/security-files.ts';
import { staticPods } from '../../../../src/cluster/manifests/static-pods.ts';
import { pkiContext } from '../../../../src/cluster/pki/context.ts';
import { planPki } from '../../../../src/cluster/pki/plan.ts';
import { exampleSpec, facts } from '../example.ts';

const { spec, node } = exampleSpec();

it('every file of a control plane has the mode that CIS 1.12 asks for, or a stricter one', async () => {
  const { write } = await planPki(pkiContext(spec, node, { now: new Date(), superAdmin: true }), new Map());
  const files = [
    ...hostFiles(spec, node, facts),
    ...kubeletFiles(spec, node, facts),
    ...staticPods(spec, node, { caDirectories: [] }),
    ...securityFiles(spec),
    ...write.filter(({ path }) => !path.includes('kubelet-client-')),
    flannelCni(),
    bridgeCni('10.244.0.0/24'),
  ];
  const withMode = (wanted: number) => [
    ...new Set(files.filter(({ mode }) => mode === wanted).map(({ path }) => path)),
  ];
  expect({ all: true, 600: withMode(0o600).sort(), 644: withMode(0o644).sort() }).toEqual({
    all: files.every(({ mode }) => mode === 0o600 || mode === 0o644),
    600: [
      '/etc/cni/net.d/10-flannel.conflist', // 1.1.9
      '/etc/cni/net.d/10-kubewright-bridge.conflist',
      '/etc/kubernetes/admin.conf', // 1.1.13
      '/etc/kubernetes/audit/policy.yaml',
      '/etc/kubernetes/authentication-config.yaml',
      '/etc/kubernetes/controller-manager.conf', // 1.1.17
      '/etc/kubernetes/kubelet.conf', // 4.1.5
      '/etc/kubernetes/manifests/etcd.yaml', // 1.1.7
      '/etc/kubernetes/manifests/kube-apiserver.yaml', // 1.1.1
      '/etc/kubernetes/manifests/kube-controller-manager.yaml', // 1.1.3
      '/etc/kubernetes/manifests/kube-scheduler.yaml', // 1.1.5
      ...[
        'apiserver-etcd-client.key', // 1.1.21
        'apiserver-kubelet-client.key',
        'apiserver.key',
        'ca.key',
        'etcd/ca.key',
        'etcd/healthcheck-client.key',
        'etcd/peer.key',
        'etcd/server.key',
        'front-proxy-ca.key',
        'front-proxy-client.key',
        'sa.key',
        'sa.pub',
      ].map((name) => `/etc/kubernetes/pki/${name}`),
      '/etc/kubernetes/scheduler.conf', // 1.1.15
      '/etc/kubernetes/super-admin.conf',
      '/etc/systemd/system/kubelet.service', // 4.1.1
      '/etc/systemd/system/kubelet.service.d/10-kubeadm.conf',
      '/var/lib/kubelet/config.yaml', // 4.1.9
      '/var/lib/kubelet/pki/kubelet.key',
    ],
    644: [
      ...[
        'apiserver-etcd-client.crt', // 1.1.20
        'apiserver-kubelet-client.crt',
        'apiserver.crt',
        'ca.crt', // 4.1.7
        'etcd/ca.crt',
        'etcd/healthcheck-client.crt',
        'etcd/peer.crt',
        'etcd/server.crt',
        'front-proxy-ca.crt',
        'front-proxy-client.crt',
      ].map((name) => `/etc/kubernetes/pki/${name}`),
      '/etc/modules-load.d/kubewright.conf',
      '/etc/sysctl.d/90-kubewright.conf',
      '/var/lib/kubelet/instance-config.yaml',
      '/var/lib/kubelet/kubeadm-flags.env',
      '/var/lib/kubelet/pki/kubelet.crt',
    ],
  });
});
