import type { Duplex } from 'node:stream';
import { KubewrightError } from '../../base/errors.ts';
import type { ApiClient, ApiEndpoint } from '../../kube/port.ts';
import { hostPort } from '../spec/node.ts';
import {
  CLUSTER_INFO_PATH,
  type ClusterInfoObject,
  signedClusterInfo,
  type Waiting,
} from './cluster-info.ts';
import { type ClusterInfo, readClusterInfo } from './kubeconfig.ts';
import { pinnedCertificates } from './pins.ts';
import { type JoinTicket, requireTicket } from './ticket.ts';

export interface DiscoveryPorts extends Waiting {
  apiClient(endpoint: ApiEndpoint): ApiClient;
  /** From the host that is to join: what it does not reach it cannot join. */
  tunnel(host: string, port: number): Promise<Duplex>;
}

export interface Discovered {
  /** What the cluster says of itself: where its nodes reach it, and its CA. */
  info: ClusterInfo;
  /** The API server that was named, with the token's rights and trusted by the cluster's CA. */
  api: ApiClient;
}

/**
 * From a token to a cluster that can be trusted (kubeadm: discovery/token). cluster-info is read without knowing who
 * answers; the signature and the pins then say whether it is the cluster, and it has to say the same once more over
 * TLS that its CA vouches for. Only after all this is the token sent.
 */
export async function discover(ticket: JoinTicket, ports: DiscoveryPorts): Promise<Discovered> {
  const { token, pins, host, port } = requireTicket(ticket);
  const server = `https://${hostPort(host, port)}`;
  const { apiClient, tunnel } = ports;
  const dial = () => tunnel(host, port);
  const stranger = apiClient({ server, tls: { insecure: true }, dial });
  const text = await signedClusterInfo(stranger, token, ports).finally(() => stranger.close());
  const info = readClusterInfo(text);
  if (!info) throw unreadable(server);
  const ca = pins.length > 0 ? pinnedCertificates(server, info.ca, pins) : info.ca;
  await confirm(apiClient({ server, tls: { ca }, dial }), text, ports);
  const authorization = async () => `Bearer ${ticket.token}`;
  return { info, api: apiClient({ server, tls: { ca }, dial, authorization }) };
}

/** Still without the token. */
async function confirm(api: ApiClient, text: string, { signal }: DiscoveryPorts): Promise<void> {
  try {
    const { body } = await api.request<ClusterInfoObject>({ path: CLUSTER_INFO_PATH, signal });
    if (body.data?.kubeconfig === text) return;
  } catch (cause) {
    if (!(cause instanceof KubewrightError)) throw cause;
    throw notTheSame(api.server, cause.message, cause);
  } finally {
    await api.close();
  }
  throw notTheSame(api.server, 'over verified TLS it says something else of itself than before');
}

function notTheSame(server: string, why: string, cause?: KubewrightError): KubewrightError {
  return new KubewrightError({
    code: 'ServerNotTheCluster',
    message: `${server} is not an API server of the cluster that the token is for: ${why}. The token was not sent.`,
    hint: "Use an address that the API server's certificate names. If it is that already, somebody stands between this host and the cluster.",
    exit: 'apiUnreachable',
    cause,
  });
}

function unreadable(server: string): KubewrightError {
  return new KubewrightError({
    code: 'NoClusterInfo',
    message: `The kubeconfig in cluster-info of ${server} is not one cluster with a server and a CA.`,
    hint: 'Its owner can write it anew: kubewright phase init upload-config, or kubeadm init phase bootstrap-token.',
    exit: 'failure',
  });
}
