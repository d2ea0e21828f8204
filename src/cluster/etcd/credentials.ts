import type { Answer, Query } from '../../host/port.ts';
import { type EtcdClientFiles, etcdClientPaths } from '../pki/etcd-client.ts';
import { certPath, keyPath } from '../pki/table.ts';
import type { ClusterSpec } from '../spec/types.ts';

/** PEM: etcd's CA and a client's pair; without roles in etcd it may do everything. */
export type EtcdCredentials = EtcdClientFiles<string>;

const CLIENT = 'etcd/healthcheck-client';

/** Of an etcd on the control planes, each of which has them: the healthcheck client's. */
export const etcdCredentialQueries: readonly Query[] = [
  certPath('etcd/ca'),
  certPath(CLIENT),
  keyPath(CLIENT),
].map((path) => ({ kind: 'file', path, content: true }));

/** Of this cluster's etcd, wherever it is; as many as `etcdCredentialQueries`. */
export function credentialQueriesOf({ etcd }: Pick<ClusterSpec, 'etcd'>): readonly Query[] {
  if (!etcd.external) return etcdCredentialQueries;
  const { ca, cert, key } = etcdClientPaths(etcd.external);
  // What a user has put there may be a link, which only reading follows.
  return [ca, cert, key].map((path) => ({ kind: 'run', argv: ['cat', path] }));
}

/** The answers to such queries: what is there of it. */
export function foundCredentials(answers: readonly Answer[]): Partial<EtcdCredentials> {
  const [ca, cert, key] = answers.map(textOf);
  return { ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) };
}

/** The same, where all of it is there. */
export function etcdCredentials(answers: readonly Answer[]): EtcdCredentials | undefined {
  const { ca, cert, key } = foundCredentials(answers);
  return ca && cert && key ? { ca, cert, key } : undefined;
}

function textOf(answer: Answer): string | undefined {
  if ('stdout' in answer) return answer.exit === 0 ? answer.stdout : undefined;
  return 'content' in answer ? answer.content?.toString() : undefined;
}
