import { dirname } from 'node:path/posix';
import { etcdClientPaths } from '../../pki/etcd-client.ts';
import { PKI_DIR } from '../../pki/table.ts';
import type { ExternalEtcdSpec } from '../../spec/sections.ts';
import type { Pod } from '../pod-types.ts';
import { mountHostPath, setArguments } from './mutators.ts';
import { CA_DIRECTORIES } from './types.ts';

/** As kubeadm writes it (phases/controlplane/manifests.go, volumes.go). */
export function useExternalEtcd(pod: Pod, external: ExternalEtcdSpec): void {
  const { ca, cert, key } = etcdClientPaths(external);
  setArguments(pod, {
    'etcd-servers': external.endpoints.join(','),
    'etcd-cafile': ca,
    'etcd-certfile': cert,
    'etcd-keyfile': key,
  });
  for (const [index, path] of foldersOf([ca, cert, key]).entries())
    mountHostPath(pod, {
      name: `etcd-certs-${index}`,
      hostPath: path,
      mountPath: path,
      readOnly: true,
      type: 'DirectoryOrCreate',
    });
}

/** What the API server has anyway. */
const MOUNTED = [...CA_DIRECTORIES, '/etc/ssl/certs', PKI_DIR];

/**
 * The folders of these files, without those that lie in another of them, sorted. kubeadm compares them as texts: of
 * /etc/etcd and /etc/etcd-client it mounts the first alone, and its API server does not start.
 */
function foldersOf(paths: readonly string[]): string[] {
  const all = [...new Set(paths.map((path) => dirname(path)))];
  const within = (folder: string, other: string) => folder !== other && folder.startsWith(`${other}/`);
  return all
    .filter((folder) => !MOUNTED.some((mounted) => folder === mounted || within(folder, mounted)))
    .filter((folder) => !all.some((other) => within(folder, other)))
    .sort();
}
