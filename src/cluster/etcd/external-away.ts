import { KubewrightError } from '../../base/errors.ts';
import type { Host } from '../../host/port.ts';
import type { ClusterPorts } from '../ports.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';
import { credentialQueriesOf, etcdCredentials } from './credentials.ts';
import { type ExternalEtcd, waysTo } from './external.ts';

/** Why no API server answers, where this is why: none of an external etcd's endpoints is well, as this host finds them. */
export async function externalAway(
  ports: Pick<ClusterPorts, 'apiClient'>,
  host: Pick<Host, 'inspect' | 'tunnel'>,
  spec: ClusterSpec,
  node: NodeSpec,
): Promise<KubewrightError | undefined> {
  const credentials = etcdCredentials(await host.inspect(credentialQueriesOf(spec)));
  if (!credentials) return undefined;
  const troubles = await Promise.all(waysTo(ports, host, spec, node, credentials).map(trouble));
  if (troubles.includes(undefined)) return undefined;
  return new KubewrightError({
    code: 'ExternalEtcdAway',
    message: `The etcd of ${spec.name}, which is outside, does not work: ${troubles.join('; ')}. Nothing can be changed.`,
    hint: 'Mend it: with it the API servers go on by themselves.',
    exit: 'step',
  });
}

async function trouble({ endpoint, etcd }: ExternalEtcd['ways'][number]): Promise<string | undefined> {
  try {
    const { complaints } = await etcd.status(endpoint);
    return complaints.length > 0 ? `etcd at ${endpoint}: ${complaints.join('; ')}` : undefined;
  } catch (error) {
    if (error instanceof KubewrightError) return error.message;
    throw error;
  }
}
