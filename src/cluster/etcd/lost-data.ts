import { KubewrightError } from '../../base/errors.ts';
import type { Host } from '../../host/port.ts';

const LOGS = '/var/log/pods';
/** What raft says as it gives up because its leader knows that it had more (go.etcd.io/raft/v3, log.go: commitTo). */
const WORDS = 'Was the raft log corrupted, truncated, or lost?';

/** Whether the etcd of this host ended because it has less than the others have acknowledged to have from it. */
export async function saysDataLost(host: Pick<Host, 'inspect'>): Promise<boolean> {
  const [names] = await host.inspect([{ kind: 'list', path: LOGS }]);
  const folders = names
    .filter((name) => name.startsWith('kube-system_etcd-'))
    .map((name) => `${LOGS}/${name}`);
  if (folders.length === 0) return false;
  const [{ exit }] = await host.inspect([{ kind: 'run', argv: ['grep', '-rqsF', '-e', WORDS, ...folders] }]);
  return exit === 0;
}

/** `others`: names of control planes that may still have the cluster. */
export function dataLost(
  host: Pick<Host, 'name'>,
  what: string,
  others: readonly string[] = [],
): KubewrightError {
  const via = others[0] ?? 'ANOTHER';
  const alone = ` If no other is left: kubewright reset ${host.name} --force, and kubewright init ${host.name} makes a new cluster.`;
  return new KubewrightError({
    code: 'EtcdDataLost',
    message: `${host.name} has lost the data of its etcd: ${what}`,
    host: host.name,
    hint: `Take its member out and join it again: kubewright reset ${host.name} (with --force where etcd has no majority any more), then kubewright join ${host.name} --control-plane --via ${via}.${others.length > 0 ? alone : ''}`,
    exit: 'step',
  });
}
