import { serviceIp } from '../spec/cidr.ts';
import { durationMs } from '../spec/duration.ts';
import { endpointUrl, localUrl } from '../spec/node.ts';
import type { ClusterSpec, EncryptionAlgorithm, NodeSpec } from '../spec/types.ts';
import { kubeletServingIdentity } from './kubelet-serving.ts';
import type { Identity } from './table.ts';

/** Everything that the certificates and kubeconfigs of one control-plane host depend on. */
export interface PkiContext {
  clusterName: string;
  nodeName: string;
  advertiseAddress: string;
  /** `https://kubernetes.kubewright.internal:6443` and `https://10.0.0.1:6443`. */
  endpointUrl: string;
  localUrl: string;
  endpointName: string;
  serviceIp: string;
  dnsDomain: string;
  certSANs: readonly string[];
  /** The cluster's etcd is outside: it has neither its authority nor its certificates. */
  externalEtcd: boolean;
  etcdServerSANs: readonly string[];
  etcdPeerSANs: readonly string[];
  /** Of the kubelet's own HTTPS; none where it signs that itself. */
  kubeletServing: Identity | undefined;
  encryptionAlgorithm: EncryptionAlgorithm;
  certificateMs: number;
  caCertificateMs: number;
  /** super-admin.conf exists on the host of `init` only, as in kubeadm. */
  superAdmin: boolean;
  now: Date;
}

export function pkiContext(
  spec: ClusterSpec,
  node: NodeSpec,
  options: { now: Date; superAdmin: boolean },
): PkiContext {
  return {
    clusterName: spec.name,
    nodeName: node.name,
    advertiseAddress: node.address,
    endpointUrl: endpointUrl(spec),
    localUrl: localUrl(spec, node),
    endpointName: spec.endpoint.name,
    serviceIp: serviceIp(spec.networking.serviceSubnet, 1),
    dnsDomain: spec.networking.dnsDomain,
    certSANs: spec.certSANs,
    externalEtcd: spec.etcd.external !== undefined,
    etcdServerSANs: spec.etcd.serverCertSANs,
    etcdPeerSANs: spec.etcd.peerCertSANs,
    kubeletServing:
      spec.security.kubeletServingCertificates === 'cluster-ca' ? kubeletServingIdentity(node) : undefined,
    encryptionAlgorithm: spec.encryptionAlgorithm,
    certificateMs: durationMs(spec.certificateValidity),
    caCertificateMs: durationMs(spec.caCertificateValidity),
    ...options,
  };
}
