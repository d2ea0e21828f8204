import { mapLimit } from '../../base/concurrency.ts';
import type { Query } from '../../host/port.ts';
import { declaredHosts } from '../declared/hosts.ts';
import { etcdCredentialQueries } from '../etcd/credentials.ts';
import { sharedQueries } from '../pki/shared.ts';
import type { ClusterPorts } from '../ports.ts';
import { foundQueries } from '../prepare-join.ts';
import { initQueries } from '../run-init.ts';
import type { ClusterSpecInput } from '../spec/types.ts';
import { controlPlaneQueries } from '../via.ts';

const controlPlane: readonly Query[] = [
  ...[...controlPlaneQueries, ...initQueries, ...foundQueries],
  ...[...sharedQueries, ...etcdCredentialQueries],
];

/** More than joins are worked on at once: nothing is sent but questions. */
const width = 50;

/**
 * Asks all hosts side by side for everything that is looked at before the steps are known, so that what comes after
 * one another when it is carried out costs no round trip when it is planned. What fails here fails again in its place.
 */
export async function firstLook(ports: ClusterPorts, spec: ClusterSpecInput): Promise<void> {
  const { controlPlanes, workers } = declaredHosts(spec);
  const asked = [
    ...controlPlanes.map(({ target }) => ({ target, queries: controlPlane })),
    ...workers.map(({ target }) => ({ target, queries: foundQueries })),
  ];
  await mapLimit(asked, width, async ({ target, queries }) => {
    try {
      await (await ports.openHost(target)).inspect(queries);
    } catch {
      ports.signal.throwIfAborted();
    }
  });
}
