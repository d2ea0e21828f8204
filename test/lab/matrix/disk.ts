import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostFolder, type LabRecord } from '../../../src/lab/record.ts';
import { hostRoot } from '../../../src/lab/root.ts';

/** What commands write on a host, by its path there. */
export type Disk = ReadonlyMap<string, Buffer>;

const FOLDERS = [
  'etc/kubernetes',
  'etc/containerd',
  'etc/systemd/system',
  'etc/sysctl.d',
  'etc/modules-load.d',
];
const KUBELET = ['config.yaml', 'instance-config.yaml', 'kubeadm-flags.env'];

/** From this machine, which has it mounted: also of a host without power. */
export async function readDisk(record: LabRecord, name: string): Promise<Disk> {
  const host = record.hosts.find((candidate) => candidate.name === name)!;
  const root = hostRoot(record, host);
  const found = await Promise.all([
    ...FOLDERS.map((folder) => filesIn(root, folder)),
    ...KUBELET.map((file) =>
      content(join(hostFolder(record, host), 'kubelet', file), `var/lib/kubelet/${file}`),
    ),
    content(join(root, 'etc/hosts'), 'etc/hosts'),
  ]);
  return new Map(found.flat().map(([path, bytes]) => [`/${path}`, bytes]));
}

async function filesIn(root: string, folder: string): Promise<[string, Buffer][]> {
  const options = { withFileTypes: true, recursive: true } as const;
  const entries = await readdir(join(root, folder), options).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  const found = await Promise.all(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return content(path, path.slice(root.length + 1));
    }),
  );
  return found.flat();
}

/** Nothing where it went while the folder was read. */
async function content(path: string, name: string): Promise<[string, Buffer][]> {
  const bytes = await readFile(path).catch(() => undefined);
  return bytes ? [[name, bytes]] : [];
}
