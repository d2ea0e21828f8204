import { KubewrightError } from '../../base/errors.ts';
import type { ApiClient } from '../../kube/port.ts';
import { credentialQueriesOf, etcdCredentials } from '../etcd/credentials.ts';
import { waysTo } from '../etcd/external.ts';
import { CONTROL_PLANES, otherControlPlanes } from '../other-control-planes.ts';
import type { ClusterPorts } from '../ports.ts';
import { fetchRecord, requireRecord } from '../record.ts';
import type { ClusterSpec } from '../spec/types.ts';
import { isUnreachable } from '../steps/objects.ts';
import { inspectControlPlane, notAControlPlane } from '../via.ts';
import { storedRecord } from './stored-record.ts';
import type { RecordSource } from './types.ts';

export interface FoundCluster {
  spec: ClusterSpec;
  from: RecordSource;
  api?: ApiClient;
}

/** Through the API server that the user's kubeconfig names. */
export async function findByApi(api: ApiClient): Promise<FoundCluster> {
  try {
    return { spec: await requireRecord(api), from: 'api', api };
  } catch (error) {
    if (!isUnreachable(error) || error.code === 'NoClusterRecord') throw error;
    throw new KubewrightError({
      code: error.code,
      message: error.message,
      hint: 'Where no API server answers, name a control plane: kubewright status --via HOST.',
      exit: 'apiUnreachable',
      cause: error,
    });
  }
}

/**
 * Through a control plane, and the others that it knows: by an API server of theirs, else from what etcd holds, else
 * from what is on this one's disk. Throws where this one cannot be reached, or is none.
 */
export async function findByHost(ports: ClusterPorts, target: string): Promise<FoundCluster> {
  const first = await lookAt(ports, target);
  const { recorded } = first;
  if (!recorded) throw notAControlPlane(target);
  const others = await Promise.all(first.others.map((other) => lookAt(ports, other).catch(() => undefined)));
  const all = [first, ...others].flatMap((each) => (each ? [each] : []));
  for (const { api } of all) {
    const spec = api && (await recordOf(api));
    if (api && spec) return { spec, from: 'api', api };
  }
  for (const { etcd } of all.flatMap((each) => each.etcd)) {
    const spec = await storedRecord(etcd);
    if (spec) return { spec, from: 'etcd' };
  }
  return { spec: recorded, from: 'disk' };
}

async function recordOf(api: ApiClient): Promise<ClusterSpec | undefined> {
  try {
    return await fetchRecord(api);
  } catch (error) {
    if (error instanceof KubewrightError) return undefined;
    throw error;
  }
}

async function lookAt(ports: ClusterPorts, target: string) {
  const { recorded, access } = await inspectControlPlane(ports, target);
  const host = await ports.openHost(target);
  const [facts, told, ...answers] = await host.inspect([
    { kind: 'facts' },
    { kind: 'file', path: CONTROL_PLANES, content: true },
    ...(recorded ? credentialQueriesOf(recorded) : []),
  ]);
  const name = facts.hostname.toLowerCase();
  const node = recorded?.hosts.find((known) => known.name === name);
  const credentials = etcdCredentials(answers);
  const known = recorded?.hosts.filter((each) => each.role === 'control-plane' && each !== node) ?? [];
  const later = otherControlPlanes(told.content, name).filter((each) =>
    known.every((other) => other.name !== each.name),
  );
  return {
    recorded,
    api: access?.api,
    etcd: recorded && node && credentials ? waysTo(ports, host, recorded, node, credentials) : [],
    /** Targets of the other control planes. */
    others: [...known.map((each) => each.target ?? each.address), ...later.map(({ address }) => address)],
  };
}
