import { hasNodeBalancer } from '../spec/node.ts';
import type { ClusterSpec } from '../spec/types.ts';

const DEFAULT_REPOSITORY = 'registry.k8s.io';

export interface ImageReferences {
  etcd: string;
  'kube-apiserver': string;
  'kube-controller-manager': string;
  'kube-scheduler': string;
  'kube-proxy': string;
  coredns: string;
  pause: string;
  flannel: string;
  haproxy: string;
}

/** As kubeadm composes them (cmd/kubeadm/app/images): CoreDNS has a folder of its own in the default registry only. */
export function imageReferences(spec: ClusterSpec): ImageReferences {
  const { imageRepository: repository, kubernetesVersion: version, components } = spec;
  const dns = repository === DEFAULT_REPOSITORY ? `${repository}/coredns` : repository;
  const flannel = repository === DEFAULT_REPOSITORY ? 'ghcr.io/flannel-io' : repository;
  const haproxy = repository === DEFAULT_REPOSITORY ? 'docker.io/library' : repository;
  return {
    etcd: `${repository}/etcd:${components.etcd}`,
    'kube-apiserver': `${repository}/kube-apiserver:${version}`,
    'kube-controller-manager': `${repository}/kube-controller-manager:${version}`,
    'kube-scheduler': `${repository}/kube-scheduler:${version}`,
    'kube-proxy': `${repository}/kube-proxy:${version}`,
    coredns: `${dns}/coredns:${components.coredns}`,
    pause: `${repository}/pause:${components.pause}`,
    flannel: `${flannel}/flannel:${components.flannel}`,
    haproxy: `${haproxy}/haproxy:${components.haproxy}`,
  };
}

/** All that this cluster's hosts run, in kubeadm's order (images.go), then what is ours: network, balancer, extra images. */
export function imagesOf(spec: ClusterSpec): string[] {
  const images = imageReferences(spec);
  const { coredns, kubeProxy } = spec.addons;
  return [
    images['kube-apiserver'],
    images['kube-controller-manager'],
    images['kube-scheduler'],
    ...(kubeProxy.enabled ? [images['kube-proxy']] : []),
    ...(coredns.enabled ? [images.coredns] : []),
    images.pause,
    ...(spec.etcd.external ? [] : [images.etcd]),
    ...(spec.networking.cni === 'flannel' ? [images.flannel] : []),
    ...(hasNodeBalancer(spec) ? [images.haproxy] : []),
    ...spec.extraImages,
  ];
}
