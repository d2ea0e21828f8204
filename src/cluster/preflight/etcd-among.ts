import { mapLimit } from '../../base/concurrency.ts';
import { KubewrightError } from '../../base/errors.ts';
import { Seen } from '../../engine/seen.ts';
import { findExternalEtcd } from '../etcd/external.ts';
import type { ClusterPorts } from '../ports.ts';
import type { ClusterSpec } from '../spec/types.ts';
import type { FindingsOf } from './among.ts';
import { ownTraces, ownTracesLook } from './etcd-contents.ts';
import { externalEtcdFindings } from './external-etcd.ts';
import type { Member } from './member.ts';

const WIDTH = 30;

/** What each control plane that is to come in finds of an etcd outside; `joining`: the cluster is there. */
export async function etcdAmong(
  ports: ClusterPorts,
  spec: ClusterSpec,
  members: readonly Member[],
  joining: boolean,
): Promise<FindingsOf> {
  const asking = members.filter(({ fresh, node }) => fresh && node.role === 'control-plane');
  if (!spec.etcd.external) return new Map();
  const found = await mapLimit(asking, WIDTH, async ({ host, node, facts }) => {
    try {
      const externalEtcd = await findExternalEtcd(ports, host, { spec, node });
      const seen = new Seen();
      await seen.look(host, ownTracesLook(spec));
      const about = { spec, externalEtcd, now: new Date(facts.clock.host), running: false, joining };
      return [[host.name, await externalEtcdFindings({ ...about, ...ownTraces(seen) })] as const];
    } catch (error) {
      ports.signal.throwIfAborted();
      // Told by the host's own part of the run.
      if (error instanceof KubewrightError) return [];
      throw error;
    }
  });
  return new Map(found.flat());
}
