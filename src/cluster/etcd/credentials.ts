import type { Answer, FileState, Query } from '../../host/port.ts';
import { certPath, keyPath } from '../pki/table.ts';

/** PEM: etcd's CA and the healthcheck client's pair; without roles in etcd it may do everything. */
export interface EtcdCredentials {
  ca: string;
  cert: string;
  key: string;
}

const CLIENT = 'etcd/healthcheck-client';

/** Every control plane has them. */
export const etcdCredentialQueries: readonly Query[] = [
  certPath('etcd/ca'),
  certPath(CLIENT),
  keyPath(CLIENT),
].map((path) => ({ kind: 'file', path, content: true }));

/** The answers to `etcdCredentialQueries`; undefined where something of it is not there. */
export function etcdCredentials(answers: readonly Answer[]): EtcdCredentials | undefined {
  const [ca, cert, key] = answers.map((answer) => (answer as FileState).content?.toString());
  return ca && cert && key ? { ca, cert, key } : undefined;
}
