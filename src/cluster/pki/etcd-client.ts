import type { ExternalEtcdSpec } from '../spec/sections.ts';
import { certPath, keyPath } from './table.ts';

/** What a client of etcd needs, as paths on a control plane or as PEM. */
export interface EtcdClientFiles<T> {
  ca: T;
  cert: T;
  key: T;
}

/** Where those for an external etcd are on each control plane: at kubeadm's places, or wherever the user has put them. */
export function etcdClientPaths(external: ExternalEtcdSpec): EtcdClientFiles<string> {
  const { filesOn, caFile, certFile, keyFile } = external;
  if (filesOn === 'hosts') return { ca: caFile, cert: certFile, key: keyFile };
  const own = 'apiserver-etcd-client';
  return { ca: certPath('etcd/ca'), cert: certPath(own), key: keyPath(own) };
}
