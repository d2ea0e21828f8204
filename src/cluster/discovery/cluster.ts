import { KubewrightError } from '../../base/errors.ts';
import type { Host } from '../../host/port.ts';
import { ApiError, isForbidden } from '../../kube/errors.ts';
import type { ApiClient } from '../../kube/port.ts';
import { givenToken } from '../bootstrap-token.ts';
import type { ClusterToJoin } from '../context.ts';
import type { ClusterPorts } from '../ports.ts';
import { fetchRecord } from '../record.ts';
import type { ClusterSpec } from '../spec/types.ts';
import { discover } from './discover.ts';
import { kubeadmSpec } from './kubeadm-spec.ts';
import type { JoinTicket } from './ticket.ts';

/** Found, checked and read with nothing but a token, through the connection of the host that is to join. */
export async function clusterByTicket(
  ports: ClusterPorts,
  ticket: JoinTicket,
  host: Host,
): Promise<ClusterToJoin> {
  const { apiClient, reporter, signal } = ports;
  const { info, api } = await discover(ticket, {
    apiClient,
    tunnel: (address, port) => host.tunnel(address, port),
    host: host.name,
    reporter,
    signal,
    waitMs: ticket.discoveryMs,
  });
  try {
    const record = await readableRecord(api);
    const spec = record ?? (await kubeadmSpec(api, info));
    const token = givenToken(ticket.token);
    return { spec, recorded: record !== undefined, administrator: false, api, ca: info.ca, token };
  } catch (error) {
    throw error instanceof ApiError ? refused(api.server, error) : error;
  }
}

/** A cluster of kubeadm's own has no record, nor a role that would let anybody ask for it. */
async function readableRecord(api: ApiClient): Promise<ClusterSpec | undefined> {
  try {
    return await fetchRecord(api);
  } catch (error) {
    if (isForbidden(error)) return undefined;
    throw error;
  }
}

function refused(server: string, cause: ApiError): KubewrightError {
  const unknown = cause.httpStatus === 401;
  return new KubewrightError({
    code: unknown ? 'TokenRefused' : 'TokenLacksRights',
    message: unknown
      ? `${server} signs with this token but does not take it as a login (401): it has just expired, or was made without the usage "authentication".`
      : `The token may not read what a joining node has to know: ${cause.message}.`,
    hint: 'An administrator of the cluster makes one that does: kubewright token create --print-join-command',
    exit: 'failure',
    cause,
  });
}
