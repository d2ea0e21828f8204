import { quote } from '../../base/quote.ts';
import { isNotFound } from '../../kube/errors.ts';
import { CLUSTER_INFO_PATH, type ClusterInfoObject } from '../discovery/cluster-info.ts';
import { readClusterInfo } from '../discovery/kubeconfig.ts';
import { caCertHashes } from '../pki/hash.ts';
import type { ClusterAccess } from '../record.ts';

export interface JoinCommand {
  /** `kubewright join 10.0.0.1:6443 --token … --discovery-token-ca-cert-hash …` */
  kubewright: string;
  /** The same for kubeadm. */
  kubeadm: string;
}

/** What makes the host on which it is run a worker; both programs take the same words (kubeadm: cmd/util/join.go). */
export async function joinCommand({ api, ca }: ClusterAccess, token: string): Promise<JoinCommand> {
  const server = (await publicServer({ api, ca })).replace(/^https:\/\//, '');
  const pins = caCertHashes(ca).flatMap((pin) => ['--discovery-token-ca-cert-hash', pin]);
  const words = ['join', server, '--token', token, ...pins];
  return { kubewright: quote(['kubewright', ...words]), kubeadm: quote(['kubeadm', ...words]) };
}

/** The address that the cluster tells those who want to join; ours may be a tunnel's or a proxy's. */
async function publicServer({ api }: ClusterAccess): Promise<string> {
  try {
    const { body } = await api.request<ClusterInfoObject>({ path: CLUSTER_INFO_PATH });
    return readClusterInfo(body.data?.kubeconfig ?? '')?.server ?? api.server;
  } catch (error) {
    if (isNotFound(error)) return api.server;
    throw error;
  }
}
