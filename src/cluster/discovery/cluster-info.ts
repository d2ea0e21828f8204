import { KubewrightError } from '../../base/errors.ts';
import { poll } from '../../base/wait.ts';
import { ApiError } from '../../kube/errors.ts';
import type { ApiClient, KubeObject } from '../../kube/port.ts';
import type { Reporter } from '../../output/events.ts';
import type { TokenParts } from '../manifests/bootstrap-token.ts';
import { isSignedWith } from './jws.ts';

export const CLUSTER_INFO_PATH = '/api/v1/namespaces/kube-public/configmaps/cluster-info';
export type ClusterInfoObject = KubeObject & { data?: Record<string, string> };

export interface Waiting {
  /** Who waits, for people. */
  host: string;
  reporter: Reporter;
  signal: AbortSignal;
  waitMs: number;
}

/**
 * The kubeconfig in cluster-info, signed with the token. Who signed it knows the secret, whoever it came through.
 * Waits a while for an API server that is not up yet, and for the signature of a token that was just made.
 */
export async function signedClusterInfo(
  api: ApiClient,
  token: TokenParts,
  waiting: Waiting,
): Promise<string> {
  const { host, reporter, signal, waitMs } = waiting;
  const about = {
    type: 'waiting' as const,
    id: `${host} cluster-info`,
    host,
    for: `cluster-info of ${api.server}`,
  };
  let last: unknown;
  const found = await poll({ intervalMs: 500, timeoutMs: waitMs, signal }, async () => {
    try {
      return await readOnce(api, token, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof KubewrightError) || error.code === 'ClusterInfoNotSigned') throw error;
      last = error;
      reporter.emit({ ...about, seen: error.message });
      return undefined;
    }
  });
  reporter.emit({ ...about, finished: true });
  if (found !== undefined) return found;
  throw last;
}

async function readOnce(api: ApiClient, token: TokenParts, signal: AbortSignal): Promise<string> {
  const { server } = api;
  const data = await request(api, signal);
  const kubeconfig = data.kubeconfig;
  if (!kubeconfig) throw notForJoining(server, 'cluster-info holds no kubeconfig');
  const signature = data[`jws-kubeconfig-${token.id}`];
  if (!signature) throw tokenUnknown(server, token);
  if (isSignedWith(token, kubeconfig, signature)) return kubeconfig;
  throw new KubewrightError({
    code: 'ClusterInfoNotSigned',
    message: `What ${server} says of its cluster is not signed with this token: the part behind the dot is wrong, or somebody else answers in the cluster's place. The token was not sent.`,
    hint: 'Compare the token, letter by letter, with the one that was given out; kubewright token create makes another.',
    exit: 'apiUnreachable',
  });
}

async function request(api: ApiClient, signal: AbortSignal): Promise<Record<string, string>> {
  try {
    const { body } = await api.request<ClusterInfoObject>({
      path: CLUSTER_INFO_PATH,
      signal,
      timeoutMs: 10_000,
    });
    return body.data ?? {};
  } catch (error) {
    if (!(error instanceof KubewrightError)) throw error;
    if (!(error instanceof ApiError)) throw unreachable(api.server, error);
    const { httpStatus } = error;
    if (httpStatus === 404)
      throw notForJoining(api.server, 'it has no ConfigMap kube-public/cluster-info', error);
    if (httpStatus !== 401 && httpStatus !== 403) throw error;
    throw notForJoining(api.server, 'it does not show cluster-info to those whom it does not know', error);
  }
}

function unreachable(server: string, cause: KubewrightError): KubewrightError {
  return new KubewrightError({
    code: cause.code,
    message: `The API server to join could not be reached: ${cause.message}.`,
    hint: `Is ${server.replace('https://', '')} the address of an API server, and does this host get there?`,
    exit: 'apiUnreachable',
    cause,
  });
}

function notForJoining(server: string, why: string, cause?: unknown): KubewrightError {
  return new KubewrightError({
    code: 'NoClusterInfo',
    message: `The cluster at ${server} cannot be joined with a token: ${why}.`,
    hint: "Join with administrator's access instead (kubewright join HOST, with a kubeconfig or --via), or have its owner upload cluster-info: kubewright phase init upload-config.",
    exit: 'failure',
    cause,
  });
}

function tokenUnknown(server: string, { id }: TokenParts): KubewrightError {
  return new KubewrightError({
    code: 'TokenUnknown',
    message: `The cluster at ${server} knows no token with the id "${id}": it never had it, or it has expired.`,
    hint: 'An administrator of the cluster makes a new one: kubewright token create --print-join-command',
    exit: 'failure',
  });
}
