import { KubewrightError } from '../../base/errors.ts';
import type { Answer, FileState, Query } from '../../host/port.ts';
import { ENCRYPTION_CONFIG } from '../encryption/config.ts';
import { isForeign } from '../encryption/state.ts';
import type { ClusterSpec } from '../spec/types.ts';
import { CERTIFICATE_AUTHORITIES, certPath, keyPath, SA_KEY, SA_PUB } from './table.ts';

interface SharedFile {
  path: string;
  mode: number;
  /** What makes it this cluster: another one on a host is another cluster's. */
  identity: boolean;
  /** Of the cluster's own etcd. */
  etcd?: boolean;
}

/**
 * What every control plane of a cluster has the same of (kubeadm: certsToTransfer). It travels from host to host over
 * our own connections, in memory; keys before what is made with them, as everywhere.
 */
export const SHARED_FILES: readonly SharedFile[] = [
  ...CERTIFICATE_AUTHORITIES.flatMap(({ name }) => [
    { path: keyPath(name), mode: 0o600, identity: true, etcd: name === 'etcd/ca' },
    { path: certPath(name), mode: 0o644, identity: true, etcd: name === 'etcd/ca' },
  ]),
  { path: SA_KEY, mode: 0o600, identity: true },
  { path: SA_PUB, mode: 0o600, identity: true },
  // Each API server has to read what the others write; not every cluster has one.
  { path: ENCRYPTION_CONFIG, mode: 0o600, identity: false },
];

/** Those of a cluster. With an etcd outside, what belongs to that is no key of the cluster's. */
export function sharedBy({ etcd }: Pick<ClusterSpec, 'etcd'>): readonly SharedFile[] {
  return SHARED_FILES.filter((file) => !file.etcd || etcd.external === undefined);
}

/** Contents by path. */
export type SharedFiles = ReadonlyMap<string, Buffer>;

export const sharedQueries: readonly Query[] = SHARED_FILES.map(({ path }) => ({
  kind: 'file',
  path,
  content: true,
}));

/** The answers to `sharedQueries`: what of the cluster's is there. */
export function sharedFiles(answers: readonly Answer[], spec: Pick<ClusterSpec, 'etcd'>): SharedFiles {
  const wanted = sharedBy(spec);
  return new Map(
    SHARED_FILES.flatMap((file, index) => {
      const { content } = answers[index] as FileState;
      return content && wanted.includes(file) ? [[file.path, content] as const] : [];
    }),
  );
}

/** Those without which no control plane of this cluster can be made, and that are not there. */
export function missingShared(files: SharedFiles, spec: ClusterSpec): string[] {
  const encrypted = spec.security.encryptSecrets !== 'none' && !isForeign(spec);
  const needed = sharedBy(spec).filter(({ identity }) => identity || encrypted);
  return needed.map(({ path }) => path).filter((path) => !files.has(path));
}

/** A host that has a key of another cluster keeps it, and does not join this one. */
export function refuseOtherKeys(host: string, found: SharedFiles, cluster: SharedFiles): void {
  const other = SHARED_FILES.filter(({ path, identity }) => {
    const [here, there] = [found.get(path), cluster.get(path)];
    return identity && here && there && here.toString().trim() !== there.toString().trim();
  });
  if (other.length === 0) return;
  throw new KubewrightError({
    code: 'ForeignKeys',
    message: `${host} has keys that are not this cluster's: ${other.map(({ path }) => path).join(', ')}; nothing was changed.`,
    host,
    hint: `kubewright reset ${host} removes what it belonged to, if that is not wanted any more.`,
    exit: 'foreignCluster',
  });
}
